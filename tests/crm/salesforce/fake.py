"""A Salesforce org that refuses what the real one refuses: lengths, locks, limits, converted leads, duplicates."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx

from tests.crm.salesforce.schema import KEY, LENGTHS, OPTIONS, OTHERS, PREFIXES, READ_ONLY, RESTRICTED, SETUP
from tests.crm.salesforce.setup import Refused, checked, defined
from tests.crm.salesforce.soql import Malformed, Parser, Query, value

Record = dict[str, Any]

HOST = "example.my.salesforce.com"
BASE = f"https://{HOST}/services/data/v67.0"
TOKEN = "access-token-1"
REFRESH = "refresh-token"
CLIENT_SECRET = "client-secret"
CLIENT = "client-id"
REP, OTHER, MANAGER = "005000000000000001", "005000000000000002", "005000000000000003"
USERS = {REP: "Rep One", OTHER: "Rep Two", MANAGER: "Mona Manager"}


class FakeSalesforce(httpx.BaseTransport):
    """An org with a rep, another rep and a manager."""

    def __init__(self, *, keyed: tuple[str, ...] = ("Task", "Lead"), external: bool = True, rows: int = 2000) -> None:
        self.now = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
        self.tables: dict[str, dict[str, Record]] = {kind: {} for kind in READ_ONLY}
        self.tokens = {TOKEN}
        self.hidden: set[str] = set()
        if "Task" not in keyed:
            self.hidden.add(f"Task.{KEY}")
        if "Lead" not in keyed:
            self.hidden.add(f"Lead.{KEY}")
        self.defined = {f"{'Activity' if kind == 'Task' else kind}.{KEY}" for kind in keyed}
        self.external = external
        self.rows = rows
        self.confidential = False  # whether the app wants its secret at each renewal
        self.admin = False  # whether the one who signs in may customize the org
        self.private = False
        self.no_delete = False
        self.locked: set[str] = set()
        self.limit, self.used = 100_000, 0
        self.duplicate_rule = True
        self.instance = f"https://{HOST}"
        self.refreshed = 0
        self.rotates = False  # whether a refresh token is void once it was used
        self.refresh = REFRESH
        self.device_pending = 1
        self.asked: list[str] = []
        self._cursors: dict[str, list[Record]] = {}
        self._count = 0
        self._lock = threading.RLock()
        for one, name in USERS.items():
            self.hire(one, name, f"{name.split()[-1].lower()}@example.com")
        self.tables["Organization"]["00D000000000000001"] = {"Id": "00D000000000000001", "Name": "Example Ltd"}
        for place, label in enumerate(OPTIONS["Lead.Status"]):
            row = {"Id": f"ls{place}", "MasterLabel": label, "IsConverted": label == "Closed - Converted"}
            self.tables["LeadStatus"][f"ls{place}"] = row
        for place, label in enumerate(OPTIONS["Task.Status"]):
            closed = {"Id": f"ts{place}", "MasterLabel": label, "IsClosed": label == "Completed", "SortOrder": place}
            self.tables["TaskStatus"][f"ts{place}"] = closed

    # what a manager does

    def hire(self, one: str, name: str, mail: str, *, active: bool = True, kind: str = "Standard") -> None:
        self.tables["User"][one] = {"Id": one, "Name": name, "Username": mail, "Email": mail, "IsActive": active,
                                    "UserType": kind, "TimeZoneSidKey": "Europe/London"}  # fmt: skip

    def tick(self, by: timedelta = timedelta(milliseconds=40)) -> None:
        self.now += by

    def stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def make(self, kind: str, user: str = MANAGER, **values: Any) -> str:
        with self._lock:
            self.tick()
            self._count += 1
            one = f"{PREFIXES[kind]}{self._count:015d}"
            self.tables[kind][one] = {
                "Id": one, "CreatedDate": self.stamp(), "SystemModstamp": self.stamp(), "CreatedById": user,
                "IsDeleted": False, "MasterRecordId": None, "IsConverted": False, **values,
            }  # fmt: skip
            return one

    def edit(self, kind: str, one: str, **values: Any) -> None:
        with self._lock:
            self.tick()
            self.tables[kind][one] |= {**values, "SystemModstamp": self.stamp()}

    # the wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.tick()
            self.asked.append(f"{request.method} {request.url.path}")
            try:
                status, body = self._answer(request)
            except Refused as refused:
                status, body = refused.status, [refused.error]
            headers = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"}
            if body is None:
                return httpx.Response(status, headers=headers, request=request)
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json;charset=UTF-8"
            return httpx.Response(status, headers=headers, content=content, request=request)

    def _answer(self, request: httpx.Request) -> tuple[int, Any]:
        whole = request.url.path
        if whole == "/services/oauth2/token":
            return self._sign_in(dict(parse_qsl(request.read().decode())))
        if request.headers.get("Authorization") not in {f"Bearer {token}" for token in self.tokens}:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.used += 1
        if self.used > self.limit:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if whole == "/services/oauth2/userinfo":
            return 200, {"user_id": REP, "organization_id": "00D000000000000001", "name": USERS[REP],
                         "zoneinfo": "Europe/London"}  # fmt: skip
        found = re.fullmatch(r"/services/data/v\d+\.0/(.*)", whole)
        if found is None:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        path = found[1].strip("/").split("/")
        if request.method == "POST" and path[-1] in {"CustomField", *SETUP}:
            return 201, {"id": self._set_up(path, self._body(request)), "success": True, "errors": []}
        return self._data(request, path)

    def _sign_in(self, form: dict[str, str]) -> tuple[int, Any]:
        if form.get("client_id") != CLIENT:
            return 400, {"error": "invalid_client_id", "error_description": "client identifier invalid"}
        if form.get("response_type") == "device_code":
            return 200, {"device_code": "device-1", "user_code": "ABCD-1234", "interval": 5,
                         "verification_uri": f"https://{HOST}/setup/connect"}  # fmt: skip
        match form.get("grant_type"):
            case "device" if form.get("code") == "device-1":
                if self.device_pending:
                    self.device_pending -= 1
                    return 400, {"error": "authorization_pending", "error_description": "pending"}
            case "refresh_token" if self.rotates and form.get("refresh_token") != self.refresh:
                self.refresh = ""  # used twice it is taken for stolen, and so is all that came of it
                self.tokens.clear()
                return 400, {"error": "invalid_grant", "error_description": "expired access/refresh token"}
            case "refresh_token" if form.get("refresh_token") == self.refresh and self.confidential:
                return 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
            case "refresh_token" if form.get("refresh_token") == self.refresh:
                pass
            case "client_credentials" if form.get("client_secret") == CLIENT_SECRET:
                pass
            case "client_credentials":
                return 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
            case _:
                return 400, {"error": "invalid_grant", "error_description": "expired access/refresh token"}
        self.refreshed += 1
        token = f"access-token-{self.refreshed + 1}"
        self.tokens.add(token)
        if self.rotates and form.get("grant_type") == "refresh_token":
            self.refresh = f"{REFRESH}-{self.refreshed}"
        given = form.get("grant_type") == "device" or (self.rotates and form.get("grant_type") == "refresh_token")
        more = {"refresh_token": self.refresh} if given else {}
        return 200, {"access_token": token, "instance_url": self.instance, "token_type": "Bearer", **more}

    def _data(self, request: httpx.Request, path: list[str]) -> tuple[int, Any]:
        body = self._body(request)
        match request.method, path:
            case "GET", ["query" | "queryAll" as how]:
                return 200, self._query(parse_qs(request.url.query.decode())["q"][0], deleted=how == "queryAll")
            case "GET", ["query" | "queryAll", locator]:
                return 200, self._page(self._behind(locator))
            case "GET", ["sobjects", kind, "describe"]:
                return 200, {"name": kind, "fields": self._described(kind)}
            case "GET", ["sobjects", kind, one]:
                return 200, {"attributes": {"type": kind}, **self._shown(kind, self._there(kind, one))}
            case "POST", ["sobjects", kind]:
                self._duplicates(kind, body, request.headers)
                return 201, {"id": self._made(kind, body), "success": True, "errors": []}
            case "PATCH", ["sobjects", kind, one]:
                self._conditional(request, self._there(kind, one))
                self._written(kind, one, body)
                return 204, None
            case "DELETE", ["sobjects", kind, one]:
                self._there(kind, one)
                if self.no_delete:
                    raise Refused(403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
                self.edit(kind, one, IsDeleted=True)
                return 204, None
            case "PATCH", ["sobjects", kind, field, key]:
                if field in body:
                    raise Refused(400, "INVALID_FIELD", "The external id must not be in the body", (field,))
                one, created = self._upserted(kind, field, {**body, field: key}, request.headers)
                return (201 if created else 200), {"id": one, "success": True, "created": created, "errors": []}
            case "PATCH", ["composite", "sobjects", kind, field]:
                return 200, self._collection(kind, field, body, request.headers)
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")

    def _behind(self, locator: str) -> list[Record]:
        """What is left of a query; who asks twice is told twice."""
        if locator not in self._cursors:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._cursors[locator]

    @staticmethod
    def _body(request: httpx.Request) -> Record:
        try:
            found: Record = json.loads(request.read() or b"{}")
        except ValueError:
            raise Refused(400, "JSON_PARSER_ERROR", "Unexpected character") from None
        return found

    def _set_up(self, path: list[str], body: Record) -> str:
        """What only an administrator may; a new field is seen by nobody, not even by whoever made it."""
        if not self.admin:
            raise Refused(403, "INSUFFICIENT_ACCESS", "insufficient access rights on cross-reference id")
        if path == ["tooling", "sobjects", "CustomField"]:
            made = defined(body, self.defined)
            self.hidden.add(made.replace("Activity.", "Task."))
            self.external = body["Metadata"].get("externalId") is True
            self._count += 1
            return f"00N{self._count:015d}"
        checked(path[-1], body, self.defined, self.tables[path[-1]].values())
        one = self.make(path[-1], REP, **body)
        mine = {row["PermissionSetId"] for row in self.tables["PermissionSetAssignment"].values()
                if row["AssigneeId"] == REP}  # fmt: skip
        self.hidden -= {row["Field"] for row in self.tables["FieldPermissions"].values() if row["ParentId"] in mine}
        return one

    # reading

    def _fields(self, kind: str) -> set[str]:
        if kind not in self.tables or (kind in SETUP and not self.admin):
            raise Refused(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
        names = {*LENGTHS.get(kind, ()), *OTHERS.get(kind, ()), *READ_ONLY[kind], *SETUP.get(kind, ())}
        return {name for name in names if f"{kind}.{name}" not in self.hidden}

    def _described(self, kind: str) -> list[Record]:
        return [
            {
                "name": name, "createable": name not in READ_ONLY[kind], "updateable": name not in READ_ONLY[kind],
                "externalId": name == KEY and self.external, "unique": name == KEY,
                "length": LENGTHS.get(kind, {}).get(name, 0),
                "picklistValues": [{"value": one, "active": True} for one in OPTIONS.get(f"{kind}.{name}", ())],
            }
            for name in sorted(self._fields(kind))
        ]  # fmt: skip

    def _query(self, soql: str, *, deleted: bool) -> Record:
        if len(soql) > 20_000:
            raise Refused(414, "URI_TOO_LONG")
        try:
            query = Parser(soql, lambda inner: {row["Id"] for row in self._rows(inner, deleted=False)}).query()
        except (Malformed, KeyError, IndexError) as error:
            raise Refused(400, "MALFORMED_QUERY", str(error)) from None
        rows = self._rows(query, deleted=deleted)
        return self._page([self._picked(query, row) for row in rows])

    def _rows(self, query: Query, *, deleted: bool) -> list[Record]:
        known = self._fields(query.table)
        if query.table == "UserPermissionAccess":
            return [dict.fromkeys(known, self.admin)]
        for name in (*query.fields, *query.tested, *query.order):
            if name.split(".")[0] not in known:
                raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on entity '{query.table}'")
        rows = [self._shown(query.table, row) for row in self.tables[query.table].values()]
        rows = [row for row in rows if (deleted or not row.get("IsDeleted")) and query.test(row)]
        if self.private and query.table == "Lead":
            rows = [row for row in rows if row["OwnerId"] == REP]
        rows.sort(key=lambda row: [str(value(row, name) or "") for name in query.order] or [row["Id"]])
        return rows[: query.limit]

    def _picked(self, query: Query, row: Record) -> Record:
        picked: Record = {"attributes": {"type": query.table, "url": f"/sobjects/{query.table}/{row['Id']}"}}
        for name in query.fields:
            first, _, rest = name.partition(".")
            if rest:
                inner = picked.setdefault(first, {"attributes": {"type": first}})
                inner[rest] = value(row, name)
            else:
                picked[name] = row.get(name)
        return picked

    def _page(self, rows: list[Record]) -> Record:
        page: Record = {"totalSize": len(rows), "done": len(rows) <= self.rows, "records": rows[: self.rows]}
        if not page["done"]:
            locator = f"01g{len(self._cursors):015d}-{len(rows)}"
            self._cursors[locator] = rows[self.rows :]
            page["nextRecordsUrl"] = f"/services/data/v67.0/query/{locator}"
        return page

    def _shown(self, kind: str, row: Record) -> Record:
        shown = dict.fromkeys(self._fields(kind)) | {k: v for k, v in row.items() if k in self._fields(kind)}
        if "OwnerId" in row:
            shown["Owner"] = {"Name": self.tables["User"].get(row["OwnerId"], {}).get("Name")}
        if kind == "Task":
            shown["IsClosed"] = row.get("Status") == "Completed"
            shown["CompletedDateTime"] = row.get("SystemModstamp") if shown["IsClosed"] else None
        if kind == "CampaignMember":
            shown["Lead"] = self.tables["Lead"].get(row["LeadId"], {})
        return shown

    def _there(self, kind: str, one: str) -> Record:
        row = self.tables[kind].get(one)
        if row is None or (self.private and kind == "Lead" and row["OwnerId"] != REP):
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        if row["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        return row

    # writing

    def _conditional(self, request: httpx.Request, row: Record) -> None:
        header = request.headers.get("If-Unmodified-Since")
        if header is None:
            return
        try:
            since = parsedate_to_datetime(header)
        except ValueError:
            raise Refused(400, "INVALID_HEADER", "The date is malformed") from None
        if datetime.strptime(row["SystemModstamp"], "%Y-%m-%dT%H:%M:%S.%f%z") > since:
            raise Refused(412, "PRECONDITION_FAILED", "The record was modified")

    def _checked(self, kind: str, body: Record, *, new: bool) -> Record:
        values = {name: one for name, one in body.items() if name != "attributes"}
        for name, one in values.items():
            if name not in self._fields(kind) - READ_ONLY[kind]:
                raise Refused(
                    400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {name}", (name,)
                )
            limit = LENGTHS.get(kind, {}).get(name)
            if limit and isinstance(one, str) and len(one) > limit:
                raise Refused(400, "STRING_TOO_LONG", f"{name}: data value too large (max length={limit})", (name,))
            if f"{kind}.{name}" in RESTRICTED and one not in OPTIONS[f"{kind}.{name}"]:
                raise Refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value: {one}", (name,))
        if "OwnerId" in values:
            self._owner(values["OwnerId"])
        if kind == "Task":
            self._task(values, new=new)
        elif values.get("Status") == "Closed - Converted":
            raise Refused(400, "INVALID_STATUS", "To convert a lead, use the conversion", ("Status",))
        elif new and not (values.get("LastName") and values.get("Company")):
            raise Refused(400, "REQUIRED_FIELD_MISSING", "Required fields are missing", ("LastName", "Company"))
        return values

    def _owner(self, one: str) -> None:
        user = self.tables["User"].get(one)
        if user is None:
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ("OwnerId",))
        if not user["IsActive"]:
            told = f"operation performed with inactive user [{one}] as owner of lead"
            raise Refused(400, "INACTIVE_OWNER_OR_USER", told, ("OwnerId",))

    def _task(self, values: Record, *, new: bool) -> None:
        if not new and "TaskSubtype" in values:
            raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "TaskSubtype cannot be changed", ("TaskSubtype",))
        seconds = values.get("CallDurationInSeconds")
        if seconds is not None and not (isinstance(seconds, int) and 0 <= seconds < 10**8):
            raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE", "bad number", ("CallDurationInSeconds",))
        who = values.get("WhoId")
        if who is not None:
            if re.fullmatch(r"\w{15}|\w{18}", str(who)) is None:
                raise Refused(400, "MALFORMED_ID", f"bad id {who}", ("WhoId",))
            if str(who).startswith("003"):
                return  # a contact
            lead = self.tables["Lead"].get(who)
            if lead is None or (self.private and lead["OwnerId"] != REP):
                raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("WhoId",))
            if lead["IsDeleted"]:
                raise Refused(400, "ENTITY_IS_DELETED", "entity is deleted", ("WhoId",))
            if lead["IsConverted"]:
                raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ("WhoId",))
            if who in self.locked:
                raise Refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")

    def _made(self, kind: str, body: Record) -> str:
        values = self._checked(kind, body, new=True)
        start = {
            "OwnerId": REP,
            **({"Status": "Open - Not Contacted"} if kind == "Lead" else {"Status": "Not Started"}),
        }
        return self.make(kind, REP, **{**start, **values})

    def _written(self, kind: str, one: str, body: Record) -> None:
        if self.tables[kind][one]["IsConverted"]:
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        self.edit(kind, one, **self._checked(kind, body, new=False))

    def _upserted(self, kind: str, field: str, body: Record, headers: httpx.Headers) -> tuple[str, bool]:
        if field not in self._fields(kind) or not self.external:
            raise Refused(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {field}")
        same = [row for row in self.tables[kind].values() if row.get(field) == body[field] and not row["IsDeleted"]]
        if len(same) > 1:
            raise Refused(300, "DUPLICATE_EXTERNAL_ID", "several records")
        if same:
            self._written(kind, same[0]["Id"], body)
            return same[0]["Id"], False
        self._duplicates(kind, body, headers)
        return self._made(kind, body), True

    def _collection(self, kind: str, field: str, body: Record, headers: httpx.Headers) -> list[Record]:
        records = body.get("records")
        if not isinstance(records, list) or not 0 < len(records) <= 200:
            raise Refused(400, "INVALID_INPUT", "at most 200 records")
        if len({record.get(field) for record in records}) < len(records):
            raise Refused(400, "DUPLICATE_VALUE", "a key comes twice")
        results: list[Record] = []
        for record in records:
            try:
                one, created = self._upserted(kind, field, record, headers)
            except Refused as refused:
                error = {"statusCode": refused.code, "message": refused.message, "fields": list(refused.fields)}
                results.append({"success": False, "errors": [error]})
            else:
                results.append({"id": one, "success": True, "created": created, "errors": []})
        return results

    def _duplicates(self, kind: str, body: Record, headers: httpx.Headers) -> None:
        allowed = "allowSave=true" in headers.get("Sforce-Duplicate-Rule-Header", "")
        if kind != "Lead" or not self.duplicate_rule or allowed:
            return
        name = (body.get("FirstName"), body.get("LastName"))
        same = [
            row
            for row in self.tables["Lead"].values()
            if not row["IsDeleted"]
            and (
                (row.get("FirstName"), row.get("LastName")) == name
                or (body.get("Email") and row.get("Email") == body["Email"])
            )
        ]
        if same:
            matches = [{"record": {"Id": row["Id"]}} for row in same]
            result = {"matchResults": [{"matchRecords": matches}]}
            raise Refused(400, "DUPLICATES_DETECTED", "Use one of these records?", duplicateResult=result)
