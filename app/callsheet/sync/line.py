"""The line between the book and its CRM: all that a sync works with, every outside thing injected."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from callsheet.domain.events import Body, Captured, Event, Interaction, new_id
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.sync.port import Crm, CrmError, Op, Result
from callsheet.sync.records import SyncBook

Fact = tuple[str, datetime, Body]
"""A lead, when it happened, and what."""

LEASE: Final = timedelta(minutes=3)
"""How long a delivery may be under way: longer than the slowest request, then nobody knows what became of it."""


class Intake(Protocol):
    """What becomes of records that come in (RULES §2): the two functions of `services.intake`, with their rules."""

    def first(
        self, lead: str, captured: Captured, happened: Sequence[tuple[Interaction, datetime]], *, do_not_contact: bool
    ) -> Sequence[Fact]:
        """Return the facts of a record that is new here."""
        ...

    def more(self, lead: Lead, happened: Sequence[tuple[Interaction, datetime]], now: datetime) -> Sequence[Fact]:
        """Return the facts of something more that a known lead did."""
        ...


Send = Callable[[Sequence[Op]], "Sequence[Result] | CrmError"]
"""One call of `Crm.apply`, a failure of the whole call returned rather than raised."""

SideBySide = Callable[[Send, Sequence[Sequence[Op]]], Iterable["Sequence[Result] | CrmError"]]
"""Makes several calls, at once or one after the other: the built-in `map` does, `side_by_side` does too."""


def nobody_else(_owner: str) -> bool:
    """Take every other process for alive: its leases hold until they run out."""
    return True


@dataclass(frozen=True)
class Line:
    """A book, its CRM, and what a sync needs of the world.

    `now` gives the aware time in UTC, `sleep` waits for some seconds, `chance` gives a number from 0 to 1, `fresh` a
    new id. `owner` names this process in leases, `alive` says whether the process of a lease still runs, so that what
    a dead one was sending need not wait until its lease runs out.
    """

    book: SyncBook
    crm: Crm
    rules: Rules
    intake: Intake
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    side_by_side: SideBySide = map
    fresh: Callable[[], str] = new_id
    owner: str = ""
    alive: Callable[[str], bool] = field(default=nobody_else)
    most_removed: float = 0.2
    """The part of the leads that a pull may take away before it stops and asks."""

    def events(self, facts: Sequence[Fact], ours: tuple[type[Body], ...] = ()) -> list[Event]:
        """Return facts as events of one action: from the CRM, but for kinds that are `ours` and have to go there."""
        now, zone, action = self.now(), self.rules.calendar.zone, self.fresh()
        return [
            Event(self.fresh(), lead, action, at, zone, now, "system" if isinstance(body, ours) else "crm", body)
            for lead, at, body in facts
        ]
