"""Working hours, working days and the three clocks that run in them: target, promise and the delays behind them.

A calendar belongs to one rep: their zone, opening hours, working weekdays, public holidays and own days off. Wall-clock
hours are turned into instants day by day, so a change of the clocks moves the opening with it; a wall time that the
clocks skip is read with the offset before the change, one that they repeat is the first of the two.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

PromiseMode = Literal["business", "literal"]
Span = tuple[datetime, datetime]

DAY: Final = timedelta(hours=24)
"""Elapsed, not a calendar day: the promise is the same length when the clocks change."""

GRACE: Final = timedelta(minutes=60)
"""After opening, when a promise would fall outside business hours (RULES §3)."""

LONGEST_BREAK: Final = 1000
"""Days that are searched for the next working day before the calendar is called unusable."""

MONDAY_TO_FRIDAY: Final = frozenset(range(5))


class NoWorkingDay(ValueError):
    """The calendar has no working day within reach: every weekday is off, or the days off never end."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a rep works: `zone` is an IANA name, weekdays count from Monday = 0, hours are wall-clock times there.

    Raises:
        ValueError: the zone is unknown, the hours do not run forwards within a day, lunch is not inside them, or no
            weekday is worked.

    """

    zone: str
    open: time = time(9)
    close: time = time(17)
    days: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: AbstractSet[date] = frozenset()
    days_off: frozenset[date] = frozenset()
    lunch: tuple[time, time] | None = None
    tz: ZoneInfo = field(init=False, repr=False, compare=False)
    _hours: dict[date, Span] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tz", zone_info(self.zone))
        if self.open >= self.close:
            raise ValueError(f"the working day opens at {self.open:%H:%M} and must close later than {self.close:%H:%M}")
        if not self.days or not self.days <= frozenset(range(7)):
            raise ValueError("at least one weekday is worked, Monday is 0 and Sunday is 6")
        if self.lunch and not self.open < self.lunch[0] < self.lunch[1] < self.close:
            raise ValueError("lunch starts and ends within the working day")

    def local(self, instant: datetime) -> datetime:
        """Return the instant on the rep's wall clock."""
        return _aware(instant).astimezone(self.tz)

    def day_of(self, instant: datetime) -> date:
        """Return the rep's calendar day at that instant."""
        return self.local(instant).date()

    def is_working_day(self, day: date) -> bool:
        """Tell whether the rep works on that day: a worked weekday, no holiday, no day off."""
        return day.weekday() in self.days and day not in self.holidays and day not in self.days_off

    def next_working_day(self, day: date) -> date:
        """Return the first working day after `day`, never `day` itself.

        Raises:
            NoWorkingDay: there is none within 1,000 days.

        """
        for ahead in range(1, LONGEST_BREAK):
            try:
                candidate = day + timedelta(days=ahead)
            except OverflowError:
                break
            if self.is_working_day(candidate):
                return candidate
        raise NoWorkingDay(f"no working day within {LONGEST_BREAK} days of {day}: look at your days and days off")

    def roll_forward(self, day: date) -> date:
        """Return `day` when it is a working day, else the next one (RULES §5: a plan's day rolls forward)."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def working_days_between(self, a: date, b: date) -> int:
        """Count the working days after `a` up to and including `b`; 0 when `b` is not later."""
        return sum(self.is_working_day(a + timedelta(days=ahead)) for ahead in range(1, (b - a).days + 1))

    def opening(self, day: date) -> datetime:
        """Return the instant (UTC) at which working hours open, or would open, on that day."""
        return self._span(day)[0]

    def closing(self, day: date) -> datetime:
        """Return the instant (UTC) at which working hours close, or would close, on that day."""
        return self._span(day)[1]

    def in_business_hours(self, instant: datetime) -> bool:
        """Tell whether the instant is on a working day between opening and closing, both included.

        Lunch is a part of the business day: a promise may fall into it, only working time leaves it out.
        """
        day = self.day_of(instant)
        opens, closes = self._span(day)
        return self.is_working_day(day) and opens <= instant <= closes

    def next_opening(self, instant: datetime) -> datetime:
        """Return the first opening (UTC) of a working day at or after the instant."""
        day = self.day_of(instant)
        if self.is_working_day(day) and self.opening(day) >= instant:
            return self.opening(day)
        return self.opening(self.next_working_day(day))

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return the stretches (UTC) of work on that day: none when it is off, two around a lunch."""
        if not self.is_working_day(day):
            return ()
        opens, closes = self._span(day)
        if self.lunch is None:
            return ((opens, closes),)
        leaves, returns = (self._instant(day, at) for at in self.lunch)
        return ((opens, max(opens, leaves)), (min(returns, closes), closes))

    def working_time_between(self, a: datetime, b: datetime) -> timedelta:
        """Return how much working time lies between two instants; zero when `b` is not later."""
        total = timedelta(0)
        day, last = self.day_of(a), self.day_of(b)
        while day <= last:
            for start, end in self.spans(day):
                total += max(min(b, end) - max(a, start), timedelta(0))
            if day == last:
                break
            day += timedelta(days=1)
        return total

    def add_working_time(self, t: datetime, delta: timedelta) -> datetime:
        """Return the instant (UTC) at which `delta` of working time has passed since `t`.

        What ends exactly at closing time ends there, not at the next opening.

        Raises:
            ValueError: `delta` is negative.
            NoWorkingDay: the calendar has no working day to go on with.

        """
        if delta < timedelta(0):
            raise ValueError("working time is added, never taken away")
        left = delta
        for start, end in self._spans_from(t):
            begin = max(t, start)
            if begin <= end and left <= end - begin:
                return (begin + left).astimezone(UTC)
            left -= max(end - begin, timedelta(0))
        raise AssertionError("the days never end")

    def _spans_from(self, t: datetime) -> Iterator[Span]:
        t = _aware(t)
        day = self.roll_forward(self.day_of(t))
        while True:
            yield from self.spans(day)
            day = self.next_working_day(day)

    def _span(self, day: date) -> Span:
        known = self._hours.get(day)
        if known is None:
            opens, closes = self._instant(day, self.open), self._instant(day, self.close)
            # Hours inside the one that the clocks skip would run backwards: such a day has no length.
            known = self._hours[day] = (opens, max(opens, closes))
        return known

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.tz).astimezone(UTC)


def promise(t: datetime, calendar: Calendar, mode: PromiseMode = "business", grace: timedelta = GRACE) -> datetime:
    """Return when a lead received at `t` has been answered at the latest, in UTC (RULES §3, `S1` `S0` `S4`).

    The earlier of 24 elapsed hours and the close of the next business day. `literal` keeps that; `business` moves a due
    time outside business hours to the next opening plus `grace`, never later than that same close.
    """
    received = _aware(t).astimezone(UTC)
    latest = calendar.closing(calendar.next_working_day(calendar.day_of(received)))
    due = min(received + DAY, latest)
    if mode == "literal" or calendar.in_business_hours(due):
        return due
    return min(calendar.next_opening(due) + grace, latest)


def target_due(received: datetime, calendar: Calendar, length: timedelta) -> datetime:
    """Return when the target clock runs out (UTC): so much working time after receipt (RULES §3)."""
    return calendar.add_working_time(received, length)


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait, twice: as it passed for the buyer, and what of it was the rep's working time."""

    elapsed: timedelta
    working: timedelta


@dataclass(frozen=True, slots=True)
class Delays:
    """A response time in the parts that different people can do something about (RULES §14, `S4`).

    `system`: from the lead's creation until it was the rep's. `offline`: from there until it was on the rep's machine.
    `rep`: from there until the first attempt, or until now. The three together are `total`.
    """

    system: Delay
    offline: Delay
    rep: Delay

    @property
    def total(self) -> Delay:
        """The whole response time, from creation to the first attempt."""
        parts = (self.system, self.offline, self.rep)
        return Delay(sum((p.elapsed for p in parts), timedelta(0)), sum((p.working for p in parts), timedelta(0)))


def delays(
    calendar: Calendar,
    *,
    created: datetime | None,
    received: datetime,
    seen: datetime | None,
    touched: datetime,
) -> Delays:
    """Split the response to one lead into system, offline and rep delay.

    `created` and `seen` (when it was written down on this machine) may be unknown: then that part is zero. So is a part
    whose ends are out of order, as when the rep called before the system passed the lead on.
    """
    arrived = min(received, touched)
    noticed = min(max(seen or arrived, arrived), touched)
    return Delays(
        system=_delay(calendar, created or arrived, arrived),
        offline=_delay(calendar, arrived, noticed),
        rep=_delay(calendar, noticed, touched),
    )


def zone_info(zone: str) -> ZoneInfo:
    """Return the IANA zone of that name.

    Raises:
        ValueError: there is no such zone.

    """
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:  # what zoneinfo raises for an unknown, a malformed, a folder name
        raise ValueError(f"no time zone is called {zone!r}: use a name like Europe/London") from error


def _delay(calendar: Calendar, a: datetime, b: datetime) -> Delay:
    return Delay(max(b - a, timedelta(0)), calendar.working_time_between(a, b))


def _aware(t: datetime) -> datetime:
    if t.tzinfo is None:
        raise ValueError(f"{t.isoformat()} has no time zone")
    return t
