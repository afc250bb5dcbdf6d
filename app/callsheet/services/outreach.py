"""Logging what happened: an attempt with its outcome, and all that the outcome asks for (RULES §5 to §8, §13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from callsheet.domain import events as ev
from callsheet.domain.agenda import Entry, at_moment, next_action, step_of_attempt
from callsheet.domain.do_not_contact import stop
from callsheet.domain.lead import LIVE, Lead
from callsheet.domain.outcome import Outcome
from callsheet.domain.plan import Step
from callsheet.domain.profile import Profile
from callsheet.domain.text import safe_text
from callsheet.domain.value import empty_follow_up
from callsheet.services.calling import require_callable
from callsheet.services.decisions import Decision, decision_facts
from callsheet.services.desk import Changes, Desk, Fact, Refused, Work
from callsheet.services.intake import start_plan
from callsheet.services.leads import contactable_lead, require_open
from callsheet.services.next_steps import Agreed

MEETING: Final = timedelta(minutes=30)
"""How long a meeting is invited for when nobody said."""

NOTE_LIMIT: Final = 10_000
"""Characters of a note that are kept."""

EARLY: Final = timedelta(days=1)
"""How long before a lead came in an attempt is remarked: a mistyped date, as a rule."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the rep says of an attempt. What is left out is worked out: the channel from the step that is due.

    `agreed` is the next step, `decision` what else becomes of the lead, `referred` whom they named instead, `override`
    the reason for calling outside the hours. `key` makes logging the same thing twice harmless.
    """

    outcome: str
    channel: ev.Channel | None = None
    at: datetime | None = None
    note: str = ""
    agreed: Agreed | None = None
    decision: Decision | None = None
    referred: Profile | None = None
    asset: str = ""
    number: str = ""
    seconds: int = 0
    override: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was logged: the event, the changes, and what the rep should know of it."""

    event: str
    lead: str
    name: str
    outcome: Outcome
    channel: ev.Channel
    at: datetime
    changes: Changes
    remarks: tuple[str, ...] = ()
    repeated: bool = False


def log(desk: Desk, lead: str, report: Report) -> Logged:
    """Log an attempt: it is on disk when this returns, with the plan moved and the delivery waiting.

    Raises:
        NotFound: there is no such lead.
        Refused: a rule stands against it, or the outcome asks for something that was not given.
        ValueError: the outcome has no such name or key, or cannot happen on the channel.
    """
    with desk.book.work() as work:
        found = contactable_lead(work, lead)
        at = report.at or desk.now()
        entry = _entry_at(desk, found, at)
        outcome, channel = read_outcome(desk, report.outcome, report.channel, entry)
        event = str(uuid5(NAMESPACE_URL, f"callsheet:log:{report.key}")) if report.key else ev.new_id()
        if report.key and work.has_event(event):
            done = Changes(event, frozenset(), "logged before")
            return Logged(
                event, lead, found.profile.name, outcome, channel, at, done, ("logged before",), repeated=True
            )
        report = replace(report, number=_as_kept(desk, report.number, channel))
        if not outcome.do_not_contact:  # whoever asks us to stop is heard, whatever became of them before
            require_open(found)
            _check(desk, work, found, outcome, channel, at, report)
        attempt, remarks = _attempt(desk, found, outcome, channel, at, report)
        if found.received_at is not None and at < found.received_at - EARLY:
            remarks.append(f"that is before they came in, on {desk.rules.calendar.day_of(found.received_at)}")
        facts = [(lead, at, attempt), *_consequences(desk, work, found, outcome, at, report)]
        label = f"{outcome.label} · {found.profile.name}"
        changes = work.append(desk.action(label, facts, first=event))
        return Logged(event, lead, found.profile.name, outcome, channel, at, changes, tuple(remarks))


def read_outcome(desk: Desk, text: str, channel: ev.Channel | None, entry: Entry | None) -> tuple[Outcome, ev.Channel]:
    """Return the outcome that a name or key means, and the channel: as said, else that of the due step if it fits.

    Raises:
        ValueError: no outcome has that name or key on the channel.
    """
    outcomes = desk.rules.outcomes
    if channel is not None:
        found = outcomes.read(text, channel)
        if found is None or channel not in found.channels:
            known = ", ".join(row.name for row in outcomes.on(channel))
            raise ValueError(f"“{text}” is no outcome on {channel}: choose one of {known}")
        return found, channel
    due: ev.Channel = entry.channel if entry else "phone"
    found = outcomes.read(text, due) or outcomes.read(text, "phone")
    if found is None:
        raise ValueError(f"no outcome is called “{text}”: choose one of {', '.join(row.name for row in outcomes)}")
    return found, due if due in found.channels else found.channels[0]


def _entry_at(desk: Desk, lead: Lead, at: datetime) -> Entry | None:
    entry = next_action(lead, desk.rules)
    return at_moment(entry, at, desk.rules) if entry else None


def _as_kept(desk: Desk, number: str, channel: ev.Channel) -> str:
    """Return a number or address that was typed in the form in which a lead's own are kept and compared."""
    from callsheet.services.phones import read_number

    said = safe_text(number, 500).strip()
    if channel == "email":
        return said.lower()
    read = read_number(said, desk.region) if said else None
    return read.e164 if read is not None else said


def _check(
    desk: Desk, work: Work, lead: Lead, outcome: Outcome, channel: ev.Channel, at: datetime, report: Report
) -> None:  # fmt: skip
    name = lead.profile.name
    if report.number and work.suppressed([report.number]):
        raise Refused(
            f"{report.number} is on the do-not-contact list", rule="do not contact", hint="nothing overrides it"
        )
    if lead.state == "name" and channel == "phone":
        raise Refused(
            f"{name} is a name, {len(lead.contacts)} of {desk.rules.interactions} interactions: names are not called",
            rule="names", hint="wait for the second interaction, or send something of value",
        )  # fmt: skip
    if outcome.needs_note and not report.note.strip():
        raise Refused(f"{outcome.label.lower()}: the reason is missing", rule="reason", hint="give it with --note")
    if outcome.needs_next and report.agreed is None and report.decision is None:
        raise Refused(
            f"{outcome.label.lower()}: a conversation ends with a dated next step or a decision", rule="next step",
            hint='give --next "thu 14:00 what for", or decide with --close or --nurture',
        )  # fmt: skip
    if channel == "phone" and not outcome.skips:
        require_callable(desk, lead, at, report.override)
    if outcome.does_step and channel != "research":
        _check_value(desk, lead, channel, at, report)


def _check_value(desk: Desk, lead: Lead, channel: ev.Channel, at: datetime, report: Report) -> None:
    """Stop follow-ups that bring nothing (RULES §8: "just following up" is no reason to call)."""
    if report.asset.strip():
        return
    if desk.rules.value_lint and empty_follow_up(report.note):
        raise Refused(
            "“just following up” is no reason to get in touch",
            rule="value",
            hint="bring something: --asset TITLE, or say what",
        )
    step = _value_touch(desk, lead, channel) if lead.state == "nurture" else _planned(desk, lead, channel, at)
    if step is not None and step.needs_asset:
        raise Refused(f"“{step.label}” has to bring something", rule="value", hint="say what with --asset TITLE")


def _value_touch(desk: Desk, lead: Lead, channel: ev.Channel) -> Step | None:
    """Return the value touch that something sent in nurture is; a call that nobody answers brings nothing (`S1`)."""
    plan = desk.rules.newest("nurture")
    return plan.steps[lead.nurtured % len(plan.steps)] if plan is not None and channel not in LIVE else None


def _planned(desk: Desk, lead: Lead, channel: ev.Channel, at: datetime) -> Step | None:
    step = _step(desk, lead, channel, at)
    return step[1] if step is not None else None


def _step(desk: Desk, lead: Lead, channel: ev.Channel, at: datetime) -> tuple[int, Step] | None:
    """Return the plan's step that an attempt on this channel does; none while the plan waits."""
    index = step_of_attempt(lead, channel, at, desk.rules)
    if index is None or lead.plan is None:
        return None
    return index, desk.rules.plan(lead.plan.name, lead.plan.version).steps[index]


def _attempt(
    desk: Desk, lead: Lead, outcome: Outcome, channel: ev.Channel, at: datetime, report: Report
) -> tuple[ev.Attempt, list[str]]:
    step = _step(desk, lead, channel, at) if outcome.does_step else None
    skipped = False
    if step is not None and lead.plan is not None and channel != "research":
        plan = desk.rules.plan(lead.plan.name, lead.plan.version)
        skipped = any(
            one.channel == "research" and index not in lead.plan.done for index, one in enumerate(plan.steps[: step[0]])
        )
    number = report.number or next(iter(lead.emails if channel == "email" else lead.phones), "")
    attempt = ev.Attempt(
        channel, outcome.name, number if channel in ("phone", "email", "sms") else "", report.seconds,
        safe_text(report.note, NOTE_LIMIT), safe_text(report.asset, 500), step[0] if step else None,
        hours_override=safe_text(report.override, 500), research_override=skipped,
    )  # fmt: skip
    return attempt, ["touched before the research was done; that is counted"] if skipped else []


def _consequences(desk: Desk, work: Work, lead: Lead, outcome: Outcome, at: datetime, report: Report) -> Sequence[Fact]:
    """Return what else becomes fact with the attempt: the next step, the decision, a referral, do-not-contact."""
    facts: list[Fact] = []
    if outcome.do_not_contact:
        return everywhere(work, lead, at, report.note)
    if report.agreed is not None:
        facts.append((lead.id, at, report.agreed.fact()))
        if outcome.ends_plan:
            due, title = report.agreed.due, report.agreed.what or f"Meeting with {lead.profile.name}"
            facts.append((lead.id, at, ev.InviteSent(ev.new_id(), due, due + MEETING, title)))
    if outcome.refers:
        if report.referred is None or not report.referred.name:
            raise Refused("referred to whom?", rule="reason", hint='name them: --note "Jane Doe, +1 312 555 0142"')
        facts += _referral(desk, work, lead, report.referred, at)
    if report.decision is not None:
        facts += decision_facts(desk, lead, report.decision, at)
    elif outcome.closes is not None:
        facts.append((lead.id, at, ev.Closed(outcome.closes, safe_text(report.note, NOTE_LIMIT))))
    elif outcome.ends:
        facts.append((lead.id, at, ev.Closed("lost", safe_text(f"{outcome.label}: {report.note}", NOTE_LIMIT))))
    return facts


def everywhere(work: Work, lead: Lead, at: datetime, why: str) -> list[Fact]:
    """Return do-not-contact for a lead and for every other one that has a number or address of it (RULES §7)."""
    points = lead.profile.points
    others = {other for leads in work.with_points(points).values() for other in leads} - {lead.id}
    body = stop(points, safe_text(why, NOTE_LIMIT))
    return [(lead.id, at, body), *((other, at, body) for other in sorted(others))]


def _referral(desk: Desk, work: Work, lead: Lead, who: Profile, at: datetime) -> list[Fact]:
    """Return a new lead for the person they named: worked from now on, linked to who named them.

    Who has a number or address on the do-not-contact list is written down and left alone (RULES §7).
    """
    new = ev.new_id()
    captured = ev.Captured(
        who if who.company else replace(who, company=lead.profile.company), at, at, lead.direction, "referral",
        lead.campaign, referred_by=lead.id,
    )  # fmt: skip
    points = who.points
    if points and work.suppressed(points):
        return [(new, at, captured), (new, at, stop(points, "asked us to stop before they were named"))]
    promoted = ev.Promoted("lead", f"referred by {lead.profile.name}")
    return [(new, at, captured), (new, at, promoted), *start_plan(new, "inbound-21", at, desk.rules)]
