"""The outbox: what a CRM has to have, enqueued in the transaction of the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.services.desk import Action
from callsheet.store import schema
from callsheet.sync.drafts import Draft, drafts

_D = schema.delivery.c
_put = insert(schema.delivery).on_conflict_do_nothing()
_next = select(func.coalesce(func.max(_D.seq), 0))
_of_event = select(_D.op, _D.kind, _D.state).where(_D.event == bindparam("of"), _D.crm == bindparam("of_crm"))
_set_state = (
    update(schema.delivery)
    .where(_D.op == bindparam("of"), _D.crm == bindparam("of_crm"))
    .values(state=bindparam("to"), updated_at=bindparam("now"))
)
_linked = select(schema.link.c.lead).where(
    schema.link.c.crm == bindparam("of_crm"), schema.link.c.lead.in_(bindparam("leads", expanding=True))
)


def enqueue(
    connection: Connection,
    crm: str,
    action: Action,
    journal: Mapping[str, Sequence[ev.Event]],
) -> None:
    """Enqueue what the CRM has to get of an action; what an undoing takes back and was not sent never leaves."""
    wanted = drafts(action.events)
    if action.kind == "undo":
        wanted += _undoing(connection, crm, action, journal)
    if wanted:
        put(connection, crm, wanted, journal, action.at)


def put(
    connection: Connection, crm: str, wanted: Sequence[Draft], journal: Mapping[str, Sequence[ev.Event]], now: datetime
) -> None:
    """Insert drafts after all others; before the first one of a lead that the CRM does not know goes the lead."""
    concerned = {one.lead for one in wanted}
    known = set(connection.execute(_linked, {"of_crm": crm, "leads": list(concerned)}).scalars())
    first: dict[str, Draft] = {}
    for lead in concerned - known:
        born = next((event for event in journal[lead] if isinstance(event.body, ev.Captured)), None)
        if born is not None:
            first[lead] = Draft(born.id, born.id, lead, "lead")
    seq = connection.execute(_next).scalar_one()
    rows = []
    for one in wanted:
        for each in (first.pop(one.lead, None), one):
            if each is not None:
                seq += 1
                rows.append({**asdict(each), "crm": crm, "seq": seq, "state": "waiting", "updated_at": now})
    connection.execute(_put, rows)


def _undoing(
    connection: Connection, crm: str, action: Action, journal: Mapping[str, Sequence[ev.Event]]
) -> list[Draft]:
    """Cancel what has not left, take back what has; facts that hold again (redo) are sent again under a new key."""
    wanted: list[Draft] = []
    for undone in action.events:
        holds = {event.id for event in effective(journal[undone.lead])}
        for event in journal[undone.lead]:
            made = drafts([event])
            if not made or event.id == undone.id:
                continue
            rows = connection.execute(_of_event, {"of": event.id, "of_crm": crm}).all()
            live = [row for row in rows if row.kind != "take_back" and row.state not in ("cancelled", "compensated")]
            taken = any(row.kind == "take_back" and row.state != "cancelled" for row in rows)
            if event.id in holds:
                if rows and (taken or not live):
                    wanted.append(Draft(f"{event.id}.{undone.id}", event.id, undone.lead, made[0].kind, made[0].urgent))
                continue
            for row in live:
                if row.state in ("waiting", "retry", "parked"):
                    _mark(connection, crm, row.op, "cancelled", action.at)
                elif not taken:
                    wanted.append(Draft(undone.id, event.id, undone.lead, "take_back"))
    return wanted


def _mark(connection: Connection, crm: str, op: str, state: str, now: datetime) -> None:
    connection.execute(_set_state, {"of": op, "of_crm": crm, "to": state, "now": now})
