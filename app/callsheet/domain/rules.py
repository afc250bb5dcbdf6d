"""All settings that the rules depend on, as one frozen value: a rule is a function of facts, now and these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from callsheet.domain.business_time import Calendar, PromiseMode, target_due
from callsheet.domain.outcome import Outcomes
from callsheet.domain.plan import Anchor, DayOff, Plan, working_day
from callsheet.domain.time_of_day import AFTERNOON

NOON: Final = time(12)
"""Where the morning half of the rep's day ends."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Whom we sell to; an empty criterion is unknown and never false (RULES §2). Sizes are head counts, inclusive."""

    company_kinds: frozenset[str] = frozenset()
    sizes: tuple[tuple[int, int], ...] = ()
    titles: tuple[str, ...] = ()
    industries: frozenset[str] = frozenset()


def no_holidays(country: str, day: date) -> bool:  # noqa: ARG001
    """Know of no holidays anywhere."""
    return False


@dataclass(frozen=True)
class Rules:
    """The numbers of RULES.md, each with its default, and the tables that a team can change."""

    calendar: Calendar
    outcomes: Outcomes
    plans: Mapping[tuple[str, int], Plan]
    current: Mapping[str, int] = field(default_factory=dict)
    """The version of each plan with which a lead is started; the highest one where it is not named."""
    persona: Persona = Persona()
    day_off: DayOff = no_holidays

    promise_mode: PromiseMode = "business"
    grace: timedelta = timedelta(minutes=60)
    hot_target: timedelta = timedelta(minutes=5)
    target: timedelta = timedelta(hours=1)
    golden: timedelta = timedelta(minutes=15)
    stale: timedelta = timedelta(hours=48)
    stale_red: timedelta = timedelta(hours=72)
    soon: timedelta = timedelta(hours=2)
    commitment_lead: timedelta = timedelta(minutes=5)
    automatic_mail_stops: bool = False

    interactions: int = 2
    persona_min_true: int = 3
    score_promotes: bool = False

    profile: Literal["promise-first", "as-written"] = "promise-first"
    anchor: Anchor = "day0"
    late_days: int = 7
    nurture_days: int = 21
    crm_task: bool = True
    """Whether the next due plan step is kept in the CRM as one open task."""

    floor: int = 5
    review: int = 6
    caps: Mapping[str, int] = field(default_factory=lambda: {"inbound-21": 8, "event": 8, "hot": 10, "outbound": 4})
    hard_cap: int = 10
    window: timedelta = timedelta(minutes=10)
    apart: timedelta = timedelta(hours=2)

    blocks: tuple[tuple[time, time], ...] = ((time(8, 30), time(9, 45)), (time(16), time(17)))
    value_lint: bool = True

    def plan(self, name: str, version: int) -> Plan:
        """Return a version of a plan; one that is gone is stood in for by the newest of that name, or by inbound-21."""
        known = self.plans.get((name, version))
        if known is not None:
            return known
        return self.newest(name) or self.newest("inbound-21") or next(iter(self.plans.values()))

    def newest(self, name: str) -> Plan | None:
        """Return the version of a plan with which a lead is started, None when no plan has the name."""
        version = self.current.get(name)
        if version is not None and (name, version) in self.plans:
            return self.plans[name, version]
        versions = [version for plan, version in self.plans if plan == name]
        return self.plans[name, max(versions)] if versions else None

    def cap(self, plan: str) -> int:
        """Return how many attempts a plan allows (RULES §6); a team's own plan has the cap of inbound-21."""
        return self.caps.get(plan, self.caps.get("inbound-21", 8))

    def target_due(self, received: datetime, *, hot: bool) -> datetime:
        """Return by when to aim to have tried somebody inbound (UTC): sooner where they asked for it (RULES §3)."""
        return target_due(received, self.calendar, self.hot_target if hot else self.target)

    def next_value_touch(self, at: datetime, country: str = "") -> datetime:
        """Return the opening (UTC) of the working day on which the value touch after one falls (`S1`: three weeks)."""
        day = self.calendar.day_of(at) + timedelta(days=self.nurture_days)
        return self.calendar.opening(self.works_on(day, country))

    def works_on(self, day: date, country: str = "") -> date:
        """Return the day, rolled forward over the rep's days off and the holidays of the lead's country."""
        return working_day(day, self.calendar, country, self.day_off)

    def next_block(self, after: datetime, *, morning: bool | None = None, country: str = "") -> datetime:
        """Return the start (UTC) of the first call block after an instant, in the given half of the day if asked."""
        day = self.works_on(self.calendar.day_of(after), country)
        while True:
            for start in self._block_starts(morning=morning):
                at = self._at(day, start)
                if at > after:
                    return at
            day = self.works_on(self.calendar.next_working_day(day), country)

    def other_half(self, day: date, missed: datetime) -> datetime:
        """Return when to call on a day, after a call that was missed: in the other half of the day (RULES §7, §12).

        That is the start of the block there, moved where it is within two hours of the time of day of the missed call.
        """
        before = self.calendar.local(missed).time()
        morning = before >= NOON
        start = next((one for one in self._block_starts() if (one < NOON) == morning), None)
        start = start or (self.calendar.open if morning else AFTERNOON)
        at, same_time = self._at(day, start), self._at(day, before)
        if abs(at - same_time) < self.apart:
            at = same_time - self.apart if morning else same_time + self.apart
        return max(at, (missed + self.apart).astimezone(UTC))

    def again(self, at: datetime, after: timedelta) -> datetime:
        """Return when to try again after a busy line: so much later, or in the next block when the day is over."""
        calendar, then = self.calendar, (at + after).astimezone(UTC)
        if calendar.in_business_hours(at) and not calendar.in_business_hours(then) and not self._in_block(then):
            return self.next_block(then)
        return then

    def _block_starts(self, *, morning: bool | None = None) -> list[time]:
        starts = sorted(start for start, _ in self.blocks) or [self.calendar.open]
        return [start for start in starts if morning is None or (start < NOON) == morning] or starts

    def _in_block(self, at: datetime) -> bool:
        return any(start <= self.calendar.local(at).time() < end for start, end in self.blocks)

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.calendar.tz).astimezone(UTC)
