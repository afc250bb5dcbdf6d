"""The rep's own figures (RULES §14) and a campaign's (§11), from the journal: never only an average, nothing guessed.

Each figure's definition stands in `DEFINITIONS` under its name, to be printed beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Final

from callsheet.domain.rules import Rules
from callsheet.services.desk import Desk
from callsheet.services.figure_rows import FigureReads, Named, Quarter, Span, Waits

KEPT_BLOCK: Final = 3
"""Calls inside its hours that make a block one that was kept (RULES §12)."""

LONGEST_STREAK: Final = timedelta(days=366)
"""How far back a streak is followed."""

TICK: Final = timedelta(microseconds=1)
"""Makes a period include what is logged at this very moment."""

MONTH: Final = 30
"""Days whose blocks are counted at once."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

DEFINITIONS: Final[Mapping[str, str]] = {
    "received": "Leads that became yours, or asked again, in the period; names with too few interactions are no leads.",
    "coverage": "Of the leads whose promise is over or kept, those with at least one attempt by a person. Leads that "
    "were closed or returned before anybody tried, or may not be contacted, are left out and counted beside it.",
    "within_24h": "Of the leads received, those with a first attempt at most 24 hours after receipt. Leads that may "
    "not be contacted are left out; of a campaign also those that were handed on.",
    "kept": "Of the leads received, those with a first attempt before the promise was over. Leads that may not be "
    "contacted are left out.",
    "left_out": "Leads that were closed or returned before anybody tried, or that may not be contacted; "
    "coverage leaves them out.",
    "answered": "Leads received in the period that a person tried to reach since. Still waiting are the open ones that "
    "nobody tried.",
    "working_time": "The same, without nights, weekends, holidays and days off.",
    "longest_waiting": "The open lead that has waited longest since it was received, and that nobody tried.",
    "system": "From the lead's creation until it was yours.",
    "offline": "From when it was yours until it was on this machine.",
    "rep": "From when it was on this machine until the first attempt by a person. Working time leaves out nights, "
    "weekends and days off.",
    "attempts": "Your attempts that count, by any channel. Busy lines and wrong numbers do not count.",
    "connects": "Calls and meetings in which a person was reached.",
    "attempts_per_lead": "Counted attempts so far, by anybody, on the leads received in the period; several on one "
    "channel within minutes are one.",
    "stopped_at_one": "Leads with one attempt in which nobody was reached, and that are closed or returned, or whose "
    "next action is more than a week late. Leads that may not be contacted are left out.",
    "next_steps": "Next steps that were agreed, each with a date and a time.",
    "connects_with_next_step": "Connects after which a next step was agreed within 24 hours.",
    "invites": "Invitations sent in the period; accepted are those whose last answer is yes.",
    "blocks": f"Call blocks on your working days that are over; kept with {KEPT_BLOCK} calls or more inside their "
    "hours. The streak counts back from the last one and ends at the first that was missed. Blocks before your first "
    "record here, or more than a year ago, are left out.",
    "in_crm": "Of the leads, those that the CRM has, with nothing of theirs still waiting.",
    "touched": "Of the campaign's leads, those with at least one attempt by a person. Leads that were handed on "
    "untried, or may not be contacted, are left out and counted beside it.",
    "response": "From receipt until the first attempt by a person.",
    "meetings": "Leads with a meeting booked.",
    "untouched": "Open leads without any attempt by a person since receipt.",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, its start included and its end not; aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    of: int

    @property
    def percent(self) -> int | None:
        """The share in whole percent, never rounded up to all; None of nothing."""
        return self.part * 100 // self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle one and the worst of several waits, and whose the worst was; None when there are none."""

    median: timedelta | None = None
    worst: timedelta | None = None
    worst_lead: Named | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """A response time in the parts that different people can do something about."""

    system: Spread = Spread()
    offline: Spread = Spread()
    rep: Spread = Spread()
    total: Spread = Spread()


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether every lead was followed up."""

    period: Period
    received: int
    touched: int
    coverage: Share
    within_24h: Share
    kept: Share
    decided_untouched: int
    untouched: tuple[Named, ...]
    """Open leads that nobody tried, the longest waiting first."""
    late: tuple[Named, ...]
    """Those of them whose promise is over."""
    barred: int = 0
    """Those among `decided_untouched` that may not be contacted."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How long leads waited for the first attempt: as it passed for them, and in the rep's working time."""

    period: Period
    answered: int
    waiting: int
    elapsed: Parts
    working: Parts
    longest_waiting: tuple[Named, timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What was done on one day of the rep's."""

    day: date
    attempts: int
    connects: int


@dataclass(frozen=True, slots=True)
class Hour:
    """Calls and connects in an hour (0 to 23) of a weekday (Monday is 0), on the rep's clock, over the period."""

    weekday: int
    hour: int
    calls: int
    connects: int


@dataclass(frozen=True, slots=True)
class PerLead:
    """Attempts per lead: how many leads got how many, as pairs, fewest attempts first."""

    leads: int
    distribution: tuple[tuple[int, int], ...]
    median: float | None
    most: int
    stopped_at_one: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Invites:
    """What became of the invitations sent."""

    sent: int
    accepted: int
    declined: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """Call blocks: those of the period that were kept, in their order, and the streak up to now."""

    kept: Share
    streak: int
    days: tuple[tuple[datetime, int], ...]
    """Each block's start and the calls in it."""
    needed: int = KEPT_BLOCK


@dataclass(frozen=True, slots=True)
class Habit:
    """What the rep does, day by day."""

    period: Period
    attempts: int
    connects: int
    next_steps: int
    connects_with_next_step: Share
    days: tuple[Day, ...]
    hours: tuple[Hour, ...]
    attempts_per_lead: PerLead
    invites: Invites
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Campaign:
    """How the leads of an event or a campaign were followed up (RULES §11)."""

    name: str
    leads: int
    names: int
    touched: Share
    within_24h: Share
    in_crm: Share | None
    response: Spread
    meetings: int
    untouched: tuple[Named, ...]
    handed_on: int = 0
    """Leads that went to somebody else untried: what became of them is in that rep's book."""
    barred: int = 0
    """Leads that may not be contacted, and were not."""


Report = Coverage | Speed | Habit | Campaign


def last_days(desk: Desk, days: int = 7) -> Period:
    """Return the last days up to now, today included, from the rep's midnight on."""
    calendar, now = desk.rules.calendar, desk.now()
    return Period(_midnight(desk.rules, calendar.day_of(now) - timedelta(days=days - 1)), now + TICK)


def all_time(desk: Desk) -> Period:
    """Return everything up to now."""
    return Period(EVER, desk.now() + TICK)


def coverage(desk: Desk, reads: FigureReads, period: Period) -> Coverage:
    """Say whether every due lead was touched."""
    now, span = desk.now(), Span(period.since, period.until)
    found, untouched = reads.tally(span, now), reads.untouched(span)
    callable_ = found.received - found.barred
    return Coverage(
        period, found.received, found.touched, Share(found.touched, found.touched + found.late),
        Share(found.quick, callable_), Share(found.kept, callable_), found.received - found.touched - found.open,
        tuple(one.who for one in untouched), tuple(one.who for one in untouched if one.promise <= now), found.barred,
    )  # fmt: skip


def speed(desk: Desk, reads: FigureReads, period: Period) -> Speed:
    """Say how long leads waited, split into what the system, being offline, and the rep took."""
    span = Span(period.since, period.until)
    waits, waiting = reads.waits(span), reads.untouched(span)
    longest = (waiting[0].who, desk.now() - waiting[0].received) if waiting else None
    elapsed, working = _parts(waits, reads, ""), _parts(waits, reads, "_worked")
    return Speed(period, len(waits.leads), len(waiting), elapsed, working, longest)


def habit(desk: Desk, reads: FigureReads, period: Period) -> Habit:
    """Say what the rep does: attempts, connects, next steps, invitations, call blocks."""
    rules = desk.rules
    quarters = reads.quarters(period.since, period.until)
    connects = sum(one.connects for one in quarters)
    followed = sum(one.followed for one in quarters)
    return Habit(
        period, sum(one.attempts for one in quarters), connects, reads.agreed(period.since, period.until),
        Share(followed, connects), tuple(_days(quarters, rules)), tuple(_hours(quarters, rules)),
        _per_lead(desk, reads, Span(period.since, period.until)),
        _invites(reads.invites(period.since, period.until)), blocks(desk, reads, period),
    )  # fmt: skip


def campaign(desk: Desk, reads: FigureReads, name: str) -> Campaign:
    """Say how the leads of a campaign were followed up, and name those that were not."""
    period = all_time(desk)
    span = Span(period.since, period.until, name)
    found, known, waits = reads.tally(span, desk.now()), reads.in_crm(span), reads.waits(span)
    mine = found.received - found.returned - found.barred
    response = [sum(both) for both in zip(waits.columns["offline"], waits.columns["rep"], strict=True)]
    return Campaign(
        name, found.received, reads.names(name), Share(found.touched, mine), Share(found.quick, mine),
        None if known is None else Share(known, found.received), _spread(waits.leads, response, reads), found.met,
        tuple(one.who for one in reads.untouched(span)), found.returned, found.barred,
    )  # fmt: skip


def blocks(desk: Desk, reads: FigureReads, period: Period) -> Blocks:
    """Say which call blocks were kept. One that is under way counts once it has its calls, and breaks nothing."""
    until = min(period.until, desk.now())
    held: list[tuple[datetime, int]] = []
    streak, broken = 0, False
    first = max(period.since, reads.began() or until)
    for start, end, calls in _going_back(desk, reads, until):
        kept = calls >= KEPT_BLOCK
        if start >= first and (kept or end <= until):
            held.append((start, calls))
        broken = broken or (not kept and end <= until)
        streak += kept and not broken
        if broken and start < first:
            break
    held.reverse()
    return Blocks(Share(sum(calls >= KEPT_BLOCK for _, calls in held), len(held)), streak, tuple(held))


def _going_back(desk: Desk, reads: FigureReads, until: datetime) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield the blocks that began before then, the last one first, each with its calls: a month is read at once."""
    rules = desk.rules
    day = rules.calendar.day_of(until)
    first = day - LONGEST_STREAK
    while day > first:
        month = [day - timedelta(days=back) for back in range(MONTH)]
        spans = [span for one in month for span in reversed(_blocks_of(one, rules)) if span[0] < until]
        for (start, end), calls in zip(spans, reads.calls(spans), strict=True):
            yield start, end, calls
        day -= timedelta(days=MONTH)


def _parts(waits: Waits, reads: FigureReads, kind: str) -> Parts:
    """Return the waits as they passed, or with `_worked` in working time."""
    columns = [waits.columns[f"{part}{kind}"] for part in ("system", "offline", "rep")]
    total = list(map(sum, zip(*columns, strict=True)))
    return Parts(*(_spread(waits.leads, column, reads) for column in (*columns, total)))


def _spread(leads: Sequence[str], waits: Sequence[int], reads: FigureReads) -> Spread:
    if not waits:
        return Spread()
    worst = max(waits)
    who = leads[waits.index(worst)]
    return Spread(
        timedelta(seconds=median(waits)), timedelta(seconds=worst),
        reads.named([who]).get(who, Named(who, "")),
    )  # fmt: skip


def _days(quarters: Iterable[Quarter], rules: Rules) -> Iterator[Day]:
    attempts, connects = Counter[date](), Counter[date]()
    for one in quarters:
        day = rules.calendar.day_of(one.at)
        attempts[day] += one.attempts
        connects[day] += one.connects
    for day in sorted(attempts):
        yield Day(day, attempts[day], connects[day])


def _hours(quarters: Iterable[Quarter], rules: Rules) -> Iterator[Hour]:
    calls, connects = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for one in quarters:
        local = rules.calendar.local(one.at)
        place = (local.weekday(), local.hour)
        calls[place] += one.calls
        connects[place] += one.connects
    for place in sorted(calls):
        if calls[place] or connects[place]:
            yield Hour(*place, calls[place], connects[place])


def _per_lead(desk: Desk, reads: FigureReads, span: Span) -> PerLead:
    counts = reads.tries(span)
    tried = [counted for counted, leads in counts if counted for _ in range(leads)]
    stopped = reads.stopped(span, desk.now() - timedelta(days=desk.rules.late_days))
    middle = float(median(tried)) if tried else None
    leads = sum(leads for _, leads in counts)
    return PerLead(leads, tuple(counts), middle, max(tried, default=0), tuple(stopped))


def _invites(status: Mapping[str, int]) -> Invites:
    sent = sum(status.values())
    yes, no = status.get("accepted", 0), status.get("declined", 0) + status.get("cancelled", 0)
    return Invites(sent, yes, no, sent - yes - no)


def _blocks_of(day: date, rules: Rules) -> list[tuple[datetime, datetime]]:
    if not rules.calendar.is_working_day(day):
        return []
    zone = rules.calendar.tz
    return [
        (
            datetime.combine(day, start, zone).astimezone(UTC),
            datetime.combine(day, end, zone).astimezone(UTC),
        )
        for start, end in sorted(rules.blocks)
    ]


def _midnight(rules: Rules, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), rules.calendar.tz).astimezone(UTC)
