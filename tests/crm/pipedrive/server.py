"""A company's Pipedrive in memory, behind an httpx transport: it refuses what Pipedrive refuses.

Its documented nastiness is switched on by attributes: no Contact Sync, a budget of tokens, the network in front of it
that shuts out whoever goes on asking, a search that shows late, a second form of times.
"""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

Row = dict[str, Any]

TOKEN = "right-token"
REP, OTHER, MANAGER = 11, 12, 13
USERS = {REP: "Rita Rep", OTHER: "Otto Other", MANAGER: "Mona Manager"}

V1_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
HOUR = re.compile(r"\d\d:\d\d(:\d\d)?")
OUTCOMES = {"connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy"}

LEAD_FIELDS = {"title", "owner_id", "label_ids", "person_id", "organization_id", "is_archived", "value", "origin_id",
               "channel", "channel_id", "expected_close_date", "visible_to", "was_seen"}  # fmt: skip
PERSON_FIELDS = {"name", "owner_id", "org_id", "emails", "phones", "label_ids", "custom_fields", "job_title", "notes",
                 "im", "birthday", "postal_address", "visible_to", "marketing_status"}  # fmt: skip
SYNCED = {"job_title", "notes", "im", "birthday", "postal_address"}
ORG_FIELDS = {"name", "owner_id", "label_ids", "address", "custom_fields", "visible_to"}
ACTIVITY_FIELDS = {
    "subject",
    "type",
    "owner_id",
    "deal_id",
    "lead_id",
    "org_id",
    "due_date",
    "due_time",
    "duration",
    "busy",
    "done",
    "location",
    "participants",
    "attendees",
    "public_description",
    "priority",
    "note",
}
LOG_FIELDS = {"activity_id", "user_id", "subject", "duration", "outcome", "from_phone_number", "to_phone_number",
              "start_time", "end_time", "person_id", "org_id", "deal_id", "lead_id", "note"}  # fmt: skip
NOTE_FIELDS = {"content", "lead_id", "deal_id", "person_id", "org_id", "user_id", "add_time", "pinned_to_lead_flag"}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass
class Nasty:
    """What goes wrong in this company."""

    contact_sync: bool = True
    administrator: bool = True
    second_form: bool = False
    """Call logs tell their times with a T and a Z."""
    search_lag: timedelta = timedelta(0)
    call_logs: bool = True
    burst: int | None = None
    """How many requests are free in two seconds."""
    budget: int | None = None
    daily_headers: bool = True
    patience: int = 3
    """How many requests beyond the budget are answered before the network shuts the company out."""
    page: int = 500
    own_notes_only: bool = False
    no_users: bool = False
    """Whether the rep may not see who else works there."""
    visible: bool = True
    """Whether leads of others can be read."""


@dataclass
class Pipedrive(httpx.BaseTransport):
    """The company."""

    now: Callable[[], datetime]
    nasty: Nasty = field(default_factory=Nasty)
    leads: dict[str, Row] = field(default_factory=dict)
    persons: dict[int, Row] = field(default_factory=dict)
    organizations: dict[int, Row] = field(default_factory=dict)
    activities: dict[int, Row] = field(default_factory=dict)
    logs: dict[str, Row] = field(default_factory=dict)
    notes: dict[int, Row] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=lambda: dict(USERS))
    left: set[int] = field(default_factory=set)
    labels: list[Row] = field(default_factory=list)
    kinds: list[Row] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lately: list[datetime] = field(default_factory=list)
    spent: int = 0
    beyond: int = 0
    counter: int = 100

    def __post_init__(self) -> None:
        for name in ("Hot", "Warm", "Cold"):
            self.labels.append({"id": self.name(), "name": name, "color": "red"})
        for key in ("call", "meeting", "task", "deadline", "email", "lunch"):
            self.kinds.append({"id": self.next(), "key_string": key, "name": key.title(), "active_flag": True})

    # the manager's hand

    def next(self) -> int:
        self.counter += 1
        return self.counter

    def name(self) -> str:
        """An id of the kind that is no number, the same one at each run."""
        return str(uuid.UUID(int=self.next() * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128, version=4))

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def stamp1(self) -> str:
        return self.now().strftime("%Y-%m-%d %H:%M:%S")

    def add_organization(self, name: str, **more: Any) -> int:
        row = {
            "id": self.next(),
            "name": name,
            "owner_id": MANAGER,
            "add_time": self.stamp(),
            "update_time": self.stamp(),
            "is_deleted": False,
            "address": None,
            **more,
        }
        self.organizations[row["id"]] = row
        return int(row["id"])

    def add_person(self, name: str, **more: Any) -> int:
        row = {
            "id": self.next(),
            "name": name,
            "owner_id": MANAGER,
            "org_id": None,
            "emails": [],
            "phones": [],
            "add_time": self.stamp(),
            "update_time": self.stamp(),
            "is_deleted": False,
            **more,
        }
        self.persons[row["id"]] = row
        return int(row["id"])

    def add_lead(self, title: str, **more: Any) -> str:
        stamp = self.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        row = {
            "id": self.name(),
            "title": title,
            "owner_id": REP,
            "creator_id": MANAGER,
            "label_ids": [],
            "person_id": None,
            "organization_id": None,
            "source_name": "Manually created",
            "origin": "ManuallyCreated",
            "origin_id": None,
            "is_archived": False,
            "add_time": stamp,
            "update_time": stamp,
            **more,
        }
        self.leads[row["id"]] = row
        return str(row["id"])

    def touch(self, row: Row) -> None:
        row["update_time"] = self.stamp()

    def merge_persons(self, loser: int, winner: int) -> None:
        self.persons[loser]["is_deleted"] = True
        for row in (*self.leads.values(), *self.notes.values()):
            if row.get("person_id") == loser:
                row["person_id"] = winner
                self.touch(row)
        for row in self.activities.values():
            if row.get("person_id") == loser:
                row["person_id"] = winner
                row["participants"] = [{"person_id": winner, "primary": True}]
        self.touch(self.persons[winner])

    # the wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.strip("/")
        self.asked.append(f"{request.method} {path}")
        date = self.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        refused = self._limited(request, path, date)
        if refused is not None:
            return refused
        try:
            if request.headers.get("x-api-token") != TOKEN or "api_token" in request.url.params:
                raise Refused(401, "unauthorized access")
            body = self._body(request)
            data, additional = self._route(request.method, path, dict(request.url.params), body)
        except Refused as error:
            answer: Row = {"success": False, "error": str(error), "data": None}
            return httpx.Response(error.status, json=answer, headers={"Date": date})
        whole: Row = {"success": True} if data is None else {"success": True, "data": data}
        if additional is not None:
            whole["additional_data"] = additional
        status = 201 if request.method == "POST" and path.startswith("v1/leads") else 200
        return httpx.Response(status, json=whole, headers={"Date": date})

    def _limited(self, request: httpx.Request, path: str, date: str) -> httpx.Response | None:
        base = (
            20
            if path.endswith("/search")
            else 5
            if request.method != "GET"
            else 1
            if path.rsplit("/", maxsplit=1)[-1].isdigit()
            else 10
        )
        if self.nasty.burst is not None:
            now = self.now()
            self.lately = [at for at in self.lately if now - at < timedelta(seconds=2)]
            if len(self.lately) >= self.nasty.burst:
                reset = math.ceil((self.lately[0] + timedelta(seconds=2) - now).total_seconds())
                limits = {"x-ratelimit-limit": str(self.nasty.burst), "x-ratelimit-remaining": "0"}
                headers = {"Date": date, **limits, "x-ratelimit-reset": str(reset)}
                return httpx.Response(429, json={"success": False, "error": "rate limit exceeded"}, headers=headers)
            self.lately.append(now)
        self.spent += base * (1 if path.startswith("api/v2") else 2)
        if self.nasty.budget is None or self.spent <= self.nasty.budget:
            return None
        self.beyond += 1
        if self.beyond > self.nasty.patience:
            page = (
                "<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title><h1>You were blocked</h1></html>"
            )
            return httpx.Response(403, html=page, headers={"Date": date, "Server": "cloudflare"})
        headers = {"Date": date, "x-ratelimit-limit": "20", "x-ratelimit-remaining": "19", "x-ratelimit-reset": "2"}
        if self.nasty.daily_headers:
            headers |= {"x-daily-ratelimit-token-limit": "30000", "x-daily-ratelimit-token-remaining": "0"}
        return httpx.Response(
            429, json={"success": False, "error": "request over limit", "data": None}, headers=headers
        )

    @staticmethod
    def _body(request: httpx.Request) -> Row:
        if not request.content:
            return {}
        try:
            body = json.loads(request.content)
        except ValueError:
            raise Refused(400, "Bad request: invalid JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "Bad request")
        return body

    def _route(self, method: str, path: str, query: dict[str, str], body: Row) -> tuple[Any, Row | None]:
        match method, path.split("/"):
            case _, ["v1", ("users" | "leadLabels" | "activityTypes"), *rest]:
                return self._settings(method, path.removeprefix("v1/"), body), None
            case _, ["v1", ("persons" | "organizations" | "activities" | "deals"), *_]:
                raise Refused(410, "This endpoint is no longer available, use version 2")
            case _, ["api", "v2", ("leads" | "notes" | "callLogs"), *_]:
                raise Refused(404, "Unknown method")
            case _, ["v1", "leads", *rest]:
                return self._leads(method, rest, query, body)
            case _, ["v1", "notes", *rest]:
                return self._notes(method, rest, query, body)
            case _, ["v1", "callLogs", *rest]:
                return self._logs(method, rest, query, body)
            case "GET", ["api", "v2", ("persons" | "organizations") as kind, "search"]:
                return self._search(kind, query), {"next_cursor": None}
            case _, ["api", "v2", "persons", *rest]:
                if method == "PATCH" and SYNCED & set(body) and not self.nasty.contact_sync:
                    raise Refused(403, "Contact Sync is not enabled for this company")
                return self._records(self.persons, PERSON_FIELDS, method, rest, query, body)
            case _, ["api", "v2", "organizations", *rest]:
                return self._records(self.organizations, ORG_FIELDS, method, rest, query, body)
            case _, ["api", "v2", "activities", *rest]:
                return self._activities(method, rest, query, body)
        raise Refused(404, "Unknown method")

    def _settings(self, method: str, path: str, body: Row) -> Any:
        match method, path:
            case "GET", "users/me":
                return {
                    "id": REP,
                    "name": USERS[REP],
                    "email": "rita@co.example",
                    "company_name": "Co & Sons",
                    "company_domain": "co",
                    "timezone_name": "Europe/London",
                }
            case "GET", "users":
                if self.nasty.no_users:
                    raise Refused(403, "You do not have permissions to do this")
                return [
                    {
                        "id": number,
                        "name": name,
                        "email": f"{name.split()[0].lower()}{number}@co.example",
                        "active_flag": number not in self.left,
                    }
                    for number, name in self.users.items()
                ]
            case "GET", "leadLabels":
                return self.labels
            case "POST", "leadLabels":
                if not body.get("name") or body.get("color") not in {
                    "green",
                    "blue",
                    "red",
                    "yellow",
                    "purple",
                    "gray",
                }:
                    raise Refused(400, "ERR_SCHEMA_VALIDATION_FAILED")
                self.labels.append({"id": self.name(), "name": body["name"], "color": body["color"]})
                return self.labels[-1]
            case "GET", "activityTypes":
                return self.kinds
            case "POST", "activityTypes":
                if not self.nasty.administrator:
                    raise Refused(403, "You do not have permissions to do this")
                key = re.sub(r"\W", "_", body["name"].casefold())
                self.kinds.append({"id": self.next(), "key_string": key, "name": body["name"], "active_flag": True})
                return self.kinds[-1]
        raise Refused(404, "Unknown method")

    # version 1

    def _paged(self, found: list[Row], query: dict[str, str], most: int) -> tuple[list[Row], Row]:
        start, limit = int(query.get("start", "0")), int(query.get("limit", "100"))
        if limit > most:
            raise Refused(400, f"limit must be at most {most}")
        limit = min(limit, self.nasty.page)
        more = start + limit < len(found)
        page = {"start": start, "limit": limit, "more_items_in_collection": more}
        return found[start : start + limit], {"pagination": page}

    @staticmethod
    def _since(found: list[Row], query: dict[str, str]) -> list[Row]:
        if "updated_since" not in query:
            return found
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", query["updated_since"]):
            raise Refused(400, "updated_since must be RFC 3339")
        since = at(query["updated_since"])
        return [row for row in found if at(row["update_time"]) >= since]

    @staticmethod
    def _sorted(found: list[Row], query: dict[str, str]) -> list[Row]:
        name, _, way = query.get("sort", "add_time ASC").partition(" ")
        if name not in {"id", "update_time", "add_time", "title"} or way not in {"ASC", "DESC"}:
            raise Refused(400, "sort is not valid")
        return sorted(found, key=lambda row: str(row[name]), reverse=way == "DESC")

    def _leads(self, method: str, rest: list[str], query: dict[str, str], body: Row) -> tuple[Any, Row | None]:
        match method, rest:
            case "GET", [] | ["archived"]:
                archived = rest == ["archived"]
                if archived and "updated_since" in query:
                    raise Refused(400, "updated_since is not allowed")
                found = [row for row in self.leads.values() if row["is_archived"] is archived]
                for name in ("owner_id", "person_id", "organization_id"):
                    if name in query:
                        found = [row for row in found if str(row[name]) == query[name]]
                return self._paged(self._sorted(self._since(found, query), query), query, 500)
            case "GET", [name] if name in self.leads:
                if self.leads[name]["owner_id"] != REP and not self.nasty.visible:
                    raise Refused(403, "You do not have permission to view this lead")
                return self.leads[name], None
            case "POST", []:
                known(body, LEAD_FIELDS)
                if not body.get("title") or not (body.get("person_id") or body.get("organization_id")):
                    raise Refused(400, "A lead must be linked to a person or an organization, and have a title")
                self._labelled(body)
                values = {"source_name": "API", "origin": "API", "creator_id": REP, **body}
                return self.leads[self.add_lead(**values)], None
            case "PATCH", [name] if name in self.leads:
                if self.leads[name]["owner_id"] != REP and not self.nasty.visible:
                    raise Refused(403, "You do not have permission to edit this lead")
                known(body, LEAD_FIELDS - {"origin_id"})
                self._labelled(body)
                if body.get("owner_id", REP) not in self.users.keys() - self.left:
                    raise Refused(400, "Lead owner does not exist")
                self.leads[name].update(body)
                self.touch(self.leads[name])
                return self.leads[name], None
        raise Refused(404, "Lead not found")

    def _labelled(self, body: Row) -> None:
        if not set(body.get("label_ids", [])) <= {label["id"] for label in self.labels}:
            raise Refused(400, "label does not exist")
        if not isinstance(body.get("is_archived", False), bool):
            raise Refused(400, "is_archived must be a boolean")

    def _notes(self, method: str, rest: list[str], query: dict[str, str], body: Row) -> tuple[Any, Row | None]:
        match method, rest:
            case "GET", []:
                found = [row for row in self.notes.values() if row["active_flag"]]
                if "lead_id" in query:
                    found = [row for row in found if row["lead_id"] == query["lead_id"]]
                return self._paged(self._sorted(self._since(found, query), query), query, 500)
            case "POST", []:
                known(body, NOTE_FIELDS)
                if not body.get("content") or not any(
                    body.get(one) for one in ("lead_id", "deal_id", "person_id", "org_id")
                ):
                    raise Refused(400, "One of lead, deal, person or organization is required")
                if body.get("lead_id") and body["lead_id"] not in self.leads:
                    raise Refused(400, "Lead does not exist")
                return self.notes[self.add_note(body["lead_id"], body["content"], REP, body.get("add_time", ""))], None
            case "DELETE", [name] if int(name) in self.notes:
                if self.nasty.own_notes_only:
                    raise Refused(403, "You do not have permissions to do this")
                self.notes[int(name)]["active_flag"] = False
                return True, None
        raise Refused(404, "Note not found")

    def add_note(self, lead: str, content: str, user: int, add_time: str = "") -> int:
        if add_time and not V1_TIME.fullmatch(add_time):
            raise Refused(400, "add_time must be YYYY-MM-DD HH:MM:SS")
        row: Row = {
            "id": self.next(),
            "content": sanitized(content),
            "lead_id": lead,
            "person_id": None,
            "user_id": user,
            "active_flag": True,
            "add_time": add_time or self.stamp1(),
            "update_time": self.stamp1(),
            "user": {"name": USERS[user], "is_you": user == REP},
        }
        self.notes[row["id"]] = row
        return int(row["id"])

    def _logs(self, method: str, rest: list[str], query: dict[str, str], body: Row) -> tuple[Any, Row | None]:
        match method, rest:
            case "GET", []:
                found = [row for row in self.logs.values() if row["user_id"] == REP]
                return self._paged(sorted(found, key=lambda row: str(row["start_time"]), reverse=True), query, 50)
            case "POST", []:
                return self._converted(body), None
            case "DELETE", [name] if name in self.logs:
                del self.logs[name]
                return None, None
        raise Refused(404, "Call log not found")

    def _converted(self, body: Row) -> Row:
        if not self.nasty.call_logs:
            raise Refused(403, "Your plan does not allow this")
        known(body, LOG_FIELDS)
        for name in ("outcome", "to_phone_number", "start_time", "end_time"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise Refused(400, f"{name} is required")
        if body["outcome"] not in OUTCOMES:
            raise Refused(400, "outcome is not valid")
        if not all(V1_TIME.fullmatch(body[name]) for name in ("start_time", "end_time")):
            raise Refused(400, "Times must be YYYY-MM-DD HH:MM:SS")
        if "duration" in body and not (isinstance(body["duration"], str) and body["duration"].isdigit()):
            raise Refused(400, "duration must be a string of seconds")
        if body.get("deal_id") and body.get("lead_id"):
            raise Refused(400, "Either a deal or a lead, not both")
        activity = self.activities.get(body.get("activity_id", 0))
        if activity is None or activity["is_deleted"] or activity["type"] != "call":
            raise Refused(400, "activity_id must be a call")
        activity |= {name: body[name] for name in ("subject", "note") if name in body}
        self.touch(activity)
        row = {
            **body,
            "id": self.name().replace("-", ""),
            "user_id": REP,
            "lead_id": activity["lead_id"],
            "person_id": activity["person_id"],
        }
        if self.nasty.second_form:
            row |= {name: body[name].replace(" ", "T") + "Z" for name in ("start_time", "end_time")}
        self.logs[row["id"]] = row
        return row

    # version 2

    def _listed(self, found: list[Row], query: dict[str, str]) -> tuple[list[Row], Row]:
        found = [row for row in found if not row["is_deleted"]]
        if "ids" in query:
            wanted = query["ids"].split(",")
            if len(wanted) > 100:
                raise Refused(400, "at most 100 ids")
            found = [row for row in found if str(row["id"]) in wanted]
        for name in ("owner_id", "lead_id", "person_id", "org_id"):
            if name in query:
                found = [row for row in found if str(row.get(name)) == query[name]]
        found = self._since(found, query)
        if query.get("sort_by", "id") not in {"id", "update_time", "add_time"}:
            raise Refused(400, "sort_by is not valid")
        found = sorted(found, key=lambda row: (row[query.get("sort_by", "id")], row["id"]))
        limit = int(query.get("limit", "100"))
        if limit > 500 or "start" in query:
            raise Refused(400, "limit must be at most 500, and there is no start")
        limit = min(limit, self.nasty.page)
        cursor = query.get("cursor", "c0")
        if not re.fullmatch(r"c\d+", cursor):
            raise Refused(400, "cursor is not valid")
        start = int(cursor[1:])
        following = f"c{start + limit}" if start + limit < len(found) else None
        return found[start : start + limit], {"next_cursor": following}

    def _records(
        self, table: dict[int, Row], fields: set[str], method: str, rest: list[str], query: dict[str, str], body: Row
    ) -> tuple[Any, Row | None]:
        match method, rest:
            case "GET", []:
                found, additional = self._listed(list(table.values()), query)
                return [self._shown(row) for row in found], additional
            case "POST", []:
                known(body, fields)
                if not body.get("name"):
                    raise Refused(400, "name is required")
                add = self.add_person if table is self.persons else self.add_organization
                return table[add(**body)], None
            case "PATCH", [name] if int(name) in table:
                known(body, fields)
                table[int(name)].update(body)
                self.touch(table[int(name)])
                return self._shown(table[int(name)]), None
        raise Refused(404, "Not found")

    def _shown(self, row: Row) -> Row:
        return row if self.nasty.contact_sync else {key: value for key, value in row.items() if key not in SYNCED}

    def _search(self, kind: str, query: dict[str, str]) -> Row:
        if len(query.get("term", "")) < 2 or query.get("fields") not in {"email", "phone", "name"}:
            raise Refused(400, "term must have two characters")
        late = self.now() - self.nasty.search_lag
        term = query["term"].casefold()
        found = []
        for row in (self.persons if kind == "persons" else self.organizations).values():
            values = {
                "email": [one["value"] for one in row.get("emails", [])],
                "phone": [one["value"] for one in row.get("phones", [])],
                "name": [row["name"]],
            }[query["fields"]]
            if not row["is_deleted"] and at(row["add_time"]) <= late and term in [one.casefold() for one in values]:
                found.append({"item": {"id": row["id"], "name": row["name"]}, "result_score": 1.0})
        return {"items": found}

    def _activities(self, method: str, rest: list[str], query: dict[str, str], body: Row) -> tuple[Any, Row | None]:
        match method, rest:
            case "GET", []:
                return self._listed(list(self.activities.values()), query)
            case "GET", [name] if int(name) in self.activities:
                return self.activities[int(name)], None
            case "POST", []:
                self._checked(body)
                row = {
                    "id": self.next(),
                    "subject": "Call",
                    "type": "call",
                    "owner_id": REP,
                    "lead_id": None,
                    "note": "",
                    "done": False,
                    "is_deleted": False,
                    "due_time": None,
                    "duration": None,
                    "marked_as_done_time": None,
                    "org_id": None,
                    "participants": [],
                    "add_time": self.stamp(),
                    "update_time": self.stamp(),
                    **body,
                }
                row["note"] = sanitized(row["note"])
                first = [one["person_id"] for one in row["participants"] if one.get("primary")]
                row["person_id"] = first[0] if first else None
                self.activities[row["id"]] = row
                return row, None
            case "PATCH", [name] if int(name) in self.activities and not self.activities[int(name)]["is_deleted"]:
                self._checked(body)
                self.activities[int(name)].update(body)
                self.touch(self.activities[int(name)])
                return self.activities[int(name)], None
            case "DELETE", [name] if int(name) in self.activities:
                self.activities[int(name)]["is_deleted"] = True
                return {"id": int(name)}, None
        raise Refused(404, "Activity not found")

    def _checked(self, body: Row) -> None:
        known(body, ACTIVITY_FIELDS)
        if not isinstance(body.get("done", False), bool):
            raise Refused(400, "done must be a boolean")
        if len(body.get("subject", "")) > 255:
            raise Refused(400, "subject is too long")
        if "type" in body and body["type"] not in {kind["key_string"] for kind in self.kinds}:
            raise Refused(400, "type is not valid")
        if not DAY.fullmatch(body.get("due_date", "2026-01-01")):
            raise Refused(400, "due_date is not valid")
        if body.get("due_time") and not HOUR.fullmatch(body["due_time"]):
            raise Refused(400, "due_time is not valid")
        if body.get("lead_id") and body["lead_id"] not in self.leads:
            raise Refused(400, "Lead does not exist")
        if any(one["person_id"] not in self.persons for one in body.get("participants", [])):
            raise Refused(400, "Person does not exist")


def known(body: Row, fields: set[str]) -> None:
    """Unknown and read-only fields are refused: `person_id` of an activity is one."""
    if strange := set(body) - fields:
        raise Refused(400, f"Unknown or read-only: {', '.join(sorted(strange))}")


def sanitized(html: str) -> str:
    """What is dangerous goes, and comments with it: a key cannot hide in one."""
    html = re.sub(r"<!--.*?-->|<script.*?</script>", "", html, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"<(?!/?(?:p|br|b|i|ul|ol|li|a|div|span)\b)[^>]*>", "", html)


def at(text: str) -> datetime:
    """A time in either form."""
    found = datetime.fromisoformat(text)
    return found.replace(microsecond=0, tzinfo=UTC) if found.tzinfo is None else found.replace(microsecond=0)
