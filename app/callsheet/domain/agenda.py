"""What is next with a lead, where that stands on the sheet, and in which order (RULES §4).

`next_action` depends on the lead alone and is kept with it; `place` says where it stands at a given moment. The store
asks the same questions of its index; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from callsheet.domain.attempts import at_cap, review_due
from callsheet.domain.business_time import promise
from callsheet.domain.events import Channel
from callsheet.domain.lead import Invite, Lead
from callsheet.domain.plan import Plan, RunningPlan, Step, open_step, schedule
from callsheet.domain.rules import Rules

Kind = Literal["hot", "commitment", "step", "invite", "stale", "adrift", "nurture"]
Pane = Literal["hot", "due", "later"]

SECTIONS: tuple[tuple[Pane, str], ...] = (
    ("hot", "golden"), ("hot", "promised"), ("hot", "waiting"),
    ("due", "commitments"), ("due", "promises"), ("due", "steps"), ("due", "loose"), ("due", "adrift"),
    ("later", "later"),
)  # fmt: skip
"""The sheet from top to bottom: each pane holds its sections in this order."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The one dated next action of a lead that is worked or nurtured.

    `due_at` is when it falls due (for a step with a day only: that day's opening, and `all_day`), `commitment_at` when
    an agreed next step does, which may be later than what comes first. `received_at` is when the lead asked or was
    received, `promise_at` the promise as long as it is open. `day` is the plan's calendar day of the step.
    """

    lead: str
    kind: Kind
    channel: Channel
    due_at: datetime
    received_at: datetime
    label: str = ""
    all_day: bool = False
    promise_at: datetime | None = None
    commitment_at: datetime | None = None
    commitment_channel: Channel = "phone"
    commitment_what: str = ""
    plan: str = ""
    version: int = 0
    step: int | None = None
    day: int = 0
    steps: int = 0
    nth: int = 0
    decision: Literal["", "cap", "end", "kick_back", "refused"] = ""
    review: bool = False
    tried: bool = False
    counted: int = 0
    unanswered: int = 0
    floor: int = 0
    cap: int = 0
    asked: str = ""
    asked_kind: str = ""
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands at a moment; `key` orders the sheet, the same for no two leads."""

    pane: Pane
    section: str
    key: tuple[int, float, float, int, float, str]


def next_action(lead: Lead, rules: Rules) -> Entry | None:
    """Return the lead's entry; None for names, returned and closed records, which have no dated action."""
    if lead.state not in ("working", "nurture"):
        return None
    base = _base(lead, rules)
    if lead.state == "nurture":
        due = lead.nurture_at or base.due_at
        return _snoozed(
            replace(base, kind="nurture", channel="email", due_at=due, label="something of value", all_day=True), lead
        )
    found = (
        _commitment(lead, base), _invite(lead, base, rules), _stale(lead, base), _plan_step(lead, base, rules),
        _open_question(lead, base, rules),
    )  # fmt: skip
    first = min((entry for entry in found if entry is not None), key=lambda entry: entry.due_at, default=base)
    if lead.hot:
        first = _hot(first)
    return _snoozed(first, lead)


def _base(lead: Lead, rules: Rules) -> Entry:
    running, asked = lead.plan, lead.asked
    received = lead.received_at or lead.since or datetime.min.replace(tzinfo=UTC)
    cap = rules.cap(running.name if running else "hot" if lead.hot else "inbound-21") + lead.cap_raised
    commitment = lead.commitment
    return Entry(
        lead=lead.id, kind="adrift", channel="phone", due_at=lead.since or received,
        received_at=received, promise_at=lead.promise_at,
        commitment_at=commitment.due if commitment else None,
        commitment_channel=commitment.channel if commitment else "phone",
        commitment_what=commitment.what if commitment else "",
        plan=running.name if running else "", version=running.version if running else 0,
        tried=lead.first_try_at is not None, counted=lead.tally.counted, unanswered=lead.tally.unanswered,
        floor=rules.floor, cap=cap, review=review_due(lead.tally, rules.review, cap),
        asked=(asked.interaction.text or asked.interaction.topic) if asked else "",
        asked_kind=asked.interaction.kind if asked else "", asked_at=asked.at if asked else None,
    )  # fmt: skip


def _commitment(lead: Lead, base: Entry) -> Entry | None:
    agreed = lead.commitment
    if agreed is None:
        return None
    return replace(base, kind="commitment", channel=agreed.channel, due_at=agreed.due, label=agreed.what)


def _invite(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    """Chase an invitation at +24 h, +48 h and on the morning; unaccepted four hours before, call (RULES §9, `S4`)."""
    invite = lead.invite
    if invite is None or invite.status not in ("needs-action", "received", "declined", "tentative"):
        return None
    due = next((at for at in _chases(invite, rules) if invite.chased is None or at > invite.chased), None)
    if due is None:
        return None
    channel: Channel = "phone" if due >= invite.start - timedelta(hours=4) else "email"
    return replace(
        base, kind="invite", channel=channel, due_at=due, label=f"invite not accepted: {invite.title}".rstrip(": ")
    )


def _chases(invite: Invite, rules: Rules) -> list[datetime]:
    last_call = invite.start - timedelta(hours=4)
    morning = rules.calendar.opening(rules.calendar.day_of(invite.start))
    soon = [invite.sent_at + timedelta(hours=24), invite.sent_at + timedelta(hours=48), morning]
    return sorted({at for at in soon if invite.sent_at < at < last_call} | {max(last_call, invite.sent_at)})


def _stale(lead: Lead, base: Entry) -> Entry | None:
    if lead.stale_at is None:
        return None
    return replace(base, kind="stale", channel="email", due_at=lead.stale_at, label="spoken to, nothing sent since")


def _plan_step(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    running = lead.plan
    if running is None or lead.plan_ended:
        return None
    plan = rules.plan(running.name, running.version)
    if running.paused or lead.commitment is not None or lead.awaiting is not None:
        index = open_step(plan, running, only_always=True)
        if index is None or lead.commitment is None:
            return None  # the open question comes first, and there is one
    else:
        index = open_step(plan, running)
        if at_cap(lead.tally, base.cap):
            return _decision(base, plan, running, rules, capped=True)
        if index is None:
            again = _once_more(lead, base, running, rules) if lead.cap_raised else None
            return again or _decision(base, plan, running, rules, capped=False)
    days = schedule(plan, running, rules.calendar, lead.profile.country, rules.day_off, rules.anchor)
    step = plan.steps[index]
    due, all_day = _step_due(lead, step, days[index], running, rules)
    return replace(
        base, kind="step", channel=_channel(lead, step), due_at=due, all_day=all_day, label=step.label, step=index,
        day=step.day, steps=sum(one.counts for one in plan.steps), nth=_nth(plan, index),
    )  # fmt: skip


def _step_due(lead: Lead, step: Step, day: date, running: RunningPlan, rules: Rules) -> tuple[datetime, bool]:
    """Return when a step falls due, and whether that is a day rather than a time."""
    calendar = rules.calendar
    if lead.retry_at is not None and step.channel == "phone":
        return lead.retry_at, False
    last = running.tried.get(step.channel)
    if step.next_block:
        after = last + rules.apart if last else running.started
        return rules.next_block(after, morning=calendar.local(last).hour >= 12 if last else None), False
    if step.minutes is not None:
        before = last or running.last_try
        due = (before or running.started) + timedelta(minutes=step.minutes)
        # The very first call is due when they ask; a later one waits for working hours.
        return (due if before is None or calendar.in_business_hours(due) else calendar.next_opening(due)), False
    due = calendar.opening(day)
    if rules.profile == "promise-first" and lead.promise_at is not None and lead.promise_at < due:
        return lead.promise_at, False
    return due, True


def _channel(lead: Lead, step: Step) -> Channel:
    """Turn call steps into mail steps while no number is known, and the other way round (RULES §2)."""
    if step.channel == "phone" and not lead.phones:
        return "email" if lead.emails else "research"
    if step.channel == "email" and not lead.emails:
        return "phone" if lead.phones else "research"
    return step.channel


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
    phoned = running.tried.get("phone") == last
    step = Step("email" if phoned else "phone", "one more try")
    return replace(
        base, kind="step", channel=_channel(lead, step), due_at=calendar.opening(day), all_day=True, label=step.label
    )


def _decision(base: Entry, plan: Plan, running: RunningPlan, rules: Rules, *, capped: bool) -> Entry:
    """Ask for the decision once the plan is through or the cap is reached: the working day after the last attempt."""
    why: Literal["cap", "end", "kick_back"] = "kick_back" if plan.then == "kick_back" else "cap" if capped else "end"
    last = running.last_try or running.started
    due = rules.calendar.opening(rules.calendar.next_working_day(rules.calendar.day_of(last)))
    label = "kick back with the history" if why == "kick_back" else "decide: move on, nurture or kick back"
    return replace(base, kind="step", due_at=due, all_day=True, decision=why, label=label)


def _open_question(lead: Lead, base: Entry, rules: Rules) -> Entry | None:
    """Ask for the next step where an answer of the lead waits for one; it deserves ours within the promise (`S0`)."""
    if lead.awaiting is None or lead.commitment is not None:
        return None
    if lead.refused:
        return replace(base, kind="step", due_at=lead.awaiting, decision="refused", label="decide: nurture or close")
    due = promise(lead.awaiting, rules.calendar, rules.promise_mode, rules.grace)
    return replace(
        base,
        kind="step",
        channel=lead.awaiting_channel,
        due_at=lead.awaiting,
        promise_at=due,
        label="agree the next step",
    )


def _hot(entry: Entry) -> Entry:
    due = entry.due_at if entry.tried else min(entry.due_at, entry.received_at)
    return replace(entry, kind="hot", due_at=due)


def _snoozed(entry: Entry, lead: Lead) -> Entry:
    if lead.not_before is None or lead.not_before <= entry.due_at:
        return entry
    agreed = max(entry.commitment_at, lead.not_before) if entry.commitment_at else None
    return replace(entry, due_at=lead.not_before, commitment_at=agreed, all_day=False)


def end_of_day(now: datetime, rules: Rules) -> datetime:
    """Return the first instant of tomorrow in the rep's zone: what falls due before it is due today."""
    tomorrow = rules.calendar.day_of(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), rules.calendar.tz).astimezone(now.tzinfo)


def place(entry: Entry, now: datetime, rules: Rules) -> Place:
    """Return where an entry stands at a moment: panes, sections and ties of RULES §4, in a total order."""
    received = entry.received_at.timestamp()
    promised = entry.promise_at.timestamp() if entry.promise_at else float("inf")

    def at(section: str, primary: float) -> Place:
        index = next(i for i, (_, name) in enumerate(SECTIONS) if name == section)
        return Place(SECTIONS[index][0], section, (index, primary, promised, entry.counted, received, entry.lead))

    if entry.commitment_at is not None and entry.commitment_at <= now + rules.commitment_lead:
        return at("commitments", entry.commitment_at.timestamp())
    if entry.kind == "hot":
        if entry.due_at > now:
            return at("waiting", entry.due_at.timestamp())
        return at("golden", -received) if entry.received_at > now - rules.golden else at("promised", promised)
    if entry.promise_at is not None and entry.promise_at <= now + rules.soon:
        return at("promises", promised)
    due = entry.due_at.timestamp()
    if entry.kind in ("step", "nurture") and entry.due_at < end_of_day(now, rules):
        return at("steps", due)
    if entry.kind in ("invite", "stale") and entry.due_at <= now:
        return at("loose", due)
    if entry.kind == "adrift":
        return at("adrift", due)
    return at("later", due)


def at_moment(entry: Entry, now: datetime, rules: Rules) -> Entry:
    """Return the entry as it stands now: what was agreed takes over from five minutes before its time (RULES §4)."""
    if entry.commitment_at is None or entry.kind == "commitment" or entry.commitment_at > now + rules.commitment_lead:
        return entry
    return replace(
        entry, kind="commitment", channel=entry.commitment_channel, due_at=entry.commitment_at,
        label=entry.commitment_what, all_day=False,
    )  # fmt: skip
