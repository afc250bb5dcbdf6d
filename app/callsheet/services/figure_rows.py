"""What the figures are made of: rows that the store reads from the journal's derived tables, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from callsheet.domain.lead import State
from callsheet.domain.outcome import Outcomes


@dataclass(frozen=True, slots=True)
class Named:
    """A lead by name, so that a figure can say whom it is about."""

    lead: str
    name: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A lead that the rep received, or that last asked to be contacted, in a period; and what was done about it.

    `seen` is when it was written down on this machine, `touched` the first human attempt by anybody from `received`
    on, `counted` the attempts as RULES §6 counts them, `next_due` when its next action is due. `in_crm` is None
    without a CRM.
    """

    who: Named
    state: State
    campaign: str
    received: datetime
    seen: datetime
    created: datetime | None = None
    touched: datetime | None = None
    counted: int = 0
    reached: bool = False
    next_due: datetime | None = None
    in_crm: bool | None = None
    met: bool = False
    """Whether a meeting was booked."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """What the rep did in the quarter of an hour from `at` on: attempts by any channel, calls, and who was reached."""

    at: datetime
    attempts: int
    calls: int
    connects: int


@dataclass(frozen=True, slots=True)
class InviteRow:
    """An invitation that went out, with its last answer (`needs-action` while there is none)."""

    lead: str
    uid: str
    sent: datetime
    start: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """Outcomes by what they mean to a figure: their names, in which `counted` are those that count as attempts."""

    stops: frozenset[str]
    counted: frozenset[str]
    skips: frozenset[str]
    meetings: frozenset[str]
    window: timedelta

    @classmethod
    def of(cls, outcomes: Outcomes, window: timedelta) -> Meaning:
        """Read the meaning off the table of outcomes."""
        return cls(
            frozenset(row.name for row in outcomes if row.stops_clock),
            frozenset(row.name for row in outcomes if row.counts),
            frozenset(row.name for row in outcomes if row.skips or row.response),
            frozenset(row.name for row in outcomes if row.ends_plan and row.reached == "yes"),
            window,
        )


class FigureReads(Protocol):
    """Where the figures come from. Periods include their start and not their end."""

    def receipts(self, since: datetime, until: datetime, meaning: Meaning, campaign: str = "") -> Sequence[Receipt]:
        """Return the leads received in a period, oldest first; of one campaign if named. Names are no leads."""
        ...

    def quarters(self, since: datetime, until: datetime, meaning: Meaning) -> Sequence[Quarter]:
        """Return the rep's own attempts in a period, by the quarter of an hour; quarters without any are left out."""
        ...

    def calls(self, since: datetime, until: datetime, meaning: Meaning) -> int:
        """Count the rep's own calls in a period."""
        ...

    def agreed(self, since: datetime, until: datetime) -> int:
        """Count the next steps that were agreed in a period."""
        ...

    def followed(self, since: datetime, until: datetime, within: timedelta) -> int:
        """Count the connects of a period after which a next step was agreed within that time."""
        ...

    def invites(self, since: datetime, until: datetime) -> Sequence[InviteRow]:
        """Return the invitations that went out in a period."""
        ...

    def began(self) -> datetime | None:
        """Return when the first fact was written down on this machine; None when there is none."""
        ...

    def names(self, campaign: str) -> int:
        """Count the records of a campaign that are names."""
        ...
