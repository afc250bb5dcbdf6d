"""The journal's vocabulary: every fact that can be recorded about a lead, and the envelope it comes in.

An event is appended once and never changed. What a lead *is* follows from its events by `domain.lead.fold`.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from callsheet.domain.profile import Profile

Origin = Literal["rep", "import", "crm", "system"]
Direction = Literal["inbound", "outbound"]
Channel = Literal["phone", "email", "linkedin", "post", "video", "sms", "meeting", "research"]
InteractionKind = Literal[
    "contact_form", "sales_email", "inbound_call", "score",  # contact-me
    "event_form", "scan", "attendance", "webinar", "download", "visit", "email_click", "other",
    "reply",  # an answer to one of our touches
]  # fmt: skip
CloseReason = Literal["won", "lost", "not_a_fit", "exhausted", "do_not_contact", "duplicate", "gone"]
ReturnKind = Literal["kick_back", "hand_off", "reassigned"]
NextStepKind = Literal["advance", "respond", "nurture"]


@dataclass(frozen=True, slots=True)
class Bant:
    """The qualifying questions of an event form (`S2`): Budget, Authority, Need, Timeframe; None is unasked."""

    budget: bool | None = None
    authority: bool | None = None
    need: bool | None = None
    timeframe: bool | None = None

    @property
    def answered(self) -> bool:
        """Whether any of the four has an answer."""
        return any(value is not None for value in (self.budget, self.authority, self.need, self.timeframe))


@dataclass(frozen=True, slots=True)
class Packet:
    """What a hand-off carries (`S4`): who they are, their role, need in their own words, and what was agreed."""

    who: str = ""
    role: str = ""
    need: str = ""
    topic: str = ""
    objections: str = ""
    best_time: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the parts that are blank; objections may be."""
        parts = {
            "who": self.who,
            "role": self.role,
            "need": self.need,
            "topic": self.topic,
            "best_time": self.best_time,
        }
        return tuple(name for name, value in parts.items() if not value.strip())


@dataclass(frozen=True, slots=True)
class Captured:
    """A record came into being here: by import, by the booth form, as a referral, or from the CRM.

    `created_at` is when it came into being anywhere, `received_at` when the rep got it: the promise runs from
    receipt (`S4`), the time between is the system's delay.
    """

    profile: Profile
    received_at: datetime
    created_at: datetime | None = None
    direction: Direction = "inbound"
    source: str = ""
    campaign: str = ""
    originator: str = ""
    packet: Packet | None = None
    referred_by: str = ""
    routed_by: str = ""


@dataclass(frozen=True, slots=True)
class Interaction:
    """The lead did something that we can point to: it is the reason to call (`S3`)."""

    kind: InteractionKind
    topic: str = ""
    text: str = ""
    asks: bool = False
    bant: Bant | None = None
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Promoted:
    """A name became a lead, or a lead became hot; `why` in the words of RULES §2."""

    to: Literal["lead", "hot"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class PlanStarted:
    """A plan begins: `day0` is a calendar day in the rep's zone. A running plan is replaced."""

    plan: str
    version: int
    day0: date


@dataclass(frozen=True, slots=True)
class PlanMoved:
    """A running lead goes on with another version of its plan; steps already done stay done."""

    version: int


@dataclass(frozen=True, slots=True)
class PlanResumed:
    """A paused or late plan goes on: its next open step falls on `on`, later steps keep their distance to it."""

    on: date


@dataclass(frozen=True, slots=True)
class StepMoved:
    """One step of the running plan falls on another day (after a voicemail the next mail is pulled to today)."""

    step: int
    on: date


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tried to reach the lead, by any channel: the unit that is counted, reported and sent to the CRM.

    `outcome` names a row of the outcome table, `step` the plan's step it did (its index), `seconds` the length of
    a call, `asset` what was brought. `automatic` marks a mail that no person sent. `hours_override` is the reason
    typed for calling outside the hard window. `author` is empty when the rep did it.
    """

    channel: Channel
    outcome: str
    number: str = ""
    seconds: int = 0
    note: str = ""
    asset: str = ""
    step: int | None = None
    automatic: bool = False
    hours_override: str = ""
    research_override: bool = False
    author: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Researched:
    """An item of the research checklist was found out, with the finding; or unticked again."""

    item: str
    finding: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class NextStepSet:
    """The next step that was agreed: a date and a time (`S1`: no schedule, no commitment), a channel, a purpose."""

    kind: NextStepKind
    due: datetime
    channel: Channel
    what: str = ""


@dataclass(frozen=True, slots=True)
class NextStepDropped:
    """The agreed next step no longer holds."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The rep does not want to see the lead before `until`; its promise keeps running."""

    until: datetime


@dataclass(frozen=True, slots=True)
class InviteSent:
    """A calendar invitation went out; until it is accepted the meeting is not certain (RULES §9)."""

    uid: str
    start: datetime
    end: datetime
    title: str = ""


@dataclass(frozen=True, slots=True)
class InviteAnswered:
    """An invitation was received or answered: iCalendar's PARTSTAT in lower case, or `received`."""

    uid: str
    status: Literal["received", "accepted", "declined", "tentative", "delegated", "cancelled"]


@dataclass(frozen=True, slots=True)
class CapRaised:
    """The rep goes on beyond the cap of attempts (`S4`: judgement); beyond ten with a typed reason."""

    by: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nurtured:
    """Not now: value touches until ready (`S1`). `until` is when the next one is due."""

    until: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """The record left the rep's hands: kicked back, handed off, or reassigned in the CRM."""

    kind: ReturnKind
    to: str = ""
    why: str = ""
    packet: Packet | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A decision was made."""

    reason: CloseReason
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A closed, returned or nurtured record is worked again."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class DoNotContact:
    """They asked us to stop.

    Covers every number and address named, for every lead that has one; never undone by a CRM, only by the rep's undo.
    """

    points: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProfileEdited:
    """Fields of the profile were set, in the text form of `profile.flat`; by the rep, or merged from the CRM."""

    changes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The CRM's own status or owner of the lead changed there."""

    status: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """This record is the same as another one and goes on there."""

    into: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark that is not an attempt."""

    text: str
    author: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class ConflictDecided:
    """Both sides had changed a field and the rep chose; `kept` is the value that now holds on both sides."""

    field: str
    mine: str
    theirs: str
    kept: Literal["mine", "theirs"]


@dataclass(frozen=True, slots=True)
class Undone:
    """An action was taken back. Undoing an `Undone` is redo: there is no second mechanism."""

    action: str


Body = (
    Captured | Interaction | Promoted | PlanStarted | PlanMoved | PlanResumed | StepMoved | Attempt | Researched
    | NextStepSet | NextStepDropped | Snoozed | InviteSent | InviteAnswered | CapRaised | Nurtured | Returned | Closed
    | Reopened | DoNotContact | ProfileEdited | StatusChanged | Merged | Noted | ConflictDecided | Undone
)  # fmt: skip

BODIES: Mapping[str, type[Body]] = {
    "captured": Captured, "interaction": Interaction, "promoted": Promoted, "plan_started": PlanStarted,
    "plan_moved": PlanMoved, "plan_resumed": PlanResumed, "step_moved": StepMoved, "attempt": Attempt,
    "researched": Researched, "next_step_set": NextStepSet, "next_step_dropped": NextStepDropped, "snoozed": Snoozed,
    "invite_sent": InviteSent, "invite_answered": InviteAnswered, "cap_raised": CapRaised, "nurtured": Nurtured,
    "returned": Returned, "closed": Closed, "reopened": Reopened, "do_not_contact": DoNotContact,
    "profile_edited": ProfileEdited, "status_changed": StatusChanged, "merged": Merged, "noted": Noted,
    "conflict_decided": ConflictDecided, "undone": Undone,
}  # fmt: skip
"""The name under which each kind of event is kept in the journal: never renamed, as old journals are read for ever."""

KINDS: Mapping[type[Body], str] = {body: kind for kind, body in BODIES.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one lead.

    `id` is a UUIDv7 made where the fact happened, and the idempotency key all the way into the CRM. `action` groups
    the events of one thing that the rep did: undo takes back the whole action. `at` (aware, UTC) is when it
    happened, `zone` the IANA name of the rep's zone then, `recorded_at` when it was written; `seq` is its place in
    the journal, and until it is appended its place in the action.
    """

    id: str
    lead: str
    action: str
    at: datetime
    zone: str
    recorded_at: datetime
    origin: Origin
    body: Body
    seq: int = field(default=0, compare=False)

    @property
    def kind(self) -> str:
        """The name of the body's kind in the journal."""
        return KINDS[type(self.body)]


# Ids have to be unique, not secret, and asking the system for each costs ten times as much.
_chance: Final = random.Random()  # noqa: S311
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_chance.seed)


def new_id(unix_ms: int | None = None) -> str:
    """A UUIDv7 (RFC 9562) as text: ids sort by the time they were made. `unix_ms` is for tests and simulations."""
    milliseconds = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    chance = _chance.getrandbits(74)
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | chance >> 62 << 64 | 0b10 << 62 | chance & (2**62 - 1)
    digits = f"{value:032x}"  # an import makes half a million: uuid.UUID would take four times as long
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
