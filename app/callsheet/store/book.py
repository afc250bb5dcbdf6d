"""The book: `services.desk.Book` over one SQLite file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, PoolProxiedConnection, bindparam, case, func, select
from sqlalchemy.dialects.sqlite import insert

from callsheet.domain import events as ev
from callsheet.domain.agenda import SECTIONS, Pane, at_moment, next_action, place
from callsheet.domain.lead import Lead, fold
from callsheet.domain.plan import Plan
from callsheet.domain.rules import Rules
from callsheet.services.views import Audit, Card, Counts, Filter, Found, Row, SyncStatus, Today, Undelivered
from callsheet.store import agenda_query, figures_query, finding, journal, schema, sync_rows
from callsheet.store.codec import decode_entry, decode_plan, encode
from callsheet.store.database import open_database
from callsheet.store.derived import Locate

_l = schema.lead.c
_rows_of = (
    select(schema.agenda.c.lead, *agenda_query.ROW_COLUMNS)
    .join(schema.lead, _l.id == schema.agenda.c.lead)
    .where(schema.agenda.c.lead.in_(bindparam("leads", expanding=True)))
)
_deliveries_of = select(schema.delivery.c.event, schema.delivery.c.state).where(
    schema.delivery.c.lead == bindparam("lead")
)
_TELLS: Final = {"cancelled": -1, "compensated": -1, "delivered": 0, "parked": 2}
_link_of = select(schema.link.c.remote_id).where(schema.link.c.lead == bindparam("lead"))
_plans = select(schema.plan_version.c.body)
_campaigns = select(_l.campaign).where(_l.campaign != "").distinct().order_by(_l.campaign)
_t = schema.touch.c
_touches = select(func.count(case((_t.counts == 1, 1))), func.count(case((_t.reached == 1, 1)))).where(
    _t.at >= bindparam("since"), _t.at < bindparam("until"), _t.mine == 1
)
_agreed = select(func.count()).where(schema.agreed.c.at >= bindparam("since"), schema.agreed.c.at < bindparam("until"))
_names = select(func.count()).where(_l.state == "name")
_states = select(_l.state, func.count()).group_by(_l.state)
_adrift = select(_l.id).where(
    _l.state.in_(("working", "nurture")), ~select(schema.agenda.c.lead).where(schema.agenda.c.lead == _l.id).exists()
)
_rowless = select(schema.event.c.lead).distinct().where(~select(_l.id).where(_l.id == schema.event.c.lead).exists())
STATES = ("name", "working", "nurture", "returned", "closed")
_get_note = select(schema.note.c.value).where(schema.note.c.name == bindparam("of"))
_new_note = insert(schema.note)
_put_note = _new_note.on_conflict_do_update(index_elements=["name"], set_={"value": _new_note.excluded.value})


def _connected(connection: Connection) -> str:
    value = connection.execute(_get_note, {"of": "crm"}).scalar()
    return "" if value is None else str(msgspec.json.decode(value))


class SqliteBook:
    """All leads of a rep, in one file. Safe to use from several threads and processes.

    Raises:
        callsheet.store.database.BookUnreadable: the file cannot be used.
    """

    def __init__(self, path: Path, rules: Rules, locate: Locate) -> None:
        self.path = path
        self.rules = rules
        self._locate = locate
        self._engine: Engine = open_database(path)
        self._writing = self._engine.execution_options(writes=True)
        self._watch: PoolProxiedConnection | None = None
        self._lock = threading.Lock()

    @property
    def crm(self) -> str:
        """The kind of the CRM that deliveries are kept for, none when empty; another process may have connected it."""
        with self.reading() as connection:
            return _connected(connection)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()

    # Changing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def work(self) -> Iterator[journal.Transaction]:
        """Open a transaction; it is rolled back when an error leaves it."""
        with self._writing.begin() as connection:
            yield journal.Transaction(connection, self.rules, self._locate, _connected(connection))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction for what is no action of the rep: the outbox, links, notes."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one state of the book."""
        with self._engine.connect() as connection:
            yield connection

    def sync_rows(self) -> sync_rows.SyncRows:
        """Return the part of the book that the sync core works with."""
        with self.reading() as connection:
            return sync_rows.SyncRows(_connected(connection), self.rules, self._sync_work)

    @contextmanager
    def _sync_work(self) -> Iterator[tuple[Connection, journal.Transaction]]:
        with self._writing.begin() as connection:
            yield connection, journal.Transaction(connection, self.rules, self._locate, _connected(connection))

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make all derived rows anew; return how many leads there are."""
        with self._writing.begin() as connection:
            return journal.rebuild(connection, self.rules, self._locate, progress)

    def note(self, name: str, default: object = None) -> Any:  # a note is whatever was put there
        """Return what was noted under a name."""
        with self.reading() as connection:
            value = connection.execute(_get_note, {"of": name}).scalar()
        return default if value is None else msgspec.json.decode(value)

    def put_note(self, name: str, value: object) -> None:
        """Note something that is no fact about a lead, in place of what was noted under the name."""
        with self.writing() as connection:
            connection.execute(_put_note, {"name": name, "value": encode(value)})

    # Reading ------------------------------------------------------------------------------------------------------

    def sheet(
        self, now: datetime, *, pane: Pane | None = None, only: Filter = Filter(), offset: int = 0, limit: int = 50
    ) -> Sequence[Row]:
        """Return rows of the sheet as of now, in its order; of one pane, or of all three from top to bottom."""
        values = {**agenda_query.moment(now, self.rules), "limit": limit, "offset": offset, "reach": offset + limit}
        with self.reading() as connection:
            found = connection.execute(agenda_query.page(pane, only), values).all()
            connected = bool(_connected(connection))
        return [self._row(row, now, *SECTIONS[row.section], connected=connected) for row in found]

    def sheet_as_of(self, at: datetime) -> Sequence[Row]:
        """Return the whole sheet as it was known at a moment in the past: of the events recorded until then."""
        with self.reading() as connection:
            ids = list(connection.execute(select(_l.id)).scalars())
            placed = []
            for lead in ids:
                events = [event for event in journal.read_events(connection, lead) if event.recorded_at <= at]
                made = fold(lead, events, self.rules)
                entry = next_action(made, self.rules) if made else None
                if made is not None and entry is not None:
                    where = place(entry, at, self.rules)
                    zones, regions = self._locate(made)
                    profile = made.profile
                    row = Row(
                        at_moment(entry, at, self.rules), where.pane, where.section, profile.name, profile.company,
                        profile.title, next(iter(made.phones), ""), next(iter(made.emails), ""), zones, regions,
                        made.campaign, incomplete=profile.incomplete,
                    )  # fmt: skip
                    placed.append((where.key, row))
        return [row for _, row in sorted(placed, key=lambda pair: pair[0])]

    def counts(self, now: datetime, *, only: Filter = Filter()) -> Counts:
        """Count the leads in each pane."""
        values = agenda_query.moment(now, self.rules)
        with self.reading() as connection:

            def size(pane: Pane | None) -> int:
                return connection.execute(agenda_query.size(pane, only), values).scalar_one()

            hot, due = size("hot"), size("due")
            return Counts(hot, due, size(None) - hot - due, connection.execute(_names).scalar_one())

    def rows(self, leads: Iterable[str], now: datetime) -> Mapping[str, Row]:
        """Return the rows of single leads, where they have one."""
        with self.reading() as connection:
            found = connection.execute(_rows_of, {"leads": list(leads)}).all()
            connected = bool(_connected(connection))
        rows = {}
        for row in found:
            where = place(decode_entry(row.body), now, self.rules)
            rows[row.lead] = self._row(row, now, where.pane, where.section, connected=connected)
        return rows

    def _row(self, row: Any, now: datetime, pane: Pane, section: str, *, connected: bool) -> Row:
        # of a row with `ROW_COLUMNS`
        return Row(
            at_moment(decode_entry(row.body), now, self.rules), pane, section, row.name, row.company, row.title,
            row.phone, row.email, tuple(row.zones.split()), tuple(row.regions.split()), row.campaign, row.last_missed,
            not connected or bool(row.in_crm), tuple(row.missing.split()),
        )  # fmt: skip

    def lead(self, lead: str) -> Lead | None:
        """Return the lead as its events make it."""
        with self.reading() as connection:
            return fold(lead, journal.read_events(connection, lead), self.rules)

    def events(self, lead: str) -> Sequence[ev.Event]:
        """Return the events of a lead, oldest in the journal first."""
        with self.reading() as connection:
            return journal.read_events(connection, lead)

    def card(self, lead: str) -> Card | None:
        """Return a lead with all that is known of it."""
        with self.reading() as connection:
            made = fold(lead, journal.read_events(connection, lead), self.rules)
            if made is None:
                return None
            # Of several effects of one fact the one that needs somebody tells, and what was given up the least.
            rows = connection.execute(_deliveries_of, {"lead": lead}).all()
            deliveries = dict(sorted((tuple(row) for row in rows), key=lambda row: _TELLS.get(row[1], 1)))
            remote = connection.execute(_link_of, {"lead": lead}).scalar() or ""
        zones, regions = self._locate(made)
        return Card(made, next_action(made, self.rules), zones, regions, deliveries, remote)

    def find(self, text: str, *, limit: int = 50) -> Sequence[Found]:
        """Return leads by name, company, phone digits or email, best match first."""
        with self.reading() as connection:
            return finding.find(connection, text, limit)

    def resolve(self, text: str) -> Sequence[Found]:
        """Return the leads that an id, its prefix, an email, a number or a name means: one if it is not ambiguous."""
        with self.reading() as connection:
            return finding.resolve(connection, text)

    def plans(self) -> Mapping[tuple[str, int], Plan]:
        """Return every version of a plan that a lead was started on."""
        with self.reading() as connection:
            found = connection.execute(_plans).scalars().all()
        return {(plan.name, plan.version): plan for plan in map(decode_plan, found)}

    def campaigns(self) -> Sequence[str]:
        """Return the campaigns that leads have."""
        with self.reading() as connection:
            return list(connection.execute(_campaigns).scalars())

    def figures(self) -> figures_query.SqliteFigures:
        """Return where the rep's figures come from."""
        return figures_query.SqliteFigures(self)

    def today(self, since: datetime, until: datetime) -> Today:
        """Count what the rep did between two moments."""
        span = {"since": since, "until": until}
        with self.reading() as connection:
            touches, connects = connection.execute(_touches, span).one()
            return Today(touches, connects, connection.execute(_agreed, span).scalar_one())

    def audit(self) -> Audit:
        """Count every record by its state and name those without one."""
        with self.reading() as connection:
            states: dict[str, int] = dict(connection.execute(_states).all())
            lost = list(connection.execute(_adrift).scalars())
            rowless = connection.execute(_rowless).scalars().all()
            lost += [lead for lead in rowless if fold(lead, journal.read_events(connection, lead), self.rules)]
        names, working, nurture, returned, closed = (states.get(state, 0) for state in STATES)
        return Audit(sum(states.values()), names, working, nurture, returned, closed, tuple(sorted(lost)))

    def undelivered(self, *, limit: int = 500) -> Sequence[Undelivered]:
        """Return what the CRM does not have yet, the parked first."""
        with self.reading() as connection:
            return sync_rows.undelivered(connection, _connected(connection), self.rules, limit)

    def sync_status(self) -> SyncStatus:
        """Say where the CRM stands."""
        with self.reading() as connection:
            return sync_rows.status(connection, _connected(connection))

    def version(self) -> int:
        """Return a number that changes when anybody, in this process or another, changes the book."""
        with self._lock:
            if self._watch is None:
                # Outside of any transaction, in which the number would stand still.
                self._watch = self._engine.raw_connection()
            cursor = self._watch.cursor()
            cursor.execute("PRAGMA data_version")
            return int(cursor.fetchall()[0][0])
