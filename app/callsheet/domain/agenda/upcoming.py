"""The one dated next action of a lead: of all that waits, what comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from callsheet.domain.agenda.entry import Entry
from callsheet.domain.agenda.step_due import schedule_of, step_due, usable, waits
from callsheet.domain.attempts import at_cap, review_due
from callsheet.domain.business_time import promise
from callsheet.domain.events import Channel
from callsheet.domain.lead import Invite, Lead
from callsheet.domain.plan import Plan, RunningPlan, Step, open_step
from callsheet.domain.rules import Rules


def next_action(lead: Lead, rules: Rules) -> Entry | None:
    """Return the lead's entry; None for names, returned and closed records, which have no dated action."""
    if lead.state not in ("working", "nurture"):
        return None
    base = _base(lead, rules)
    if lead.state == "nurture":
        return _snoozed(_value_touch(lead, base, rules), lead, rules)
    found = (
        _commitment(lead, base, rules), _invite(lead, base, rules), _stale(lead, base, rules),
        _plan_step(lead, base, rules), _retry(lead, base), _open_question(lead, base, rules),
    )  # fmt: skip
    first = min((entry for entry in found if entry is not None), key=lambda entry: entry.due_at, default=base)
    if lead.hot and not first.decision:
        due = first.due_at if first.tried else min(first.due_at, first.received_at)
        first = replace(first, kind="hot", due_at=due)
    return _snoozed(first, lead, rules)


def _base(lead: Lead, rules: Rules) -> Entry:
    running, asked, agreed = lead.plan, lead.asked, lead.commitment
    received = lead.received_at or lead.since or datetime.min.replace(tzinfo=UTC)
    cap = rules.cap(running.name if running else "hot" if lead.hot else "inbound-21") + lead.cap_raised
    return Entry(
        lead=lead.id, kind="adrift", channel=usable(lead, "phone"), due_at=lead.since or received,
        label="decide what comes next", received_at=received, promise_at=lead.promise_at,
        commitment_at=agreed.due if agreed else None,
        commitment_channel=usable(lead, agreed.channel) if agreed else "phone",
        commitment_what=agreed.what if agreed else "", missed=agreed.tries if agreed else 0,
        plan=running.name if running else "", version=running.version if running else 0,
        tried=lead.first_try_at is not None, counted=lead.tally.counted, unanswered=lead.tally.unanswered,
        floor=rules.floor, cap=cap, review=review_due(lead.tally, rules.review, cap),
        asked=(asked.interaction.text or asked.interaction.topic) if asked else "",
        asked_kind=asked.interaction.kind if asked else "", asked_at=asked.at if asked else None,
        last_try_at=lead.last_touch,
    )  # fmt: skip


def _value_touch(lead: Lead, base: Entry, rules: Rules) -> Entry:
    """Bring something of value, by turns as the nurture plan has it (`S1`: article, newsletter, hand-written card)."""
    plan = rules.newest("nurture")
    step = plan.steps[lead.nurtured % len(plan.steps)] if plan else Step("email", "something of value")
    due = lead.nurture_at or rules.calendar.opening(rules.works_on(rules.calendar.day_of(base.due_at)))
    label = f"{lead.why} · {step.label}" if lead.why else step.label
    return replace(base, kind="nurture", channel=usable(lead, step.channel), due_at=due, label=label, all_day=True)


def _commitment(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    agreed = lead.commitment
    if agreed is None:
        return None
    if agreed.tries and at_cap(lead.tally, base.cap):  # agreed, but they are never there: this ends, too
        plan = rules.plan(lead.plan.name, lead.plan.version) if lead.plan else None
        return replace(_decision(base, plan, lead.last_touch or agreed.due, rules, capped=True), commitment_at=None)
    return replace(base, kind="commitment", channel=base.commitment_channel, due_at=agreed.due, label=agreed.what)


def _invite(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    """Chase an invitation at +24 h, +48 h and on the morning; unaccepted four hours before, call (RULES §9, `S4`)."""
    invite = lead.invite
    if invite is None or not invite.open:
        return None
    due = next((at for at in _chases(invite, rules) if invite.chased is None or at > invite.chased), None)
    if due is None:
        return None
    wanted: Channel = "phone" if due >= invite.start - timedelta(hours=4) else "email"
    return replace(
        base, kind="invite", channel=usable(lead, wanted), due_at=due, label=invite.title, happens_at=invite.start
    )


def _chases(invite: Invite, rules: Rules) -> list[datetime]:
    last_call = invite.start - timedelta(hours=4)
    morning = rules.calendar.opening(rules.calendar.day_of(invite.start))
    soon = [invite.sent_at + timedelta(hours=24), invite.sent_at + timedelta(hours=48), morning]
    return sorted({at for at in soon if invite.sent_at < at < last_call} | {max(last_call, invite.sent_at)})


def _stale(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    if lead.stale_at is None:
        return None
    channel = usable(lead, "email")
    label = "write what you agreed"
    return replace(
        base, kind="stale", channel=channel, due_at=lead.stale_at, label=label, happens_at=lead.stale_at - rules.stale
    )


def _retry(lead: Lead, base: Entry) -> Entry | None:
    """Try a busy line again, whatever the plan says (RULES §7)."""
    if lead.retry_at is None or not lead.phones:
        return None
    return replace(base, kind="step", channel="phone", due_at=lead.retry_at, label="the line was busy", retry=True)


def _plan_step(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    running = lead.plan
    if running is None or lead.plan_ended:
        return None
    plan = rules.plan(running.name, running.version)
    if waits(lead):
        index = open_step(plan, running, only_always=True)
        if index is None or lead.commitment is None:
            return None  # the open question comes first, and there is one
    else:
        index = open_step(plan, running)
        last = running.last_try or running.started
        if at_cap(lead.tally, base.cap):
            return _decision(base, plan, last, rules, capped=True)
        if index is None:
            again = _once_more(lead, base, running, rules) if lead.cap_raised else None
            return again or _decision(base, plan, last, rules, capped=False)
    day = schedule_of(lead, plan, running, rules)[index]
    step = plan.steps[index]
    due, all_day = step_due(lead, step, index, day, running, rules)
    retry = lead.retry_at is not None and usable(lead, step.channel) == "phone"
    if retry and lead.retry_at is not None:
        due, all_day = lead.retry_at, False
    return replace(
        base, kind="step", channel=usable(lead, step.channel), due_at=due, all_day=all_day, label=step.label,
        step=index, day=step.day, steps=sum(one.counts for one in plan.steps), nth=_nth(plan, index), retry=retry,
    )  # fmt: skip


def _nth(plan: Plan, index: int) -> int:
    channel = plan.steps[index].channel
    return sum(step.channel == channel for step in plan.steps[: index + 1])


def _once_more(lead: Lead, base: Entry, running: RunningPlan, rules: Rules) -> Entry | None:
    """Go on beyond the plan's end when the cap was raised: the other channel, two working days after the last try."""
    last = running.last_try
    if last is None:
        return None
    calendar = rules.calendar
    day = calendar.next_working_day(calendar.next_working_day(calendar.day_of(last)))
    day = rules.works_on(day, lead.profile.country)
    channel = usable(lead, "email" if running.tried.get("phone") == last else "phone")
    due = calendar.opening(day)
    if channel == "phone" and lead.last_missed is not None:
        due = rules.other_half(day, lead.last_missed)
    return replace(base, kind="step", channel=channel, due_at=due, all_day=True, label="one more try")


def _decision(base: Entry, plan: Plan | None, last: datetime, rules: Rules, *, capped: bool) -> Entry:
    """Ask for the decision once the plan is through or the cap is reached: the working day after the last attempt."""
    back = plan is not None and plan.then == "kick_back"
    why: Literal["cap", "end", "kick_back"] = "kick_back" if back else "cap" if capped else "end"
    due = rules.calendar.opening(rules.calendar.next_working_day(rules.calendar.day_of(last)))
    label = "kick back with the history" if back else "decide: move on, nurture or kick back"
    return replace(base, kind="step", due_at=due, all_day=True, decision=why, label=label)


def _open_question(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    """Ask for the next step where an answer of the lead waits for one; it deserves ours within the promise (`S0`)."""
    if lead.awaiting is None or lead.commitment is not None:
        return None
    asks = replace(base, kind="step", due_at=lead.awaiting, open_question=lead.awaiting_what, question_at=lead.awaiting)
    if lead.refused:
        return replace(asks, decision="refused", label="decide: nurture or close")
    due = promise(lead.awaiting, rules.calendar, rules.promise_mode, rules.grace)
    return replace(
        asks, channel=usable(lead, lead.awaiting_channel), label="agree the next step",
        promise_at=min(due, lead.promise_at or due),
    )  # fmt: skip


def _snoozed(entry: Entry, lead: Lead, rules: Rules) -> Entry:
    """Put an entry off; but its promise keeps running, and a hot one comes up while there is time to keep it."""
    until = lead.not_before
    if until is not None and entry.kind == "hot" and lead.promise_at is not None:
        until = min(until, lead.promise_at - rules.soon)
    if until is None or until <= entry.due_at:
        return entry
    agreed = max(entry.commitment_at, until) if entry.commitment_at else None
    return replace(entry, due_at=until, commitment_at=agreed, all_day=False)
