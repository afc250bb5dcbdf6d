"""An EspoCRM that refuses what the real one refuses and shows every trap that was seen on a running 9.3 server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.crm.espocrm.schema import (
    ATTRIBUTES,
    INDUSTRIES,
    LISTED,
    OPTIONS,
    POINTS,
    READ_ONLY,
    REQUIRED,
    Record,
    Refused,
    check_lines,
    check_points,
    duplicates,
    invalid,
    named,
    sanitized,
    stored,
    time,
    unshared,
)
from tests.crm.espocrm.where import search, tests

KEY = "rep-api-key"
REP, OTHER, MANAGER = "6b03000000000rep1", "6b03000000000rep2", "6b0300000000admin"
NAMES = {REP: "Rep One", OTHER: "Rep Two", MANAGER: "Mona Manager"}


class FakeEspo(httpx.BaseTransport):
    """A server with a rep (an API user who sees their own leads only), another rep and a manager."""

    def __init__(self, *, keyed: tuple[str, ...] = ("Call", "Task", "Lead"), key_field: str = "cCallsheetId") -> None:
        self.now = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
        self.tables: dict[str, dict[str, Record]] = {kind: {} for kind in ATTRIBUTES}
        self.custom = {kind: {key_field} for kind in keyed}
        self.key = KEY
        self.bad_keys: list[datetime] = []
        self.answered: list[str] = []
        self.no_delete = False
        self.frozen: set[str] = set()  # attributes that the rep's role may not write: dropped without a word
        self.optimistic = {"Task"}
        self.campaigns = True
        self.statuses = list(OPTIONS["Lead"]["status"])
        self.over: list[str] = []  # statuses of leads that an administrator added, and marked as over
        self.streamed = True
        self.several = False  # whether a lead may have several owners
        self.dated = False  # whether it says its time, which is years away from ours
        self.says_why = True  # whether a network that is locked out is told so, which older versions do not
        self.limit = 200  # rows of a page, by the server's configuration
        self.elsewhere = False  # whether the rep is in a network that the server does not let in
        self.teams: list[str] = []  # of the rep
        for one, name in NAMES.items():
            self.hire(one, name, name.split()[-1].lower())
        self.no_stream = False
        self.global_stream = False
        self.assigns = "no"  # to others than oneself
        own = {"create": "yes", "read": "own", "edit": "own", "delete": "own", "stream": "own"}
        self.rights = {"Lead": own, **{kind: {**own, "read": "all"} for kind in ("Call", "Task", "Meeting")}}
        self.rights["User"] = {"read": "own", "edit": "no"}
        self._count = 0
        self._lock = threading.RLock()

    # what a manager does

    def hire(self, one: str, name: str, login: str, *, active: bool = True, kind: str = "regular") -> None:
        mail = f"{login}@example.com"
        row = {"id": one, "name": name, "userName": login, "emailAddress": mail, "isActive": active, "type": kind}
        self.tables["User"][one] = row

    def tick(self, by: timedelta = timedelta(milliseconds=40)) -> None:
        self.now += by

    def stamp(self) -> str:
        return self.now.strftime("%Y-%m-%d %H:%M:%S")

    def make(self, kind: str, user: str = MANAGER, **values: Any) -> str:
        with self._lock:
            self.tick()
            self._count += 1
            one = f"6b03{self._count * 7919 % 0xFFFFFF:06x}{self._count:07d}"
            row = {"id": one, "createdAt": self.stamp(), "modifiedAt": self.stamp(), "createdById": user,
                   "createdByName": NAMES[user], "versionNumber": 1, **values}  # fmt: skip
            if kind == "Lead":
                row["streamUpdatedAt"] = self.stamp()
                self._point(row, {})
            self.tables[kind][one] = row
            return one

    def edit(self, kind: str, one: str, **values: Any) -> None:
        with self._lock:
            self.tick()
            row = self.tables[kind][one]
            before = dict(row)
            row |= values
            if kind == "Lead":
                self._point({**values}, before, row)
            row |= {"modifiedAt": self.stamp(), "versionNumber": row["versionNumber"] + 1}

    def knows_colleagues(self) -> None:
        """Let the role show the other users, and give them leads."""
        self.assigns = self.rights["User"]["read"] = "all"

    def may(self, level: str) -> None:
        """Give the role this level for all that it may do with records."""
        kinds = self.rights.keys() - {"User"}
        self.rights |= {kind: dict.fromkeys(self.rights[kind], level) | {"create": "yes"} for kind in kinds}

    @staticmethod
    def _point(values: Record, before: Record, row: Record | None = None) -> None:
        """Keep numbers and addresses one by one; a lead shows the primary one, and whether that is opted out."""
        row = values if row is None else row
        for single in POINTS:
            there = stored(single, before, values)
            first = next((one for one in there if one["primary"]), {})
            row |= {f"{single}Data": there, single: first.get(single), f"{single}IsOptedOut": bool(first.get("optOut"))}

    def post(self, lead: str, text: str, user: str = MANAGER, kind: str = "Post", **data: Any) -> str:
        with self._lock:
            made = self.make("Note", user, type=kind, post=text, parentType="Lead", parentId=lead, data=data)
            self.tables["Note"][made]["number"] = len(self.tables["Note"])
            self.tables["Lead"][lead]["streamUpdatedAt"] = self.stamp()
            return made

    # the wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.tick()
            try:
                self._admit(request)
                body: Any = self._answer(request)
                status, reason = 200, ""
            except Refused as refused:
                status, reason, body = refused.status, refused.reason, refused.body
            self.answered.append(f"{request.method} {request.url.path.partition('/api/v1/')[2]} {status}")
            headers = {"X-Status-Reason": reason} if reason else {}
            headers |= {"Date": format_datetime(self.now, usegmt=True)} if self.dated else {}
            headers |= {"Content-Type": "application/json"} if body is not None else {}
            content = b"" if body is None else json.dumps(body).encode()
            return httpx.Response(status, headers=headers, content=content, request=request)

    def _admit(self, request: httpx.Request) -> None:
        self.bad_keys = [at for at in self.bad_keys if self.now - at < timedelta(seconds=60)]
        if len(self.bad_keys) > 10:
            raise Refused(
                403, "Max failed login attempts exceeded for IP address 203.0.113.7." if self.says_why else ""
            )
        if request.headers.get("X-Api-Key") != self.key:
            self.bad_keys.append(self.now)
            raise Refused(401)
        if self.elsewhere:
            raise Refused(403, "Not allowed IP address 203.0.113.7, user: rep1.")

    def _answer(self, request: httpx.Request) -> Any:
        path = request.url.path.partition("/api/v1/")[2].split("/")
        query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        try:
            body = json.loads(request.read() or b"{}")
        except ValueError:
            body = {}  # a broken body counts as an empty one
        match request.method, path:
            case "GET", ["App", "user"]:
                return self._user()
            case "GET", ["Metadata"]:
                return self._metadata(query.get("key", ""))
            case "GET", [kind] if kind in self.tables:
                return self._list(kind, query, request.headers)
            case "GET", ["Lead", one, "stream" | "posts" as which]:
                return self._stream(one, query, posts=which == "posts")
            case "GET", ["GlobalStream"]:
                return self._streams(query)
            case "GET", [kind, one] if kind in self.tables:
                return self._shown(kind, self._mine(kind, one))
            case "POST", [kind] if kind in self.tables:
                return self._create(kind, body, request.headers)
            case "PATCH" | "PUT", [kind, one] if kind in self.tables:
                return self._update(kind, one, body, request.headers)
            case "DELETE", [kind, one] if kind in self.tables:
                row = self._mine(kind, one, "delete")
                old = kind == "Note" and self.now - time(row["createdAt"]) > timedelta(days=30)
                if self.no_delete or old:
                    raise Refused(403, "No delete access.")
                del self.tables[kind][one]
                return True
        raise Refused(404)

    def _user(self) -> Any:
        table = {**self.rights, **({"CampaignLogRecord": {"read": "all"}} if self.campaigns else {}),
                 **({"GlobalStream": True} if self.global_stream else {})}  # fmt: skip
        fields = {kind: {name: {"read": "yes", "edit": "no"} for name in self.frozen} for kind in self.rights}
        return {
            "user": {"id": REP, "userName": "rep1", "name": NAMES[REP], "type": "api", "teamsIds": self.teams},
            "acl": {"table": table, "fieldTable": fields, "assignmentPermission": self.assigns},
            "preferences": {"timeZone": "Europe/London"},
            "settings": {"applicationName": "Example Ltd", "timeZone": "UTC"},
        }

    def _metadata(self, key: str) -> Any:
        if key == "entityDefs.Account.fields.industry.options":
            return INDUSTRIES
        if key != "entityDefs.Lead":
            return None
        fields: Record = {name: {"type": "enum", "options": list(of)} for name, of in OPTIONS["Lead"].items()}
        ends = [one for one in ("Converted", "Recycled", "Dead", *self.over) if one in (*self.statuses, *self.over)]
        fields["status"] = {"type": "enum", "options": [*self.statuses, *self.over], "notActualOptions": ends}
        fields["industry"] = {"type": "enum", "optionsReference": "Account.industry"}
        fields |= {"assignedUsers": {"type": "linkMultiple"}} if self.several else {}
        return {"fields": fields, "optimisticConcurrencyControl": "Lead" in self.optimistic}

    def _known(self, kind: str) -> set[str]:
        known = ATTRIBUTES[kind] | self.custom.get(kind, set())
        known |= {"versionNumber"} if kind in self.optimistic else set()
        return known if self.streamed else known - {"streamUpdatedAt"}

    def _mine(self, kind: str, one: str, action: str = "read") -> Record:
        """A record that the role reaches; one's own is what is assigned to oneself, whoever made it."""
        row = self.tables[kind].get(one)
        if row is None:
            raise Refused(404, f"Record {one} not found." if action != "read" else f"Record {one} does not exist.")
        level = self.rights[kind][action] if kind in self.rights else "all"
        owner = row.get(
            {"Note": "createdById", "CampaignLogRecord": "createdById", "User": "id"}.get(kind, "assignedUserId")
        )
        if kind == "User" and not row["isActive"]:
            raise Refused(403, f"No {action} access.")
        if level == "no" or (level != "all" and owner != REP) or (kind == "Note" and action != "read" and owner != REP):
            raise Refused(403, f"No {action} access.")
        return row

    def _visible(self, kind: str) -> Iterator[Record]:
        for one in list(self.tables[kind]):
            try:
                yield self._mine(kind, one)
            except Refused:
                continue

    def _shown(self, kind: str, row: Record, select: set[str] | None = None) -> Record:
        shown = {name: value for name, value in row.items() if name in self._known(kind)}
        if kind == "Lead":
            shown["name"] = f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip()
            shown["assignedUserName"] = self.tables["User"].get(row.get("assignedUserId") or "", {}).get("name")
        if kind == "Lead" and select is None:
            mails = [{**one, "lower": one["emailAddress"]} for one in row["emailAddressData"]]
            shown |= {"phoneNumberData": row["phoneNumberData"], "emailAddressData": mails}
        elif kind == "Lead":
            shown = {name: value for name, value in shown.items() if not name.endswith("Data")}
        if kind == "Call" and {"dateStart", "dateEnd"} <= row.keys():
            shown["duration"] = int((time(row["dateEnd"]) - time(row["dateStart"])).total_seconds())
        return shown if select is None else {name: shown.get(name) for name in select | {"id"}}

    def _list(self, kind: str, query: dict[str, str], headers: httpx.Headers) -> Any:
        asked, known = self._search(query), self._known(kind)
        if kind == "CampaignLogRecord" and not self.campaigns:
            raise Refused(403, "No access to 'CampaignLogRecord'.")
        rows = [self._shown(kind, row) for row in self._visible(kind)]
        if kind == "User":  # of those who are no people only an administrator is shown any
            rows = [row for row in rows if row["type"] not in {"api", "portal", "system", "super-admin"}]
        rows = [{**row, "description": row["description"][:LISTED]} if row.get("description") else row for row in rows]
        for test in tests(asked.get("where", ()), known):
            rows = [row for row in rows if test(row)]
        order = asked.get("orderBy", "createdAt")
        if order not in known:
            raise Refused(400, f"Order by non-existing field '{order}'.")
        rows.sort(key=lambda row: (str(row.get(order) or ""), row["id"]), reverse=asked.get("order") == "desc")
        select = (set(asked["select"]) & known) | {"id"} if "select" in asked else known
        page = rows[: asked["maxSize"]]
        more = -1 if len(rows) > len(page) else -2
        return {
            "total": more if headers.get("X-No-Total") == "true" else len(rows),
            "list": [{name: value for name, value in row.items() if name in select} for row in page],
        }

    def _search(self, query: dict[str, str]) -> Record:
        asked = search(query)
        if asked["maxSize"] > self.limit:
            raise Refused(403, f"Max size should not exceed {self.limit}. Use offset and limit.")
        return asked

    def _stream(self, one: str, query: dict[str, str], *, posts: bool) -> Any:
        if self.no_stream:
            raise Refused(403, "No 'stream' access.")
        self._mine("Lead", one, "stream")
        rows = [row for row in self.tables["Note"].values() if row["parentId"] == one]
        rows = [row for row in rows if not posts or row["type"] == "Post"]
        return self._entries(rows, query) | ({} if posts else {"pinnedList": []})

    def _streams(self, query: dict[str, str]) -> Any:
        if not self.global_stream:
            raise Refused(403)
        rows = [row for row in self.tables["Note"].values() if row["parentId"] in self.tables["Lead"]]
        return self._entries([row for row in rows if self._reaches(row["parentId"])], query)

    def _entries(self, rows: list[Record], query: dict[str, str]) -> Record:
        """Entries of streams, the newest first."""
        asked = self._search(query)
        for test in tests(asked.get("where", ()), ATTRIBUTES["Note"]):
            rows = [row for row in rows if test(row)]
        rows = rows[::-1]
        return {"total": len(rows), "list": [self._shown("Note", row) for row in rows[: asked["maxSize"]]]}

    def _reaches(self, one: str, action: str = "stream", kind: str = "Lead") -> bool:
        try:
            self._mine(kind, one, action)
        except Refused:
            return False
        return True

    def _create(self, kind: str, body: Record, headers: httpx.Headers) -> Any:
        values = self._taken(kind, body)
        if kind == "Lead" and not named(values):
            raise invalid("name", "required")
        for name in REQUIRED.get(kind, ()):
            if not values.get(name):
                raise invalid(name.removesuffix("Id"), "required")
        self._assigned(kind, values)
        self._linked(kind, values)
        if kind == "Lead":
            self._duplicates(values, headers)
        if kind == "Note" and self.no_stream:
            raise Refused(403, "No create access.")
        if kind == "Note":
            one = self.post(values["parentId"], values["post"], REP)
        else:
            first = {"status": self.statuses[0]} if kind == "Lead" else {}
            one = self.make(kind, REP, **(first | self._timed(kind, values, {})))
            if kind != "Lead":
                self.post(values["parentId"], "", REP, kind="CreateRelated")
        shown = self._shown(kind, self.tables[kind][one])
        return shown | ({"duration": 300} if kind == "Call" else {})  # the default, whatever the times say

    def _update(self, kind: str, one: str, body: Record, headers: httpx.Headers) -> Any:
        row = self._mine(kind, one, "edit")
        values = {name: value for name, value in self._taken(kind, body).items() if row.get(name) != value}
        base = headers.get("X-Version-Number")
        if kind in self.optimistic and base is not None and int(base) != row["versionNumber"] and values:
            now = {name: row.get(name) for name in values}
            raise Refused(409, "modified", {"values": now, "versionNumber": row["versionNumber"]})
        self._assigned(kind, values)
        if values:
            self.edit(kind, one, **self._kept(kind, one, self._timed(kind, values, row)))
        return self._shown(kind, self.tables[kind][one])

    def _kept(self, kind: str, lead: str, values: Record) -> Record:
        others = [row for one, row in self.tables[kind].items() if one != lead and not self._reaches(one, "edit", kind)]
        return unshared(values, others) if kind == "Lead" else values

    def _assigned(self, kind: str, values: Record) -> None:
        mine = values.get("assignedUserId") == REP
        if values.get("assignedUserId") and {"no": not mine, "team": not self.teams}.get(self.assigns):
            raise Refused(403, "Assignment failure: assigned user or team not allowed.")
        if values.get("assignedUserId") and not mine:
            try:
                self._mine("User", values["assignedUserId"])
            except Refused:
                raise Refused(403, f"No foreign record access for link operation ({kind}:assignedUser).") from None
        if values.get("assignedUserId") and values["assignedUserId"] not in self.tables["User"]:
            raise invalid("assignedUser", "exists")

    def _linked(self, kind: str, values: Record) -> None:
        """What a record is linked to must be there, and be shown to the rep."""
        parents = [("parent", values["parentId"])] if values.get("parentId") else []
        for link, one in [*parents, *(("leads", one) for one in values.get("leadsIds") or ())]:
            if one not in self.tables["Lead"]:
                raise Refused(403, f"Can't relate with non-existing record. entity type: {kind}, link: {link}.")
            try:
                self._mine("Lead", one)
            except Refused:
                raise Refused(403, f"No foreign record access for link operation ({kind}:{link}).") from None

    def _timed(self, kind: str, values: Record, row: Record) -> Record:
        """A task's day makes its time, as long as it has one; when it was done is noted by the server."""
        values = dict(values)
        if kind == "Task" and (day := values.get("dateEndDate", row.get("dateEndDate"))):
            values["dateEnd"] = f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d %H:%M:%S}"
        if kind == "Task" and "status" in values:
            values["dateCompleted"] = self.stamp() if values["status"] == "Completed" else None
        return values

    def _taken(self, kind: str, body: Record) -> Record:
        """What is kept of a body: unknown fields and a client's id are dropped without a word."""
        kept = self._known(kind) - READ_ONLY - self.frozen
        values = sanitized({name: value for name, value in body.items() if name in kept})
        check_lines(kind, values, [*self.statuses, *self.over])
        if kind == "Lead":
            check_points(values)
        return values

    def _duplicates(self, values: Record, headers: httpx.Headers) -> None:
        skipped = headers.get("X-Skip-Duplicate-Check") == "true"
        if same := [] if skipped else duplicates(values, self.tables["Lead"].values()):
            raise Refused(409, "duplicate", [self._shown("Lead", row) for row in same])
