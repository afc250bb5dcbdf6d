"""What can become of a lead other than a next step: closed, nurtured, kicked back, handed off, opened again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.attempts import may_exhaust, raise_needs_reason
from callsheet.domain.business_time import promise
from callsheet.domain.do_not_contact import stop
from callsheet.domain.lead import Lead
from callsheet.domain.text import safe_text
from callsheet.services.desk import Changes, Desk, Fact, Refused
from callsheet.services.intake import start_plan
from callsheet.services.leads import any_lead, contactable_lead, working_lead

CLOSE_REASONS: Final[tuple[ev.CloseReason, ...]] = ("won", "lost", "not_a_fit", "exhausted", "duplicate")
"""Reasons that a rep can give; do-not-contact is an outcome, gone is for the CRM to say."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a lead: closed with a reason, or nurtured until a day."""

    kind: Literal["close", "nurture"]
    reason: ev.CloseReason = "lost"
    note: str = ""
    until: datetime | None = None


def decision_facts(desk: Desk, lead: Lead, decision: Decision, at: datetime) -> list[Fact]:
    """Return the facts of a decision.

    Raises:
        Refused: closing as exhausted before the floor of attempts needs a typed reason (RULES §6, `S1`); or the value
            touch of nurture would be over already.
    """
    note = safe_text(decision.note, 10_000)
    if decision.kind == "nurture":
        until = decision.until or desk.rules.next_value_touch(at, lead.profile.country)
        if until <= at:
            raise Refused("the next value touch lies ahead", rule="time", hint="give a time to come, like `in 2 weeks`")
        return [(lead.id, at, ev.Nurtured(until, note))]
    floor = desk.rules.floor
    if decision.reason == "exhausted" and not may_exhaust(lead.tally, floor) and not note.strip():
        raise Refused(
            f"{lead.tally.counted} of at least {floor} attempts were made", rule="floor",
            hint="go on, or type the reason for giving up earlier",
        )  # fmt: skip
    return [(lead.id, at, ev.Closed(decision.reason, note))]


def decide(desk: Desk, lead: str, decision: Decision) -> Changes:
    """Close or nurture a lead.

    Raises:
        NotFound: there is no such lead.
        Refused: it is not open, or a rule stands against the decision.
    """
    with desk.book.work() as work:
        found = working_lead(work, lead)
        label = "nurture" if decision.kind == "nurture" else f"closed as {decision.reason.replace('_', ' ')}"
        facts = decision_facts(desk, found, decision, desk.now())
        return work.append(desk.action(f"{label} · {found.profile.name}", facts))


def kick_back(desk: Desk, lead: str, reason: str, *, to: str = "") -> Changes:
    """Return a lead to whoever generated it, with the history and the reason; their 24 hours start (RULES §10).

    Raises:
        NotFound: there is no such lead.
        Refused: no reason was given, or nobody is known to give it back to.
    """
    if not reason.strip():
        raise Refused("a kick-back says why", rule="reason", hint="give the reason")
    with desk.book.work() as work:
        found, now = working_lead(work, lead), desk.now()
        back_to = to or found.originator or found.source or "marketing"
        body = ev.Returned("kick_back", safe_text(back_to, 200), safe_text(reason, 10_000), found.packet)
        return work.append(desk.action(f"kicked back to {back_to} · {found.profile.name}", [(lead, now, body)]))


def originator_due(desk: Desk, lead: Lead) -> datetime | None:
    """Return when the originator of a kicked-back lead owes an answer: the same promise, from the kick-back on."""
    if lead.returned is None or lead.returned.kind != "kick_back" or lead.since is None:
        return None
    return promise(lead.since, desk.rules.calendar, desk.rules.promise_mode, desk.rules.grace)


def known_packet(lead: Lead) -> ev.Packet:
    """Return what of a hand-off's packet is known already: as it came, else from the card and from what they asked."""
    known = lead.packet or ev.Packet()
    asked = lead.asked.interaction if lead.asked else None
    return replace(
        known, who=known.who or lead.profile.name, role=known.role or lead.profile.title,
        need=known.need or (asked.text if asked else ""), topic=known.topic or (asked.topic if asked else ""),
    )  # fmt: skip


def hand_off(desk: Desk, lead: str, to: str, packet: ev.Packet) -> Changes:
    """Hand a lead to a colleague with a complete packet (RULES §10, `S4`).

    Raises:
        NotFound: there is no such lead.
        Refused: nobody is named, or the packet lacks something; the message names what.
    """
    if not to.strip():
        raise Refused("a hand-off names who takes the lead", rule="hand-off", hint="name them")
    if packet.missing:
        missing = ", ".join(part.replace("_", " ") for part in packet.missing)
        raise Refused(f"the hand-off lacks {missing}", rule="hand-off", hint="fill it in: they start where you ended")
    with desk.book.work() as work:
        found = working_lead(work, lead)
        body = ev.Returned("hand_off", safe_text(to, 200), "", packet)
        return work.append(desk.action(f"handed to {to} · {found.profile.name}", [(lead, desk.now(), body)]))


def reopen(desk: Desk, lead: str, why: str = "") -> Changes:
    """Work a closed, returned or nurtured record again, with a plan from its first day.

    Raises:
        NotFound: there is no such lead.
        Refused: it is on the do-not-contact list, or open already.
    """
    with desk.book.work() as work:
        found, now = contactable_lead(work, lead), desk.now()
        if found.state == "working":
            raise Refused(f"{found.profile.name} is open already", rule="state")
        facts: list[Fact] = [(lead, now, ev.Reopened(safe_text(why, 10_000)))]
        if found.state == "name":
            facts = [(lead, now, ev.Promoted("lead", safe_text(why, 10_000) or "the rep decided"))]
        plan = "outbound" if found.direction == "outbound" else "inbound-21"
        facts += start_plan(lead, plan, now, desk.rules)
        return work.append(desk.action(f"reopened · {found.profile.name}", facts))


def snooze(desk: Desk, lead: str, until: datetime) -> Changes:
    """Put a lead off the sheet until a time; its promise keeps running.

    Raises:
        NotFound: there is no such lead.
        Refused: the lead is not open, or the time is over.
    """
    now = desk.now()
    if until <= now:
        raise Refused("a snooze ends in the future", rule="time", hint="give a time to come, like `tomorrow 9:30`")
    with desk.book.work() as work:
        found = working_lead(work, lead)
        return work.append(desk.action(f"snoozed · {found.profile.name}", [(lead, now, ev.Snoozed(until))]))


def raise_cap(desk: Desk, lead: str, *, by: int = 2, reason: str = "") -> Changes:
    """Go on beyond the cap of attempts; beyond ten with a typed reason (RULES §6, `S4`).

    Raises:
        NotFound: there is no such lead.
        Refused: the plan is outbound, where restraint holds, or the reason is missing.
    """
    rules = desk.rules
    with desk.book.work() as work:
        found = working_lead(work, lead)
        plan = found.plan.name if found.plan else "inbound-21"
        if plan == "outbound":
            raise Refused("outbound leads go back to who generated them", rule="cap", hint="kick it back")
        cap = rules.cap(plan) + found.cap_raised
        if raise_needs_reason(cap, by, rules.hard_cap) and not reason.strip():
            raise Refused(f"beyond {rules.hard_cap} attempts a reason is kept", rule="cap", hint="type the reason")
        facts: list[Fact] = [(lead, desk.now(), ev.CapRaised(by, safe_text(reason, 10_000)))]
        return work.append(desk.action(f"{by} more attempts · {found.profile.name}", facts))


def pull_next_mail(desk: Desk, lead: str) -> Changes:
    """Pull the plan's next mail step to today, as a voicemail is followed by a mail (RULES §7).

    Raises:
        NotFound: there is no such lead.
        Refused: the plan has no mail left.
    """
    with desk.book.work() as work:
        found, now = working_lead(work, lead), desk.now()
        running = found.plan
        plan = desk.rules.plan(running.name, running.version) if running else None
        mails = [
            index for index, step in enumerate(plan.steps if plan else ()) if step.channel == "email"
            and running is not None and index not in running.done
        ]  # fmt: skip
        if not mails:
            raise Refused("the plan has no mail left to pull", rule="plan")
        body = ev.StepMoved(mails[0], desk.rules.calendar.day_of(now))
        return work.append(desk.action(f"mail today · {found.profile.name}", [(lead, now, body)]))


def merge(desk: Desk, lead: str, into: str) -> Changes:
    """Close a record as the duplicate of another, which goes on.

    Raises:
        NotFound: one of the two does not exist.
        Refused: they are the same record.
    """
    if lead == into:
        raise Refused("a record is no duplicate of itself", rule="state")
    with desk.book.work() as work:
        found = any_lead(work, lead)
        any_lead(work, into)
        return work.append(desk.action(f"duplicate · {found.profile.name}", [(lead, desk.now(), ev.Merged(into))]))


def do_not_contact(desk: Desk, lead: str, why: str = "") -> Changes:
    """Put a lead, and every lead that shares a number or address with it, on the do-not-contact list.

    Raises:
        NotFound: there is no such lead.
    """
    with desk.book.work() as work:
        found = any_lead(work, lead)
        points = found.profile.points
        others = {one for leads in work.with_points(points).values() for one in leads} | {lead}
        body = stop(points, safe_text(why, 10_000))
        facts: list[Fact] = [(one, desk.now(), body) for one in sorted(others)]
        return work.append(desk.action(f"do not contact · {found.profile.name}", facts))
