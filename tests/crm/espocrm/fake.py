"""An EspoCRM that refuses what the real one refuses and shows every trap that was seen on a running 9.3 server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

Record = dict[str, Any]

KEY = "rep-api-key"
REP, OTHER, MANAGER = "6b03000000000rep1", "6b03000000000rep2", "6b0300000000admin"
NAMES = {REP: "Rep One", OTHER: "Rep Two", MANAGER: "Mona Manager"}
STATUSES = {
    "Lead": ("New", "Assigned", "In Process", "Converted", "Recycled", "Dead"),
    "Call": ("Planned", "Held", "Not Held"),
    "Meeting": ("Planned", "Held", "Not Held"),
    "Task": ("Not Started", "Started", "Completed", "Canceled", "Deferred"),
}
ATTRIBUTES = {
    "Lead": {
        "id", "name", "firstName", "lastName", "title", "accountName", "status", "source", "industry", "website",
        "emailAddress", "emailAddressIsOptedOut", "emailAddressData", "phoneNumber", "phoneNumberIsOptedOut",
        "phoneNumberData", "doNotCall", "description", "addressStreet", "addressCity", "addressState",
        "addressPostalCode", "addressCountry", "assignedUserId", "assignedUserName", "campaignId", "campaignName",
        "createdAt", "createdById", "createdByName", "modifiedAt", "streamUpdatedAt",
    },
    "Call": {
        "id", "name", "status", "direction", "dateStart", "dateEnd", "duration", "description", "parentType",
        "parentId", "leadsIds", "assignedUserId", "assignedUserName", "createdAt", "createdById", "createdByName",
        "modifiedAt",
    },
    "Task": {
        "id", "name", "status", "dateStart", "dateEnd", "dateCompleted", "description", "parentType", "parentId",
        "assignedUserId", "assignedUserName", "createdAt", "createdById", "createdByName", "modifiedAt", "priority",
    },
    "Meeting": {
        "id", "name", "status", "dateStart", "dateEnd", "description", "parentType", "parentId", "assignedUserId",
        "assignedUserName", "createdAt", "createdById", "createdByName", "modifiedAt",
    },
    "Note": {"id", "type", "post", "parentType", "parentId", "createdAt", "createdById", "createdByName", "data"},
    "User": {"id", "userName", "name", "emailAddress"},
    "CampaignLogRecord": {"id", "action", "actionDate", "parentType", "parentId", "campaignName", "stringData"},
}  # fmt: skip
READ_ONLY = {"id", "createdAt", "modifiedAt", "createdById", "createdByName", "streamUpdatedAt", "versionNumber"}
PATTERNED = {
    "Lead": {"firstName", "lastName", "title", "accountName", "addressCity", "addressState", "addressPostalCode",
             "addressCountry"},
    "Call": {"name"},
    "Task": {"name"},
}  # fmt: skip
REQUIRED = {"Call": ("name", "dateStart", "dateEnd", "assignedUserId"), "Task": ("name", "assignedUserId")}
SITE = r"([a-zA-Z0-9]+://)?[a-zA-Z0-9%.:/?&=#_@,;~+!$'()*-]+"
LENGTHS = {"firstName": 100, "lastName": 100, "title": 100, "accountName": 255, "website": 255, "addressStreet": 255}
INDUSTRIES = ["", "Banking", "Software"]
SOURCES = ["", "Call", "Email", "Web Site", "Campaign", "Other"]


class Refused(Exception):
    """An answer that is no success; the reason stands in a header."""

    def __init__(self, status: int, reason: str = "", body: Any = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.body = status, reason, body


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
        self.streamed = True
        for one, name in NAMES.items():
            self.tables["User"][one] = {"id": one, "name": name, "userName": name.split()[-1].lower()}
        self.no_stream = False
        self.assigns = "no"  # to others than oneself
        self.everything = False  # the role reads and edits all records
        self._count = 0
        self._lock = threading.RLock()

    # what a manager does

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
            self.tables[kind][one] = row
            return one

    def edit(self, kind: str, one: str, **values: Any) -> None:
        with self._lock:
            self.tick()
            row = self.tables[kind][one]
            row |= values
            row |= {"modifiedAt": self.stamp(), "versionNumber": row["versionNumber"] + 1}

    def post(self, lead: str, text: str, user: str = MANAGER, kind: str = "Post", **data: Any) -> str:
        with self._lock:
            made = self.make("Note", user, type=kind, post=text, parentType="Lead", parentId=lead, data=data)
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
            # no Date header: the clock of this server is years away from ours
            headers = {"Content-Type": "application/json", **({"X-Status-Reason": reason} if reason else {})}
            content = b"" if body is None else json.dumps(body).encode()
            return httpx.Response(status, headers=headers, content=content, request=request)

    def _admit(self, request: httpx.Request) -> None:
        self.bad_keys = [at for at in self.bad_keys if self.now - at < timedelta(seconds=60)]
        if len(self.bad_keys) > 10:
            raise Refused(403)
        if request.headers.get("X-Api-Key") != self.key:
            self.bad_keys.append(self.now)
            raise Refused(401)

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
                return self._list(kind, query)
            case "GET", ["Lead", one, "stream"]:
                return self._stream(one, query)
            case "GET", [kind, one] if kind in self.tables:
                return self._shown(kind, self._mine(kind, one))
            case "POST", [kind] if kind in self.tables:
                return self._create(kind, body, request.headers)
            case "PUT", [kind, one] if kind in self.tables:
                return self._update(kind, one, body, request.headers)
            case "DELETE", [kind, one] if kind in self.tables:
                self._mine(kind, one)
                if self.no_delete:
                    raise Refused(403, "No delete access")
                del self.tables[kind][one]
                return True
        raise Refused(404)

    def _user(self) -> Any:
        everything = {"create": "yes", "read": "own", "edit": "own", "delete": "own", "stream": "own"}
        table = {"Lead": everything, "Call": everything, "Task": everything}
        fields = {kind: {name: {"read": "yes", "edit": "no"} for name in self.frozen} for kind in table}
        return {
            "user": {"id": REP, "userName": "rep1", "name": NAMES[REP], "type": "api"},
            "acl": {"table": table, "fieldTable": fields, "assignmentPermission": self.assigns},
            "preferences": {"timeZone": "Europe/London"},
            "settings": {"applicationName": "Example Ltd", "timeZone": "UTC"},
        }

    def _metadata(self, key: str) -> Any:
        if key != "entityDefs.Lead":
            return None
        fields = {"status": {"options": list(STATUSES["Lead"])}, "source": {"options": SOURCES},
                  "industry": {"options": INDUSTRIES}}  # fmt: skip
        return {"fields": fields, "optimisticConcurrencyControl": "Lead" in self.optimistic}

    def _known(self, kind: str) -> set[str]:
        known = ATTRIBUTES[kind] | self.custom.get(kind, set())
        return known if self.streamed else known - {"streamUpdatedAt"}

    def _mine(self, kind: str, one: str) -> Record:
        row = self.tables[kind].get(one)
        if row is None:
            raise Refused(404)
        if self.everything:
            return row
        if kind == "Lead" and row.get("assignedUserId") != REP:
            raise Refused(403, "No 'read' access.")
        if kind in {"Call", "Meeting", "Task"} and REP not in (row.get("assignedUserId"), row["createdById"]):
            raise Refused(403, "No 'read' access.")
        return row

    def _visible(self, kind: str) -> Iterator[Record]:
        for one in list(self.tables[kind]):
            try:
                yield self._mine(kind, one)
            except Refused:
                if kind in {"Call", "Meeting", "Task"} and self._parent(self.tables[kind][one]):
                    yield self.tables[kind][one]

    def _parent(self, row: Record) -> bool:
        lead = self.tables["Lead"].get(row.get("parentId", ""))
        return lead is not None and lead.get("assignedUserId") == REP

    def _shown(self, kind: str, row: Record, select: set[str] | None = None) -> Record:
        shown = {name: value for name, value in row.items() if name in self._known(kind)}
        if kind in self.optimistic and select is None:
            shown["versionNumber"] = row["versionNumber"]
        if kind == "Lead":
            shown["name"] = f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip()
            shown["assignedUserName"] = NAMES.get(row.get("assignedUserId") or "")
        if kind == "Lead" and select is None:
            for single in ("phoneNumber", "emailAddress"):
                alone = [{single: row[single], "primary": True}] if row.get(single) else []
                shown[f"{single}Data"] = row.get(f"{single}Data") or alone
        if kind == "Call" and {"dateStart", "dateEnd"} <= row.keys():
            shown["duration"] = int((_time(row["dateEnd"]) - _time(row["dateStart"])).total_seconds())
        return shown if select is None else {name: shown.get(name) for name in select | {"id"}}

    def _list(self, kind: str, query: dict[str, str]) -> Any:
        size = int(query.get("maxSize", "20"))
        if size > 200:
            raise Refused(403, "Max size should not exceed 200. Use offset and limit.")
        if kind == "CampaignLogRecord" and not self.campaigns:
            raise Refused(403, "No access to 'CampaignLogRecord'.")
        known = self._known(kind)
        rows = [self._shown(kind, row) for row in self._visible(kind)]
        for test in _tests(query, known):
            rows = [row for row in rows if test(row)]
        order = query.get("orderBy", "createdAt")
        if order not in known:
            raise Refused(400, f"Order by non-existing field '{order}'.")
        rows.sort(key=lambda row: (str(row.get(order) or ""), row["id"]), reverse=query.get("order") == "desc")
        start = int(query.get("offset", "0"))
        select = set(query["select"].split(",")) & known if "select" in query else None
        page = rows[start : start + size]
        return {
            "total": len(rows),
            "list": [{k: v for k, v in row.items() if select is None or k in select | {"id"}} for row in page],
        }

    def _stream(self, one: str, query: dict[str, str]) -> Any:
        if self.no_stream:
            raise Refused(403, "No 'stream' access.")
        self._mine("Lead", one)
        size = int(query.get("maxSize", "20"))
        if size > 200:
            raise Refused(403, "Max size should not exceed 200. Use offset and limit.")
        rows = [row for row in self.tables["Note"].values() if row["parentId"] == one]
        if after := query.get("after"):
            rows = [row for row in rows if row["createdAt"] > after]
        rows.reverse()
        start = int(query.get("offset", "0"))
        return {"total": len(rows), "list": [self._shown("Note", row) for row in rows[start : start + size]]}

    def _create(self, kind: str, body: Record, headers: httpx.Headers) -> Any:
        values = self._taken(kind, body)
        if kind == "Lead":
            if not values.get("lastName"):
                raise _invalid("lastName", "required")
            self._duplicates(values, headers)
        for name in REQUIRED.get(kind, ()):
            if not values.get(name):
                raise _invalid(name.removesuffix("Id"), "required")
        if kind in {"Call", "Task", "Note"}:
            parent = self.tables["Lead"].get(str(values.get("parentId")))
            if parent is None:
                raise Refused(403, "Parent does not exist.")
            if parent.get("assignedUserId") != REP:
                raise Refused(403, "No access to parent.")
        if kind == "Note":
            one = self.post(values["parentId"], values["post"], REP)
        else:
            one = self.make(kind, REP, **values)
            if kind != "Lead":
                self.post(values["parentId"], "", REP, kind="CreateRelated")
        shown = self._shown(kind, self.tables[kind][one])
        return shown | ({"duration": 300} if kind == "Call" else {})  # the default, whatever the times say

    def _update(self, kind: str, one: str, body: Record, headers: httpx.Headers) -> Any:
        row = self._mine(kind, one)
        values = {name: value for name, value in self._taken(kind, body).items() if row.get(name) != value}
        base = headers.get("X-Version-Number")
        if kind in self.optimistic and base is not None and int(base) != row["versionNumber"] and values:
            now = {name: row.get(name) for name in values}
            raise Refused(409, "modified", {"values": now, "versionNumber": row["versionNumber"]})
        if values:
            self.edit(kind, one, **values)
        return self._shown(kind, self.tables[kind][one])

    def _taken(self, kind: str, body: Record) -> Record:
        """What is kept of a body: unknown fields and a client's id are dropped without a word."""
        kept = self._known(kind) - READ_ONLY - self.frozen
        values = {name: value for name, value in body.items() if name in kept}
        _check_lines(kind, values)
        if kind == "Lead":
            _check_points(values)
        return values

    def _duplicates(self, values: Record, headers: httpx.Headers) -> None:
        if headers.get("X-Skip-Duplicate-Check") == "true":
            return
        name = (values.get("firstName") or "", values["lastName"])
        same = [
            row
            for row in self.tables["Lead"].values()
            if (row.get("firstName") or "", row.get("lastName")) == name
            or (values.get("emailAddress") and row.get("emailAddress") == values["emailAddress"])
        ]
        if same:
            raise Refused(409, "duplicate", [self._shown("Lead", row) for row in same])


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _invalid(field: str, kind: str) -> Refused:
    data = {"field": field, "type": kind}
    return Refused(400, "", {"messageTranslation": {"label": "validationFailure", "scope": None, "data": data}})


def _check_lines(kind: str, values: Record) -> None:
    status = values.get("status")
    if status is not None and status not in STATUSES[kind]:
        raise _invalid("status", "valid")
    for name, limit in LENGTHS.items():
        if len(values.get(name) or "") > limit:
            raise _invalid(name, "maxLength")
    for name in PATTERNED.get(kind, ()):
        if re.search("[<>=]", values.get(name) or ""):
            raise _invalid(name, "pattern")
    if values.get("website") and not re.fullmatch(SITE, values["website"]):
        raise _invalid("website", "valid")
    if values.get("industry") not in (None, *INDUSTRIES):
        raise _invalid("industry", "valid")


def _check_points(values: Record) -> None:
    for single in ("phoneNumber", "emailAddress"):
        many = values.get(f"{single}Data")
        if many:
            values[single] = next((one[single] for one in many if one.get("primary")), many[0][single])
            if len(many) > 10:
                raise _invalid(single, "maxCount")
    numbers = [one["phoneNumber"] for one in values.get("phoneNumberData") or ()] + [values.get("phoneNumber")]
    for number in filter(None, numbers):
        if len(number) > 36:
            raise _invalid("phoneNumber", "maxLength")
        if not re.fullmatch(r"\+[0-9]{7,15}", number.replace(" ", "")):
            raise _invalid("phoneNumber", "valid")
    if values.get("emailAddress"):
        values["emailAddress"] = values["emailAddress"].lower()


def _tests(query: dict[str, str], known: set[str]) -> Iterator[Callable[[Record], bool]]:
    groups: dict[str, dict[str, Any]] = {}
    for name, value in query.items():
        if found := re.fullmatch(r"whereGroup\[(\d+)\]\[(\w+)\](\[\d*\])?", name):
            group = groups.setdefault(found[1], {})
            if found[3]:
                group.setdefault(found[2], []).append(value)
            else:
                group[found[2]] = value
    for group in groups.values():
        if group.get("attribute") not in known:
            raise Refused(400, f"Not existing attribute '{group.get('attribute')}' in where.")
        yield _test(group["type"], group["attribute"], group.get("value"))


def _test(kind: str, name: str, value: Any) -> Callable[[Record], bool]:
    match kind:
        case "equals":
            return lambda row: row.get(name) == value
        case "in":
            return lambda row: row.get(name) in value
        case "after" | "greaterThan":
            return lambda row: str(row.get(name) or "") > value
        case "before":
            return lambda row: "" != str(row.get(name) or "") < value
        case "isNotNull":
            return lambda row: row.get(name) is not None
    raise Refused(400, f"Bad where type '{kind}'.")
