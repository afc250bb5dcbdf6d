"""Which leads of which companies the rep has dealt with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, or_, select

from callsheet.domain.lead import Lead, fold
from callsheet.domain.profile import folded
from callsheet.store import schema
from callsheet.store.journal import Transaction

if TYPE_CHECKING:
    from callsheet.store.book import SqliteBook

_l = schema.lead.c
_spoken = exists().where(schema.touch.c.lead == _l.id, schema.touch.c.reached == 1)
_dealt_with = select(_l.id, _l.company).where(_l.company != "", or_(_l.state == "closed", _spoken))
_of_campaign = select(_l.id).where(_l.campaign == bindparam("campaign"), _l.state != "closed").order_by(_l.id)


class SqliteCompanies:
    """Leads by company and by campaign, for handing them out."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book

    def dealt_with(self, companies: Iterable[str]) -> Sequence[Lead]:
        """Return the leads at these companies that were spoken with, or closed."""
        wanted = {folded(company) for company in companies}
        with self._book.reading() as connection:
            rows = connection.execute(_dealt_with).all()
        return self._leads([row.id for row in rows if folded(row.company) in wanted])

    def of_campaign(self, campaign: str) -> Sequence[Lead]:
        """Return the leads of a campaign that are not closed."""
        with self._book.reading() as connection:
            return self._leads(list(connection.execute(_of_campaign, {"campaign": campaign}).scalars()))

    def _leads(self, ids: Sequence[str]) -> Sequence[Lead]:
        rules = self._book.rules
        with self._book.reading() as connection:
            journal = Transaction(connection, rules, lambda _: ((), ()), "").events(ids)
        return [made for lead, events in journal.items() if (made := fold(lead, events, rules)) is not None]
