"""The leads that have something in the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, union

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, fold
from callsheet.store import schema
from callsheet.store.journal import Transaction
from callsheet.store.schema import Instant

if TYPE_CHECKING:
    from callsheet.store.book import SqliteBook

_a = schema.agenda.c
_g = schema.agreed.c
_dated = union(
    select(_a.lead).where(_a.commitment_at < schema.NEVER),
    select(_g.lead).where(_g.at >= bindparam("since", type_=Instant())),
)


class SqliteDated:
    """`services.calendar_items.DatedReads` over the book's file."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book

    def dated(self, since: datetime) -> Sequence[tuple[Lead, Sequence[ev.Event]]]:
        """Return the leads with a next step or a meeting, or that agreed one since then, with their events."""
        rules = self._book.rules
        with self._book.reading() as connection:
            leads = list(connection.execute(_dated, {"since": since}).scalars())
            journal = Transaction(connection, rules, lambda _: ((), ()), "").events(leads)
        folds = ((fold(lead, events, rules), events) for lead, events in journal.items())
        return [(lead, events) for lead, events in folds if lead is not None]
