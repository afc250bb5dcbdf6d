"""What the figures are made of: sums over rows that the store keeps up with the journal, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Named:
    """A lead by name, so that a figure can say whom it is about."""

    lead: str
    name: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Leads that the rep received in a period, counted; names are no leads.

    `touched` had a first human attempt by anybody since receipt, `quick` of them within 24 hours, `kept` before the
    promise was over. Of those without one, `open` are still worked or nurtured, `late` of them with the promise over,
    `returned` were given back or handed on, `barred` may not be contacted, and the others were closed. `met` had a
    meeting booked.
    """

    received: int = 0
    touched: int = 0
    quick: int = 0
    kept: int = 0
    open: int = 0
    late: int = 0
    returned: int = 0
    barred: int = 0
    met: int = 0


@dataclass(frozen=True, slots=True)
class Untouched:
    """An open lead that nobody tried since it was received."""

    who: Named
    received: datetime
    promise: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """How long leads waited for the first attempt, in whole seconds: a column for each part, a place for each lead.

    Parts are `system`, `offline` and `rep`, and each with `_worked` in working time.
    """

    leads: Sequence[str]
    columns: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Quarter:
    """What the rep did in the quarter of an hour from `at` on: attempts by any channel, calls, and who was reached.

    `followed` are those who were reached and agreed a next step within a day.
    """

    at: datetime
    attempts: int
    calls: int
    connects: int
    followed: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The leads that are looked at: received from `since` on and before `until`; of one campaign if named."""

    since: datetime
    until: datetime
    campaign: str = ""


class FigureReads(Protocol):
    """Where the figures come from. Periods include their start and not their end."""

    def tally(self, span: Span, now: datetime) -> Tally:
        """Count the leads received, as of now."""
        ...

    def untouched(self, span: Span) -> Sequence[Untouched]:
        """Return the open leads that nobody tried, the longest waiting first."""
        ...

    def waits(self, span: Span) -> Waits:
        """Return the waits of the leads that were tried, in the order of receipt."""
        ...

    def named(self, leads: Iterable[str]) -> Mapping[str, Named]:
        """Return leads by name."""
        ...

    def tries(self, span: Span) -> Sequence[tuple[int, int]]:
        """Return how many leads had how many counted attempts (RULES §6), as pairs, fewest attempts first."""
        ...

    def stopped(self, span: Span, before: datetime) -> Sequence[Named]:
        """Return the leads with one attempt that reached nobody, over or with the next action due before then."""
        ...

    def in_crm(self, span: Span) -> int | None:
        """Count the leads that the CRM has with nothing of theirs waiting; None without a CRM."""
        ...

    def quarters(self, since: datetime, until: datetime) -> Sequence[Quarter]:
        """Return what the rep did in a period, by the quarter of an hour; quarters without anything are left out."""
        ...

    def calls(self, spans: Sequence[tuple[datetime, datetime]]) -> Sequence[int]:
        """Count the rep's own calls in each of some periods."""
        ...

    def agreed(self, since: datetime, until: datetime) -> int:
        """Count the next steps that were agreed in a period."""
        ...

    def invites(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Count the invitations that went out in a period, by their last answer (`needs-action` without one)."""
        ...

    def began(self) -> datetime | None:
        """Return when the first fact was written down on this machine; None when there is none."""
        ...

    def names(self, campaign: str) -> int:
        """Count the records of a campaign that are names."""
        ...
