"""Plans (cadences): the steps to take with a lead and the day each one falls on (RULES §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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

    It falls on calendar day `day` after day 0; or, when `minutes` is given, that long after the last attempt on its
    channel, or on any while there is none; or, with `next_block`, in the next call block. `counts` says whether it is
    an attempt, `always` that it is done even after a response, `first_touch` that the promise is due by it,
    `needs_asset` that it must bring something.
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

    `repeat_days` makes it endless: it starts again that many days after its last step was done (nurture).
    """

    name: str
    version: int
    label: str
    steps: tuple[Step, ...]
    then: Literal["decide", "kick_back", "repeat"] = "decide"
    repeat_days: int | None = None
    source: str = ""

    def first_touch(self) -> int:
        """Return the step by which the promise is due, the last one where none is marked."""
        return next((index for index, step in enumerate(self.steps) if step.first_touch), len(self.steps) - 1)

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"plan {self.name!r} has no steps")
        days = [step.day for step in self.steps]
        if days != sorted(days):
            raise ValueError(f"plan {self.name!r}: the days of its steps run backwards")


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A lead's plan as it stands: `done` and `moved` hold the day by step, `shift` the days it was put off by.

    `started` is the instant of its start, `tried` the last attempt since then by channel.
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
        """The last attempt since the plan started."""
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
    plan: Plan,
    running: RunningPlan,
    calendar: Calendar,
    country: str,
    off: DayOff,
    anchor: Anchor = "day0",
    channels: Sequence[Channel] | None = None,
    count: int | None = None,
) -> tuple[date, ...]:
    """Return the day of every step: done ones as they were done, open ones as they now fall.

    Days are anchored to day 0 and roll forward over days off, later steps keep their anchor; the same channel stays
    one business day apart. With the anchor `previous` a step keeps its distance to the step before it instead.
    `channels` are those on which the steps are really taken, where a call has to be a mail; `count` stops after some.
    """
    days: list[date] = []
    used = [step.channel for step in plan.steps] if channels is None else channels
    last: dict[str, date] = {channel: calendar.day_of(at) for channel, at in running.tried.items()}
    before: tuple[Step, date] | None = None
    for index, step in enumerate(plan.steps[:count]):
        done, moved = running.done.get(index), running.moved.get(index)
        if done is not None:
            day = done
        elif moved is not None:
            day = working_day(moved, calendar, country, off)
        else:
            start = running.day0 + timedelta(days=step.day + running.shift)
            if anchor == "previous" and before is not None:
                start = before[1] + timedelta(days=step.day - before[0].day)
            day = working_day(start, calendar, country, off)
            previous = last.get(used[index])
            as_written = step.timed and used[index] == step.channel == "phone"  # calls so close on purpose
            if previous is not None and day <= previous and step.counts and not as_written:
                day = working_day(calendar.next_working_day(previous), calendar, country, off)
        days.append(day)
        if step.counts:
            last[used[index]] = max(day, last.get(used[index], day))
        before = (step, day)
    return tuple(days)


def open_step(plan: Plan, running: RunningPlan, *, only_always: bool = False) -> int | None:
    """Return the first step that is not done; `only_always` looks at those that outlive a pause."""
    for index, step in enumerate(plan.steps):
        if index not in running.done and (step.always or not only_always):
            return index
    return None


def step_for(
    plan: Plan,
    running: RunningPlan,
    channel: Channel,
    today: date,
    days: tuple[date, ...],
    channels: Sequence[Channel] | None = None,
) -> int | None:
    """Return the step that an attempt on this channel does: the open one, else the first of the channel that is due.

    An attempt out of turn does no step: it counts, and the plan goes on as it was. `channels` are those on which the
    steps are really taken.
    """
    used = [step.channel for step in plan.steps] if channels is None else channels
    current = open_step(plan, running)
    if current is None or used[current] == channel:
        return current
    for index in range(len(plan.steps)):
        if (
            index not in running.done
            and used[index] == channel
            and (days[index] <= today or _after_gate(plan, running, index))
        ):
            return index
    return None


def _after_gate(plan: Plan, running: RunningPlan, index: int) -> bool:
    """Tell whether only research stands before the step: the gate can be overridden (RULES §5)."""
    return all(plan.steps[i].channel == "research" or i in running.done for i in range(index))


def begun_again(plan: Plan, running: RunningPlan, today: date) -> RunningPlan:
    """Start an endless plan again: its first step comes so many days after the last one was done."""
    day0 = today + timedelta(days=(plan.repeat_days or 1) - plan.steps[0].day)
    return replace(running, day0=day0, done={}, moved={}, shift=0)


def moved_to(running: RunningPlan, old: Plan, new: Plan) -> RunningPlan:
    """Return a running plan on another version of itself: what was done stays done, what is new is still to do.

    A step is the same when channel and label are, or else when it is the same call, mail, … in the sequence. A new step
    before the last one that was done is passed over: a plan never goes back.
    """
    same = _same_steps(old, new)
    done = {same[index]: day for index, day in running.done.items() if index in same}
    last = max(done, default=-1)
    day_of_last = done.get(last, running.day0)
    done = {index: done.get(index, day_of_last) for index in range(last + 1)}
    moved = {same[index]: day for index, day in running.moved.items() if index in same and same[index] not in done}
    return replace(running, version=new.version, done=done, moved=moved)


def _same_steps(old: Plan, new: Plan) -> dict[int, int]:
    """Pair the steps of two versions."""
    free = list(range(len(new.steps)))
    pairs: dict[int, int] = {}
    for index, step in enumerate(old.steps):
        match = next(
            (i for i in free if (new.steps[i].channel, new.steps[i].label) == (step.channel, step.label)), None
        )
        if match is not None:
            pairs[index] = match
            free.remove(match)
    for index, step in enumerate(old.steps):
        if index not in pairs:
            match = next((i for i in free if new.steps[i].channel == step.channel), None)
            if match is not None:
                pairs[index] = match
                free.remove(match)
    return pairs
