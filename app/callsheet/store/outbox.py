"""The outbox: what a CRM has to have, kept up in the transaction of the facts that it follows from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.store import schema
from callsheet.store.codec import encode
from callsheet.sync.owed import owed
from callsheet.sync.records import Delivery

_D = schema.delivery.c
_put = insert(schema.delivery)
_last = select(func.coalesce(func.max(_D.seq), 0)).where(_D.crm == bindparam("of_crm"))
_of_leads = (
    select(schema.delivery)
    .where(_D.crm == bindparam("of_crm"), _D.lead.in_(bindparam("leads", expanding=True)))
    .order_by(_D.seq)
)
_save = (
    update(schema.delivery)
    .where(_D.op == bindparam("of"), _D.crm == bindparam("of_crm"))
    .values({
        name: bindparam(f"to_{name}")
        for name in (
            "seq", "state", "tries", "maybe", "not_before", "lease_until", "lease_by", "reason", "field", "remote_id",
            "verified", "detail", "updated_at",
        )
    })
)  # fmt: skip
_linked = select(schema.link.c.lead).where(
    schema.link.c.crm == bindparam("of_crm"), schema.link.c.lead.in_(bindparam("leads", expanding=True))
)

CHUNK: Final = 500
"""Ids in one question to the database."""


def chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    """Cut ids into lists that one question takes."""
    every = list(dict.fromkeys(ids))
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))


def enqueue(
    connection: Connection,
    crm: str,
    folds: Mapping[str, tuple[Lead | None, Sequence[ev.Event]]],
    rules: Rules,
    now: datetime,
) -> int:
    """Bring the outbox to what the facts of some leads ask for; return how many deliveries are new."""
    new = 0
    for leads in chunks(folds):
        rows = of_leads(connection, crm, leads)
        known = set(connection.execute(_linked, {"of_crm": crm, "leads": leads}).scalars())
        for lead in leads:
            made, events = folds[lead]
            due = owed(lead, made, events, rows.get(lead, ()), rules, known=lead in known)
            save(connection, crm, due.changed, now)
            save(connection, crm, due.moved, now, behind=True)
            add(connection, crm, due.new, now)
            new += len(due.new)
    return new


def of_leads(connection: Connection, crm: str, leads: Iterable[str]) -> dict[str, list[Delivery]]:
    """Return all deliveries of leads that have any, in the order of the outbox."""
    found: dict[str, list[Delivery]] = {}
    for some in chunks(leads):
        for row in connection.execute(_of_leads, {"of_crm": crm, "leads": some}):
            found.setdefault(row.lead, []).append(delivery(row))
    return found


def add(connection: Connection, crm: str, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Put new deliveries behind all others."""
    if not deliveries:
        return
    last = connection.execute(_last, {"of_crm": crm}).scalar_one()
    rows = [
        {
            "op": each.op, "crm": crm, "seq": last + place, "lead": each.lead, "event": each.event, "kind": each.kind,
            "urgent": each.urgent, **_state(each, now),
        }
        for place, each in enumerate(deliveries, 1)
    ]  # fmt: skip
    connection.execute(_put, rows)


def save(
    connection: Connection, crm: str, deliveries: Sequence[Delivery], now: datetime, *, behind: bool = False
) -> None:
    """Keep the state of deliveries; `behind` puts them behind all others."""
    if not deliveries:
        return
    last = connection.execute(_last, {"of_crm": crm}).scalar_one() if behind else 0
    connection.execute(
        _save,
        [
            {
                "of": each.op, "of_crm": crm, "to_seq": last + place if behind else each.seq,
                **{f"to_{name}": value for name, value in _state(each, now).items()},
            }
            for place, each in enumerate(deliveries, 1)
        ],
    )  # fmt: skip


def delivery(row: Any) -> Delivery:  # a row of the table
    """Make a delivery of its row."""
    return Delivery(
        row.op, row.event, row.lead, row.kind, row.seq, row.state, bool(row.urgent), row.tries, bool(row.maybe),
        row.not_before, row.lease_until, row.lease_by, row.reason, row.field, row.remote_id, row.verified,
        msgspec.json.decode(row.detail), row.updated_at,
    )  # fmt: skip


def _state(each: Delivery, now: datetime) -> dict[str, Any]:
    return {
        "state": each.state, "tries": each.tries, "maybe": each.maybe, "not_before": each.not_before,
        "lease_until": each.lease_until, "lease_by": each.lease_by, "reason": each.reason, "field": each.field,
        "remote_id": each.remote_id, "verified": each.verified, "detail": encode(dict(each.detail)), "updated_at": now,
    }  # fmt: skip
