"""How events make a lead: each one in its turn, in the order in which they happened.

The fold is total: any set of events that the journal can hold gives a lead. It never looks at a clock, so that what
is true now is worked out from it by `domain.agenda`, at any moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.attempts import Counting, Tried
from callsheet.domain.business_time import promise
from callsheet.domain.classification import is_contact_me
from callsheet.domain.lead.holding import effective
from callsheet.domain.lead.record import (
    LIVE,
    Awaiting,
    Commitment,
    Contact,
    Finding,
    Invite,
    Lead,
    State,
    Touch,
)
from callsheet.domain.outcome import Outcome
from callsheet.domain.plan import RunningPlan, begun_again, moved_to
from callsheet.domain.profile import PROFILE_FIELDS, changed, filled
from callsheet.domain.rules import Rules

FACTS: Final = (
    ev.Captured, ev.Interaction, ev.Attempt, ev.Researched, ev.ProfileEdited, ev.StatusChanged, ev.Noted,
    ev.ConflictDecided,
)  # fmt: skip
"""What is still written down of somebody who asked us to stop; nothing else moves such a record any more."""

ANSWERS_AGAIN: Final[frozenset[ev.CloseReason | None]] = frozenset({"exhausted", "lost"})
"""Closed without a word from them, or with a no that they may take back: when they write, they are worked again."""


def fold(lead: str, events: Sequence[ev.Event], rules: Rules) -> Lead | None:
    """Return the lead that its events make; None when everything about it was undone."""
    facts = effective(events)
    if not any(isinstance(event.body, ev.Captured) for event in facts):
        return None
    folding = _Folding(rules, lead)
    for event in facts:
        folding.take(event)
    return folding.done()


class _Folding:
    """A lead in the making. It is changed in place, which nobody can see before it is done."""

    def __init__(self, rules: Rules, lead: str) -> None:
        self.rules = rules
        self.lead = Lead(id=lead)
        self.counting = Counting(rules.window)
        self.captures = 0
        self.steps: dict[int, date] = {}
        self.tried: dict[str, datetime] = {}
        self.research: dict[str, Finding] = {}
        self.contacts: list[Contact] = []
        self.touches: list[Touch] = []
        self.notes: list[tuple[datetime, str, str]] = []

    def done(self) -> Lead:
        self.set(
            contacts=tuple(self.contacts), touches=tuple(self.touches), research=self.research,
            notes=tuple(self.notes), tally=self.counting.tally,
        )  # fmt: skip
        return self.lead

    def set(self, **changes: object) -> None:
        for name, value in changes.items():
            object.__setattr__(self.lead, name, value)

    def take(self, event: ev.Event) -> None:  # noqa: C901, PLR0912 - the closed set of events, one line each
        at, body = event.at, event.body
        if self.lead.do_not_contact and not isinstance(body, FACTS):
            return
        match body:
            case ev.Captured():
                self.captured(body, at)
            case ev.Interaction():
                self.interaction(event, body)
            case ev.Promoted():
                self.promoted(body, at)
            case ev.Attempt():
                self.attempt(event, body)
            case ev.Researched():
                self.researched(body, at)
            case ev.PlanStarted() | ev.PlanMoved() | ev.PlanResumed() | ev.StepMoved():
                self.planned(body, at)
            case ev.NextStepSet() | ev.NextStepDropped() | ev.Snoozed():
                self.agreed(body, at)
            case ev.InviteSent() | ev.InviteAnswered():
                self.invited(body, at)
            case ev.CapRaised():
                self.set(cap_raised=self.lead.cap_raised + body.by, plan_ended=False)
            case ev.Nurtured() | ev.Returned() | ev.Closed() | ev.Reopened() | ev.DoNotContact() | ev.Merged():
                self.decided(body, at)
            case ev.ProfileEdited() | ev.ConflictDecided() | ev.StatusChanged():
                self.edited(body)
            case ev.Noted():
                self.notes.append((at, body.text, body.author))
            case ev.Undone():
                raise AssertionError("effective() leaves no undoing behind")

    def captured(self, body: ev.Captured, at: datetime) -> None:
        self.captures += 1
        if self.captures > 1:  # captured again elsewhere: what was blank is filled, nothing is forgotten
            self.set(profile=filled(self.lead.profile, body.profile))
            return
        self.set(
            profile=body.profile, direction=body.direction, source=body.source, campaign=body.campaign,
            originator=body.originator, packet=body.packet, referred_by=body.referred_by, routed_by=body.routed_by,
            created_at=body.created_at, received_at=body.received_at, since=self.lead.since or at,
        )  # fmt: skip

    def interaction(self, event: ev.Event, body: ev.Interaction) -> None:
        self.contacts.append(Contact(event.id, event.at, body))
        if body.bant is not None and body.bant.answered:
            self.set(bant=body.bant)
        if body.kind == "reply":
            if self.lead.state == "closed" and self.lead.closed in ANSWERS_AGAIN:
                self.enter("working", event.at)
            self.answered(event.at, "email", "replied")
        if body.kind == "reply" or is_contact_me(body, score_promotes=self.rules.score_promotes):
            self.counting.answered()

    def promoted(self, body: ev.Promoted, at: datetime) -> None:
        lead = self.lead
        if body.to == "lead" and lead.state == "working":
            self.set(why=body.why or lead.why)
            return
        self.enter("working", at)
        due = promise(at, self.rules.calendar, self.rules.promise_mode, self.rules.grace)
        due = min(due, lead.promise_at or due)  # asking again does not give us more time
        self.set(why=body.why, received_at=at, promise_at=due, promised_at=due, first_try_at=None)
        if body.to == "hot":
            self.set(hot=True, asked=self.asked(at), awaiting=None, awaiting_what="", refused=False, not_before=None)

    def asked(self, at: datetime) -> Contact | None:
        """Return what made the lead hot: the last time that it asked, else the last that it did anything."""
        before = [one for one in self.contacts if one.at <= at]
        asks = [one for one in before if is_contact_me(one.interaction, score_promotes=self.rules.score_promotes)]
        said = [one for one in asks if one.at == asks[-1].at and (one.interaction.text or one.interaction.topic)]
        return next(reversed(said or asks or before), None)

    def attempt(self, event: ev.Event, body: ev.Attempt) -> None:
        outcome, lead = self.rules.outcomes.of(body.outcome), self.lead
        at, channel, human = event.at, body.channel, not body.automatic
        counts = outcome.counts and human
        self.touches.append(Touch.of(event, body, outcome, counts=counts))
        fresh = self.counting.take(Tried(at, channel, counts, outcome.pauses))
        if outcome.skips:
            return
        if channel != "research":
            self.set(last_touch=max(at, lead.last_touch or at), not_before=None)
        if outcome.retires:
            gone = body.number or next(iter(lead.emails if channel == "email" else lead.phones), "")
            self.set(retired=lead.retired | ({gone} if gone else frozenset()))
        if outcome.do_not_contact:
            self.stopped(at, body.note)
        if lead.do_not_contact:
            return
        if outcome.stops_clock:
            if human or self.rules.automatic_mail_stops:
                self.set(promise_at=None, first_try_at=lead.first_try_at or at)
            if channel == "phone" and not outcome.retires and not outcome.retry_minutes:
                self.set(last_missed=None if outcome.pauses else at)
        if lead.plan is not None:
            self.step(lead.plan, body, outcome, at, done=fresh or not counts)
        if lead.state in ("working", "nurture"):
            self.follow(body, outcome, at)
            self.converse(body, outcome, at)

    def step(self, running: RunningPlan, body: ev.Attempt, outcome: Outcome, at: datetime, *, done: bool) -> None:
        """Move the plan on: the step is done, unless the attempt is a part of the one before (RULES §6)."""
        plan, today = self.rules.plan(running.name, running.version), self.rules.calendar.day_of(at)
        if done and outcome.does_step and body.step is not None and body.step < len(plan.steps):
            self.steps.setdefault(body.step, today)
        if body.research_override:
            for index, step in enumerate(plan.steps):
                if step.channel == "research":
                    self.steps.setdefault(index, today)
        if outcome.counts:
            self.tried[body.channel] = at
        if plan.then == "repeat" and len(self.steps) >= len(plan.steps):
            self.run(begun_again(plan, running, today))
        if outcome.ends_plan:
            self.set(plan_ended=True)

    def run(self, running: RunningPlan) -> None:
        """Go on with a plan whose days are this folding's own to change."""
        self.steps, self.tried = dict(running.done), dict(running.tried)
        self.set(plan=replace(running, done=self.steps, tried=self.tried))

    def follow(self, body: ev.Attempt, outcome: Outcome, at: datetime) -> None:
        """Let the attempt have its consequences for what was to come next."""
        if outcome.retry_minutes is not None:
            self.set(retry_at=self.rules.again(at, timedelta(minutes=outcome.retry_minutes)))
        elif body.channel in LIVE or outcome.pauses:
            self.set(retry_at=None)
        if self.lead.commitment is not None and outcome.stops_clock and not outcome.pauses:
            self.missed(self.lead.commitment, body.channel, outcome, at)
        if self.lead.state == "nurture" and outcome.does_step and body.channel not in ("research", *LIVE):
            again = self.rules.next_value_touch(at, self.lead.profile.country)
            self.set(nurture_at=again, nurtured=self.lead.nurtured + 1)
        if outcome.ends:
            self.enter("working", at)
            self.set(plan=None, plan_ended=True, commitment=None, hot=False, refused=True, retry_at=None, invite=None)
            self.ask(at, body.channel, "refused")

    def missed(self, agreed: Commitment, channel: ev.Channel, outcome: Outcome, at: datetime) -> None:
        """Try a missed call again in the other half of the day (RULES §12); what was to be sent, is sent."""
        if channel in LIVE and agreed.channel in LIVE:
            if agreed.due <= at + self.rules.apart and not outcome.retires:
                morning = self.rules.calendar.local(at).hour < 12
                country = self.lead.profile.country
                again = self.rules.next_block(at + self.rules.apart, morning=not morning, country=country)
                due = self.lead.retry_at or again
                self.set(commitment=replace(agreed, due=due, channel="phone", tries=agreed.tries + 1), retry_at=None)
        elif channel == agreed.channel and outcome.does_step:
            self.set(commitment=None)
            self.ask(at, channel, "done")

    def converse(self, body: ev.Attempt, outcome: Outcome, at: datetime) -> None:
        """Keep what a conversation leaves behind: the next step to agree, and the 48 hours to write (RULES §3)."""
        invite = self.lead.invite
        if invite is not None and invite.open and body.channel != "research":
            self.set(invite=replace(invite, chased=at))
        if outcome.pauses and not outcome.ends:
            self.answered(at, body.channel, "spoke" if outcome.reached == "yes" else "replied")
        if outcome.reached == "yes" and body.channel in LIVE and not outcome.ends:
            self.set(stale_at=at + self.rules.stale)
        elif body.channel == "email" and outcome.counts and not body.automatic:
            self.set(stale_at=None)

    def answered(self, at: datetime, channel: ev.Channel, what: Awaiting) -> None:
        """Take an answer: the plan pauses, what was agreed is done, and the next step is asked for (RULES §5)."""
        if self.lead.state == "nurture":
            self.enter("working", at)
        if self.lead.state != "working":
            return
        self.pause()
        # Whoever asked and only wrote again is still to be reached.
        self.set(commitment=None, hot=self.lead.hot and self.lead.promise_at is not None, retry_at=None)
        self.set(not_before=None)
        self.ask(at, channel, what)

    def ask(self, at: datetime, channel: ev.Channel, what: Awaiting) -> None:
        self.set(awaiting=at, awaiting_channel=channel, awaiting_what=what)

    def settle(self) -> None:
        self.set(awaiting=None, awaiting_what="", refused=False)

    def agreed(self, body: ev.NextStepSet | ev.NextStepDropped | ev.Snoozed, at: datetime) -> None:
        match body:
            case ev.NextStepSet() if self.lead.state == "nurture" and body.kind == "nurture":
                self.set(nurture_at=body.due, not_before=None)
            case ev.NextStepSet() if self.lead.state in ("name", "working", "nurture"):
                self.enter("working", at)
                self.settle()
                self.set(commitment=Commitment(body.kind, body.due, body.channel, body.what))
                self.set(retry_at=None, not_before=None)
                self.pause()
            case ev.NextStepDropped() if self.lead.commitment is not None:
                self.set(commitment=None, retry_at=None)
                self.ask(at, "phone", "dropped")
            case ev.Snoozed():
                self.set(not_before=body.until)
            case _:
                pass

    def invited(self, body: ev.InviteSent | ev.InviteAnswered, at: datetime) -> None:
        if self.lead.state != "working":
            return
        invite = self.lead.invite
        if isinstance(body, ev.InviteSent):
            self.set(invite=Invite(body.uid, body.start, body.end, body.title, at), stale_at=None)
        elif invite is not None and invite.uid == body.uid:
            self.set(invite=replace(invite, status=body.status))
            agreed = self.lead.commitment
            if body.status in ("declined", "cancelled") and agreed is not None and agreed.due == invite.start:
                self.set(commitment=None)
                self.ask(at, "phone", "declined")

    def researched(self, body: ev.Researched, at: datetime) -> None:
        if body.done:
            self.research[body.item] = Finding(body.item, body.finding, at)
        else:
            self.research.pop(body.item, None)

    def planned(self, body: ev.PlanStarted | ev.PlanMoved | ev.PlanResumed | ev.StepMoved, at: datetime) -> None:
        running = self.lead.plan
        if isinstance(body, ev.PlanStarted):
            if self.lead.state == "working":
                self.run(RunningPlan(body.plan, body.version, body.day0, at))
                self.set(plan_ended=False, cap_raised=0)
                self.anew(at)
            return
        if running is None:
            return
        plan = self.rules.plan(running.name, running.version)
        match body:
            case ev.PlanMoved():
                self.run(moved_to(running, plan, self.rules.plan(running.name, body.version)))
            case ev.StepMoved():
                self.set(plan=replace(running, moved={**running.moved, body.step: body.on}))
            case ev.PlanResumed():
                first = next((index for index in range(len(plan.steps)) if index not in running.done), None)
                if first is not None:
                    shift = (body.on - running.day0).days - plan.steps[first].day
                    running = replace(running, shift=shift, moved={first: body.on})
                self.set(plan=replace(running, paused=False), plan_ended=False)
                self.anew(at)

    def anew(self, at: datetime) -> None:
        """Let go of what lies behind when the rep plans anew: the figures keep a broken promise, the sheet does not."""
        agreed, promised = self.lead.commitment, self.lead.promise_at
        self.set(commitment=agreed if agreed and agreed.due > at else None)
        self.set(promise_at=promised if promised and promised >= at else None)
        self.settle()

    def decided(
        self,
        body: ev.Nurtured | ev.Returned | ev.Closed | ev.Reopened | ev.DoNotContact | ev.Merged,
        at: datetime,
    ) -> None:
        match body:
            case ev.Nurtured():
                self.enter("nurture", at)
                self.set(nurture_at=body.until, why=body.why, nurtured=0)
            case ev.Returned():
                self.enter("returned", at)
                self.set(returned=body)
            case ev.Closed() if body.reason == "do_not_contact":
                self.stopped(at, body.note)
            case ev.Closed():
                self.enter("closed", at)
                self.set(closed=body.reason, closed_note=body.note)
            case ev.Merged():
                self.enter("closed", at)
                self.set(closed="duplicate", merged_into=body.into)
            case ev.DoNotContact():
                self.stopped(at, body.why)
            case ev.Reopened() if self.lead.state != "working":
                self.enter("working", at)
                self.set(why=body.why or self.lead.why)
                self.ask(at, "phone", "reopened")
            case ev.Reopened():
                pass

    def stopped(self, at: datetime, why: str) -> None:
        """Close the record for good: every number, every channel, every plan."""
        if not self.lead.do_not_contact:
            self.enter("closed", at)
            self.set(do_not_contact=True, closed="do_not_contact", closed_note=why)

    def edited(self, body: ev.ProfileEdited | ev.ConflictDecided | ev.StatusChanged) -> None:
        match body:
            case ev.ProfileEdited():
                self.profile(body.changes)
            case ev.ConflictDecided():  # also ours holds, when the edit that it was asked about is undone
                self.profile({body.field: body.theirs if body.kept == "theirs" else body.mine})
            case ev.StatusChanged():
                self.set(status=body.status or self.lead.status, owner=body.owner or self.lead.owner)

    def profile(self, changes: Mapping[str, str]) -> None:
        """Take what can be taken: a field that an older or newer callsheet knew does not stop the reading."""
        for name, text in changes.items():
            if name in PROFILE_FIELDS and (name != "company_size" or not text.strip() or text.strip().isdecimal()):
                self.set(profile=changed(self.lead.profile, {name: text}))

    def pause(self) -> None:
        if self.lead.plan is not None and not self.lead.plan.paused:
            self.set(plan=replace(self.lead.plan, paused=True))

    def enter(self, state: State, at: datetime) -> None:
        """Enter a state; what belonged to the one before is over. Do-not-contact is never left."""
        if self.lead.do_not_contact or (state == self.lead.state == "working"):
            return
        if state == "working":
            self.counting.answered()  # a record that is worked anew has its attempts before it
        self.set(state=state, since=at, closed=None, closed_note="", returned=None, merged_into="", nurture_at=None)
        self.set(plan=None, plan_ended=False, commitment=None, hot=False, retry_at=None, not_before=None, cap_raised=0)
        self.set(stale_at=None, invite=None, promise_at=None)
        self.settle()
