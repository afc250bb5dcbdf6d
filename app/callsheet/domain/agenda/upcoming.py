"""The one dated next action of a lead: of all that waits, what comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from callsheet.domain.agenda.entry import Entry
from callsheet.domain.agenda.step_due import schedule_of, step_due, usable, waits
from callsheet.domain.attempts import at_cap, review_due
from callsheet.domain.business_time import promise
from callsheet.domain.events import Channel
from callsheet.domain.lead import Commitment, Invite, Lead
from callsheet.domain.plan import Plan, RunningPlan, Step, open_step
from callsheet.domain.rules import Rules

Waiting = dict[str, Any]
"""Something that waits: the fields of an entry in which it differs from the others of the lead; always its `due_at`."""

_INSTEAD: Final[dict[Channel, str]] = {
    "email": "by mail, no number", "phone": "by phone, no address", "research": "find a number or an address",
}  # fmt: skip
"""What is said of a step that is taken on another channel than the plan's."""


def next_action(lead: Lead, rules: Rules) -> Entry | None:
    """Return the lead's entry; None for names, returned and closed records, which have no dated action."""
    if lead.state == "nurture":
        first = _value_touch(lead, rules)
    elif lead.state == "working":
        first = _first(lead, rules)
    else:
        return None
    common = _common(lead, rules)
    then = first.pop("takes_over", None)
    takes_over = _entry({**common, **then}, lead, rules) if then is not None else None
    return _entry({**common, **first, "takes_over": takes_over}, lead, rules)


def _entry(fields: Waiting, lead: Lead, rules: Rules) -> Entry:
    if lead.hot and not fields.get("decision"):
        fields["kind"] = "hot"
        if lead.first_try_at is None:
            fields["due_at"] = min(fields["due_at"], fields["received_at"])
    _snooze(fields, lead, rules)
    return Entry(**fields)


def _first(lead: Lead, rules: Rules) -> Waiting:
    found = [
        _commitment(lead, lead.commitment, rules) if lead.commitment is not None else None,
        _invite(lead, lead.invite, rules) if lead.invite is not None else None,
        _stale(lead, lead.stale_at, rules) if lead.stale_at is not None else None,
        _plan_step(lead, lead.plan, rules) if lead.plan is not None and not lead.plan_ended else None,
        _retry(lead.retry_at) if lead.retry_at is not None and lead.phones else None,
        _open_question(lead, lead.awaiting, rules) if lead.awaiting is not None and lead.commitment is None else None,
    ]
    waiting = [one for one in found if one is not None]
    return min(waiting, key=lambda one: one["due_at"]) if waiting else {}


def _cap(lead: Lead, rules: Rules) -> int:
    return rules.cap(lead.plan.name if lead.plan else "hot" if lead.hot else "inbound-21") + lead.cap_raised


def _common(lead: Lead, rules: Rules) -> Waiting:
    """Return what every entry of the lead says; as it stands, that of one without any next action."""
    running, asked, agreed, tally = lead.plan, lead.asked, lead.commitment, lead.tally
    received = lead.received_at or lead.since or datetime.min.replace(tzinfo=UTC)
    cap = _cap(lead, rules)
    common: Waiting = {
        "lead": lead.id, "kind": "adrift", "channel": usable(lead, "phone"), "due_at": lead.since or received,
        "label": "decide what comes next", "received_at": received, "promise_at": lead.promise_at,
        "tried": lead.first_try_at is not None, "counted": tally.counted, "unanswered": tally.unanswered,
        "floor": rules.floor, "cap": cap, "review": review_due(tally, rules.review, cap),
        "last_try_at": lead.last_touch,
    }  # fmt: skip
    if agreed is not None:
        common |= {
            "commitment_at": agreed.due, "commitment_channel": usable(lead, agreed.channel),
            "commitment_what": agreed.what, "missed": agreed.tries,
        }  # fmt: skip
    if running is not None:
        common |= {"plan": running.name, "version": running.version}
    if asked is not None:
        did = asked.interaction
        common |= {"asked": did.text or did.topic, "asked_kind": did.kind, "asked_at": asked.at}
    return common


def _value_touch(lead: Lead, rules: Rules) -> Waiting:
    """Bring something of value, by turns as the nurture plan has it (`S1`: article, newsletter, hand-written card)."""
    plan = rules.newest("nurture")
    step = plan.steps[lead.nurtured % len(plan.steps)] if plan else Step("email", "something of value")
    since = lead.since or datetime.min.replace(tzinfo=UTC)
    return {
        "kind": "nurture", "channel": usable(lead, step.channel), "due_at": lead.nurture_at or since, "all_day": True,
        "label": f"{lead.why} · {step.label}" if lead.why else step.label,
    }  # fmt: skip


def _commitment(lead: Lead, agreed: Commitment, rules: Rules) -> Waiting:
    if agreed.tries and at_cap(lead.tally, _cap(lead, rules)):  # agreed, but they are never there: this ends, too
        plan = rules.plan(lead.plan.name, lead.plan.version) if lead.plan else None
        asks = _decision(plan, lead.last_touch or agreed.due, rules, capped=True)
        return {**asks, "commitment_at": None}
    channel = usable(lead, agreed.channel)
    return {"kind": "commitment", "channel": channel, "due_at": agreed.due, "label": agreed.what}


def _invite(lead: Lead, invite: Invite, rules: Rules) -> Waiting | None:
    """Chase an invitation at +24 h, +48 h and on the morning; unaccepted four hours before, call (RULES §9, `S4`)."""
    if not invite.open:
        return None
    waiting = [at for at in _chases(invite, rules) if invite.chased is None or at > invite.chased]
    if not waiting:
        return None
    first, last = (_chase(lead, invite, at) for at in (waiting[0], waiting[-1]))
    return {**first, "takes_over": last} if first != last else first


def _chase(lead: Lead, invite: Invite, due: datetime) -> Waiting:
    channel: Channel = "phone" if due >= invite.start - timedelta(hours=4) else "email"
    return {
        "kind": "invite", "channel": usable(lead, channel), "due_at": due, "label": invite.title,
        "happens_at": invite.start,
    }  # fmt: skip


def _chases(invite: Invite, rules: Rules) -> list[datetime]:
    last_call = invite.start - timedelta(hours=4)
    morning = rules.calendar.opening(rules.calendar.day_of(invite.start))
    soon = [invite.sent_at + timedelta(hours=24), invite.sent_at + timedelta(hours=48), morning]
    return sorted({at for at in soon if invite.sent_at < at < last_call} | {max(last_call, invite.sent_at)})


def _stale(lead: Lead, flagged: datetime, rules: Rules) -> Waiting:
    return {
        "kind": "stale", "channel": usable(lead, "email"), "due_at": flagged, "label": "write what you agreed",
        "happens_at": flagged - rules.stale,
    }  # fmt: skip


def _retry(again: datetime) -> Waiting:
    """Try a busy line again, whatever the plan says (RULES §7)."""
    return {"kind": "step", "channel": "phone", "due_at": again, "label": "the line was busy", "retry": True}


def _plan_step(lead: Lead, running: RunningPlan, rules: Rules) -> Waiting | None:
    plan = rules.plan(running.name, running.version)
    if waits(lead):
        index = open_step(plan, running, only_always=True)
        if index is None or lead.commitment is None:
            return None  # the open question comes first, and there is one
    else:
        index = open_step(plan, running)
        last = running.last_try or running.started
        if at_cap(lead.tally, _cap(lead, rules)):
            return _decision(plan, last, rules, capped=True)
        if index is None:
            again = _once_more(lead, running, rules) if lead.cap_raised else None
            return again or _decision(plan, last, rules, capped=False)
    pulled = [i for i in running.moved if index < i < len(plan.steps) and i not in running.done and not waits(lead)]
    if not pulled:
        return _with_next(lead, plan, running, index, rules)
    return min((_step(lead, plan, running, i, rules) for i in (index, *sorted(pulled))), key=lambda one: one["due_at"])


def _with_next(lead: Lead, plan: Plan, running: RunningPlan, index: int, rules: Rules) -> Waiting:
    """Return a step; with one that has no effect on the rest, the step after it, which does not wait for it (`S3`)."""
    step = _step(lead, plan, running, index, rules)
    if plan.steps[index].always and not waits(lead):
        after = next((i for i in range(index + 1, len(plan.steps)) if i not in running.done), None)
        if after is not None:
            step["takes_over"] = _step(lead, plan, running, after, rules)
    return step


def _step(lead: Lead, plan: Plan, running: RunningPlan, index: int, rules: Rules) -> Waiting:
    step = plan.steps[index]
    day = schedule_of(lead, plan, running, rules, index + 1)[index]
    due, all_day = step_due(lead, plan, index, day, running, rules)
    channel, busy = usable(lead, step.channel), lead.retry_at
    label = step.label if channel == step.channel else f"{step.label} · {_INSTEAD[channel]}"
    if busy is not None and channel == "phone":
        due, all_day = busy, False
    return {
        "kind": "step", "channel": channel, "due_at": due, "all_day": all_day, "label": label,
        "retry": busy is not None and channel == "phone", "step": index, "day": step.day,
        "steps": sum([one.counts for one in plan.steps]), "nth": _nth(plan, index),
    }  # fmt: skip


def _nth(plan: Plan, index: int) -> int:
    channel = plan.steps[index].channel
    return sum([step.channel == channel for step in plan.steps[: index + 1]])


def _once_more(lead: Lead, running: RunningPlan, rules: Rules) -> Waiting | None:
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
    return {"kind": "step", "channel": channel, "due_at": due, "all_day": True, "label": "one more try"}


def _decision(plan: Plan | None, last: datetime, rules: Rules, *, capped: bool) -> Waiting:
    """Ask for the decision once the plan is through or the cap is reached: the working day after the last attempt."""
    back = plan is not None and plan.then == "kick_back"
    due = rules.calendar.opening(rules.calendar.next_working_day(rules.calendar.day_of(last)))
    return {
        "kind": "step", "due_at": due, "all_day": True, "decision": "kick_back" if back else "cap" if capped else "end",
        "label": "kick back with the history" if back else "decide: move on, nurture or kick back",
    }  # fmt: skip


def _open_question(lead: Lead, since: datetime, rules: Rules) -> Waiting:
    """Ask for the next step where an answer of the lead waits for one; it deserves ours within the promise (`S0`)."""
    asks: Waiting = {"kind": "step", "due_at": since, "open_question": lead.awaiting_what, "question_at": since}
    if lead.refused:
        return {**asks, "decision": "refused", "label": "decide: nurture or close"}
    due = promise(since, rules.calendar, rules.promise_mode, rules.grace)
    return {
        **asks, "channel": usable(lead, lead.awaiting_channel), "label": "agree the next step",
        "promise_at": min(due, lead.promise_at or due),
    }  # fmt: skip


def _snooze(fields: Waiting, lead: Lead, rules: Rules) -> None:
    """Put an entry off; but its promise keeps running, and a hot one comes up while there is time to keep it."""
    until = lead.not_before
    if until is not None and fields["kind"] == "hot" and lead.promise_at is not None:
        until = min(until, lead.promise_at - rules.soon)
    if until is None or until <= fields["due_at"]:
        return
    agreed: datetime | None = fields.get("commitment_at")
    fields |= {"due_at": until, "all_day": False, "commitment_at": max(agreed, until) if agreed else None}
