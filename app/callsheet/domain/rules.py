"""All settings that the rules depend on, as one frozen value: a rule is a function of facts, now and these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from callsheet.domain.business_time import Calendar, PromiseMode
from callsheet.domain.outcome import Outcomes
from callsheet.domain.plan import Anchor, DayOff, Plan


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

    def next_block(self, after: datetime, *, morning: bool | None = None) -> datetime:
        """Return the start (UTC) of the first call block after an instant, in the given half of the day if asked."""
        cal = self.calendar
        day = cal.day_of(after)
        halves = [(start, start < time(12)) for start, _ in self.blocks]
        usable = [start for start, early in halves if morning is None or early == morning] or [s for s, _ in halves]
        while True:
            day = cal.roll_forward(day)
            for start in sorted(usable) or [cal.open]:
                at = datetime.combine(day, start, cal.tz).astimezone(after.tzinfo)
                if at > after:
                    return at
            day = cal.next_working_day(day)
