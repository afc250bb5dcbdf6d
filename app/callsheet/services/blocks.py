"""A call block: a frozen order of those who may be called now, one at a time, until it is done (RULES §12, `S1`).

The block under way is kept in the book as a note, so that quitting or a crash resumes it where it was. What was done
follows from the journal; the note only says in which order, and how far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from callsheet.domain.events import new_id
from callsheet.domain.outcome import Outcome
from callsheet.domain.rules import Rules
from callsheet.services import calling
from callsheet.services.calling import callable_lead, callable_now
from callsheet.services.desk import Desk, Refused
from callsheet.services.views import Filter, Row, Today

UNDER_WAY: Final = "block"
"""Name of the note that holds the block under way."""

KEPT: Final = "blocks"
"""Name of the note that holds the blocks that were kept: when they began and ended, and what they brought."""

MOST: Final = 2_000
"""Rows of a pane that are looked at: nobody calls more in a block."""

PAGE: Final = 500

MOST_KEPT: Final = 1_000
"""Blocks that are remembered, two years of two a day."""

GRACE: Final = timedelta(minutes=20)
"""Minutes before its time in which starting a block counts as that block of the day."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Somebody who is to be called and may not be now: from when (None when that is unknown), and by which rule."""

    lead: str
    name: str
    from_: datetime | None
    rule: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block under way.

    `order` is frozen but for hot leads that were taken in between; `done` are those that were logged or skipped,
    `again` who was busy, each with the time from which to try them again. `ends` is when the block of the day ends,
    None when it was started at another time. `paused_at` is set while the clock stands, `paused` what it stood so far.
    """

    id: str
    started: datetime
    order: tuple[str, ...]
    ends: datetime | None = None
    done: tuple[str, ...] = ()
    again: tuple[tuple[str, datetime], ...] = ()
    paused_at: datetime | None = None
    paused: timedelta = timedelta()

    @property
    def open(self) -> tuple[str, ...]:
        """The leads that were not had yet, in order."""
        done = set(self.done)
        return tuple(lead for lead in self.order if lead not in done)

    @property
    def place(self) -> int:
        """The place in the block of the lead that is open, from 1."""
        return min(len(self.done) + 1, len(self.order))

    def current(self, now: datetime) -> str | None:
        """Return who is to be called now: who was busy as soon as the time has come, else the next in order."""
        due = [lead for lead, at in self.again if at <= now]
        return due[0] if due else next(iter(self.open), None)

    def elapsed(self, now: datetime) -> timedelta:
        """Return how long the block has run, without its pauses."""
        return max((self.paused_at or now) - self.started - self.paused, timedelta())

    def left(self, now: datetime) -> timedelta | None:
        """Return how long it still is, None when it has no end."""
        return None if self.ends is None else max(self.ends - now, timedelta())


@dataclass(frozen=True, slots=True)
class Summary:
    """What a block brought, and who is left."""

    block: Block
    took: timedelta
    attempts: int
    connects: int
    next_steps: int
    left: tuple[str, ...]


def start(
    desk: Desk, *, only: Filter = Filter(), leads: Sequence[str] | None = None
) -> tuple[Block, tuple[Waits, ...]]:
    """Start a block with those who may be called now, and say who has to wait. `leads` are called whatever is due.

    Raises:
        Refused: nobody may be called now; the hint says who comes next and when.
    """
    now = desk.now()
    rows = _due(desk, only, now) if leads is None else list(desk.book.rows(leads, now).values())
    order, waits = arrange(rows, now, desk.rules, lambda row: _verdict(desk, row, now))
    if not order:
        soonest = min((one for one in waits if one.from_), key=lambda one: one.from_ or now, default=None)
        hint = "no call is due; the sheet says what else is"
        if soonest is not None and soonest.from_ is not None:
            hint = f"next is {soonest.name}, from {desk.rules.calendar.local(soonest.from_):%H:%M}"
        raise Refused("nobody may be called now", rule="block", hint=hint)
    block = Block(new_id(), now, order, _end_of(now, desk.rules))
    keep(desk, block)
    return block, waits


def _due(desk: Desk, only: Filter, now: datetime) -> list[Row]:
    rows: list[Row] = []
    for pane in ("hot", "due"):
        for offset in range(0, MOST, PAGE):
            page = desk.book.sheet(now, pane=pane, only=only, offset=offset, limit=PAGE)
            rows += [row for row in page if row.entry.channel == "phone" and not row.entry.decision]
            if len(page) < PAGE:
                break
    return rows


def _verdict(desk: Desk, row: Row, now: datetime) -> calling.Callable:
    """Decide whether to call; limits on the number of calls need the lead's own history, which few regions ask for."""
    limited = any(rule.max_calls or rule.silence_after_refusal for rule in desk.hours.table.applying(row.regions))
    if limited:
        card = desk.book.card(row.entry.lead)
        if card is not None:
            return callable_lead(desk, card.lead, now)
    return callable_now(desk, now, row.zones, row.regions, phone=row.phone)


def arrange(
    rows: Iterable[Row], now: datetime, rules: Rules, verdict: Callable[[Row], calling.Callable]
) -> tuple[tuple[str, ...], tuple[Waits, ...]]:
    """Return the order of a block, and who has to wait.

    What was promised for a time comes first, even before hot (RULES §4); then hot; then who was missed in the other
    half of the day, who was never missed, and who was missed in this half. Nobody is tried within two hours of the
    time of day at which they were missed last, unless they asked for that time (RULES §7, §12).
    """
    chosen: list[tuple[int, str]] = []
    waits: list[Waits] = []
    for row in rows:
        found = verdict(row)
        failed = _failed_hour(row, now, rules)
        if not found.now:
            waits.append(Waits(row.entry.lead, row.name, found.from_, found.rule))
        elif row.section == "waiting":
            waits.append(Waits(row.entry.lead, row.name, row.entry.due_at, "was tried, and waits for the next try"))
        elif failed is not None:
            waits.append(Waits(row.entry.lead, row.name, failed, "was missed at this time of day"))
        else:
            chosen.append((_rank(row, now, rules), row.entry.lead))
    chosen.sort(key=lambda one: one[0])  # stable: within a rank the order of the sheet holds
    waits.sort(key=lambda one: (one.from_ is None, one.from_ or now, one.lead))
    return tuple(lead for _, lead in chosen), tuple(waits)


def _rank(row: Row, now: datetime, rules: Rules) -> int:
    if row.section == "commitments":
        return 0
    if row.entry.kind == "hot":
        return 1
    if row.last_missed is None:
        return 3
    return 4 if _morning(row.last_missed, rules) == _morning(now, rules) else 2


def _morning(at: datetime, rules: Rules) -> bool:
    return rules.calendar.local(at).hour < 12


def _failed_hour(row: Row, now: datetime, rules: Rules) -> datetime | None:
    """Return until when to leave somebody alone who was missed around this time of day."""
    missed = row.last_missed
    if missed is None or row.section == "commitments" or row.entry.kind == "hot":
        return None
    local, then = rules.calendar.local(now), rules.calendar.local(missed)
    same_hour = local.replace(hour=then.hour, minute=then.minute, second=0, microsecond=0)
    return same_hour + rules.apart if abs(local - same_hour) < rules.apart else None


def _end_of(now: datetime, rules: Rules) -> datetime | None:
    today = rules.calendar.day_of(now)
    for first, last in rules.blocks:
        begins = datetime.combine(today, first, rules.calendar.tz)
        ends = datetime.combine(today, last, rules.calendar.tz)
        if begins - GRACE <= now < ends:
            return ends.astimezone(now.tzinfo)
    return None


def number_of_day(block: Block, rules: Rules) -> tuple[int, int, datetime, datetime] | None:
    """Return which block of the day it is, of how many, and when that one begins and ends; None at another time."""
    today = rules.calendar.day_of(block.started)
    for nth, (first, last) in enumerate(sorted(rules.blocks), 1):
        ends = datetime.combine(today, last, rules.calendar.tz)
        if block.ends == ends:
            return nth, len(rules.blocks), datetime.combine(today, first, rules.calendar.tz), ends
    return None


# On the way ---------------------------------------------------------------------------------------------------------


def had(block: Block, lead: str, outcome: Outcome, at: datetime) -> Block:
    """Return the block after a lead was logged or skipped; who was busy comes again in the same block."""
    again = tuple((one, when) for one, when in block.again if one != lead)
    if outcome.retry_minutes is not None:
        again = (*again, (lead, at + timedelta(minutes=outcome.retry_minutes)))
    done = block.done if lead in block.done else (*block.done, lead)
    return replace(block, done=done, again=again)


def passed(block: Block, lead: str) -> Block:
    """Return the block without somebody who is not to be called any more."""
    again = tuple((one, when) for one, when in block.again if one != lead)
    return replace(block, order=tuple(one for one in block.order if one != lead), again=again)


def back_to(block: Block, lead: str) -> Block:
    """Return the block with a lead open again, because what was logged on it was taken back."""
    again = tuple((one, when) for one, when in block.again if one != lead)
    done = tuple(one for one in block.done if one != lead)
    order = block.order
    if lead in order:
        rest = tuple(one for one in order if one != lead)
        first = next((index for index, one in enumerate(rest) if one not in done), len(rest))
        order = (*rest[:first], lead, *rest[first:])
    return replace(block, order=order, done=done, again=again)


def take(block: Block, lead: str, now: datetime) -> Block:
    """Return the block with a hot lead before the one that is open, whose place is kept."""
    without = tuple(one for one in block.order if one != lead)
    current = block.current(now)
    at = without.index(current) if current in without else len(without)
    done = tuple(one for one in block.done if one != lead)
    return replace(block, order=(*without[:at], lead, *without[at:]), done=done)


def pause(block: Block, now: datetime) -> Block:
    """Stop the block's clock."""
    return block if block.paused_at else replace(block, paused_at=now)


def go_on(block: Block, now: datetime) -> Block:
    """Let the block's clock run on."""
    if block.paused_at is None:
        return block
    return replace(block, paused=block.paused + (now - block.paused_at), paused_at=None)


def open_next(desk: Desk, block: Block) -> tuple[Block, str | None, tuple[Waits, ...]]:
    """Return who is called now, after passing over those who are not to be called any more, each with the reason."""
    now, over = desk.now(), list[Waits]()
    while (lead := block.current(now)) is not None:
        row = desk.book.rows([lead], now).get(lead)
        if row is None:
            block, why = passed(block, lead), "is not open any more"
        else:
            found = _verdict(desk, row, now)
            if found.now:
                break
            block, why = passed(block, lead), found.rule
        over.append(Waits(lead, row.name if row else "", None, why))
    return block, lead, tuple(over)


def newly_hot(desk: Desk, block: Block) -> Row | None:
    """Return the newest lead that asked to be contacted since the block began and is not in it."""
    rows = desk.book.sheet(desk.now(), pane="hot", limit=20)
    known = set(block.order)
    fresh = [
        row for row in rows
        if row.entry.lead not in known and not row.entry.tried and row.entry.received_at >= block.started
    ]  # fmt: skip
    return max(fresh, key=lambda row: row.entry.received_at, default=None)


# Kept in the book ---------------------------------------------------------------------------------------------------


def keep(desk: Desk, block: Block) -> None:
    """Keep the block under way."""
    desk.book.put_note(UNDER_WAY, encoded(block))


def resume(desk: Desk) -> Block | None:
    """Return the block that was under way, None when there is none of today.

    An attempt that was logged just before a crash is counted as had, so that nobody is called twice.
    """
    block = decoded(desk.book.note(UNDER_WAY))
    if block is None or not of_today(desk, block):
        return None
    lead = next(iter(block.open), None)
    if lead is not None:
        block = caught_up(desk, block, lead)
    return block if block.open or block.again else None


def of_today(desk: Desk, block: Block) -> bool:
    """Tell whether a block began today: who may be called is another question tomorrow."""
    return desk.rules.calendar.day_of(block.started) == desk.rules.calendar.day_of(desk.now())


def caught_up(desk: Desk, block: Block, lead: str) -> Block:
    """Return the block with a lead as had, if it was logged since the block began and that still holds."""
    card = desk.book.card(lead)
    touches = card.lead.touches if card is not None else ()
    tried = [touch for touch in touches if touch.channel == "phone" and touch.at >= block.started]
    if not tried or tried[-1].author:
        return block
    return had(block, lead, desk.rules.outcomes.of(tried[-1].outcome), tried[-1].at)


def end(desk: Desk, block: Block) -> Summary:
    """End the block: it is kept among those that were kept, and nothing is under way any more."""
    now = desk.now()
    summary = sum_up(desk, block)
    desk.book.put_note(UNDER_WAY, None)
    if summary.attempts:
        before = desk.book.note(KEPT, [])
        kept = [block.started.isoformat(), now.isoformat(), summary.attempts, summary.connects, summary.next_steps]
        # A block that an undo opened again at its end ends a second time.
        earlier = [one for one in before if one[0] != kept[0]] if isinstance(before, list) else []
        desk.book.put_note(KEPT, [*earlier[-MOST_KEPT + 1 :], kept])
    return summary


def sum_up(desk: Desk, block: Block) -> Summary:
    """Return what the block has brought so far, and the names of those who are left."""
    now = desk.now()
    done: Today = desk.book.today(block.started, now + timedelta(seconds=1))
    waiting = (*block.open, *(lead for lead, _ in block.again))
    rows = desk.book.rows(waiting, now)
    left = tuple(rows[lead].name for lead in waiting if lead in rows)
    return Summary(block, block.elapsed(now), done.touches, done.connects, done.next_steps, left)


def encoded(block: Block) -> dict[str, object]:
    """Return the block in the form in which it is noted."""
    return {
        "id": block.id, "started": block.started.isoformat(), "order": list(block.order), "done": list(block.done),
        "ends": block.ends.isoformat() if block.ends else None,
        "again": [[lead, at.isoformat()] for lead, at in block.again],
        "paused_at": block.paused_at.isoformat() if block.paused_at else None,
        "paused": block.paused.total_seconds(),
    }  # fmt: skip


def decoded(noted: Any) -> Block | None:  # a note is whatever was put there
    """Return the block that was noted; None when there is none, or it cannot be read."""
    if not isinstance(noted, Mapping):
        return None
    try:
        return Block(
            str(noted["id"]), datetime.fromisoformat(noted["started"]), tuple(noted["order"]),
            _instant(noted["ends"]), tuple(noted["done"]),
            tuple((lead, datetime.fromisoformat(at)) for lead, at in noted["again"]),
            _instant(noted["paused_at"]), timedelta(seconds=noted["paused"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
