"""`services.book_copy.BookCopy` over the book's file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from callsheet.domain.lead import Lead, fold
from callsheet.services.book_copy import KEPT, Disputed, Line, Noted, PlanVersion, TakenIn
from callsheet.services.desk import Action
from callsheet.store import journal, schema
from callsheet.store.codec import decode_body, encode

if TYPE_CHECKING:
    from callsheet.domain import events as ev
    from callsheet.store.book import SqliteBook

BATCH: Final = 500

_A = schema.action.c
_E = schema.event.c
_P = schema.plan_version.c
_actions = select(schema.action).where(_A.seq > bindparam("after")).order_by(_A.seq).limit(BATCH)
_events = select(schema.event).where(_E.action.in_(bindparam("actions", expanding=True))).order_by(_E.seq)
_leads = select(_E.lead).distinct().order_by(_E.lead)
_known_actions = select(_A.id).where(_A.id.in_(bindparam("ids", expanding=True)))
_known_events = select(_E.id).where(_E.id.in_(bindparam("ids", expanding=True)))
_put_plan = upsert(schema.plan_version).on_conflict_do_nothing()
_put_note = upsert(schema.note).on_conflict_do_nothing()
_notes = select(schema.note).where(schema.note.c.name.in_(bindparam("names", expanding=True))).order_by("name")
_disputed = tuple(schema.conflict.c[field.name] for field in fields(Disputed))
_same_dispute = select(schema.conflict.c.id).where(*(column == bindparam(column.name) for column in _disputed))


class SqliteCopy:
    """The book, as far as copying it goes."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book

    def plans(self) -> Iterator[PlanVersion]:
        """Yield every version of a plan that a lead was ever started on."""
        with self._book.reading() as connection:
            for row in connection.execute(select(schema.plan_version).order_by(_P.name, _P.version)):
                yield PlanVersion(row.name, row.version, row.body)

    def actions(self) -> Iterator[Action]:
        """Yield every action with its events, in the order of the journal; one state of the book throughout."""
        with self._book.reading() as connection:
            after = 0
            while rows := connection.execute(_actions, {"after": after}).all():
                after = rows[-1].seq
                events: dict[str, list[ev.Event]] = {row.id: [] for row in rows}
                for row in connection.execute(_events, {"actions": list(events)}):
                    events[row.action].append(_event(row))
                for row in rows:
                    yield Action(row.id, row.at, row.label, tuple(events[row.id]), row.kind, row.target)

    def leads(self) -> Iterator[Lead]:
        """Yield every lead as its events make it, in the order of their ids."""
        rules = self._book.rules
        with self._book.reading() as connection:
            ids = iter(connection.execute(_leads).scalars().all())
            while some := list(islice(ids, BATCH)):
                found = journal.Transaction(connection, rules, lambda _: ((), ()), "").events(some)
                for lead, events in found.items():
                    made = fold(lead, events, rules)
                    if made is not None:
                        yield made

    def notes(self) -> Iterator[Noted]:
        """Yield the notes that belong into a copy."""
        with self._book.reading() as connection:
            for row in connection.execute(_notes, {"names": list(KEPT)}):
                yield Noted(row.name, row.value)

    def disputes(self) -> Iterator[Disputed]:
        """Yield every conflict with a CRM, in the order in which they came up."""
        with self._book.reading() as connection:
            for row in connection.execute(select(*_disputed).order_by(schema.conflict.c.id)):
                yield Disputed(*row)

    def take_in(self, lines: Iterable[Line]) -> TakenIn:
        """Append what is not here yet, all of it or nothing, and make the derived rows anew."""
        taken, events, known = 0, 0, 0
        with self._book.writing() as connection:
            left = _without_actions(connection, lines)
            while some := list(islice(left, BATCH)):
                new = _new(connection, some)
                known += len(some) - len(new)
                taken += len(new)
                events += sum(len(action.events) for action in new)
                _append(connection, new)
        self._book.rebuild()
        return TakenIn(taken, events, known)


def _without_actions(connection: Connection, lines: Iterable[Line]) -> Iterator[Action]:
    """Keep plans, notes and conflicts that are not here yet, and hand the actions on."""
    for line in lines:
        match line:
            case Action():
                yield line
            case PlanVersion():
                connection.execute(_put_plan, {"name": line.name, "version": line.version, "body": line.body})
            case Noted() if line.name in KEPT:
                connection.execute(_put_note, {"name": line.name, "value": line.value})
            case Disputed():
                values = asdict(line)
                if connection.execute(_same_dispute, values).first() is None:
                    connection.execute(insert(schema.conflict), values)
            case _:
                pass


def _new(connection: Connection, actions: Sequence[Action]) -> list[Action]:
    ids = {"ids": [action.id for action in actions]}
    known = set(connection.execute(_known_actions, ids).scalars())
    events = [event.id for action in actions for event in action.events]
    seen = set(connection.execute(_known_events, {"ids": events}).scalars()) if events else set()
    return [one for one in actions if one.id not in known and not any(event.id in seen for event in one.events)]


def _append(connection: Connection, actions: Sequence[Action]) -> None:
    if not actions:
        return
    connection.execute(
        insert(schema.action),
        [{"id": one.id, "at": one.at, "kind": one.kind, "target": one.target, "label": one.label} for one in actions],
    )
    rows: list[dict[str, Any]] = [
        {
            "id": event.id, "lead": event.lead, "action": event.action, "at": event.at, "zone": event.zone,
            "recorded_at": event.recorded_at, "origin": event.origin, "kind": event.kind, "body": encode(event.body),
        }
        for action in actions
        for event in action.events
    ]  # fmt: skip
    if rows:
        connection.execute(insert(schema.event), rows)


def _event(row: Any) -> ev.Event:
    from callsheet.domain.events import Event

    return Event(
        row.id, row.lead, row.action, row.at, row.zone, row.recorded_at, row.origin,
        decode_body(row.kind, row.body), row.seq,
    )  # fmt: skip
