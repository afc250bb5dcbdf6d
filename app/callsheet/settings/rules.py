"""The rules as the rep has set them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from callsheet.domain.business_time import Calendar
from callsheet.domain.outcome import Outcomes
from callsheet.domain.plan import DayOff, Plan
from callsheet.domain.rules import Persona, Rules, no_holidays
from callsheet.settings.schema import Settings


def calendar_of(settings: Settings, holidays: AbstractSet[date] = frozenset()) -> Calendar:
    """Make the rep's calendar; `holidays` are those of their country and region, unless the settings ignore them."""
    hours = settings.hours
    return Calendar(
        zone=settings.rep.timezone,
        open=hours.open_time,
        close=hours.close_time,
        days=hours.weekdays,
        holidays=holidays if hours.holidays else frozenset(),
        days_off=hours.dates_off,
        lunch=hours.lunch_span,
    )


def rules_of(
    settings: Settings,
    outcomes: Outcomes,
    plans: Mapping[tuple[str, int], Plan],
    *,
    holidays: AbstractSet[date] = frozenset(),
    day_off: DayOff = no_holidays,
) -> Rules:
    """Make the rules of the settings, with the tables that come from elsewhere."""
    promise, leads, persona, attempts = settings.promise, settings.leads, settings.persona, settings.attempts
    return Rules(
        calendar=calendar_of(settings, holidays),
        outcomes=outcomes,
        plans=plans,
        persona=Persona(
            company_kinds=frozenset(persona.company_kinds),
            sizes=persona.head_counts,
            titles=persona.titles,
            industries=frozenset(persona.industries),
        ),
        day_off=day_off,
        promise_mode=promise.mode,
        grace=timedelta(minutes=promise.grace_minutes),
        hot_target=timedelta(minutes=promise.hot_target_minutes),
        target=timedelta(minutes=promise.target_minutes),
        golden=timedelta(minutes=promise.golden_minutes),
        stale=timedelta(hours=promise.stale_hours),
        stale_red=timedelta(hours=promise.stale_red_hours),
        soon=timedelta(hours=promise.soon_hours),
        commitment_lead=timedelta(minutes=settings.due.lead_minutes),
        automatic_mail_stops=promise.automatic_mail_stops,
        interactions=leads.interactions,
        persona_min_true=leads.persona_min_true,
        score_promotes=leads.score_promotes,
        profile=settings.plans.profile,
        anchor=settings.plans.anchor,
        late_days=settings.plans.late_days,
        nurture_days=settings.nurture.every_days,
        floor=attempts.floor,
        review=attempts.review,
        caps=attempts.caps,
        window=timedelta(minutes=attempts.window_minutes),
        blocks=settings.blocks.spans,
        value_lint=settings.value.lint,
    )
