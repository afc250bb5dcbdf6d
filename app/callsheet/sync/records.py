"""What the sync core keeps: deliveries, links, conflicts; and what it asks of the book that keeps them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from callsheet.domain.events import Event
from callsheet.domain.lead import Lead
from callsheet.sync.drafts import DraftKind
from callsheet.sync.port import RemoteId

State = Literal["waiting", "sending", "retry", "ambiguous", "parked", "delivered", "cancelled", "compensated"]

Verified = Literal["", "seen", "missing", "hidden"]
"""Whether a touch that was delivered was looked for in the CRM, and found; `hidden` is what the rep may not see."""

OPEN: Final[frozenset[State]] = frozenset({"waiting", "sending", "retry", "ambiguous"})
"""States out of which a delivery goes on by itself."""

GONE_ALREADY: Final = "it was gone already"
"""How something was taken back that was deleted there with its lead."""

REPORT: Final = "sync.report"
"""The note that holds how the last sync went: `last_run`, `last_ok`, `problem`, `offline`, `findings`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox: one effect that the CRM has to have, and how far that has come.

    `op` is its key in the CRM. `maybe` says that the effect may be there although nothing confirmed it, `detail` holds
    what follows from no event: a task's values, the op that is taken back, a text of its own.
    """

    op: str
    event: str
    lead: str
    kind: DraftKind
    seq: int = 0
    state: State = "waiting"
    urgent: bool = False
    tries: int = 0
    maybe: bool = False
    not_before: datetime | None = None
    lease_until: datetime | None = None
    lease_by: str = ""
    reason: str = ""
    field: str = ""
    remote_id: RemoteId = ""
    verified: Verified = ""
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    updated_at: datetime | None = None

    @property
    def untried(self) -> bool:
        """Whether it never was on its way to the CRM itself; another one may have brought it along."""
        return self.state in ("waiting", "retry", "parked") and not self._left

    @property
    def doubted(self) -> bool:
        """Whether a look for it found nothing, and it was not sent since: half of it may be there all the same."""
        return bool(self.detail.get("doubted")) and not self.maybe and self.state != "sending"

    @property
    def _left(self) -> bool:
        """Whether anything of it may have reached the CRM by itself."""
        return self.maybe or bool(self.detail.get("doubted") or self.detail.get("sent"))

    @property
    def unsent(self) -> bool:
        """Whether it is certain that the CRM has nothing of it, and that nobody is sending it."""
        return self.untried and not self.detail.get("along")

    @property
    def never_left(self) -> bool:
        """Whether it was given up before anything of it could reach the CRM."""
        return self.state == "cancelled" and not self._left and not self.detail.get("along")

    @property
    def pending(self) -> bool:
        """Whether it is not settled: it goes on by itself, or waits for the rep."""
        return self.state in OPEN or self.state == "parked"

    @property
    def live(self) -> bool:
        """Whether its effect is in the CRM, may be there, or will be."""
        return self.state not in ("cancelled", "compensated")

    @property
    def sets(self) -> bool:
        """Whether it sets something on the lead itself, which somebody there may have set too."""
        was = self.detail.get("was") if self.kind == "take_back" else self.kind
        return was in ("patch", "owner") or (was == "lead" and self.kind == "take_back")

    @property
    def moves_owner(self) -> bool:
        """Whether it hands the lead over there, or takes it back."""
        return self.kind == "owner" or (self.kind == "take_back" and self.detail.get("was") == "owner")


@dataclass(frozen=True, slots=True)
class Base:
    """A lead as the CRM had it when we last knew: what a three-way merge starts from.

    `profile` is in the form of `profile.flat`, the fields that we know; None when we know of none.
    `status` is None where our own patch has changed it since.
    """

    profile: Mapping[str, str] | None = None
    status: str | None = None
    owner: str = ""
    mine: bool = True
    closed: str = ""
    do_not_contact: bool = False
    modified_at: datetime | None = None
    patched_at: datetime | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Which record of the CRM a lead is. `seen_at` is when we last saw it there."""

    lead: str
    remote_id: RemoteId
    seen_at: datetime
    version: str = ""
    base: Base = Base()

    @property
    def known_at(self) -> datetime:
        """When we last saw it there, or changed it."""
        return max(self.seen_at, self.base.patched_at or self.seen_at)


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A profile field that both sides changed, until the rep chooses (`decided` says how)."""

    lead: str
    field: str
    mine: str
    theirs: str
    at: datetime
    decided: Literal["", "mine", "theirs", "same"] = ""
    id: int = 0
    name: str = ""
    """The lead's name, for the list."""


class SyncWork(Protocol):
    """One transaction on the book, as the sync core needs it. All of it is kept, or nothing."""

    def lead(self, lead: str) -> Lead | None:
        """Return the lead as its events make it."""
        ...

    def events(self, leads: Iterable[str]) -> Mapping[str, Sequence[Event]]:
        """Return the events of leads, oldest in the journal first."""
        ...

    def has_event(self, event: str) -> bool:
        """Tell whether an event of that id is in the journal."""
        ...

    def record(self, label: str, events: Sequence[Event], now: datetime) -> None:
        """Append facts that no undo of the rep takes back, with all that follows from them."""
        ...

    def with_points(self, points: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the leads that have each of these numbers or addresses."""
        ...

    def suppressed(self, points: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers and addresses that are on the do-not-contact list."""
        ...

    def with_name(self, name: str, company: str) -> frozenset[str]:
        """Return the leads of that name at that company, however written."""
        ...

    def open_deliveries(self) -> Sequence[Delivery]:
        """Return what is not settled, the parked too, in the order of the outbox."""
        ...

    def deliveries(self, ops: Iterable[str]) -> Mapping[str, Delivery]:
        """Return deliveries by their keys."""
        ...

    def deliveries_of(self, leads: Iterable[str]) -> Mapping[str, Sequence[Delivery]]:
        """Return all deliveries of leads, in the order of the outbox."""
        ...

    def deliveries_by_remote(self, remotes: Iterable[RemoteId]) -> Mapping[RemoteId, Delivery]:
        """Return deliveries by the records that they made there."""
        ...

    def missing(self) -> Sequence[Delivery]:
        """Return touches that were delivered and are not in the CRM."""
        ...

    def unverified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        """Return touches delivered before a moment that nobody has seen in the CRM since."""
        ...

    def verified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        """Return touches that were last looked for in the CRM before a moment, the longest ago first."""
        ...

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Put new deliveries at the end of the outbox."""
        ...

    def save(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Keep the state of deliveries."""
        ...

    def link(self, lead: str) -> Link | None:
        """Return which record of the CRM a lead is."""
        ...

    def links(self, leads: Iterable[str]) -> Mapping[str, Link]:
        """Return the links of leads, by lead."""
        ...

    def linked(self, remotes: Iterable[RemoteId]) -> Mapping[RemoteId, Link]:
        """Return the links to records of the CRM, by their ids there."""
        ...

    def links_unseen(self, since: datetime, ahead: datetime, limit: int) -> Sequence[Link]:
        """Return links of leads that are not closed and that were not seen since a moment, the oldest first.

        What was seen later than `ahead` counts as not seen: a clock was set back.
        """
        ...

    def count_links(self) -> int:
        """Count the links of leads that are not closed."""
        ...

    def states(self) -> Sequence[tuple[Link, str]]:
        """Return every link with the state of its lead."""
        ...

    def save_link(self, link: Link) -> None:
        """Keep a link."""
        ...

    def drop_link(self, lead: str) -> None:
        """Forget a link."""
        ...

    def conflicts(self, lead: str = "") -> Sequence[FieldConflict]:
        """Return the undecided conflicts, of one lead or of all."""
        ...

    def conflict(self, number: int) -> FieldConflict | None:
        """Return a conflict by its number."""
        ...

    def save_conflict(self, conflict: FieldConflict) -> None:
        """Keep a conflict; a new one where it has no number yet."""
        ...

    def note(self, name: str) -> Any:  # a note is whatever was put there
        """Return what was noted under a name, None when nothing was."""
        ...

    def put_note(self, name: str, value: object) -> None:
        """Note something."""
        ...

    def backfill(self, now: datetime) -> int:
        """Put into the outbox whatever of the whole journal the CRM should have; return how many deliveries."""
        ...


class SyncBook(Protocol):
    """The book as the sync core needs it, for one CRM."""

    @property
    def crm(self) -> str:
        """The kind of the CRM under which deliveries and links are kept."""
        ...

    def work(self) -> AbstractContextManager[SyncWork]:
        """Open a transaction; it is rolled back when an error leaves it."""
        ...


def unsettled(work: SyncWork, lead: str, events: Iterable[Event]) -> list[tuple[Delivery, Event | None]]:
    """Return the deliveries of a lead that are not settled, the parked too, each with its fact."""
    by_id = {event.id: event for event in events}
    rows = work.deliveries_of([lead]).get(lead, ())
    return [(row, by_id.get(row.event)) for row in rows if row.pending]
