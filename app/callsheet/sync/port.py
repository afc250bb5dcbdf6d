"""The one door to a remote CRM: what the sync core asks, what an adapter answers, and every way it can fail.

The core knows capabilities and never a vendor. Everything else (units, formats, ids, HTML, requests in two parts)
stays inside the adapter. Adapters are synchronous and safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from callsheet.domain.events import Channel, CloseReason, Direction, InteractionKind
from callsheet.domain.profile import Profile

RemoteId = str
"""The CRM's own id of a record, as text."""


# What is delivered -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeadCreate:
    """A lead that the CRM does not have yet; if it has one with the same email or number, that one is taken."""

    profile: Profile
    received_at: datetime
    source: str = ""
    campaign: str = ""
    do_not_contact: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """An attempt, done: `outcome` is the name in our table, `label` its plain words, which the text also carries."""

    channel: Channel
    direction: Direction
    outcome: str
    label: str
    reached: bool
    duration: timedelta = timedelta(0)
    text: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Plain text for the lead's history."""

    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """An open next step; `all_day` when only its date matters. Sent again with other values, it moves."""

    title: str
    due: datetime
    channel: Channel
    all_day: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class TaskDone:
    """The task that the op `task` made is done; done already counts as applied."""

    task: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The effect of the op `of` is to go: deleted where the CRM allows, else corrected by a note that says so.

    `was` is what that op had delivered, so that an adapter knows where to look and what to say.
    """

    of: str
    was: Touch | Note | Task


@dataclass(frozen=True, slots=True)
class LeadPatch:
    """Fields of the lead to set; None leaves a thing alone. `profile` is in the text form of `profile.flat`.

    `owner` is who gets the lead, as the rep wrote it: a name, an email or an id of a user there; empty gives it back to
    us. It comes alone, and only holds while the lead is `owner_from`'s there (empty: ours): given to somebody else
    meanwhile it is a `Conflict`. The `remote_id` of what was applied is the id of the user there.
    """

    stage: Literal["working", "connected", "meeting", "nurture", "won"] | None = None
    closed: CloseReason | None = None
    closed_note: str = ""
    reopen: bool = False
    do_not_contact: bool | None = None
    points: tuple[str, ...] = ()
    profile: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    owner_from: str = ""


OpBody = LeadCreate | Touch | Note | Task | TaskDone | TakeBack | LeadPatch


@dataclass(frozen=True, slots=True)
class Op:
    """One thing to bring about in the CRM, exactly once: `id` is the event's id and the idempotency key.

    `lead` is the CRM's id of the lead (empty for `LeadCreate`), `at` (aware, UTC) when it happened, `zone` the rep's
    zone then, `base` the version of the lead that a `LeadPatch` was decided upon, where the CRM has versions.
    `target` is the record that is to change, where it is known: the op's own when it is sent again, for `TaskDone` and
    `TakeBack` the one that the op they name has made. A CRM without keys of its own has nothing else to go by.
    """

    id: str
    lead: RemoteId
    at: datetime
    zone: str
    body: OpBody
    base: str = ""
    target: RemoteId = ""


# What became of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Applied:
    """The effect is there. `replayed` when it had been there already; `how` says what a `TakeBack` did.

    Do-not-contact is `replayed` when anybody had set it before, whatever else was written with it. `closed` says how
    a lead was closed along with it, in a CRM where that is so: with the mark it is opened again.
    """

    remote_id: RemoteId = ""
    version: str = ""
    replayed: bool = False
    how: str = ""
    closed: CloseReason | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The lead changed there since `base`; the remote values in the form of `profile.flat`."""

    remote: Mapping[str, str]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never pass as it is: `field` and `reason` in plain words, so that the rep can fix, retry or drop it.

    Its code is `nobody` where an `owner` is no user there who could take a lead.
    """

    reason: str
    field: str = ""
    code: Literal["invalid", "forbidden", "gone", "duplicate", "nobody"] = "invalid"


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing happened; try again, not before `after` from now (None: when the schedule says)."""

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The request may have been carried out: the reply was lost."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """An earlier op of the same lead failed first."""

    because: str


Result = Applied | Conflict | Rejected | Retry | Ambiguous | NotAttempted


# What comes back -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RemoteInteraction:
    """Something the lead did, by the CRM's account: form submissions, campaign membership, web activity, replies."""

    remote_id: RemoteId
    at: datetime
    kind: InteractionKind
    topic: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RemoteTouch:
    """What somebody did on a lead there; `key` is our op id when it was ours."""

    remote_id: RemoteId
    lead: RemoteId
    at: datetime
    channel: Channel
    outcome: str = ""
    text: str = ""
    author: str = ""
    mine: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class RemoteLead:
    """A lead as the CRM has it now. `closed` is set when it is won or lost there, `status` in the CRM's words.

    `key` is our op id when we made it and the CRM kept it.
    """

    id: RemoteId
    version: str
    modified_at: datetime
    profile: Profile
    created_at: datetime | None = None
    owner: str = ""
    mine: bool = True
    status: str = ""
    closed: CloseReason | None = None
    closed_note: str = ""
    do_not_contact: bool = False
    source: str = ""
    campaign: str = ""
    interactions: tuple[RemoteInteraction, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of leads changed since a cursor. The cursor is opaque, kept with the page, and asks for the next one."""

    leads: tuple[RemoteLead, ...]
    cursor: str
    more: bool
    removed: tuple[RemoteId, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of what was done on the rep's leads since a cursor."""

    touches: tuple[RemoteTouch, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Present:
    """Still there and visible."""

    lead: RemoteLead


@dataclass(frozen=True, slots=True)
class Moved:
    """Merged into another record."""

    to: RemoteId


@dataclass(frozen=True, slots=True)
class NotVisible:
    """There, but no longer the rep's to see: reassigned."""

    owner: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """Deleted."""


Whereabouts = Present | Moved | NotVisible | Gone


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are there. `skew` is the server's clock minus ours."""

    user_id: str
    name: str
    organization: str = ""
    timezone: str = ""
    skew: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of what `connect` found: fine, or what is missing and what to do; `can_create` offers to make it."""

    name: str
    ok: bool
    detail: str = ""
    can_create: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How our words map to the CRM's, fetched and never hard-coded: our name to the label there."""

    outcomes: Mapping[str, str]
    stages: Mapping[str, str]
    lost_reasons: Mapping[str, str]
    task_kinds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """All that the core may know of a vendor."""

    name: str
    """The vendor's name in messages to the rep."""
    idempotency: Literal["native", "lookup", "none"]
    """Whether the same op sent twice has one effect by itself, can be looked up by its key, or neither."""
    lookup_lag: timedelta = timedelta(0)
    """How long after a write a look-up may still miss it."""
    cursor_overlap: timedelta = timedelta(0)
    """How far an incremental pull reaches back, at least resolution plus index lag; the adapter applies it."""
    stale_guard: bool = False
    """Whether `Op.base` is checked by the CRM itself."""
    removals: Literal["feed", "poll"] = "poll"
    """Whether leads that went are announced, or have to be asked for by `resolve`."""
    max_batch: int = 1
    """How many ops one `apply` takes; 1 means that the core sends several leads side by side."""
    take_back: Literal["delete", "note"] = "note"
    channels: frozenset[Channel] = frozenset({"phone", "email"})
    """Channels with a place of their own there; others go into the text in plain words."""
    creates_leads: bool = True
    hands_over: bool = False
    """Whether a lead may be made somebody else's by `LeadPatch.owner`; without it the note says who has it now."""


class Crm(Protocol):
    """What every adapter does. All methods may raise a `CrmError` for a failure of the whole call."""

    @property
    def capabilities(self) -> Capabilities:
        """What this CRM can do; known after `whoami`."""
        ...

    def whoami(self) -> Account:
        """Check the credentials and say who we are."""
        ...

    def check(self, *, create: bool = False) -> Sequence[Check]:
        """Check permissions and required custom fields, for `connect`; `create` makes what `can_create` offers."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Fetch how outcomes, stages, lost reasons and task kinds are called there."""
        ...

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of my leads changed since the cursor, oldest change first; None starts from nothing."""
        ...

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on my leads since the cursor, by others and by us."""
        ...

    def resolve(self, ids: Sequence[RemoteId]) -> Mapping[RemoteId, Whereabouts]:
        """Say of each id whether it is still there, merged, reassigned or deleted."""
        ...

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops, at most `max_batch`: one result each, in their order."""
        ...

    def find_effect(self, op: Op) -> Applied | None:
        """Look whether this op already happened, by its key; asked only after `Ambiguous`."""
        ...

    def close(self) -> None:
        """Give back the connection."""
        ...


# How a whole call fails ------------------------------------------------------------------------------------------


class CrmError(Exception):
    """A call to the CRM failed as a whole. The message is one plain sentence for the rep; it holds no secret."""


class Unavailable(CrmError):
    """Nothing was sent: no network, no such host, connection refused, TLS failed. Safe to repeat."""


class Uncertain(CrmError):
    """The reply was lost after sending: a read may be repeated, a write is `Ambiguous`."""


class Throttled(CrmError):
    """The CRM wants fewer requests. `until` is None where it did not say; `scope` daily is shown to the rep."""

    def __init__(
        self, message: str, *, scope: Literal["burst", "daily", "concurrent"], after: timedelta | None
    ) -> None:
        super().__init__(message)
        self.scope = scope
        self.after = after


class AuthBroken(CrmError):
    """The credentials do not hold: all calls stop until the rep acts; the outbox is kept."""


class Forbidden(CrmError):
    """The credentials hold, but not for this."""


class Invalid(CrmError):
    """The CRM will never take this as it is."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Drift(CrmError):
    """The answer does not fit the contract (a captive portal's HTML, an unknown shape): nothing of it is used."""
