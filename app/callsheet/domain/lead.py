"""What a lead is: the fold of its events, in the order in which they happened.

The fold is total: any set of events that the journal can hold gives a lead. It never looks at a clock, so that what
is true now is worked out from it by `domain.agenda`, at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from callsheet.domain import events as ev
from callsheet.domain.attempts import Tally, Tried, tally
from callsheet.domain.business_time import promise
from callsheet.domain.outcome import Outcome
from callsheet.domain.plan import RunningPlan
from callsheet.domain.profile import Profile, changed
from callsheet.domain.rules import Rules

LIVE = frozenset({"phone", "meeting", "video"})
"""Channels on which a person is either there or missed."""

State = Literal["name", "working", "nurture", "returned", "closed"]


@dataclass(frozen=True, slots=True)
class Touch:
    """An attempt as the timeline shows it, with what its outcome means."""

    event: str
    action: str
    at: datetime
    channel: ev.Channel
    outcome: str
    label: str
    reached: bool
    counts: bool
    note: str = ""
    asset: str = ""
    number: str = ""
    seconds: int = 0
    step: int | None = None
    author: str = ""

    @classmethod
    def of(cls, event: ev.Event, body: ev.Attempt, outcome: Outcome, *, counts: bool) -> Touch:
        """Make the touch of an attempt."""
        reached = outcome.reached == "yes"
        return cls(
            event.id, event.action, event.at, body.channel, outcome.name, outcome.label, reached, counts,
            body.note, body.asset, body.number, body.seconds, body.step, body.author,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contact:
    """An interaction, with when it happened."""

    event: str
    at: datetime
    interaction: ev.Interaction


@dataclass(frozen=True, slots=True)
class Commitment:
    """The agreed next step: when, by which channel, what for. `tries` counts the misses since it fell due."""

    kind: ev.NextStepKind
    due: datetime
    channel: ev.Channel
    what: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Invite:
    """A calendar invitation and what became of it; `chased` is the last attempt since it was sent."""

    uid: str
    start: datetime
    end: datetime
    title: str
    sent_at: datetime
    status: str = "needs-action"
    chased: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A research item that was found out."""

    item: str
    finding: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lead:
    """One record, as its events make it."""

    id: str
    state: State = "name"
    profile: Profile = Profile()
    direction: ev.Direction = "inbound"
    source: str = ""
    campaign: str = ""
    originator: str = ""
    packet: ev.Packet | None = None
    referred_by: str = ""
    routed_by: str = ""
    created_at: datetime | None = None
    received_at: datetime | None = None
    """When the rep got it, or when it last asked to be contacted: the promise runs from here."""
    since: datetime | None = None
    """When the state it is in began."""
    contacts: tuple[Contact, ...] = ()
    touches: tuple[Touch, ...] = ()
    research: Mapping[str, Finding] = field(default_factory=dict)
    why: str = ""
    hot: bool = False
    asked: Contact | None = None
    promise_at: datetime | None = None
    """The open promise; None once it is kept or when there is none."""
    promised_at: datetime | None = None
    """The last promise made, kept or not."""
    first_try_at: datetime | None = None
    """The first human attempt since the promise was made."""
    plan: RunningPlan | None = None
    plan_ended: bool = False
    commitment: Commitment | None = None
    awaiting: datetime | None = None
    """Since when an answer of the lead waits for a next step to be agreed."""
    awaiting_channel: ev.Channel = "phone"
    refused: bool = False
    retry_at: datetime | None = None
    not_before: datetime | None = None
    stale_at: datetime | None = None
    invite: Invite | None = None
    nurture_at: datetime | None = None
    last_touch: datetime | None = None
    tally: Tally = Tally()
    cap_raised: int = 0
    retired: frozenset[str] = frozenset()
    do_not_contact: bool = False
    closed: ev.CloseReason | None = None
    closed_note: str = ""
    returned: ev.Returned | None = None
    merged_into: str = ""
    status: str = ""
    owner: str = ""
    notes: tuple[tuple[datetime, str, str], ...] = ()
    bant: ev.Bant | None = None

    @property
    def phones(self) -> tuple[str, ...]:
        """The numbers still in use, best first."""
        return tuple(number for number in self.profile.phones if number not in self.retired)

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses still in use, best first."""
        return tuple(address for address in self.profile.emails if address not in self.retired)

    @property
    def given_assets(self) -> frozenset[str]:
        """What was brought to the lead already, never to be suggested again (RULES §8)."""
        return frozenset(touch.asset for touch in self.touches if touch.asset)

    @property
    def conversations(self) -> tuple[Touch, ...]:
        """The touches in which somebody was reached."""
        return tuple(touch for touch in self.touches if touch.reached)


def effective(events: Iterable[ev.Event]) -> list[ev.Event]:
    """Return the events that hold, oldest first: without what was undone, and without the undoing itself.

    An `Undone` may itself have been undone (redo), so that the latest one of the journal decides first.
    """
    journal = sorted(events, key=lambda event: (event.seq, event.id))
    gone: set[str] = set()
    for event in reversed(journal):
        if isinstance(event.body, ev.Undone) and event.action not in gone:
            gone.add(event.body.action)
    kept = [event for event in journal if event.action not in gone and not isinstance(event.body, ev.Undone)]
    kept.sort(key=lambda event: event.at)  # stable: facts of one instant keep the order of the journal
    return kept


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
    """A lead in the making: each kind of event changes what it has to."""

    def __init__(self, rules: Rules, lead: str) -> None:
        self.rules = rules
        self.lead = Lead(id=lead)
        self.tries: list[Tried] = []
        self.changes: dict[str, object] = {}
        self.research: dict[str, Finding] = {}
        self.contacts: list[Contact] = []
        self.touches: list[Touch] = []
        self.notes: list[tuple[datetime, str, str]] = []

    def done(self) -> Lead:
        return replace(
            self.lead,
            contacts=tuple(self.contacts),
            touches=tuple(self.touches),
            research=self.research,
            notes=tuple(self.notes),
            tally=tally(self.tries, self.rules.window),
        )

    def set(self, **changes: object) -> None:
        # The lead in the making is nobody else's yet; copying it at every step took a third of an import.
        for name, value in changes.items():
            object.__setattr__(self.lead, name, value)

    def take(self, event: ev.Event) -> None:  # noqa: C901, PLR0912, PLR0915 - the closed set of events, one line each
        at, body = event.at, event.body
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
            case ev.NextStepSet():
                self.set(
                    commitment=Commitment(body.kind, body.due, body.channel, body.what), retry_at=None, not_before=None
                )
                self.set(awaiting=None, refused=False)
                self.pause()
            case ev.NextStepDropped():
                self.set(commitment=None, retry_at=None, awaiting=at)
            case ev.Snoozed():
                self.set(not_before=body.until)
            case ev.InviteSent():
                self.set(invite=Invite(body.uid, body.start, body.end, body.title, at), stale_at=None)
            case ev.InviteAnswered():
                self.invite_answered(body)
            case ev.CapRaised():
                self.set(cap_raised=self.lead.cap_raised + body.by, plan_ended=False)
            case ev.Nurtured():
                self.state("nurture", at)
                self.set(nurture_at=body.until, why=body.why)
            case ev.Returned():
                self.state("returned", at)
                self.set(returned=body)
            case ev.Closed():
                self.state("closed", at)
                self.set(closed=body.reason, closed_note=body.note)
            case ev.Reopened():
                self.reopened(at)
            case ev.DoNotContact():
                self.state("closed", at)
                self.set(do_not_contact=True, closed="do_not_contact", closed_note=body.why)
            case ev.ProfileEdited():
                self.set(profile=changed(self.lead.profile, body.changes))
            case ev.StatusChanged():
                self.set(status=body.status or self.lead.status, owner=body.owner or self.lead.owner)
            case ev.Merged():
                self.state("closed", at)
                self.set(closed="duplicate", merged_into=body.into)
            case ev.Noted():
                self.notes.append((at, body.text, body.author))
            case ev.ConflictDecided():
                if body.kept == "theirs":
                    self.set(profile=changed(self.lead.profile, {body.field: body.theirs}))
            case ev.Undone():
                raise AssertionError("effective() leaves no undoing behind")

    def captured(self, body: ev.Captured, at: datetime) -> None:
        self.set(
            profile=body.profile, direction=body.direction, source=body.source, campaign=body.campaign,
            originator=body.originator, packet=body.packet, referred_by=body.referred_by, routed_by=body.routed_by,
            created_at=body.created_at, received_at=body.received_at, since=at,
        )  # fmt: skip

    def interaction(self, event: ev.Event, body: ev.Interaction) -> None:
        self.contacts.append(Contact(event.id, event.at, body))
        if body.bant is not None and body.bant.answered:
            self.set(bant=body.bant)
        if body.kind == "reply" and self.lead.state in ("working", "nurture"):
            self.answered(event.at, "email")
            if self.lead.state == "nurture":
                self.reopened(event.at)

    def promoted(self, body: ev.Promoted, at: datetime) -> None:
        if self.lead.do_not_contact:
            return
        self.state("working", at)
        due = promise(at, self.rules.calendar, self.rules.promise_mode, self.rules.grace)
        self.set(why=body.why, received_at=at, promise_at=due, promised_at=due, first_try_at=None)
        if body.to == "hot":
            asked = [one for one in self.contacts if one.at <= at]
            self.set(hot=True, asked=asked[-1] if asked else None, awaiting=None, refused=False)

    def attempt(self, event: ev.Event, body: ev.Attempt) -> None:
        outcome = self.rules.outcomes.of(body.outcome)
        at, human = event.at, not body.automatic
        counts = outcome.counts and human
        self.touches.append(Touch.of(event, body, outcome, counts=counts))
        self.tries.append(Tried(at, body.channel, counts, answered=outcome.pauses))
        if outcome.skips:
            return
        self.set(last_touch=max(at, self.lead.last_touch or at), not_before=None)
        if outcome.stops_clock and (human or self.rules.automatic_mail_stops):
            self.set(promise_at=None, first_try_at=self.lead.first_try_at or at)
        if outcome.retires:
            gone = body.number or next(iter(self.lead.emails if body.channel == "email" else self.lead.phones), "")
            self.set(retired=self.lead.retired | ({gone} if gone else frozenset()))
        self.advance(body, outcome, at)
        self.converse(body, outcome, at)

    def advance(self, body: ev.Attempt, outcome: Outcome, at: datetime) -> None:
        """Move the plan, the commitment and the retry by what came of an attempt."""
        running, today = self.lead.plan, self.rules.calendar.day_of(at)
        if running is not None:
            done = dict(running.done)
            if body.step is not None and outcome.does_step:
                done[body.step] = today
            if body.research_override:
                plan = self.rules.plan(running.name, running.version)
                done |= {i: today for i, step in enumerate(plan.steps) if step.channel == "research" and i not in done}
            tried = {**running.tried, body.channel: at} if outcome.counts else running.tried
            self.set(
                plan=replace(running, done=done, tried=tried), plan_ended=self.lead.plan_ended or outcome.ends_plan
            )
        self.set(retry_at=at + _minutes(outcome.retry_minutes) if outcome.retry_minutes is not None else None)
        if self.lead.commitment is not None and outcome.stops_clock and not outcome.pauses:
            self.missed(self.lead.commitment, body.channel, outcome, at)
        if self.lead.state == "nurture" and body.channel != "research" and outcome.does_step:
            self.set(nurture_at=_days_on(at, self.rules))
        if outcome.ends:
            self.set(plan=None, plan_ended=True, commitment=None, hot=False, refused=True, awaiting=at)

    def missed(self, agreed: Commitment, channel: ev.Channel, outcome: Outcome, at: datetime) -> None:
        """Try a missed call again in the other half of the day (RULES §12); what was to be sent, is sent."""
        if channel in LIVE and agreed.channel in LIVE:
            if agreed.due <= at + self.rules.apart:
                morning = self.rules.calendar.local(at).hour < 12
                again = self.lead.retry_at or self.rules.next_block(at + self.rules.apart, morning=not morning)
                self.set(commitment=replace(agreed, due=again, tries=agreed.tries + 1), retry_at=None)
        elif channel == agreed.channel and outcome.does_step:
            self.set(commitment=None, awaiting=at, awaiting_channel=channel)

    def converse(self, body: ev.Attempt, outcome: Outcome, at: datetime) -> None:
        """Keep what a conversation leaves behind: the next step to agree, and the 48 hours to write (RULES §3)."""
        invite = self.lead.invite
        if invite is not None and invite.status in ("needs-action", "received") and body.channel != "research":
            self.set(invite=replace(invite, chased=at))
        if outcome.pauses and not outcome.ends:
            self.answered(at, body.channel)
        if outcome.reached == "yes" and body.channel in LIVE and not outcome.ends:
            self.set(stale_at=at + self.rules.stale)
        elif body.channel == "email" and outcome.stops_clock:
            self.set(stale_at=None)

    def answered(self, at: datetime, channel: ev.Channel) -> None:
        """Take an answer: the plan pauses, what was agreed is done, and the next step is asked for (RULES §5)."""
        if self.lead.state not in ("working", "nurture"):
            return
        self.pause()
        self.set(commitment=None, awaiting=at, awaiting_channel=channel, hot=False, promise_at=None, retry_at=None)

    def researched(self, body: ev.Researched, at: datetime) -> None:
        if body.done:
            self.research[body.item] = Finding(body.item, body.finding, at)
        else:
            self.research.pop(body.item, None)

    def planned(self, body: ev.PlanStarted | ev.PlanMoved | ev.PlanResumed | ev.StepMoved, at: datetime) -> None:
        running = self.lead.plan
        if isinstance(body, ev.PlanStarted):
            if self.lead.state == "working":
                self.set(plan=RunningPlan(body.plan, body.version, body.day0, at), plan_ended=False)
                self.set(awaiting=None, refused=False, commitment=None)
                self.settle(at)
            return
        if running is None:
            return
        match body:
            case ev.PlanMoved():
                self.set(plan=replace(running, version=body.version))
            case ev.StepMoved():
                self.set(plan=replace(running, moved={**running.moved, body.step: body.on}))
            case ev.PlanResumed():
                plan = self.rules.plan(running.name, running.version)
                first = next((i for i in range(len(plan.steps)) if i not in running.done), None)
                shift = (body.on - running.day0).days - plan.steps[first].day if first is not None else running.shift
                self.set(plan=replace(running, shift=shift, moved={}, paused=False), plan_ended=False)
                self.set(awaiting=None, refused=False)
                self.settle(at)

    def settle(self, at: datetime) -> None:
        """Let go of a promise that was broken when the rep planned anew: the figures keep it, the sheet does not."""
        if self.lead.promise_at is not None and self.lead.promise_at < at:
            self.set(promise_at=None)

    def invite_answered(self, body: ev.InviteAnswered) -> None:
        if self.lead.invite is not None and self.lead.invite.uid == body.uid:
            self.set(invite=replace(self.lead.invite, status=body.status))

    def pause(self) -> None:
        if self.lead.plan is not None:
            self.set(plan=replace(self.lead.plan, paused=True))

    def reopened(self, at: datetime) -> None:
        if not self.lead.do_not_contact:
            self.state("working", at)
            self.set(awaiting=at)

    def state(self, state: State, at: datetime) -> None:
        """Enter a state; what belonged to the one before is over. Do-not-contact is never left."""
        if self.lead.do_not_contact:
            return
        self.set(state=state, since=at, closed=None, closed_note="", returned=None, nurture_at=None)
        if state != "working":
            self.set(plan=None, commitment=None, hot=False, awaiting=None, retry_at=None, not_before=None)
            self.set(stale_at=None, invite=None, promise_at=None, refused=False)


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def _days_on(at: datetime, rules: Rules) -> datetime:
    """Return the opening of the working day on which the next value touch falls (`S1`: every three weeks)."""
    day = rules.calendar.roll_forward(rules.calendar.day_of(at) + timedelta(days=rules.nurture_days))
    return rules.calendar.opening(day)
