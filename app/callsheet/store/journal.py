"""The journal: events appended together with everything that follows from them, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from callsheet.domain import events as ev
from callsheet.domain.agenda import Entry, next_action
from callsheet.domain.lead import Lead, fold
from callsheet.domain.rules import Rules
from callsheet.services.desk import Action, Changes
from callsheet.store import outbox, schema
from callsheet.store.codec import decode_body, encode
from callsheet.store.derived import Locate, clear, derive, name_key

_E = schema.event.c
_A = schema.action
_fields = (_E.seq, _E.id, _E.lead, _E.action, _E.at, _E.zone, _E.recorded_at, _E.origin, _E.kind, _E.body)
_events_of = select(*_fields).where(_E.lead.in_(bindparam("leads", expanding=True))).order_by(_E.lead, _E.seq)
_put_event = insert(schema.event)
_put_action = insert(schema.action)
_keep_plan = upsert(schema.plan_version).on_conflict_do_nothing()
_points = select(schema.point.c.value, schema.point.c.lead).where(
    schema.point.c.value.in_(bindparam("values", expanding=True))
)
_stopped = select(schema.suppressed.c.value).where(schema.suppressed.c.value.in_(bindparam("values", expanding=True)))
_named = select(schema.lead.c.id).where(schema.lead.c.name_key == bindparam("key"))
_undoing = _A.alias("undoing")
_redoing = _A.alias("redoing")
_latest = (
    select(_A.c.id, _A.c.at, _A.c.label, _A.c.kind, _A.c.target, _A.c.seq)
    .where(
        _A.c.kind == bindparam("kind"),
        ~exists().where(
            _undoing.c.target == _A.c.id,
            _undoing.c.kind == "undo",
            ~exists().where(_redoing.c.target == _undoing.c.id, _redoing.c.kind == "undo"),
        ),
    )
    .order_by(_A.c.seq.desc())
    .limit(1)
)
_has_event = select(_E.seq).where(_E.id == bindparam("of"))
_have_events = select(_E.id).where(_E.id.in_(bindparam("ids", expanding=True)))
_leads_of = select(_E.lead).where(_E.action == bindparam("action")).distinct()

REBUILD_BATCH = 500
"""Leads that are folded at a time when everything is rebuilt."""


class Transaction:
    """`services.desk.Work` over one open connection."""

    def __init__(self, connection: Connection, rules: Rules, locate: Locate, crm: str) -> None:
        self._connection = connection
        self._rules = rules
        self._locate = locate
        self._crm = crm

    def events(self, leads: Iterable[str]) -> dict[str, list[ev.Event]]:
        """Return the events of leads, oldest in the journal first."""
        wanted = list(dict.fromkeys(leads))
        found: dict[str, list[ev.Event]] = {lead: [] for lead in wanted}
        for start in range(0, len(wanted), REBUILD_BATCH):
            for row in self._connection.execute(_events_of, {"leads": wanted[start : start + REBUILD_BATCH]}):
                found[row.lead].append(_event(row))
        return found

    def lead(self, lead: str) -> Lead | None:
        """Return the lead as its events make it."""
        return fold(lead, self.events([lead])[lead], self._rules)

    def leads(self, leads: Iterable[str]) -> dict[str, Lead]:
        """Return those of the leads that there are, by their ids."""
        folds = ((lead, fold(lead, events, self._rules)) for lead, events in self.events(leads).items())
        return {lead: made for lead, made in folds if made is not None}

    def entry(self, lead: str) -> Entry | None:
        """Return the lead's next action."""
        found = self.lead(lead)
        return next_action(found, self._rules) if found else None

    def has_event(self, event: str) -> bool:
        """Tell whether an event of that id is in the journal."""
        return self._connection.execute(_has_event, {"of": event}).scalar() is not None

    def known_events(self, events: Iterable[str]) -> frozenset[str]:
        """Return those of the ids under which an event is in the journal."""
        return frozenset(self._connection.execute(_have_events, {"ids": list(events)}).scalars())

    def append(self, action: Action) -> Changes:
        """Append the action's events, with all that follows from them."""
        connection = self._connection
        connection.execute(
            _put_action,
            {"id": action.id, "at": action.at, "kind": action.kind, "target": action.target, "label": action.label},
        )
        if action.events:
            connection.execute(_put_event, [_row(event) for event in action.events])
        leads = list(dict.fromkeys(event.lead for event in action.events))
        new = {event.lead: list[ev.Event]() for event in action.events if isinstance(event.body, ev.Captured)}
        for place, event in enumerate(action.events, 1):
            if event.lead in new:
                new[event.lead].append(event if event.seq else replace(event, seq=place))
        journal = new | self.events(lead for lead in leads if lead not in new)
        made = {lead: (fold(lead, events, self._rules), events) for lead, events in journal.items()}
        self._keep_plans(one for one, _ in made.values() if one is not None)
        born = {lead: one for lead, one in made.items() if lead in new}
        known = {lead: one for lead, one in made.items() if lead not in new}
        if born:
            derive(connection, born, self._rules, self._locate, fresh=True)
        if known:
            derive(connection, known, self._rules, self._locate)
        if self._crm:
            outbox.enqueue(connection, self._crm, made, self._rules, action.at)
        return Changes(action.id, frozenset(leads), action.label)

    def _keep_plans(self, leads: Iterable[Lead]) -> None:
        """Keep the version of each plan that a lead runs on: it goes on with it when the files change."""
        running = {(lead.plan.name, lead.plan.version) for lead in leads if lead.plan is not None}
        plans = [plan for key in running if (plan := self._rules.plans.get(key)) is not None]
        if plans:
            rows = [{"name": plan.name, "version": plan.version, "body": encode(plan)} for plan in plans]
            self._connection.execute(_keep_plan, rows)

    def with_points(self, points: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return the leads that have each of these numbers or addresses."""
        found: dict[str, set[str]] = {}
        for value, lead in self._connection.execute(_points, {"values": list(points)}):
            found.setdefault(value, set()).add(lead)
        return {value: frozenset(leads) for value, leads in found.items()}

    def with_name(self, name: str, company: str) -> frozenset[str]:
        """Return the leads of that name at that company, however written."""
        return frozenset(self._connection.execute(_named, {"key": name_key(name, company)}).scalars())

    def suppressed(self, points: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers and addresses that are on the do-not-contact list."""
        return frozenset(self._connection.execute(_stopped, {"values": list(points)}).scalars())

    def last_done(self) -> Action | None:
        """Return the last action of the rep that holds, without its events."""
        found = self._latest("do")
        return found[0] if found else None

    def last_undone(self) -> Action | None:
        """Return the undoing that redo would take back; None after something new was done."""
        undone, done = self._latest("undo", plain=True), self._newest_do()
        return undone[0] if undone and undone[1] > done else None

    def leads_of(self, action: str) -> tuple[str, ...]:
        """Return the leads that an action touched."""
        return tuple(self._connection.execute(_leads_of, {"action": action}).scalars())

    def _latest(self, kind: str, *, plain: bool = False) -> tuple[Action, int] | None:
        statement = _latest.where(_A.c.label.is_not(None))
        if plain:  # an undoing, but not the undoing of an undoing, which is redo
            did = _A.alias("did")
            statement = statement.where(exists().where(did.c.id == _A.c.target, did.c.kind == "do"))
        row = self._connection.execute(statement, {"kind": kind}).first()
        return (Action(row.id, row.at, row.label, (), row.kind, row.target), row.seq) if row else None

    def _newest_do(self) -> int:
        statement = select(_A.c.seq).where(_A.c.kind == "do").order_by(_A.c.seq.desc()).limit(1)
        return self._connection.execute(statement).scalar() or 0


def rebuild(
    connection: Connection, rules: Rules, locate: Locate, progress: Callable[[int, int], None] | None = None
) -> int:
    """Drop all derived rows and make them anew from the journal; return how many leads there are.

    `progress` is called with the leads done and the leads in all.
    """
    clear(connection)
    ids = list(connection.execute(select(_E.lead).distinct()).scalars())
    transaction = Transaction(connection, rules, locate, "")
    for start in range(0, len(ids), REBUILD_BATCH):
        journal = transaction.events(ids[start : start + REBUILD_BATCH])
        derive(
            connection,
            {lead: (fold(lead, events, rules), events) for lead, events in journal.items()},
            rules,
            locate,
            fresh=True,
        )
        if progress:
            progress(min(start + REBUILD_BATCH, len(ids)), len(ids))
    return len(ids)


def _row(event: ev.Event) -> dict[str, Any]:
    return {
        "id": event.id, "lead": event.lead, "action": event.action, "at": event.at, "zone": event.zone,
        "recorded_at": event.recorded_at, "origin": event.origin, "kind": event.kind, "body": encode(event.body),
    }  # fmt: skip


def _event(row: Any) -> ev.Event:
    return ev.Event(
        row.id, row.lead, row.action, row.at, row.zone, row.recorded_at, row.origin,
        decode_body(row.kind, row.body), row.seq,
    )  # fmt: skip


def read_events(connection: Connection, lead: str) -> list[ev.Event]:
    """Return the events of one lead, oldest in the journal first."""
    return [_event(row) for row in connection.execute(_events_of, {"leads": [lead]})]
