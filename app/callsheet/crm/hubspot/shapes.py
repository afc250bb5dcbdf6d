"""The forms of HubSpot's answers: what does not fit one of these is not believed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from callsheet.domain.text import one_line


class Version(msgspec.Struct, frozen=True):
    """A value that a property had, and since when."""

    value: str | None
    timestamp: datetime


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """An object: `new` only tells in the answer to an upsert whether it was made just then."""

    id: str
    properties: dict[str, str | None]
    updated_at: datetime
    created_at: datetime
    archived: bool = False
    new: bool | None = None
    object_write_trace_id: str | None = None
    properties_with_history: dict[str, list[Version]] = {}

    def get(self, name: str) -> str:
        """The value of a property, empty when it is blank or was not asked for."""
        return self.properties.get(name) or ""


class ItemError(msgspec.Struct, frozen=True):
    """Why one input of a batch failed; `context` says which."""

    message: str = ""
    category: str = ""
    context: dict[str, list[str]] = {}
    errors: list[dict[str, Any]] = []

    @property
    def traces(self) -> list[str]:
        """The inputs that this is about, by the trace they carried."""
        return self.context.get("objectWriteTraceId", [])

    @property
    def field(self) -> str:
        """The property that is to blame, where that is told."""
        return blamed(self.errors)

    @property
    def existing(self) -> str:
        """The id of the record that has a unique value already, which only the message tells."""
        return existing_id(self.message)


class Batch(msgspec.Struct, frozen=True):
    """The answer to a batch: what was done, and what was not."""

    results: list[Record]
    errors: list[ItemError] = []


class Input(msgspec.Struct, frozen=True):
    """One record to write: `key` is its id, or the value of its unique property."""

    key: str
    properties: Mapping[str, str]


class _Next(msgspec.Struct, frozen=True):
    after: str


class _Paging(msgspec.Struct, frozen=True):
    next: _Next | None = None


class Found(msgspec.Struct, frozen=True):
    """A page of a search; `total` counts all that match."""

    total: int
    results: list[Record]
    paging: _Paging | None = None


class _Target(msgspec.Struct, frozen=True, rename="camel"):
    to_object_id: int | str


class _Id(msgspec.Struct, frozen=True):
    id: str


class _Linked(msgspec.Struct, frozen=True):
    from_: _Id = msgspec.field(name="from")
    to: list[_Target] = []


class Links(msgspec.Struct, frozen=True):
    """Which records belong to which."""

    results: list[_Linked]


class Pairs(msgspec.Struct, frozen=True):
    """The answer to a batch of associations: what was not done."""

    errors: list[ItemError] = []


class Option(msgspec.Struct, frozen=True):
    """One value of an enumeration and what people read for it."""

    value: str
    label: str = ""


class _Modification(msgspec.Struct, frozen=True, rename="camel"):
    read_only_value: bool = False


class Definition(msgspec.Struct, frozen=True, rename="camel"):
    """A property of an object type."""

    name: str
    type: str
    options: list[Option] = []
    group_name: str = ""
    has_unique_value: bool = False
    modification_metadata: _Modification | None = None

    @property
    def writable(self) -> bool:
        """Whether its value may be set from outside."""
        return self.modification_metadata is None or not self.modification_metadata.read_only_value


class Definitions(msgspec.Struct, frozen=True):
    """All properties of an object type."""

    results: list[Definition]


class Stage(msgspec.Struct, frozen=True, rename="camel"):
    """One stage of a pipeline; they stand in the order of `display_order`."""

    id: str
    label: str
    display_order: int = 0
    archived: bool = False


class Pipeline(msgspec.Struct, frozen=True):
    """A pipeline and its stages."""

    id: str
    label: str
    stages: list[Stage] = []


class Pipelines(msgspec.Struct, frozen=True):
    """All pipelines of an object type."""

    results: list[Pipeline]


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """A user who may own records."""

    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    type: str = ""

    @property
    def name(self) -> str:
        """What they are called, or their address."""
        full = " ".join(part for part in (self.first_name, self.last_name) if part)
        return one_line(full or self.email or self.id, 200)


class Owners(msgspec.Struct, frozen=True):
    """A page of users."""

    results: list[Owner]
    paging: _Paging | None = None


class MarketingEvent(msgspec.Struct, frozen=True, rename="camel"):
    """A webinar, a fair, a dinner."""

    object_id: str
    event_name: str = ""
    event_type: str | None = None
    start_date_time: datetime | None = None


class MarketingEvents(msgspec.Struct, frozen=True):
    """A page of events."""

    results: list[MarketingEvent]
    paging: _Paging | None = None


class _Participant(msgspec.Struct, frozen=True, rename="camel"):
    contact_id: str


class _Participants(msgspec.Struct, frozen=True):
    contact: _Participant


class _Attendance(msgspec.Struct, frozen=True, rename="camel"):
    attendance_state: str = ""
    occurred_at: int | None = None


class Participation(msgspec.Struct, frozen=True):
    """What somebody's part in an event is by now."""

    associations: _Participants
    properties: _Attendance


class Participations(msgspec.Struct, frozen=True):
    """A page of those who had a part in an event."""

    results: list[Participation]
    paging: _Paging | None = None


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """The account."""

    portal_id: int
    time_zone: str = ""
    ui_domain: str = ""


class Disposition(msgspec.Struct, frozen=True):
    """One outcome that a call can have in this account."""

    id: str
    label: str


def blamed(errors: Sequence[Mapping[str, Any]]) -> str:
    """The property that a list of errors names, empty when it names none."""
    for error in errors:
        names = error.get("context", {}).get("propertyName") if isinstance(error, dict) else None
        if isinstance(names, list) and names:
            return one_line(str(names[0]), 100)
    return ""


def existing_id(message: str) -> str:
    """The id of the record that is in the way, which HubSpot only tells inside a sentence."""
    named = re.search(r"Existing ID: (\d+)", message)
    return named[1] if named else ""


def scopes(errors: Sequence[Mapping[str, Any]]) -> str:
    """The scopes of which one is wanted, by the names that the token's page shows; empty when none is told."""
    found: list[str] = []
    for error in errors:
        context = error.get("context", {}) if isinstance(error, dict) else {}
        for name in ("requiredGranularScopes", "requiredScopes"):
            listed = context.get(name) if isinstance(context, dict) else None
            found += [one_line(str(one), 100) for one in listed] if isinstance(listed, list) else []
    return " or ".join(dict.fromkeys(found))
