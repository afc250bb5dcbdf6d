"""When a step of a lead's plan falls due, and on which channel it can be taken (RULES §2, §5, §7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from callsheet.domain.events import Channel
from callsheet.domain.lead import Lead
from callsheet.domain.plan import Plan, RunningPlan, Step, schedule, step_for
from callsheet.domain.rules import Rules

_REPLACEABLE: Final[tuple[Channel, ...]] = ("phone", "email")


def usable(lead: Lead, channel: Channel) -> Channel:
    """Turn a call into a mail while no number is known, and the other way round; with neither there is research."""
    if channel == "phone" and not lead.phones:
        return "email" if lead.emails else "research"
    if channel == "email" and not lead.emails:
        return "phone" if lead.phones else "research"
    return channel


def channels_of(lead: Lead, plan: Plan) -> tuple[Channel, ...]:
    """Return the channel on which each step of a plan is taken with this lead."""
    instead = {channel: usable(lead, channel) for channel in _REPLACEABLE}
    return tuple(instead.get(step.channel, step.channel) for step in plan.steps)


def schedule_of(
    lead: Lead, plan: Plan, running: RunningPlan, rules: Rules, count: int | None = None
) -> tuple[date, ...]:
    """Return the day of every step of a plan with this lead, or of the first so many."""
    country, off = lead.profile.country, rules.day_off
    return schedule(plan, running, rules.calendar, country, off, rules.anchor, channels_of(lead, plan), count)


def step_of_attempt(lead: Lead, channel: Channel, at: datetime, rules: Rules) -> int | None:
    """Return the step of the running plan that an attempt does; None when it is out of turn, or the plan waits.

    What follows within the counting window on the same channel belongs to the attempt before and does no step.
    """
    running = lead.plan
    if running is None or lead.plan_ended or lead.state != "working":
        return None
    before = running.tried.get(channel)
    if before is not None and timedelta(0) <= at - before < rules.window:
        return None
    plan = rules.plan(running.name, running.version)
    days = schedule_of(lead, plan, running, rules)
    index = step_for(plan, running, channel, rules.calendar.day_of(at), days, channels_of(lead, plan))
    return index if index is not None and (plan.steps[index].always or not waits(lead)) else None


def waits(lead: Lead) -> bool:
    """Tell whether the plan stands still, for an agreed next step or for one to be agreed; hot leads do not wait."""
    running = lead.plan
    paused = running is not None and running.paused
    return paused or lead.awaiting is not None or (lead.commitment is not None and not lead.hot)


def step_due(
    lead: Lead, plan: Plan, index: int, day: date, running: RunningPlan, rules: Rules
) -> tuple[datetime, bool]:
    """Return when a step falls due (UTC), and whether that is a day rather than a time."""
    step = plan.steps[index]
    channel = usable(lead, step.channel)
    timed = step.timed and (channel == step.channel or running.last_try is None)
    put_off = index in running.moved
    if timed and not (channel == "email" and channel in running.tried):
        due = _time(lead, step, channel, running, rules)
        return (max(due, rules.calendar.opening(day)) if put_off else due), False
    due = max(rules.calendar.opening(day), running.started.astimezone(UTC))
    if channel == "phone" and lead.last_missed is not None:
        due = rules.other_half(day, lead.last_missed)
    promised = lead.promise_at if rules.profile == "promise-first" and index <= plan.first_touch() else None
    if promised is not None and promised < due:
        return promised, False
    return due, True


def _time(lead: Lead, step: Step, channel: Channel, running: RunningPlan, rules: Rules) -> datetime:
    last = running.tried.get(channel)
    if step.next_block:
        after = last + rules.apart if last else running.started
        morning = rules.calendar.local(last).hour >= 12 if last else None
        return rules.next_block(after, morning=morning, country=lead.profile.country)
    before = last or running.last_try
    due = ((before or running.started) + timedelta(minutes=step.minutes or 0)).astimezone(UTC)
    # The very first call is due when they ask; a later one waits for working hours, and so no mail has to.
    if before is None or channel != "phone" or rules.calendar.in_business_hours(due):
        return due
    return rules.calendar.next_opening(due)
