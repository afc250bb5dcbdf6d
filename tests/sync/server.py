"""What a server of the simulator keeps, and what comes of an op there. No network, no clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from callsheet.domain.events import Channel, CloseReason
from callsheet.domain.profile import Profile, changed
from callsheet.sync.port import (
    Applied,
    Capabilities,
    Conflict,
    LeadCreate,
    LeadPatch,
    Note,
    Op,
    Rejected,
    RemoteInteraction,
    Result,
    TakeBack,
    Task,
    TaskDone,
    Touch,
)

ME, OTHER = "me", "other rep"
_NAMES = {"ann": OTHER, "ann lee": OTHER, "tom one": "tom1", "tom two": "tom2"}
COLLEAGUES = _NAMES | {one: one for one in _NAMES.values()}
"""Who is a user there, by name and by id; of `tom` there are two."""


@dataclass
class Record:
    """A lead on the server."""

    id: str
    profile: Profile
    created_at: datetime
    modified_at: datetime
    owner: str = ME
    status: str = "new"
    closed: CloseReason | None = None
    closed_note: str = ""
    do_not_contact: bool = False
    dnc_at: datetime | None = None
    deleted: bool = False
    merged_into: str = ""
    version: int = 1
    key: str = ""
    origin: str = ""
    """The op that made it, for the judge alone."""
    interactions: tuple[RemoteInteraction, ...] = ()


@dataclass
class Effect:
    """A touch, note or task on the server. `origin` is the op that made it, for the judge alone."""

    id: str
    lead: str
    kind: str
    at: datetime
    made_at: datetime
    text: str
    origin: str = ""
    key: str = ""
    channel: Channel = "research"
    outcome: str = ""
    author: str = ME
    deleted: bool = False
    done: bool = False
    corrects: str = ""
    task: Task | None = None
    first_lead: str = ""
    body: Touch | Note | None = None
    """What was sent, for the judge alone."""


@dataclass
class Server:
    """The CRM itself: a manager works on it directly, reps through adapters. Its search index lags by `lag`."""

    now: Callable[[], datetime]
    capabilities: Capabilities
    lag: timedelta = timedelta(0)
    skew: timedelta = timedelta(0)
    whole_seconds: bool = False
    records: dict[str, Record] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    snapshots: dict[str, list[tuple[datetime, Record]]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    number: int = 0
    whole: bool = False
    """Whether one delivery that is not allowed has all be refused that came with it."""
    restored: set[str] = field(default_factory=set)
    """Leads that were deleted, and are there again."""
    private: bool = False
    """Whether the rep is shown no lead but their own: what was handed over cannot be taken back."""
    open: bool = False
    """Whether the rep is shown the leads of others as well, as such."""
    closes_stopped: bool = False
    """Whether who is to be left alone is closed as well."""
    by_hand: dict[tuple[str, str], str] = field(default_factory=dict)
    """What the manager set last: the value by record and field."""
    marks: dict[str, set[str]] = field(default_factory=dict)
    """The ops that said of a record that it is to be left alone."""
    finished: set[str] = field(default_factory=set)
    """Leads that the manager ever closed."""
    stopped: set[str] = field(default_factory=set)
    """Leads of which the manager ever said that they are to be left alone."""
    labelled: dict[str, datetime] = field(default_factory=dict)
    """When the manager last said where a record stands."""
    given: dict[str, str] = field(default_factory=dict)
    """Which op last handed a record over, for the judge: of one that came twice the second may be refused."""
    watch: Callable[[Record, Op, Mapping[str, str]], None] = lambda _record, _op, _hand: None
    """Told of each patch that sets a field which the manager had set, with those fields."""

    def clock(self) -> datetime:
        return self.now() + self.skew

    def next_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    # What happens to leads ----------------------------------------------------------------------------------------

    def make(self, profile: Profile, *, owner: str = ME, **values: Any) -> Record:
        at = self.clock()
        record = Record(self.next_id("L"), profile, at, at, owner, **values)
        self.records[record.id] = record
        self.touch(record)
        return record

    def touch(self, record: Record) -> None:
        """The record changed: a new version, and in the index later."""
        at = self.clock()
        record.modified_at = at.replace(microsecond=0) if self.whole_seconds else at
        record.version += 1
        self.snapshots.setdefault(record.id, []).append((self.now(), replace(record)))

    def indexed(self, lead: str) -> Record | None:
        """The record as the search index has it."""
        now = self.now()
        for at, record in reversed(self.snapshots.get(lead, ())):
            # Some are shown at once and others late, so that a later change may show before an earlier one.
            if at + self.lag * (crc32(f"{lead} {record.version}".encode()) / 2**32) <= now:
                return record
        return None

    def mine(self) -> list[Record]:
        return [one for one in self.records.values() if one.owner == ME and not one.deleted and not one.merged_into]

    def set_do_not_contact(self, record: Record, *, on: bool = True) -> None:
        if record.do_not_contact != on:
            record.do_not_contact = on
            record.dnc_at = self.now() if on else None
            self.touch(record)

    def merge(self, loser: Record, winner: Record) -> None:
        loser.merged_into = winner.id
        self.touch(loser)
        for effect in self.effects.values():
            if effect.lead == loser.id:
                effect.lead = winner.id
        if loser.do_not_contact:
            self.set_do_not_contact(winner)
            self.stopped.add(winner.id)
        self.touch(winner)

    def add(self, lead: str, kind: str, at: datetime, text: str, **values: Any) -> Effect:
        at = at.replace(microsecond=0) if self.whole_seconds else at
        effect = Effect(self.next_id("E"), lead, kind, at, self.now(), text, first_lead=lead, **values)
        self.effects[effect.id] = effect
        return effect

    def alive(self, lead: str) -> Record | None:
        record = self.records.get(lead)
        return record if record is not None and not record.deleted and not record.merged_into else None

    # What an adapter asks -----------------------------------------------------------------------------------------

    def by_key(self, key: str, *, lagging: bool = False) -> Effect | None:
        until = self.now() - (self.lag if lagging else timedelta(0))
        found = [one for one in self.effects.values() if one.key == key and not one.deleted and one.made_at <= until]
        return found[0] if found else None

    def execute(self, op: Op) -> Result:
        """Bring about an op. The ledger `origin` is for the judge: a CRM without keys knows nothing of it."""
        if isinstance(op.body, LeadCreate):
            return self._create(op, op.body)
        record = self.alive(op.lead)
        if record is None:
            return Rejected("there is no such lead", code="gone")
        if isinstance(op.body, LeadPatch) and op.body.owner is not None:
            result = self._hand_over(record, op.body, op.body.owner)
            if isinstance(result, Applied) and not result.replayed:
                self.given[record.id] = op.id
            return result
        if isinstance(op.body, LeadPatch):
            return self._patch(record, op, op.body)
        return self._effect(record, op)

    def _create(self, op: Op, body: LeadCreate) -> Result:
        native = self.capabilities.idempotency == "native"
        until = self.now() - (timedelta(0) if native else self.lag)
        # By its key first, which is surer than an address.
        for record in sorted(self.records.values(), key=lambda record: record.key != op.id):
            if record.deleted or record.merged_into:
                continue
            known = any(at <= until for at, _ in self.snapshots[record.id])
            same = known and set(record.profile.emails) & set(body.profile.emails)
            if same or (native and record.key == op.id):
                return Applied(record.id, str(record.version), replayed=True)
        record = self.make(body.profile, key=op.id if self.capabilities.idempotency != "none" else "", origin=op.id)
        if body.do_not_contact:
            self.marks.setdefault(record.id, set()).add(op.id)
            self.set_do_not_contact(record)
        self.log.append(f"created {record.id} by {op.id}")
        return Applied(record.id, str(record.version))

    def _hand_over(self, record: Record, body: LeadPatch, to: str) -> Result:
        """Hand a lead over, or back; from whom it was given on already is no matter of ours."""
        if to.lower() == "tom":
            return Rejected("there are two: tom one, tom two", field="owner")
        taker, giver = (COLLEAGUES.get(one.lower(), "") if one else ME for one in (to, body.owner_from))
        if not taker:
            return Rejected(f"nobody is called {to}", field="owner", code="nobody")
        if self.private and record.owner != ME:
            return Conflict({})
        if record.owner == taker:
            return Applied(taker, replayed=True)
        if record.owner != giver:
            return Conflict({}, str(record.version))
        record.owner = taker
        self.by_hand.pop((record.id, "owner"), None)
        self.touch(record)
        return Applied(taker, str(record.version))

    def _patch(self, record: Record, op: Op, body: LeadPatch) -> Result:
        if record.owner != ME and body.do_not_contact is None:
            return Rejected("not your lead", code="forbidden")
        if self.capabilities.stale_guard and op.base and op.base != str(record.version) and body.do_not_contact is None:
            return Conflict({}, str(record.version))
        before = replace(record)
        sets = {**body.profile, **({"closed": body.closed or ""} if body.closed or body.reopen else {})}
        sets |= {"status": body.stage} if body.stage is not None else {}
        hand = {name: self.by_hand.pop((record.id, name)) for name in sets if (record.id, name) in self.by_hand}
        if over := {name: value for name, value in hand.items() if value != sets[name]}:
            self.watch(record, op, over)
        if body.do_not_contact is False and self.by_hand.pop((record.id, "do_not_contact"), ""):
            self.watch(record, op, {"do_not_contact": "set"})
        if body.reopen:
            record.closed, record.closed_note = None, ""
        if body.closed is not None:
            record.closed, record.closed_note = body.closed, body.closed_note
        if body.stage is not None:
            record.status = body.stage
        if body.profile:
            record.profile = changed(record.profile, body.profile)
        closed = self._mark(record, op, on=body.do_not_contact) if body.do_not_contact is not None else None
        if record != before:
            self.touch(record)
        return Applied(record.id, str(record.version), record == before, closed=closed)

    def _mark(self, record: Record, op: Op, *, on: bool) -> CloseReason | None:
        """Set do-not-contact, or clear it; return how the lead was closed along with it, if it was."""
        if on:
            self.marks.setdefault(record.id, set()).add(op.id)
        closes = on and self.closes_stopped and record.closed is None and not record.do_not_contact
        self.set_do_not_contact(record, on=on)
        if not closes:
            return None
        record.closed, record.closed_note = "lost", "left alone"
        self.by_hand.pop((record.id, "closed"), None)
        return record.closed

    def _effect(self, record: Record, op: Op) -> Result:
        keyed = self.capabilities.idempotency != "none"
        native = self.capabilities.idempotency == "native"
        known = self.effects.get(op.target) if op.target else None
        match op.body:
            case Touch() | Note() as body:
                if "poison" in body.text:
                    return Rejected("that text is not allowed", field="text")
                if native and (old := self.by_key(op.id)):
                    return Applied(old.id, replayed=True)
                said = f"{body.label}: {body.text}" if isinstance(body, Touch) else body.text
                made = self.add(
                    record.id, "touch" if isinstance(body, Touch) else "note", op.at, said, origin=op.id,
                    key=op.id if keyed else "", channel=body.channel if isinstance(body, Touch) else "research",
                    outcome=body.outcome if isinstance(body, Touch) else "", body=body,
                )  # fmt: skip
                return Applied(made.id)
            case Task() as body:
                old = self.by_key(op.id) if native else known
                if old is not None and not old.deleted:
                    old.task = body if not old.done else old.task
                    return Applied(old.id, replayed=True)
                made = self.add(
                    record.id, "task", op.at, body.title, origin=op.id, key=op.id if keyed else "", task=body
                )
                return Applied(made.id)
            case TaskDone(task=key):
                old = known or (self.by_key(key) if keyed else None)
                if old is None or old.deleted:
                    return Rejected("there is no such task", code="gone")
                replayed, old.done = old.done, True
                return Applied(old.id, replayed=replayed)
            case TakeBack(of=key):
                return self._take_back(record, op, known or (self.by_key(key) if keyed else None), keyed=keyed)
        raise AssertionError(op)

    def _take_back(self, record: Record, op: Op, old: Effect | None, *, keyed: bool) -> Result:
        if old is None or old.deleted:
            return Applied(how="it was never there")
        if self.capabilities.take_back == "delete":
            old.deleted = True
            return Applied(old.id, how="deleted")
        if keyed and self.by_key(op.id):
            return Applied(old.id, replayed=True, how="corrected")
        made = self.add(
            record.id, "note", op.at, "Taken back", origin=op.id, key=op.id if keyed else "", corrects=old.id
        )
        if old.kind == "task":
            old.done = True
        return Applied(made.id, how="corrected")
