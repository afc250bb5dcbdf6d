"""The sheet's sections as index scans: the same order as `domain.agenda.place`, without looking at every lead."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)

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
_calm = and_(_free, _a.promise_at > _soon)

_waiting = and_(_a.lane == "invite", _calm, _a.due_at > _now)
_waiting_for: ColumnElement[Any] = case(
    (_a.commitment_at < schema.NEVER, type_coerce(_a.commitment_at, Integer)), else_=type_coerce(_a.due_at, Integer)
)

_WHERE: dict[str, tuple[ColumnElement[bool], ...]] = {
    "golden": (and_(_a.lane == "hot", _free, _a.due_at <= _now, _a.received_at > _golden),),
    "promised": (and_(_a.lane == "hot", _free, _a.due_at <= _now, _a.received_at <= _golden),),
    "waiting": (and_(_a.lane == "hot", _free, _a.due_at > _now),),
    "commitments": (_a.commitment_at <= _lead_by,),
    "promises": (and_(_a.lane != "hot", _free, _a.promise_at <= _soon),),
    "steps": (and_(_a.lane == "step", _calm, _a.due_at < _tomorrow),),
    "loose": (and_(_a.lane == "invite", _calm, _a.due_at <= _now),),
    "adrift": (and_(_a.lane == "adrift", _calm),),
    "later": (
        and_(_a.lane == "step", _calm, _a.due_at >= _tomorrow),
        _waiting,
        and_(_a.lane == "commitment", _calm),
    ),
}
"""What each section holds: a lane and a range of times at a time, so that an index gives the rows in order."""

_FIRST: dict[str, ColumnElement[Any]] = {
    "golden": -type_coerce(_a.received_at, Integer),
    "promised": literal(0),
    "commitments": type_coerce(_a.commitment_at, Integer),
    "promises": literal(0),
}
"""What orders a section before the ties do; where it is not named, the time at which it falls due.

The promise is the first of the ties: named twice, it would cost the index.
"""

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
    parts = [
        select(_part(index, section, where, only))
        for index, (of, section) in enumerate(SECTIONS)
        if pane in (None, of)
        for where in _WHERE[section]
    ]
    found = union_all(*parts).subquery()
    order = tuple(found.c[name] for name in ("section", "first", *(column.name for column in _TIES)))
    chosen = select(found).order_by(*order).limit(bindparam("limit")).offset(bindparam("offset")).subquery()
    return (
        select(chosen.c.section, *ROW_COLUMNS)
        .join(schema.agenda, _a.lead == chosen.c.lead)
        .join(schema.lead, _l.id == chosen.c.lead)
        .order_by(*(chosen.c[column.name] for column in order))
    )


def _part(index: int, section: str, where: ColumnElement[bool], only: Filter) -> Subquery:
    """Return the first rows of a part of a section: its index gives them in order, the rest is never looked at."""
    due = _waiting_for if where is _waiting else type_coerce(_a.due_at, Integer)
    first = _FIRST.get(section, due).label("first")
    return (
        select(literal(index).label("section"), first, *_TIES)
        .where(where, *_filters(only))
        .order_by(*(() if section in ("promised", "promises") else (first,)), *_TIES)
        .limit(bindparam("reach"))
        .subquery()
    )


@lru_cache(maxsize=64)
def size(pane: Pane | None, only: Filter) -> Select[int]:
    """Return the statement that counts a pane, or all of the agenda."""
    if pane is None:
        return select(func.count()).select_from(schema.agenda).where(*_filters(only))
    counts = (
        select(func.count()).select_from(schema.agenda).where(where, *_filters(only)).scalar_subquery()
        for of, section in SECTIONS
        if of == pane
        for where in _WHERE[section]
    )
    return select(reduce(add, counts))
