"""One record as it stands: who it is, what happened to it, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.attempts import Tally
from callsheet.domain.outcome import Outcome
from callsheet.domain.plan import RunningPlan
from callsheet.domain.profile import Profile

LIVE: Final = frozenset({"phone", "meeting"})
"""Channels on which a person is either there or missed."""

State = Literal["name", "working", "nurture", "returned", "closed"]
Awaiting = Literal["", "replied", "spoke", "done", "dropped", "declined", "reopened", "refused"]
"""What it was that a next step has to be agreed after."""


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
        reached, label = outcome.reached == "yes", outcome.label_on(body.channel)
        return cls(
            event.id, event.action, event.at, body.channel, outcome.name, label, reached, counts,
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

    @property
    def open(self) -> bool:
        """Whether it was neither accepted nor called off."""
        return self.status in ("needs-action", "received", "tentative")


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
    """Since when a next step or a decision has to be agreed."""
    awaiting_channel: ev.Channel = "phone"
    awaiting_what: Awaiting = ""
    refused: bool = False
    retry_at: datetime | None = None
    not_before: datetime | None = None
    stale_at: datetime | None = None
    invite: Invite | None = None
    nurture_at: datetime | None = None
    nurtured: int = 0
    """How many value touches the lead has had in nurture."""
    last_touch: datetime | None = None
    """The last attempt by anybody, from any source; research and what was skipped touch nobody."""
    last_missed: datetime | None = None
    """The last call, when nobody was reached by it."""
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
