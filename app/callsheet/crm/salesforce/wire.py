"""Salesforce's REST API request by request: tokens renewed once, errors by their code, limits by 403."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any, Final

import httpx

from callsheet.crm.salesforce.login import AGAIN, VENDOR, Login, Token
from callsheet.crm.salesforce.soql import is_id, moment
from callsheet.crm.transport import Json, Reply, Transport, checked_url, failed
from callsheet.domain.text import one_line
from callsheet.sync.port import (
    AuthBroken,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    Rejected,
    Result,
    Retry,
    Throttled,
    Uncertain,
)

Row = Mapping[str, Any]

VERSION: Final = "v67.0"
DATA: Final = f"services/data/{VERSION}"
BATCH: Final = 200
PAGES: Final = 200
"""Pages of one query, more than any rep's leads have."""

ALWAYS: Final = frozenset({"Id", "SystemModstamp", "WhoId"})
"""Fields that are never empty where they are asked for."""

BUSY_PAUSE: Final = timedelta(seconds=5)

LIMIT_PAUSE: Final = timedelta(hours=1)
"""How long to wait when the day's requests are used up: Salesforce does not say, and its day is a rolling one."""

_GONE: Final = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND", "MALFORMED_ID"})
_CONVERTED: Final = "CANNOT_UPDATE_CONVERTED"
_BARRED: Final = ("INSUFFICIENT_ACCESS", _CONVERTED, "FIELD_INTEGRITY_EXCEPTION_ACCESS", "INVALID_TYPE")
_DUPLICATE: Final = frozenset({"DUPLICATES_DETECTED", "DUPLICATE_VALUE", "DUPLICATE_DEVELOPER_NAME"})
_HOSTS: Final = (".salesforce.com", ".force.com", ".salesforce.mil", ".cloudforce.com")


class Missing(CrmError):
    """There is no such record, or it is not ours to see."""


class Stale(CrmError):
    """412: the record changed since the time that was named."""


class Taken(CrmError):
    """A rule about duplicates is in the way; `ids` are the records that it names, `several` when a key fits many."""

    def __init__(self, message: str, ids: Sequence[str] = (), *, several: bool = False) -> None:
        super().__init__(message)
        self.ids = ids
        self.several = several


class Wire:
    """One org, safe to share between threads. Methods may raise a `CrmError`, `Missing`, `Stale` or `Taken`."""

    def __init__(self, login: Login, url: str, transport: httpx.BaseTransport | None) -> None:
        self._login = login
        self._home = checked_url(url)
        self._inner = transport
        self._lock = threading.Lock()
        self._doors: dict[str, Transport] = {}
        self.skew = timedelta(0)
        self.usage = ""

    def close(self) -> None:
        """Give back the connections."""
        with self._lock:
            for door in self._doors.values():
                door.close()

    def query(self, soql: str, *, deleted: bool = False) -> list[Row]:
        """All records that a query finds, page after page; `deleted` takes in what lies in the recycle bin."""
        reply = self._read(f"{DATA}/{'queryAll' if deleted else 'query'}", {"q": soql})
        always = ALWAYS & set(re.split(r"[\s,]+", soql.partition(" FROM ")[0]))
        found: list[Row] = []
        for _ in range(PAGES):
            body = reply.body
            rows = body.get("records") if isinstance(body, dict) else None
            if not isinstance(rows, list) or not all(_is_record(row, always) for row in rows):
                raise Drift(f"{VENDOR}'s answer is not a list of records.")
            found += rows
            following = body.get("nextRecordsUrl")
            if body.get("done") is not False or not isinstance(following, str):
                return found
            reply = self._read(following.lstrip("/"), None)
        raise Drift(f"{VENDOR}'s query does not come to an end.")

    def describe(self, kind: str) -> Row:
        """How an object is made up here, as far as the rep may see."""
        return self._object(self._read(f"{DATA}/sobjects/{kind}/describe", None))

    def userinfo(self) -> Row:
        """Who we are."""
        return self._object(self._read("services/oauth2/userinfo", None))

    def upsert_all(self, kind: str, field: str, records: Sequence[Row]) -> list[Row]:
        """Make or change records by an external id, at most `BATCH`: one result each, in their order."""
        items = [{"attributes": {"type": kind}, **record} for record in records]
        body = {"allOrNone": False, "records": items}
        results = self._write("PATCH", f"{DATA}/composite/sobjects/{kind}/{field}", body).body
        if not isinstance(results, list) or len(results) != len(records):
            raise Drift(
                f"{VENDOR} answered {len(results) if isinstance(results, list) else 0} of {len(records)} records."
            )
        return results

    def upsert(self, kind: str, field: str, key: str, values: Row, *, allow: bool = False) -> str:
        """Make or change one record by its external id, which must not be among the values; return its id."""
        body = self._write("PATCH", f"{DATA}/sobjects/{kind}/{field}/{key}", values, _allowed(allow)).body
        return self._id(body)

    def create(self, kind: str, values: Row, *, allow: bool = False) -> str:
        """Make a record; sent again, another one is made."""
        return self._id(self._write("POST", f"{DATA}/sobjects/{kind}", values, _allowed(allow)).body)

    def update(self, kind: str, one: str, values: Row, *, since: str = "") -> None:
        """Set fields; with `since` it is refused when the record changed after that time."""
        at = moment(since)
        headers = {"If-Unmodified-Since": format_datetime(at, usegmt=True)} if at else {}
        self._write("PATCH", f"{DATA}/sobjects/{kind}/{_checked_id(one)}", values, headers)

    def delete(self, kind: str, one: str) -> None:
        """Put a record into the recycle bin."""
        self._write("DELETE", f"{DATA}/sobjects/{kind}/{_checked_id(one)}", None)

    def define(self, name: str, made_up: Row) -> None:
        """Make a custom field: its full name and how it is made up. `Taken` when there is one of that name."""
        body = {"FullName": name, "Metadata": dict(made_up)}
        self._id(self._write("POST", f"{DATA}/tooling/sobjects/CustomField", body).body)

    def _id(self, body: Json) -> str:
        one = body.get("id") if isinstance(body, dict) else None
        if not isinstance(one, str):
            raise Drift(f"{VENDOR} does not say what it wrote.")
        return one

    def _object(self, reply: Reply) -> Row:
        if not isinstance(reply.body, dict):
            raise Drift(f"{VENDOR}'s answer is not a record.")
        return reply.body

    def _read(self, path: str, params: Mapping[str, str] | None) -> Reply:
        return self._sent(lambda door, headers: door.read("GET", path, params=params, headers=headers), {})

    def _write(self, method: str, path: str, body: Json, headers: Mapping[str, str] | None = None) -> Reply:
        return self._sent(lambda door, sent: door.write(method, path, json=body, headers=sent), headers or {})

    def _sent(self, send: Any, headers: Mapping[str, str]) -> Reply:
        """Send it; when the token is refused, once more with a new one: a refused request did nothing."""
        token = self._login.token()
        reply = send(self._door(token), {**headers, **_bearer(token)})
        if reply.status == 401:
            token = self._login.renew(token)
            reply = send(self._door(token), {**headers, **_bearer(token)})
        if reply.skew is not None:
            self.skew = reply.skew
        self.usage = one_line(reply.headers.get("sforce-limit-info", ""), 100) or self.usage
        if reply.ok:
            return reply  # type: ignore[no-any-return]
        raise meaning(reply)

    def _door(self, token: Token) -> Transport:
        """The connection to a token's host; a token is shown to no host that is not Salesforce's."""
        url = checked_url(token.instance)
        if url.host != self._home.host and not url.host.endswith(_HOSTS):
            raise Drift(f"{VENDOR} sends us on to {one_line(url.host, 100)}, which is none of its own hosts.")
        with self._lock:
            if token.instance not in self._doors:
                self._doors[token.instance] = Transport(token.instance, vendor=VENDOR, transport=self._inner)
            return self._doors[token.instance]


def _is_record(row: object, always: Iterable[str]) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(name), str) and row[name] for name in always)


def _bearer(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value.reveal()}"}


def _allowed(allow: bool) -> dict[str, str]:  # noqa: FBT001
    return {"Sforce-Duplicate-Rule-Header": "allowSave=true"} if allow else {}


def _checked_id(one: str) -> str:
    if not is_id(one):
        raise Missing(f"{one_line(one, 50)} is no id of {VENDOR}'s.")
    return one


def told(body: Json) -> tuple[str, str, str]:
    """The code, the words and the field of the first error in an answer."""
    errors = body if isinstance(body, list) else [body]
    first = errors[0] if errors and isinstance(errors[0], dict) else {}
    fields = first.get("fields")
    field = fields[0] if isinstance(fields, list) and fields else ""
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or ""
    return str(code), one_line(str(first.get("message") or ""), 300), one_line(str(field), 100)


def meaning(reply: Reply) -> CrmError:
    """What an answer means that is no success: the code tells, the status misleads."""
    code, said, field = told(reply.body)
    if code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" not in said.lower():
        return Throttled(f"{VENDOR}'s limit of requests for 24 hours is used up.", scope="daily", after=LIMIT_PAUSE)
    if code in {"REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"}:
        return Throttled(f"{VENDOR} is busy: {said or code}", scope="concurrent", after=BUSY_PAUSE)
    if code in _DUPLICATE:
        return Taken(f"{VENDOR} takes this for a duplicate: {said}", _matches(reply.body))
    if code == "INVALID_SESSION_ID" or reply.status == 401:
        return AuthBroken(f"{VENDOR} does not accept our sign-in. {AGAIN}")
    if reply.status == 404 or (reply.status == 400 and code in _GONE):
        return Missing(f"This is not in {VENDOR}: {said or code or 'no reason given'}")
    if reply.status == 403 or (reply.status == 400 and code.startswith(_BARRED)):
        return Forbidden(f"{VENDOR} does not allow this: {said or code or 'no reason given'}")
    return _by_status(reply, said or code or "no reason given", field)


def _by_status(reply: Reply, said: str, field: str) -> CrmError:
    match reply.status:
        case 300:
            return Taken(f"Several records in {VENDOR} carry the same key.", several=True)
        case 412:
            return Stale(f"This was changed in {VENDOR} meanwhile.")
        case 400 | 405 | 413 | 414 | 415 | 422:
            return Invalid(f"{VENDOR} refuses this: {said}", field=field)
    common = failed(reply, VENDOR)
    if common is not None:
        return common
    if reply.status >= 500:
        return Uncertain(f"{VENDOR} is not working right now (error {reply.status}).")
    return Drift(f"{VENDOR} answered with the error {reply.status}, which callsheet does not know.")


def refusal(errors: Json) -> Result:
    """What the errors of one record in a batch mean."""
    code, said, field = told(errors)
    if code in {"UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"}:
        return Retry(f"{VENDOR} is busy: {said or code}")
    if code in _GONE:
        return Rejected(f"The lead is not in {VENDOR}: {said or code}", field="lead", code="gone")
    if code.startswith(_CONVERTED):
        return Rejected(f"The lead is converted in {VENDOR}.", field="converted", code="forbidden")
    if code.startswith(_BARRED):
        return Rejected(f"{VENDOR} does not allow this: {said or code}", field=field, code="forbidden")
    if code in _DUPLICATE or code == "DUPLICATE_EXTERNAL_ID":
        return Rejected(f"{VENDOR} has this already: {said or code}", field=field, code="duplicate")
    return Rejected(f"{VENDOR} refuses this: {said or code or 'no reason given'}", field=field)


def _matches(body: Json) -> list[str]:
    """The records that a rule about duplicates has found."""
    found: list[str] = []
    for error in body if isinstance(body, list) else []:
        result = error.get("duplicateResult") if isinstance(error, dict) else None
        for match in result.get("matchResults") or [] if isinstance(result, dict) else []:
            records = match.get("matchRecords") or [] if isinstance(match, dict) else []
            found += [
                str(one["record"]["Id"]) for one in records if isinstance(one, dict) and "Id" in one.get("record", {})
            ]
    return found


def parts(items: Iterable[Any], size: int) -> list[list[Any]]:
    """The items in pieces of at most `size`."""
    whole = list(items)
    return [whole[start : start + size] for start in range(0, len(whole), size)]
