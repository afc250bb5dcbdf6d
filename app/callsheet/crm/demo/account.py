"""The demo CRM's account: who works there, what their objects look like, and what their calls can end in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from callsheet.crm.demo.nasty import Nasty
from callsheet.crm.demo.records import Book, text
from callsheet.crm.demo.refusal import Refusal, missing_scope
from callsheet.crm.demo.schema import LEAD_PIPELINE, LEAD_STAGES, LEADS, Property

Json = Any


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of the account who may own records."""

    id: str
    email: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Event:
    """A marketing event; `states` says of each contact what their part in it is."""

    id: str
    name: str
    kind: str
    at: datetime
    states: Mapping[str, str]


@dataclass(slots=True)
class Account:
    """What a request finds: the records, the users, the tokens that are let in, and the clock."""

    id: int
    name: str
    timezone: str
    book: Book
    now: Callable[[], datetime]
    owners: list[Owner] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    nasty: Nasty = field(default_factory=Nasty)
    events: list[Event] = field(default_factory=list)
    sales_hub: bool = False
    """Whether its plan has the leads object (Sales Hub Professional)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the varying parts of its path, its query and its body."""

    account: Account
    path: Sequence[str]
    query: Mapping[str, str]
    body: Json


def properties(ask: Ask) -> tuple[int, Json]:
    """All properties of an object type."""
    return 200, {"results": [_definition(item) for item in ask.account.book.schema[ask.path[0]].values()]}


def one_property(ask: Ask) -> tuple[int, Json]:
    """One property of an object type."""
    found = ask.account.book.schema[ask.path[0]].get(ask.path[1])
    if found is None:
        raise Refusal(f"No property named {ask.path[1][:50]}", status=404, category="OBJECT_NOT_FOUND")
    return 200, _definition(found)


def create_property(ask: Ask) -> tuple[int, Json]:
    """Add a custom property, for good."""
    kind, name = ask.path[0], str(ask.body.get("name", ""))
    if ask.account.nasty.no_properties:
        raise missing_scope(f"crm.schemas.{kind}.write")
    missing = [part for part in ("name", "label", "type", "fieldType", "groupName") if not ask.body.get(part)]
    if missing or not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise Refusal(f"Invalid property definition: {', '.join(missing) or name[:50]}")
    if name in ask.account.book.schema[kind]:
        raise Refusal(f"Property {name} already exists", status=409, category="CONFLICT")
    unique = bool(ask.body.get("hasUniqueValue"))
    if unique and kind in ask.account.nasty.no_unique:
        raise Refusal("Unique properties are not available for this object.")
    options = tuple((str(option["value"]), str(option["label"])) for option in ask.body.get("options") or [])
    added = Property(
        name,
        ask.body["type"],
        options,
        unique=unique,
        custom=True,
        label=str(ask.body["label"]),
        group=str(ask.body["groupName"]),
    )
    ask.account.book.schema[kind][name] = added
    return 201, _definition(added)


def _definition(item: Property) -> Json:
    options = [
        {"value": value, "label": label, "displayOrder": place, "hidden": False}
        for place, (value, label) in enumerate(item.options)
    ]
    field_type = {"enumeration": "select", "bool": "booleancheckbox", "number": "number", "datetime": "date"}
    return {
        "name": item.name,
        "label": item.label or item.name,
        "type": item.type,
        "fieldType": field_type.get(item.type, "text"),
        "groupName": item.group,
        "description": "",
        "options": options,
        "hasUniqueValue": item.unique and item.custom,
        "hubspotDefined": not item.custom,
        "modificationMetadata": {
            "archivable": item.custom,
            "readOnlyDefinition": not item.custom,
            "readOnlyValue": item.read_only,
        },
    }


def pipelines(ask: Ask) -> tuple[int, Json]:
    """The pipelines of an object type: leads have one, contacts and activities have none."""
    at = text(ask.account.now())
    shared = {"createdAt": at, "updatedAt": at, "archived": False}
    stages = [
        {"id": one, "label": label, "displayOrder": place, "metadata": {}, **shared}
        for place, (one, label) in enumerate(LEAD_STAGES)
    ]
    whole = {"id": LEAD_PIPELINE, "label": "Lead pipeline", "displayOrder": 0, "stages": stages, **shared}
    return 200, {"results": [whole] if ask.path[0] == LEADS else []}


def owners(ask: Ask) -> tuple[int, Json]:
    """The users, or the one with an address."""
    email = (ask.query.get("email") or "").casefold()
    found = [owner for owner in ask.account.owners if not email or owner.email.casefold() == email]
    return 200, {"results": [_owner(ask.account, owner) for owner in found]}


def one_owner(ask: Ask) -> tuple[int, Json]:
    """One user."""
    for owner in ask.account.owners:
        if owner.id == ask.path[0]:
            return 200, _owner(ask.account, owner)
    raise Refusal("No such owner.", status=404, category="OBJECT_NOT_FOUND")


def _owner(account: Account, owner: Owner) -> Json:
    at = text(account.now())
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first,
        "lastName": owner.last,
        "userId": int(owner.id) + 4000,
        "createdAt": at,
        "updatedAt": at,
        "archived": False,
    }


def events(ask: Ask) -> tuple[int, Json]:
    """The account's marketing events, page by page."""
    _may_see_events(ask)
    shown = [
        {
            "objectId": one.id,
            "eventName": one.name,
            "eventType": one.kind,
            "startDateTime": text(one.at),
            "eventCancelled": False,
            "createdAt": text(one.at),
            "updatedAt": text(one.at),
        }
        for one in ask.account.events
    ]
    return 200, _paged(ask, shown)


def participations(ask: Ask) -> tuple[int, Json]:
    """Who had a part in an event, page by page."""
    _may_see_events(ask)
    event = next((one for one in ask.account.events if one.id == ask.path[0]), None)
    if event is None:
        raise Refusal("No such event.", status=404, category="OBJECT_NOT_FOUND")
    shown = [
        {
            "id": f"{event.id}{contact}",
            "createdAt": text(event.at),
            "associations": {
                "contact": {"contactId": contact},
                "marketingEvent": {"marketingEventId": event.id, "name": event.name},
            },
            "properties": {"attendanceState": state, "occurredAt": round(event.at.timestamp() * 1000)},
        }
        for contact, state in event.states.items()
    ]
    return 200, {"total": len(shown), **_paged(ask, shown)}


def _may_see_events(ask: Ask) -> None:
    if ask.account.nasty.no_events:
        raise missing_scope("crm.objects.marketing_events.read")


MOST_A_PAGE: Final = 100


def _paged(ask: Ask, rows: Sequence[Json]) -> Json:
    limit, start = int(ask.query.get("limit", "10")), int(ask.query.get("after", "0"))
    if not 0 < limit <= MOST_A_PAGE:
        raise Refusal(f"limit must be at most {MOST_A_PAGE}.")
    page: dict[str, Json] = {"results": list(rows[start : start + limit])}
    if start + limit < len(rows):
        page["paging"] = {"next": {"after": str(start + limit)}}
    return page


def details(ask: Ask) -> tuple[int, Json]:
    """The account's own facts."""
    return 200, {
        "portalId": ask.account.id,
        "accountType": "STANDARD",
        "timeZone": ask.account.timezone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": ask.account.name,
        "dataHostingLocation": "eu1",
    }
