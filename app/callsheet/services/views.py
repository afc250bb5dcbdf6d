"""What the screens and the command line read: plain values, made by the store from derived rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from callsheet.domain.agenda import Entry, Pane
from callsheet.domain.events import Channel
from callsheet.domain.lead import Lead, State
from callsheet.domain.profile import PROFILE_FIELDS

DeliveryState = Literal["waiting", "sending", "retry", "ambiguous", "parked", "delivered", "cancelled", "compensated"]

OPEN_STATES: frozenset[DeliveryState] = frozenset({"waiting", "sending", "retry", "ambiguous", "parked"})
"""States in which the CRM does not have it yet."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which leads to show; an empty field shows all. The fields combine."""

    channel: Channel | Literal[""] = ""
    plan: str = ""
    campaign: str = ""

    @property
    def active(self) -> bool:
        """Whether anything is filtered at all."""
        return bool(self.channel or self.plan or self.campaign)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the sheet: the entry and who it is about. `in_crm` is false while something of it is undelivered."""

    entry: Entry
    pane: Pane
    section: str
    name: str
    company: str
    title: str
    phone: str = ""
    email: str = ""
    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    campaign: str = ""
    last_missed: datetime | None = None
    in_crm: bool = True
    incomplete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leads each pane holds at a moment, and how many names wait for a second interaction."""

    hot: int = 0
    due: int = 0
    later: int = 0
    names: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A lead with all that is known: its fold, its entry, and what the CRM has of each of its events."""

    lead: Lead
    entry: Entry | None
    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    deliveries: Mapping[str, DeliveryState] = field(default_factory=dict)
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A lead that a search found."""

    lead: str
    name: str
    company: str
    title: str
    phone: str
    email: str
    state: State


@dataclass(frozen=True, slots=True)
class Today:
    """What the rep did since the start of a day."""

    touches: int = 0
    connects: int = 0
    next_steps: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """Every record by its state (RULES §1); `unaccounted` should be empty."""

    total: int
    names: int
    working: int
    nurture: int
    returned: int
    closed: int
    unaccounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One thing that the CRM does not have yet, and why."""

    op: str
    event: str
    lead: str
    name: str
    kind: str
    what: str
    state: DeliveryState
    at: datetime
    not_before: datetime | None = None
    reason: str = ""
    field: str = ""

    @property
    def editable(self) -> str:
        """What of it can be given another value: the refused field if it is one of ours, else its words; or nothing."""
        if self.field in PROFILE_FIELDS or self.field in ("text", "title", "number", "owner"):
            return self.field
        return {"touch": "text", "note": "text", "task": "title", "plan_task": "title"}.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Where the CRM stands: how much waits, what needs the rep, and how the last run went."""

    crm: str = ""
    waiting: int = 0
    parked: int = 0
    conflicts: int = 0
    last_run: datetime | None = None
    last_ok: datetime | None = None
    problem: str = ""
    offline: bool = False
    findings: tuple[str, ...] = ()
    asks: bool = False
    """Whether more leads are gone there than is believable: none is taken away here until the rep says so."""
