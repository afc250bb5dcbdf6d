"""Plans (cadences): the steps to take with a lead and the day each one falls on (RULES §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from callsheet.domain.business_time import Calendar
from callsheet.domain.events import Channel

Anchor = Literal["day0", "previous"]
DayOff = Callable[[str, date], bool]
"""Whether a day is a public holiday in a country (ISO 3166, two letters)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One touch of a plan.

    It falls on calendar day `day` after day 0; or, when `minutes` is given, that long after the attempt before it;
    or, with `next_block`, in the next call block. `counts` says whether it is an attempt, `always` that it is done
    even after a response, `first_touch` that the promise is due by it, `needs_asset` that it must bring something.
    """

    channel: Channel
    label: str
    day: int = 0
    minutes: int | None = None
    next_block: bool = False
    counts: bool = True
    always: bool = False
    first_touch: bool = False
    needs_asset: bool = False

    @property
    def timed(self) -> bool:
        """Whether the step has a time of the day, rather than a day on which it is done whenever it fits."""
        return self.minutes is not None or self.next_block


@dataclass(frozen=True, slots=True)
class Plan:
    """A named, versioned sequence of steps. `then` is what follows when nobody answered: decide, or kick back.

    `repeat_days` makes it endless: the one step comes again that many days after it was done (nurture).
    """

    name: str
    version: int
    label: str
    steps: tuple[Step, ...]
    then: Literal["decide", "kick_back", "repeat"] = "decide"
    repeat_days: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"plan {self.name!r} has no steps")
        days = [step.day for step in self.steps]
        if days != sorted(days):
            raise ValueError(f"plan {self.name!r}: the days of its steps run backwards")


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A lead's plan as it stands: `done` and `moved` hold the day by step, `shift` the days it was put off by.

    `started` is the instant of its start, `tried` the last counted attempt since then by channel.
    """

    name: str
    version: int
    day0: date
    started: datetime
    done: Mapping[int, date] = field(default_factory=dict)
    moved: Mapping[int, date] = field(default_factory=dict)
    tried: Mapping[str, datetime] = field(default_factory=dict)
    shift: int = 0
    paused: bool = False

    @property
    def last_try(self) -> datetime | None:
        """The last counted attempt since the plan started."""
        return max(self.tried.values(), default=None)

    def day(self, today: date) -> int:
        """Count the calendar days since day 0."""
        return (today - self.day0).days


def working_day(day: date, calendar: Calendar, country: str, off: DayOff) -> date:
    """Roll a day forward over the rep's days off and the holidays of the lead's country (RULES §5)."""
    day = calendar.roll_forward(day)
    while off(country, day):
        day = calendar.next_working_day(day)
    return day


def schedule(
    plan: Plan, running: RunningPlan, calendar: Calendar, country: str, off: DayOff, anchor: Anchor = "day0"
) -> tuple[date, ...]:
    """Return the day of every step: done ones as they were done, open ones as they now fall.

    Days are anchored to day 0 and roll forward over days off, later steps keep their anchor; the same channel stays
    one business day apart. With the anchor `previous` a step keeps its distance to the step before it instead.
    """
    days: list[date] = []
    last: dict[str, date] = {channel: calendar.day_of(at) for channel, at in running.tried.items()}
    before: tuple[Step, date] | None = None
    for index, step in enumerate(plan.steps):
        day = running.done.get(index)
        if day is None:
            day = running.moved.get(index)
            if day is None:
                start = running.day0 + timedelta(days=step.day + running.shift)
                if anchor == "previous" and before is not None:
                    start = before[1] + timedelta(days=step.day - before[0].day)
                day = _apart(step, start, last, calendar, country, off)
            day = working_day(day, calendar, country, off)
        days.append(day)
        if step.counts:
            last[step.channel] = max(day, last.get(step.channel, day))
        before = (step, day)
    return tuple(days)


def _apart(step: Step, day: date, last: Mapping[str, date], calendar: Calendar, country: str, off: DayOff) -> date:
    """Keep the same channel one business day apart, but for steps of one day that were written so close on purpose."""
    day = working_day(day, calendar, country, off)
    previous = last.get(step.channel)
    if previous is None or step.timed or not step.counts or day > previous:
        return day
    return working_day(calendar.next_working_day(previous), calendar, country, off)


def open_step(plan: Plan, running: RunningPlan, *, only_always: bool = False) -> int | None:
    """Return the first step that is neither done nor skipped; `only_always` looks at those that outlive a pause."""
    for index, step in enumerate(plan.steps):
        if index not in running.done and (step.always or not only_always):
            return index
    return None


def step_for(plan: Plan, running: RunningPlan, channel: Channel, today: date, days: tuple[date, ...]) -> int | None:
    """Return the step that an attempt on this channel does: the open one, else the first of the channel that is due.

    An attempt out of turn does no step: it counts, and the plan goes on as it was.
    """
    current = open_step(plan, running)
    if current is None:
        return None
    if plan.steps[current].channel == channel:
        return current
    for index, step in enumerate(plan.steps):
        if (
            index not in running.done
            and step.channel == channel
            and (days[index] <= today or _after_gate(plan, running, index))
        ):
            return index
    return None


def _after_gate(plan: Plan, running: RunningPlan, index: int) -> bool:
    """Tell whether only research stands before the step: the gate can be overridden (RULES §5)."""
    return all(plan.steps[i].channel == "research" or i in running.done for i in range(index))
