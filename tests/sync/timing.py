"""What a run may do when, seen from outside: who has to wait waits, who gets no answer stops, and who is told is named.

Its numbers are told once more here, so that those of the code under test are compared with something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from callsheet.store.sync_rows import SyncRows
from callsheet.sync.port import (
    Ambiguous,
    Conflict,
    CrmError,
    Note,
    Op,
    Rejected,
    Result,
    Retry,
    TakeBack,
    Throttled,
    Touch,
)
from callsheet.sync.records import Delivery

MOST_TRIES: Final = 10
MOST_SILENCE: Final = 3
MOST_PAUSES: Final = 5
MOST_STALE: Final = 3
"""So often at most something is sent that the CRM refuses because its lead has changed: it looks in between."""
FIRST_WAIT: Final = timedelta(seconds=2.5)
"""The shortest first wait: half of five seconds."""
LONGEST_WAIT: Final = timedelta(minutes=22.5)
"""Half as much again as a quarter of an hour."""
SETTLED: Final = ("delivered", "parked", "cancelled", "compensated")
SETTLES: Final = timedelta(seconds=10)
"""So long a request without an answer may be on its way, beyond the lag of the index."""
HELD: Final = timedelta(minutes=2)
"""So long nobody else takes what is being sent."""

BUSY: Final = 29
"""One text in so many meets a server that is too busy for it until the rep asks again."""
DEAF: Final = 41
"""One text in so many never gets an answer, until the rep asks again."""


@dataclass
class Run:
    """What one run, or one other window's, was told by the CRM."""

    silent: int = 0
    """How many calls in a row had no answer, and how many at most."""
    most_silent: int = 0
    pauses: int = 0
    throttled: bool = False
    until: datetime | None = None
    """Before which moment it was told not to call again."""
    errors: list[CrmError] = field(default_factory=list)
    """All failures of whole calls, in their order."""
    unread: bool = False
    """Whether something that it asked for, and did not write, was not answered as it should."""
    short: bool = False
    """Whether an answer had not a result for each."""
    steps: int = 0
    reads: int = 0
    applied: int = 0
    """How many effects it was told are there."""
    slept: timedelta = timedelta(0)
    """The longest pause that it waited out."""
    stale: dict[str, int] = field(default_factory=dict)
    """How often a delivery was refused because its lead had changed or gone there."""

    def failed(self, error: CrmError, now: datetime) -> None:
        self.errors.append(error)
        if isinstance(error, Throttled):
            self.throttled = True
            self.until = max(now + (error.after or timedelta()), self.until or now)

    def took(self, ops: Sequence[Op], results: Sequence[Result]) -> Iterator[str]:
        """Say what is wrong with what was sent, by what came of it."""
        for op, result in zip(ops, results, strict=False):
            if isinstance(result, Conflict) or (isinstance(result, Rejected) and result.code == "gone"):
                self.stale[op.id] = self.stale.get(op.id, 0) + 1
                if self.stale[op.id] > MOST_STALE:
                    yield f"{op.id} came {self.stale[op.id]} times as it had been refused before: {result}"

    def goes_on(self, now: datetime) -> Iterator[str]:
        """Say what is wrong when it goes on with the next calls."""
        self.pauses, self.throttled = self.pauses + self.throttled, False
        if self.silent >= MOST_SILENCE:
            yield f"calls go on after {self.silent} without an answer"
        if self.pauses > MOST_PAUSES:
            yield f"calls go on after {self.pauses} pauses"
        if self.until is not None and now < self.until:
            yield f"called again at {now}, and not before {self.until} was it to"


@dataclass
class Answers:
    """What the CRM said of each delivery, over all runs."""

    asked: dict[str, int] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    """How often it was to come again later, since the rep looked last."""
    deaf: dict[str, int] = field(default_factory=dict)
    """How often it got no answer of its own, since the rep looked last."""
    at: dict[str, tuple[datetime, timedelta | None]] = field(default_factory=dict)
    """When that was said last, and after which time it may come again."""
    unsure: set[str] = field(default_factory=set)
    """Which were ever sent without an answer that says what became of them."""
    twice: set[str] = field(default_factory=set)
    """Which were ever carried out twice, on their way."""
    hidden: set[str] = field(default_factory=set)
    """Which the rep may not look for."""
    unknown: set[str] = field(default_factory=set)
    """Of which nobody knows whether they are there: the look was not answered."""
    mended: set[str] = field(default_factory=set)
    ratios: dict[tuple[str, int], float] = field(default_factory=dict)
    """How long a try of a delivery was waited for where the CRM did not say, in the shortest wait that there may be."""

    def too_busy(self, op: Op) -> Retry | None:
        """Return what a server says that is too busy for one, however often it comes."""
        number = crc32(op.id.encode())
        if not isinstance(op.body, Touch | Note) or number % BUSY or op.id in self.mended:
            return None
        return Retry("too busy", timedelta(minutes=10) if number % 2 else None)

    def too_deaf(self, op: Op) -> Ambiguous | None:
        """Return what is heard of one that never gets an answer, until the rep has looked."""
        number = crc32(op.id.encode())
        if not isinstance(op.body, Touch | Note) or number % DEAF != 1 or op.id in self.mended:
            return None
        return Ambiguous("no answer for this one")

    def sent(self, ops: Sequence[Op]) -> Iterator[str]:
        for op in ops:
            self.asked[op.id] = self.asked.get(op.id, 0) + 1
            if op.id in self.unknown:
                yield f"{op.id} is sent again, and nobody knows whether it is there"
            if isinstance(op.body, TakeBack) and op.body.of not in self.asked.keys() | self.unsure:
                yield f"{op.body.of} is taken back, and was never sent"

    def took(self, ops: Sequence[Op], results: Sequence[Result], now: datetime) -> Iterator[str]:
        if len(results) < len(ops):
            self.unsure |= {op.id for op in ops}
        for op, result in zip(ops, results, strict=False):
            if isinstance(result, Ambiguous):
                self.unsure.add(op.id)
                self.deaf[op.id] = self.deaf.get(op.id, 0) + 1
                if self.deaf[op.id] > MOST_TRIES:
                    yield f"{op.id} was sent {self.deaf[op.id]} times without an answer, and the rep was not asked"
            if not isinstance(result, Retry):
                self.at.pop(op.id, None)
                continue
            self.at[op.id] = now, result.after
            self.busy[op.id] = self.busy.get(op.id, 0) + 1
            if self.busy[op.id] > MOST_TRIES and isinstance(op.body, Touch | Note):
                yield f"{op.id} came {self.busy[op.id]} times, and the rep was not asked"

    def mend(self, op: str) -> None:
        """The rep has it sent again: it starts anew."""
        self.mended.add(op)
        self.unknown.discard(op)
        self.busy.pop(op, None)
        self.deaf.pop(op, None)

    def waits(self, row: Delivery, deaths: int, lag: timedelta) -> Iterator[str]:
        """Say what is wrong with how a delivery waits, in a CRM whose index lags."""
        what = f"{row.kind} {row.op}"
        if row.state != "sending" and (row.lease_until or row.lease_by):
            yield f"{what} is {row.state} and still leased"
        known = row.state != "retry" or row.op in self.at  # else it was told by another network than this
        if known and row.not_before and row.updated_at and row.not_before - row.updated_at > LONGEST_WAIT:
            yield f"{what} waits longer than it may: {row.not_before - row.updated_at}"
        if row.state == "parked" and "tries" in row.reason and self.asked.get(row.op, 0) + deaths < MOST_TRIES:
            yield f"{what} was given up after {self.asked.get(row.op, 0)} tries"
        if row.not_before is None or row.updated_at is None:
            return
        wait, usual = row.not_before - row.updated_at, min(FIRST_WAIT * 2 ** max(row.tries - 1, 0), LONGEST_WAIT / 3)
        if row.state == "ambiguous":
            settles = lag + SETTLES
            moved = row.kind in ("task", "plan_task")  # a step that moves meanwhile is kept anew
            if wait < settles and not moved:
                yield f"{what} is looked for after {wait}, and may arrive until {settles}"
            if wait > max(settles, usual * 3):
                yield f"{what} is looked for after {wait} only, at try {row.tries}"
        if row.state != "retry" or row.op not in self.at:
            return
        at, after = self.at[row.op]
        if row.not_before < at + (after if after is not None else usual):
            yield f"{what} comes again {row.not_before - at} after try {row.tries}: {after or usual} is the least"
        if after is None:
            self.ratios[row.op, row.tries] = wait / usual
            if wait > usual * 3:
                yield f"{what} comes again only {wait} after try {row.tries}"

    def steady(self) -> Iterator[str]:
        """Say whether all waited equally long: then all come again at once."""
        ratios = self.ratios.values()
        if len(ratios) > 4 and max(ratios) - min(ratios) < 0.01:
            yield f"each of {len(ratios)} waits is {max(ratios)} of the shortest"


def states(rows: SyncRows, leads: Sequence[str]) -> dict[str, Delivery]:
    """Return all deliveries as they are."""
    with rows.work() as work:
        return {row.op: row for some in work.deliveries_of(leads).values() for row in some}


def unnamed(before: Mapping[str, Delivery], after: Mapping[str, Delivery], named: frozenset[str]) -> Iterator[str]:
    """Name what went over, or was left to the rep, in a run whose report does not name its lead."""
    for op, row in after.items():
        was = before[op].state if op in before else ""
        undone = row.state == "cancelled" and row.detail.get("why") == "undone"  # by the rep, meanwhile
        if row.state != was and row.state in SETTLED and not undone and row.lead not in named:
            yield f"{row.kind} {op} was {was or 'not there'} and is {row.state}, and {row.lead} is not in the report"


def unsaid(before: Mapping[str, Delivery], after: Mapping[str, Delivery], lines: Sequence[str]) -> Iterator[str]:
    """Say whether a run took back more in the CRM than it says to the rep; what the history shows is known already."""
    backs = [
        row
        for op, row in after.items()
        if row.kind == "take_back" and row.state == "delivered" and row.verified != "seen"
        and (op not in before or before[op].state != "delivered")
    ]  # fmt: skip
    if len(lines) < len(backs):
        yield f"{[row.op for row in backs]} were taken back, and the rep is told {lines}"
