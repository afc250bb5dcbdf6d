"""HubSpot's requests and answers, checked: what each status means, and nothing believed that has another form.

Dated paths only (`/crm/objects/2026-09/…`); every property value is text on the wire. Whether a POST reads or writes is
known here, and with it whether a lost answer may be asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from callsheet.crm.hubspot.shapes import (
    Batch,
    Definition,
    Definitions,
    Details,
    Disposition,
    Found,
    Input,
    ItemError,
    Links,
    MarketingEvent,
    MarketingEvents,
    Owner,
    Owners,
    Pairs,
    Participation,
    Participations,
    Pipeline,
    Pipelines,
    Record,
    blamed,
    existing_id,
    scopes,
)
from callsheet.crm.transport import Reply, Transport, failed
from callsheet.domain.text import one_line
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Throttled, Uncertain

BASE_URL: Final = "https://api.hubapi.com"
VERSION: Final = "2026-09"
VENDOR: Final = "HubSpot"

BATCH: Final = 100
"""How many inputs a batch takes."""

HISTORY_BATCH: Final = 50
"""How many inputs a batch takes that asks for earlier values too."""

PAGE: Final = 200
"""How many results a page of a search holds at most."""

ASSOCIATIONS: Final = 1000
"""How many ids a request for associations takes."""

PAUSES: Final = 3
"""How often a search that is throttled is asked again."""

PAUSE: Final = timedelta(seconds=1)
"""How long it waits before that where HubSpot does not say: its limit of searches is by the second."""

MAX_PAUSE: Final = timedelta(seconds=2)
"""The longest wait that is waited out here; the sync core knows better what to do in a longer one."""

LEFT_TODAY: Final = "x-hubspot-ratelimit-daily-remaining"
"""Where an answer says how many requests are left until the account's midnight; not every kind of token is told."""

T = TypeVar("T")


class Missing(CrmError):
    """There is no such record or path."""


class Taken(CrmError):
    """Another record has this unique value; `existing` is its id where the answer names it."""

    def __init__(self, message: str, existing: str) -> None:
        super().__init__(message)
        self.existing = existing


class Wire:
    """One account, request by request; safe to share between threads.

    Every method may raise what `sync.port` lists for a whole call, `Missing` for a 404, and `Taken` for a 409.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.timezone = ""
        self.skew = timedelta(0)
        self.at: datetime | None = None
        """The server's clock at its last answer."""
        self._used_up: tuple[float, datetime | None] | None = None
        """When, by our clock and by the server's, an answer said that no request is left for today."""

    def close(self) -> None:
        """Give back the connection."""
        self._transport.close()

    def search(
        self,
        kind: str,
        filters: Sequence[Mapping[str, Any]],
        properties: Iterable[str],
        *,
        limit: int = PAGE,
    ) -> Found:
        """The first page of the records that meet all filters (see `where`), by id from the lowest.

        Raises:
            Drift: they come in another order, by which a walk from id to id would miss some.
        """
        body = {
            "filterGroups": [{"filters": list(filters)}],
            "sorts": ["hs_object_id"],
            "properties": sorted(set(properties)),
            "limit": limit,
        }
        found = self._patiently(f"/crm/objects/{VERSION}/{kind}/search", body)
        ids = [int(one.id) for one in found.results if one.id.isdecimal()]
        if len(ids) < len(found.results) or ids != sorted(ids):
            raise Drift("HubSpot's search does not answer in the order that was asked for.")
        return found

    def _patiently(self, path: str, body: Mapping[str, Any]) -> Found:
        """Search; an account has few searches a second, shared by all of its apps, so a short wait is waited out."""
        for _ in range(PAUSES):
            try:
                return self._read(Found, "POST", path, body)
            except Throttled as error:
                wait = error.after if error.after is not None else PAUSE
                if error.scope != "burst" or wait > MAX_PAUSE:
                    raise
                sleep(wait.total_seconds())
        return self._read(Found, "POST", path, body)

    def may_read(self, kind: str) -> None:
        """Look at one record, which counts for no search. Raises `Forbidden` where the token may not."""
        self._sent("GET", f"/crm/objects/{VERSION}/{kind}", query={"limit": "1"}, writing=False)

    def read(
        self,
        kind: str,
        ids: Sequence[str],
        properties: Iterable[str],
        *,
        key: str = "",
        history: Iterable[str] = (),
        archived: bool = False,
    ) -> list[Record]:
        """The records with these ids, or with these values of the unique property `key`; the others are left out."""
        past = list(history)
        found: list[Record] = []
        for part in parts(list(dict.fromkeys(ids)), HISTORY_BATCH if past else BATCH):
            body: dict[str, Any] = {
                "inputs": [{"id": one} for one in part],
                "properties": sorted(set(properties)),
                "propertiesWithHistory": past,
            }
            if key:
                body["idProperty"] = key
            query = {"archived": "true"} if archived else None
            path = f"/crm/objects/{VERSION}/{kind}/batch/read"
            try:
                found += self._read(Batch, "POST", path, body, query).results
            except Missing:
                continue  # none of them is there: told by a 404 instead of a list that is empty
        return found

    def one(self, kind: str, record: str) -> Record:
        """One record; of a merged-away id it may be the survivor, under its own id."""
        return self._read(Record, "GET", f"/crm/objects/{VERSION}/{kind}/{_path(record)}")

    def upsert(self, kind: str, key: str, inputs: Sequence[Input]) -> Batch:
        """Make or change records by a unique property, at most `BATCH`."""
        items = [
            {"idProperty": key, "id": one.key, "objectWriteTraceId": one.key, "properties": dict(one.properties)}
            for one in inputs
        ]
        return self._write(Batch, "POST", f"/crm/objects/{VERSION}/{kind}/batch/upsert", {"inputs": items})

    def update(self, kind: str, inputs: Sequence[Input]) -> Batch:
        """Change records by their ids, at most `BATCH`; `idProperty` must not be there."""
        items = [{"id": one.key, "objectWriteTraceId": one.key, "properties": dict(one.properties)} for one in inputs]
        return self._write(Batch, "POST", f"/crm/objects/{VERSION}/{kind}/batch/update", {"inputs": items})

    def create(self, kind: str, inputs: Sequence[Input]) -> Batch:
        """Make records, at most `BATCH`; sent again, they are made again."""
        items = [{"objectWriteTraceId": one.key, "properties": dict(one.properties)} for one in inputs]
        return self._write(Batch, "POST", f"/crm/objects/{VERSION}/{kind}/batch/create", {"inputs": items})

    def archive(self, kind: str, ids: Sequence[str]) -> None:
        """Delete records, at most `BATCH`; those that are gone already do not matter."""
        path = f"/crm/objects/{VERSION}/{kind}/batch/archive"
        self._sent("POST", path, {"inputs": [{"id": one} for one in ids]}, writing=True)

    def associate(self, kind: str, to: str, pairs: Sequence[tuple[str, str]]) -> Sequence[ItemError]:
        """Say which records belong together; said again, nothing changes. What could not be done comes back."""
        path = f"/crm/associations/{VERSION}/{kind}/{to}/batch/associate/default"
        items = [{"from": {"id": one}, "to": {"id": other}} for one, other in pairs]
        return self._write(Pairs, "POST", path, {"inputs": items}).errors

    def associations(self, kind: str, ids: Sequence[str], to: str) -> dict[str, list[str]]:
        """Which records of a type belong to each of these."""
        linked: dict[str, list[str]] = {}
        for part in parts(list(dict.fromkeys(ids)), ASSOCIATIONS):
            path = f"/crm/associations/{VERSION}/{kind}/{to}/batch/read"
            body = {"inputs": [{"id": one} for one in part]}
            try:
                answer = self._read(Links, "POST", path, body)
            except Missing:
                continue
            for row in answer.results:
                linked.setdefault(row.from_.id, []).extend(str(target.to_object_id) for target in row.to)
        return linked

    def definitions(self, kind: str) -> dict[str, Definition]:
        """The properties of an object type by name."""
        found = self._read(Definitions, "GET", f"/crm/properties/{VERSION}/{kind}")
        return {item.name: item for item in found.results}

    def definition(self, kind: str, name: str) -> Definition | None:
        """One property of an object type, None when there is no such property."""
        try:
            return self._read(Definition, "GET", f"/crm/properties/{VERSION}/{kind}/{name}")
        except Missing:
            return None

    def define(self, kind: str, body: Mapping[str, Any]) -> None:
        """Add a property; a unique one is there for good. One that exists already does not matter."""
        try:
            self._sent("POST", f"/crm/properties/{VERSION}/{kind}", body, writing=True)
        except Taken:
            return

    def owners(self, email: str = "") -> list[Owner]:
        """The users of the account, or the one with this address."""
        query = {"limit": "500"} | ({"email": email} if email else {})
        found: list[Owner] = []
        for _ in range(BATCH):
            page = self._read(Owners, "GET", f"/crm/owners/{VERSION}", query=query)
            found += page.results
            if page.paging is None or page.paging.next is None:
                break
            query["after"] = page.paging.next.after
        return found

    def marketing_events(self) -> list[MarketingEvent]:
        """The account's events, at most some thousands."""
        path, query = f"/marketing/marketing-events/{VERSION}", {"limit": "100"}
        found: list[MarketingEvent] = []
        for _ in range(BATCH):
            page = self._read(MarketingEvents, "GET", path, query=query)
            found += page.results
            if page.paging is None or page.paging.next is None:
                break
            query["after"] = page.paging.next.after
        return found

    def participations(self, event: str) -> list[Participation]:
        """Who had a part in an event."""
        path = f"/marketing/marketing-events/{VERSION}/participations/{_path(event)}/breakdown"
        query, found = {"limit": "100"}, list[Participation]()
        for _ in range(BATCH):
            page = self._read(Participations, "GET", path, query=query)
            found += page.results
            if page.paging is None or page.paging.next is None:
                break
            query["after"] = page.paging.next.after
        return found

    def pipelines(self, kind: str) -> list[Pipeline]:
        """The pipelines of an object type, with their stages."""
        return self._read(Pipelines, "GET", f"/crm/pipelines/{VERSION}/{kind}").results

    def details(self) -> Details:
        """The account's number and time zone."""
        return self._read(Details, "GET", f"/account-info/{VERSION}/details")

    def dispositions(self) -> list[Disposition]:
        """The outcomes of calls in this account, each with an id of its own: the options of the calls' property."""
        found = self.definition("calls", "hs_call_disposition")
        return [Disposition(one.value, one.label) for one in found.options] if found is not None else []

    def _read(
        self, of: type[T], method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> T:
        return _shaped(of, self._sent(method, path, body, query, writing=False))

    def _write(self, of: type[T], method: str, path: str, body: object) -> T:
        return _shaped(of, self._sent(method, path, body, writing=True))

    def _sent(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None, *, writing: bool
    ) -> Reply:
        self._look_at_the_day()
        if writing:
            reply = self._transport.write(method, path, json=body)
        else:
            reply = self._transport.read(method, path, json=body, params=query)
        if reply.at is not None:
            self.at = reply.at
            self.skew = reply.skew or timedelta(0)
        self._used_up = (monotonic(), reply.at) if reply.headers.get(LEFT_TODAY, "").strip() == "0" else None
        if reply.ok:
            return reply
        raise meaning(reply, self.timezone, writing=writing)

    def _look_at_the_day(self) -> None:
        """Send nothing more on a day of which the last answer said that it is used up: it would be refused."""
        if self._used_up is None:
            return
        since, at = self._used_up
        after = _until_midnight(at, self.timezone)
        left = after - timedelta(seconds=monotonic() - since) if after is not None else None
        if left is None or left > timedelta(0):
            raise _day_is_over(left)


def where(name: str, operator: str, value: str) -> dict[str, Any]:
    """One filter of a search; `IN` takes several values, joined by `;`."""
    if operator == "IN":
        return {"propertyName": name, "operator": operator, "values": value.split(";")}
    return {"propertyName": name, "operator": operator, "value": value}


def parts(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """The items in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def meaning(reply: Reply, timezone: str, *, writing: bool) -> CrmError:
    """What an answer means that is no success; `timezone` is the account's, whose midnight ends a daily limit."""
    body = reply.body if isinstance(reply.body, dict) else {}
    said = one_line(str(body.get("message") or reply.text or ""), 300)
    match reply.status:
        case 401 | 530:
            return AuthBroken(
                "HubSpot does not accept the access token (any more). Make a new one in HubSpot under "
                "Settings, Integrations, and run `callsheet connect hubspot`."
            )
        case 403 if body.get("category") == "MISSING_SCOPES" or not said:
            return Forbidden(f"The HubSpot token lacks a permission: {scopes(body.get('errors') or []) or said}")
        case 403:
            return Forbidden(f"HubSpot does not allow this: {said}")
        case 404:
            return Missing(said or "HubSpot does not have this.")
        case 409:
            return Taken(said, existing_id(said))
        case 429 if body.get("policyName") == "DAILY":
            after = reply.retry_after() or _until_midnight(reply.at, timezone)
            return _day_is_over(after)
        case 400 | 405 | 413 | 414 | 415 | 422:
            field = blamed(body.get("errors") or [])
            return Invalid(f"HubSpot refuses this: {said}", field=field)
    known = failed(reply, VENDOR)
    if known is not None:
        return known
    if reply.status >= 500 or writing:
        return Uncertain(f"HubSpot is not working right now (error {reply.status}).")
    return Drift(f"HubSpot answered with the error {reply.status}, which callsheet does not know.")


def _day_is_over(after: timedelta | None) -> Throttled:
    return Throttled("HubSpot's limit of requests for today is used up.", scope="daily", after=after)


def _until_midnight(at: datetime | None, timezone: str) -> timedelta | None:
    if at is None:
        return None
    try:
        local = at.astimezone(ZoneInfo(timezone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        local = at
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=local.tzinfo)
    return midnight.astimezone(at.tzinfo) - at


def _path(record: str) -> str:
    if not re.fullmatch(r"\d{1,20}", record):
        raise Missing(f"{one_line(record, 50)} is no id of HubSpot's.")
    return record


def _shaped(of: type[T], reply: Reply) -> T:
    try:
        return msgspec.convert(reply.body, type=of)
    except msgspec.ValidationError as error:
        raise Drift(f"HubSpot's answer has a form that callsheet does not know: {one_line(str(error), 200)}") from None
