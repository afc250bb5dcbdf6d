"""The derived rows of a lead: written whole, from its fold, in the transaction of the events they follow from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from callsheet.domain import events as ev
from callsheet.domain.agenda import Kind, next_action
from callsheet.domain.lead import Lead, effective
from callsheet.domain.profile import folded
from callsheet.domain.rules import Rules
from callsheet.store import schema
from callsheet.store.codec import encode
from callsheet.store.receipts import invited_rows, receipt_rows, touch_rows

Locate = Callable[[Lead], tuple[tuple[str, ...], tuple[str, ...]]]
"""The time zones a lead may be in, and the regions whose calling hours hold for it."""

LANES: dict[Kind, str] = {"nurture": "step", "stale": "invite"}
"""Kinds of entries that stand in the lane of another one."""

_columns = [column.name for column in schema.lead.columns if column.name not in ("row", "id")]
_put = upsert(schema.lead)
_put_lead = _put.on_conflict_do_update(index_elements=["id"], set_={name: _put.excluded[name] for name in _columns})
_put_agenda = insert(schema.agenda)
_put_touch = insert(schema.touch)
_put_receipt = insert(schema.receipt)
_put_invited = insert(schema.invited)
_put_agreed = insert(schema.agreed)
_put_point = insert(schema.point)
_put_suppressed = insert(schema.suppressed)
_old = [
    delete(table).where(table.c.lead == bindparam("gone"))
    for table in (
        schema.agenda, schema.touch, schema.receipt, schema.agreed, schema.point, schema.suppressed,
    )
]  # fmt: skip
_drop_invited = delete(schema.invited).where(schema.invited.c.lead == bindparam("gone"))
_drop_lead = delete(schema.lead).where(schema.lead.c.id == bindparam("gone"))
_row_of = select(schema.lead.c.id, schema.lead.c.row).where(schema.lead.c.id.in_(bindparam("ids", expanding=True)))
_drop_find = text("DELETE FROM find WHERE rowid = :row")
_put_find = text("INSERT INTO find (rowid, text) VALUES (:row, :text)")


def derive(
    connection: Connection,
    leads: Mapping[str, tuple[Lead | None, Sequence[ev.Event]]],
    rules: Rules,
    locate: Locate,
    *,
    fresh: bool = False,
) -> None:
    """Write the rows of these leads, each given with its fold and its events; `fresh` when they have no rows yet.

    A lead whose every event was undone has no rows.
    """
    if not fresh:
        old = dict(connection.execute(_row_of, {"ids": list(leads)}).all())
        for statement in _old:
            connection.execute(statement, [{"gone": lead} for lead in leads])
        invited = [{"gone": lead} for lead, (_, events) in leads.items() if _was_invited(events)]
        if invited:  # few are: a log of any other lead need not look
            connection.execute(_drop_invited, invited)
        if old:
            connection.execute(_drop_find, [{"row": row} for row in old.values()])
        gone = [{"gone": lead} for lead in old if leads[lead][0] is None]
        if gone:
            connection.execute(_drop_lead, gone)
    kept = [(lead, events) for lead, events in leads.values() if lead is not None]
    if not kept:
        return
    connection.execute(_put_lead, [_lead_row(lead, locate) for lead, _ in kept])
    rows = dict(connection.execute(_row_of, {"ids": [lead.id for lead, _ in kept]}).all())
    connection.execute(_put_find, [{"row": rows[lead.id], "text": _searched(lead)} for lead, _ in kept])
    agreed = {lead.id: list(_agreed_rows(lead, events)) for lead, events in kept}
    inserts: tuple[tuple[Insert, list[dict[str, Any]]], ...] = (
        (_put_agenda, [row for lead, _ in kept for row in _agenda_rows(lead, rules)]),
        (_put_touch, [row for lead, _ in kept for row in touch_rows(lead, agreed[lead.id], rules)]),
        (_put_receipt, [row for lead, events in kept for row in receipt_rows(lead, events, rules)]),
        (_put_invited, [row for lead, events in kept for row in invited_rows(lead, events)]),
        (_put_agreed, [row for rows in agreed.values() for row in rows]),
        (_put_point, [row for lead, _ in kept for row in _point_rows(lead)]),
        (_put_suppressed, [row for lead, events in kept for row in _suppressed_rows(lead, events)]),
    )
    for into, values in inserts:
        if values:
            connection.execute(into, values)


def _was_invited(events: Iterable[ev.Event]) -> bool:
    return any(isinstance(event.body, ev.InviteSent) for event in events)


def _lead_row(lead: Lead, locate: Locate) -> dict[str, Any]:
    zones, regions = locate(lead) if lead.state != "name" else ((), ())  # a name is never called (RULES §1)
    profile = lead.profile
    missed = [touch.at for touch in lead.touches if touch.channel == "phone" and touch.counts and not touch.reached]
    return {
        "id": lead.id, "state": lead.state, "name": profile.name, "company": profile.company, "title": profile.title,
        "name_key": name_key(profile.name, profile.company), "phone": next(iter(lead.phones), ""),
        "email": next(iter(lead.emails), ""), "campaign": lead.campaign, "received_at": lead.received_at,
        "last_missed": max(missed, default=None), "missing": " ".join(profile.incomplete),
        "zones": " ".join(zones), "regions": " ".join(regions),
    }  # fmt: skip


def name_key(name: str, company: str) -> str:
    """Return what two spellings of one person at one company have in common."""
    return f"{folded(name)}\n{folded(company)}"


def _searched(lead: Lead) -> str:
    profile = lead.profile
    digits = ["".join(filter(str.isdigit, number)) for number in profile.phones]
    return "\n".join(folded(part) for part in (profile.name, profile.company, *profile.emails, *digits))


def _agenda_rows(lead: Lead, rules: Rules) -> Iterable[dict[str, Any]]:
    entry = next_action(lead, rules)
    if entry is not None:
        yield {
            "lead": lead.id, "lane": LANES.get(entry.kind, entry.kind), "channel": entry.channel, "plan": entry.plan,
            "campaign": lead.campaign, "due_at": entry.due_at, "received_at": entry.received_at,
            "promise_at": entry.promise_at or schema.NEVER, "commitment_at": entry.commitment_at or schema.NEVER,
            "counted": entry.counted, "body": encode(entry),
        }  # fmt: skip


def _agreed_rows(lead: Lead, events: Sequence[ev.Event]) -> Iterable[dict[str, Any]]:
    for event in effective(events):
        if isinstance(event.body, ev.NextStepSet) and event.origin == "rep":
            yield {"event": event.id, "lead": lead.id, "at": event.at}


def _point_rows(lead: Lead) -> Iterable[dict[str, Any]]:
    for value in dict.fromkeys(lead.profile.points):
        yield {"value": value, "lead": lead.id}


def _suppressed_rows(lead: Lead, events: Sequence[ev.Event]) -> Iterable[dict[str, Any]]:
    if not lead.do_not_contact:
        return
    named = [event.body.points for event in effective(events) if isinstance(event.body, ev.DoNotContact)]
    points = dict.fromkeys((*lead.profile.points, *(point for some in named for point in some)))
    for value in points:
        yield {"value": value, "lead": lead.id}


def clear(connection: Connection) -> None:
    """Drop all derived rows, so that they can be made anew."""
    for table in schema.DERIVED:
        connection.execute(delete(table))
    connection.execute(text("DELETE FROM find"))


def count(connection: Connection) -> int:
    """Count the leads that have rows."""
    return connection.execute(select(func.count()).select_from(schema.lead)).scalar_one()
