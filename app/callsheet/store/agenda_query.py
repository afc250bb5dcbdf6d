"""The sheet's sections as index scans: the same order as `domain.agenda.place`, without looking at every lead."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, literal, or_, select, union_all

from callsheet.domain.agenda import SECTIONS, Pane, end_of_day
from callsheet.domain.rules import Rules
from callsheet.services.views import OPEN_STATES, Filter
from callsheet.store import schema

_a = schema.agenda.c
_l = schema.lead.c
_TIES = (_a.promise_at, _a.counted, _a.received_at, _a.lead)
_now: ColumnElement[datetime] = bindparam("now", type_=schema.Instant())
_lead_by: ColumnElement[datetime] = bindparam("lead_by", type_=schema.Instant())
_golden: ColumnElement[datetime] = bindparam("golden", type_=schema.Instant())
_soon: ColumnElement[datetime] = bindparam("soon", type_=schema.Instant())
_tomorrow: ColumnElement[datetime] = bindparam("tomorrow", type_=schema.Instant())

_free = _a.commitment_at > _lead_by
_calm = and_(_a.kind != "hot", _free, _a.promise_at > _soon)

_WHERE: dict[str, ColumnElement[bool]] = {
    "golden": and_(_a.kind == "hot", _free, _a.due_at <= _now, _a.received_at > _golden),
    "promised": and_(_a.kind == "hot", _free, _a.due_at <= _now, _a.received_at <= _golden),
    "waiting": and_(_a.kind == "hot", _free, _a.due_at > _now),
    "commitments": _a.commitment_at <= _lead_by,
    "promises": and_(_a.kind != "hot", _free, _a.promise_at <= _soon),
    "steps": and_(_calm, _a.kind.in_(("step", "nurture")), _a.due_at < _tomorrow),
    "loose": and_(_calm, _a.kind.in_(("invite", "stale")), _a.due_at <= _now),
    "adrift": and_(_calm, _a.kind == "adrift"),
    "later": and_(
        _calm,
        or_(
            and_(_a.kind.in_(("step", "nurture")), _a.due_at >= _tomorrow),
            and_(_a.kind.in_(("invite", "stale")), _a.due_at > _now),
            _a.kind == "commitment",
        ),
    ),
}

_ORDER: dict[str, tuple[ColumnElement[Any], ...]] = {
    "golden": (_a.received_at.desc(), *_TIES),
    "promised": _TIES,
    "waiting": (_a.due_at, *_TIES),
    "commitments": (_a.commitment_at, *_TIES),
    "promises": _TIES,
    "steps": (_a.due_at, *_TIES),
    "loose": (_a.due_at, *_TIES),
    "adrift": (_a.due_at, *_TIES),
    "later": (_a.due_at, *_TIES),
}

_undelivered = exists().where(schema.delivery.c.lead == _l.id, schema.delivery.c.state.in_(sorted(OPEN_STATES)))

ROW_COLUMNS = (
    _a.body, _l.name, _l.company, _l.title, _l.phone, _l.email, _l.campaign, _l.last_missed, _l.missing, _l.zones,
    _l.regions,
    (~_undelivered).label("in_crm"),
)  # fmt: skip
"""What a row of the sheet is made of, from `agenda` joined with `lead`."""


def moment(now: datetime, rules: Rules) -> dict[str, datetime]:
    """Return the times that the sections compare with."""
    return {
        "now": now,
        "lead_by": now + rules.commitment_lead,
        "golden": now - rules.golden,
        "soon": now + rules.soon,
        "tomorrow": end_of_day(now, rules),
    }


def _filters(only: Filter) -> list[ColumnElement[bool]]:
    named = ((_a.channel, only.channel), (_a.plan, only.plan), (_a.campaign, only.campaign))
    return [column == value for column, value in named if value]


@lru_cache(maxsize=64)
def page(pane: Pane | None, only: Filter) -> Select[Any]:
    """Return the statement for rows `[:offset, :offset + :limit)` of a pane, or of the sheet from top to bottom.

    Parameters are those of `moment`, with `limit`, `offset` and `reach` (their sum).
    """
    parts = []
    for index, (of, section) in enumerate(SECTIONS):
        if pane is None or pane == of:
            place = func.row_number().over(order_by=_ORDER[section]).label("nth")
            inner = (
                select(_a.lead.label("lead"), literal(index).label("section"), place)
                .where(_WHERE[section], *_filters(only))
                .order_by(*_ORDER[section])
                .limit(bindparam("reach"))
                .subquery()
            )
            parts.append(select(inner))
    found = union_all(*parts).subquery()
    chosen = (
        select(found.c.lead, found.c.section, found.c.nth)
        .order_by(found.c.section, found.c.nth)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery()
    )
    return (
        select(chosen.c.section, *ROW_COLUMNS)
        .join(schema.agenda, _a.lead == chosen.c.lead)
        .join(schema.lead, _l.id == chosen.c.lead)
        .order_by(chosen.c.section, chosen.c.nth)
    )


@lru_cache(maxsize=64)
def size(pane: Pane, only: Filter) -> Select[int]:
    """Return the statement that counts a pane."""
    inside = or_(*(_WHERE[section] for of, section in SECTIONS if of == pane))
    return select(func.count()).select_from(schema.agenda).where(inside, *_filters(only))
