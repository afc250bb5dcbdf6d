"""What a service works with: the book of leads, the rules, and a clock; and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Literal, Protocol

from callsheet.domain.agenda import Entry, Pane
from callsheet.domain.calling_hours import EVERY_DAY, Table, Window
from callsheet.domain.events import Body, Event, Origin, new_id
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.services.calling_hours import bundled_table
from callsheet.services.figure_rows import FigureReads
from callsheet.services.views import Audit, Card, Counts, Filter, Found, Row, SyncStatus, Today, Undelivered

if TYPE_CHECKING:
    from callsheet.domain.profile import Profile
    from callsheet.services.routing import Route

Fact = tuple[str, datetime, Body]
"""A lead, when it happened, and what."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the rep did, or that came in: all its events are appended together, and undone together.

    `label` says it in a few words. An action of kind `undo` takes back the action `target`.
    """

    id: str
    at: datetime
    label: str
    events: tuple[Event, ...] = ()
    kind: Literal["do", "undo", "fact"] = "do"
    target: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an action changed: the ids of the leads to look at again."""

    action: str
    leads: frozenset[str]
    label: str = ""


class Work(Protocol):
    """One transaction on the book: what is read in it holds until it ends, what is appended is durable when it has."""

    def lead(self, lead: str) -> Lead | None:
        """Return the lead as its events make it."""
        ...

    def leads(self, leads: Iterable[str]) -> Mapping[str, Lead]:
        """Return those of the leads that there are, by their ids."""
        ...

    def entry(self, lead: str) -> Entry | None:
        """Return the lead's next action."""
        ...

    def has_event(self, event: str) -> bool:
        """Tell whether an event of that id is in the journal."""
        ...

    def known_events(self, events: Iterable[str]) -> frozenset[str]:
        """Return those of the ids under which an event is in the journal."""
        ...

    def append(self, action: Action) -> Changes:
        """Append the action's events, with all that follows from them."""
        ...

    def with_points(self, points: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the leads that have each of these numbers or addresses."""
        ...

    def with_name(self, name: str, company: str) -> frozenset[str]:
        """Return the leads of that name at that company, however written."""
        ...

    def suppressed(self, points: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers and addresses that are on the do-not-contact list."""
        ...

    def last_done(self) -> Action | None:
        """Return the last action of the rep that holds, without its events: what undo takes back."""
        ...

    def last_undone(self) -> Action | None:
        """Return the undoing that redo would take back; None after something new was done."""
        ...

    def leads_of(self, action: str) -> tuple[str, ...]:
        """Return the leads that an action touched."""
        ...


class Book(Protocol):
    """All leads of a rep: transactions to change it, queries to read it. Safe to use from several threads."""

    def work(self) -> AbstractContextManager[Work]:
        """Open a transaction; it is rolled back when an error leaves it."""
        ...

    def sheet(
        self, now: datetime, *, pane: Pane | None = None, only: Filter = Filter(), offset: int = 0, limit: int = 50
    ) -> Sequence[Row]:
        """Return rows of the sheet as of now, in its order; of one pane, or of all three from top to bottom."""
        ...

    def sheet_as_of(self, at: datetime) -> Sequence[Row]:
        """Return the whole sheet as it was known at a moment in the past."""
        ...

    def counts(self, now: datetime, *, only: Filter = Filter()) -> Counts:
        """Count the leads in each pane."""
        ...

    def rows(self, leads: Iterable[str], now: datetime) -> Mapping[str, Row]:
        """Return the rows of single leads, where they have one."""
        ...

    def card(self, lead: str) -> Card | None:
        """Return a lead with all that is known of it."""
        ...

    def find(self, text: str, *, limit: int = 50) -> Sequence[Found]:
        """Return leads by name, company, phone digits or email, best match first."""
        ...

    def resolve(self, text: str) -> Sequence[Found]:
        """Return the leads that an id, its prefix, an email, a number or a name means: one if it is not ambiguous."""
        ...

    def campaigns(self) -> Sequence[str]:
        """Return the campaigns that leads have."""
        ...

    def note(self, name: str, default: object = None) -> Any:  # a note is whatever was put there
        """Return what was noted under a name."""
        ...

    def put_note(self, name: str, value: object) -> None:
        """Note something that is no fact about a lead, in place of what was noted under the name."""
        ...

    def figures(self) -> FigureReads:
        """Return where the rep's figures come from."""
        ...

    def today(self, since: datetime, until: datetime) -> Today:
        """Count what the rep did between two moments."""
        ...

    def audit(self) -> Audit:
        """Count every record by its state and name those without one."""
        ...

    def undelivered(self, *, limit: int = 500) -> Sequence[Undelivered]:
        """Return what the CRM does not have yet, the parked first."""
        ...

    def sync_status(self) -> SyncStatus:
        """Say where the CRM stands."""
        ...

    def version(self) -> int:
        """Return a number that changes when anybody, in this process or another, changes the book."""
        ...


@dataclass(frozen=True)
class CallingHours:
    """When people may be called, on their own clock (RULES §13)."""

    table: Table = field(default_factory=bundled_table)
    soft: Window = Window(EVERY_DAY, time(8, 30), time(17, 30))
    hard: Window = Window(EVERY_DAY, time(8), time(21))


@dataclass(frozen=True)
class Desk:
    """A rep at work: every service takes one. `now` gives the current time, aware, in UTC."""

    book: Book
    rules: Rules
    now: Callable[[], datetime]
    region: str = "US"
    """Country in which numbers without a country code are read."""
    hours: CallingHours = field(default_factory=CallingHours)
    route: Callable[[Sequence[tuple[Profile, str]]], Sequence[Route | None]] = field(
        default=lambda asked: [None] * len(asked)
    )
    """Says who gets each of some newcomers, given with their campaigns; None where no rule speaks for them."""

    def action(
        self, label: str, facts: Sequence[Fact], *, origin: Origin = "rep",
        kind: Literal["do", "undo", "fact"] = "do", target: str = "", first: str = "",
    ) -> Action:  # fmt: skip
        """Make an action of facts, each a lead, when it happened, and what; `first` is the id of the first event."""
        now, zone = self.now(), self.rules.calendar.zone
        action = new_id()
        ids = [first or new_id(), *(new_id() for _ in facts[1:])]
        events = tuple(
            Event(event, lead, action, at, zone, now, origin, body, place)
            for place, (event, (lead, at, body)) in enumerate(zip(ids, facts, strict=False), 1)
        )
        return Action(action, now, label, events, kind, target)


class Refused(Exception):
    """A rule stands against it. `rule` names it, the message says what is wrong, `hint` what to do."""

    def __init__(self, message: str, *, rule: str, hint: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.hint = hint


class BookTrouble(Exception):
    """The book cannot be used now: what was being done was not kept, all before it was. The message says what to do."""


class NotFound(Exception):
    """No lead is meant, or several are: then `candidates` lists them."""

    def __init__(self, message: str, candidates: Sequence[Found] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)
