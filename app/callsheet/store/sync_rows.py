"""What the sync core keeps, in the book's own file: `sync.records.SyncBook` over outbox, links, conflicts, notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, Select, bindparam, case, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, fold
from callsheet.domain.rules import Rules
from callsheet.services.desk import Action
from callsheet.services.views import OPEN_STATES, SyncStatus, Undelivered
from callsheet.store import outbox, schema
from callsheet.store.codec import encode
from callsheet.store.journal import Transaction
from callsheet.sync.ops import words
from callsheet.sync.records import REPORT, Base, Delivery, FieldConflict, Link

_D = schema.delivery.c
_L = schema.link.c
_C = schema.conflict.c
_l = schema.lead.c
_crm: BindParameter[str] = bindparam("of_crm")
_open = select(schema.delivery).where(_D.crm == _crm, _D.state.in_(sorted(OPEN_STATES))).order_by(_D.seq)
_by_op = select(schema.delivery).where(_D.crm == _crm, _D.op.in_(bindparam("ids", expanding=True)))
_by_remote = select(schema.delivery).where(_D.crm == _crm, _D.remote_id.in_(bindparam("ids", expanding=True)))
_unverified = (
    select(schema.delivery)
    .where(
        _D.crm == _crm, _D.state == "delivered", _D.verified == "", _D.kind == "touch",
        _D.updated_at < bindparam("before"),
    )
    .order_by(_D.seq.desc())
    .limit(bindparam("most"))
)  # fmt: skip
_verified = (
    select(schema.delivery)
    .where(
        _D.crm == _crm, _D.state == "delivered", _D.verified != "", _D.kind == "touch",
        _D.updated_at < bindparam("before"),
    )
    .order_by(_D.updated_at, _D.seq)
    .limit(bindparam("most"))
)  # fmt: skip
_missing = select(schema.delivery).where(_D.crm == _crm, _D.state == "delivered", _D.verified == "missing")
_links = select(schema.link).where(_L.crm == _crm, _L.lead.in_(bindparam("ids", expanding=True)))
_linked = select(schema.link).where(_L.crm == _crm, _L.remote_id.in_(bindparam("ids", expanding=True)))
_active = schema.link.join(schema.lead, _l.id == _L.lead)
_ACTIVE: Final = ("name", "working", "nurture")
_unseen = (
    select(schema.link)
    .select_from(_active)
    .where(_L.crm == _crm, or_(_L.seen_at < bindparam("since"), _L.seen_at > bindparam("ahead")), _l.state.in_(_ACTIVE))
    .order_by(_L.seen_at)
    .limit(bindparam("most"))
)
_count = select(func.count()).select_from(_active).where(_L.crm == _crm, _l.state.in_(_ACTIVE))
_states = select(schema.link, _l.state).select_from(_active).where(_L.crm == _crm)
_new_link = insert(schema.link)
_put_link = _new_link.on_conflict_do_update(
    index_elements=["lead", "crm"],
    set_={name: _new_link.excluded[name] for name in ("remote_id", "version", "base", "seen_at")},
)
_drop_link = delete(schema.link).where(_L.crm == _crm, _L.lead == bindparam("of"))
_conflicts = (
    select(schema.conflict, _l.name)
    .select_from(schema.conflict.outerjoin(schema.lead, _l.id == _C.lead))
    .where(_C.crm == _crm, _C.decided == "")
    .order_by(_C.id)
)
_conflicts_of = _conflicts.where(_C.lead == bindparam("of"))
_conflict = _conflicts.where(_C.id == bindparam("of"))
_new_conflict = insert(schema.conflict)
_put_conflict = _new_conflict.on_conflict_do_update(
    index_elements=["id"], set_={name: _new_conflict.excluded[name] for name in ("mine", "theirs", "at", "decided")}
)
_get_note = select(schema.note.c.value).where(schema.note.c.name == bindparam("of"))
_new_note = insert(schema.note)
_put_note = _new_note.on_conflict_do_update(index_elements=["name"], set_={"value": _new_note.excluded.value})
_ever = select(schema.event.c.lead).distinct().where(schema.event.c.origin.in_(("rep", "system")))
_tally = select(_D.state, func.count()).where(_D.crm == _crm, _D.state.in_(sorted(OPEN_STATES))).group_by(_D.state)
_disputed = select(func.count()).select_from(schema.conflict).where(_C.crm == _crm, _C.decided == "")
_shown = (
    select(schema.delivery, _l.name)
    .select_from(schema.delivery.outerjoin(schema.lead, _l.id == _D.lead))
    .where(_D.crm == _crm, _D.state.in_(sorted(OPEN_STATES)))
    .order_by(case((_D.state == "parked", 0), (_D.state == "ambiguous", 1), else_=2), _D.seq)
    .limit(bindparam("most"))
)

_base: Final = msgspec.json.Decoder(Base)


class SyncTransaction:
    """`sync.records.SyncWork` over one open connection."""

    def __init__(self, connection: Connection, transaction: Transaction, rules: Rules, crm: str) -> None:
        self._connection = connection
        self._transaction = transaction
        self._rules = rules
        self._crm = crm
        self._leads: dict[str, Lead | None] = {}  # as this transaction sees them

    # The journal --------------------------------------------------------------------------------------------------

    def lead(self, lead: str) -> Lead | None:
        """Return the lead as its events make it."""
        if lead not in self._leads:
            self._leads[lead] = self._transaction.lead(lead)
        return self._leads[lead]

    def events(self, leads: Iterable[str]) -> Mapping[str, Sequence[ev.Event]]:
        """Return the events of leads, oldest in the journal first."""
        return self._transaction.events(leads)

    def has_event(self, event: str) -> bool:
        """Tell whether an event of that id is in the journal."""
        return self._transaction.has_event(event)

    def record(self, label: str, events: Sequence[ev.Event], now: datetime) -> None:
        """Append facts that no undo of the rep takes back, with all that follows from them."""
        if events:
            for event in events:
                self._leads.pop(event.lead, None)
            self._transaction.append(Action(events[0].action, now, label, tuple(events), "fact"))

    def with_points(self, points: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the leads that have each of these numbers or addresses."""
        return self._transaction.with_points(points)

    def suppressed(self, points: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers and addresses that are on the do-not-contact list."""
        return self._transaction.suppressed(points)

    def with_name(self, name: str, company: str) -> frozenset[str]:
        """Return the leads of that name at that company, however written."""
        return self._transaction.with_name(name, company)

    # Deliveries ---------------------------------------------------------------------------------------------------

    def open_deliveries(self) -> Sequence[Delivery]:
        """Return what is not settled, the parked too, in the order of the outbox."""
        return [outbox.delivery(row) for row in self._run(_open)]

    def deliveries(self, ops: Iterable[str]) -> Mapping[str, Delivery]:
        """Return deliveries by their keys."""
        return {row.op: outbox.delivery(row) for row in self._each(_by_op, ops)}

    def deliveries_by_remote(self, remotes: Iterable[str]) -> Mapping[str, Delivery]:
        """Return deliveries by the records that they made there."""
        return {row.remote_id: outbox.delivery(row) for row in self._each(_by_remote, remotes)}

    def deliveries_of(self, leads: Iterable[str]) -> Mapping[str, Sequence[Delivery]]:
        """Return all deliveries of leads, in the order of the outbox."""
        return outbox.of_leads(self._connection, self._crm, leads)

    def unverified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        """Return touches delivered before a moment that nobody has seen in the CRM since."""
        return [outbox.delivery(row) for row in self._run(_unverified, before=before, most=limit)]

    def verified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        """Return touches that were last looked for in the CRM before a moment, the longest ago first."""
        return [outbox.delivery(row) for row in self._run(_verified, before=before, most=limit)]

    def missing(self) -> Sequence[Delivery]:
        """Return touches that were delivered and are not in the CRM."""
        return [outbox.delivery(row) for row in self._run(_missing)]

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Put new deliveries at the end of the outbox."""
        outbox.add(self._connection, self._crm, deliveries, now)

    def save(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Keep the state of deliveries."""
        outbox.save(self._connection, self._crm, deliveries, now)

    def backfill(self, now: datetime) -> int:
        """Put into the outbox whatever of the whole journal the CRM should have; return how many deliveries."""
        new = 0
        for leads in outbox.chunks(self._connection.execute(_ever).scalars().all()):
            journal = self._transaction.events(leads)
            folds = {lead: (fold(lead, events, self._rules), events) for lead, events in journal.items()}
            new += outbox.enqueue(self._connection, self._crm, folds, self._rules, now)
        return new

    # Links --------------------------------------------------------------------------------------------------------

    def link(self, lead: str) -> Link | None:
        """Return which record of the CRM a lead is."""
        return self.links([lead]).get(lead)

    def links(self, leads: Iterable[str]) -> Mapping[str, Link]:
        """Return the links of leads, by lead."""
        return {row.lead: _link(row) for row in self._each(_links, leads)}

    def linked(self, remotes: Iterable[str]) -> Mapping[str, Link]:
        """Return the links to records of the CRM, by their ids there."""
        return {row.remote_id: _link(row) for row in self._each(_linked, remotes)}

    def links_unseen(self, since: datetime, ahead: datetime, limit: int) -> Sequence[Link]:
        """Return links of leads that are not closed and that were not seen since a moment, the oldest first.

        What was seen later than `ahead` counts as not seen: a clock was set back.
        """
        return [_link(row) for row in self._run(_unseen, since=since, ahead=ahead, most=limit)]

    def count_links(self) -> int:
        """Count the links of leads that are not closed."""
        return int(self._connection.execute(_count, {"of_crm": self._crm}).scalar_one())

    def states(self) -> Sequence[tuple[Link, str]]:
        """Return every link with the state of its lead."""
        return [(_link(row), row.state) for row in self._run(_states)]

    def save_link(self, link: Link) -> None:
        """Keep a link."""
        row = {
            "lead": link.lead, "crm": self._crm, "remote_id": link.remote_id, "version": link.version,
            "base": encode(link.base), "seen_at": link.seen_at,
        }  # fmt: skip
        self._connection.execute(_put_link, row)

    def drop_link(self, lead: str) -> None:
        """Forget a link."""
        self._connection.execute(_drop_link, {"of_crm": self._crm, "of": lead})

    # Conflicts and notes ------------------------------------------------------------------------------------------

    def conflicts(self, lead: str = "") -> Sequence[FieldConflict]:
        """Return the undecided conflicts, of one lead or of all."""
        found = self._run(_conflicts_of, of=lead) if lead else self._run(_conflicts)
        return [_field_conflict(row) for row in found]

    def conflict(self, number: int) -> FieldConflict | None:
        """Return an undecided conflict by its number."""
        return next((_field_conflict(row) for row in self._run(_conflict, of=number)), None)

    def save_conflict(self, conflict: FieldConflict) -> None:
        """Keep a conflict; a new one where it has no number yet."""
        row = {
            "id": conflict.id or None, "crm": self._crm, "lead": conflict.lead, "field": conflict.field,
            "mine": conflict.mine, "theirs": conflict.theirs, "at": conflict.at, "decided": conflict.decided,
        }  # fmt: skip
        self._connection.execute(_put_conflict, row)

    def note(self, name: str) -> Any:  # a note is whatever was put there
        """Return what was noted under a name, None when nothing was."""
        value = self._connection.execute(_get_note, {"of": name}).scalar()
        return None if value is None else msgspec.json.decode(value)

    def put_note(self, name: str, value: object) -> None:
        """Note something."""
        self._connection.execute(_put_note, {"name": name, "value": encode(value)})

    def _run(self, statement: Select[Any], **values: object) -> Iterator[Any]:
        return iter(self._connection.execute(statement, {"of_crm": self._crm, **values}))

    def _each(self, statement: Select[Any], ids: Iterable[str]) -> Iterator[Any]:
        for some in outbox.chunks(ids):
            yield from self._run(statement, ids=some)


class SyncRows:
    """`sync.records.SyncBook`: `begin` opens a connection that writes, with a transaction of the journal over it."""

    def __init__(
        self, crm: str, rules: Rules, begin: Callable[[], AbstractContextManager[tuple[Connection, Transaction]]]
    ) -> None:
        self.crm = crm
        self._rules = rules
        self._begin = begin

    @contextmanager
    def work(self) -> Iterator[SyncTransaction]:
        """Open a transaction; it is rolled back when an error leaves it."""
        with self._begin() as (connection, transaction):
            yield SyncTransaction(connection, transaction, self._rules, self.crm)


def undelivered(connection: Connection, crm: str, rules: Rules, limit: int) -> list[Undelivered]:
    """Return what the CRM does not have yet, the parked first."""
    rows = connection.execute(_shown, {"of_crm": crm, "most": limit}).all()
    found = {row.op: (outbox.delivery(row), row.name or "") for row in rows}
    facts = _facts(connection, [each.event for each, _ in found.values()], rules, crm)
    shown = []
    for each, name in found.values():
        event = facts.get(each.event)
        at = event.at if event else each.updated_at or schema.EPOCH
        what = words(each, event, rules.outcomes)
        shown.append(
            Undelivered(
                each.op, each.event, each.lead, name, each.kind, what, each.state, at, each.not_before, each.reason,
                each.field,
            )
        )  # fmt: skip
    return shown


def _facts(connection: Connection, ids: Iterable[str], rules: Rules, crm: str) -> dict[str, ev.Event]:
    leads: dict[str, None] = {}
    for some in outbox.chunks(ids):
        where = select(schema.event.c.lead).where(schema.event.c.id.in_(some))
        leads |= dict.fromkeys(connection.execute(where).scalars())
    transaction = Transaction(connection, rules, lambda _lead: ((), ()), crm)
    return {event.id: event for events in transaction.events(leads).values() for event in events}


def status(connection: Connection, crm: str) -> SyncStatus:
    """Say where the CRM stands: what waits now, and how the last run went."""
    tally: dict[str, int] = dict(connection.execute(_tally, {"of_crm": crm}).all())
    disputed = int(connection.execute(_disputed, {"of_crm": crm}).scalar_one())
    noted = connection.execute(_get_note, {"of": REPORT}).scalar()
    parked = tally.pop("parked", 0)
    now = SyncStatus(crm, sum(tally.values()), parked, disputed)
    if noted is None:
        return now
    last = msgspec.json.decode(noted, type=SyncStatus)
    return replace(last, crm=crm, waiting=now.waiting, parked=now.parked, conflicts=now.conflicts)


def _link(row: Any) -> Link:  # a row of the table
    return Link(row.lead, row.remote_id, row.seen_at, row.version, _base.decode(row.base))


def _field_conflict(row: Any) -> FieldConflict:  # a row of the table, with the lead's name
    return FieldConflict(
        row.lead, row.field, row.mine, row.theirs, row.at, row.decided, row.id, row.name or "",
    )  # fmt: skip
