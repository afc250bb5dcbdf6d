"""Finding leads among very many: by trigrams from three letters on, by the start of the name before that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, TextClause, bindparam, case, or_, select, text

from callsheet.domain.profile import folded
from callsheet.services.views import Found
from callsheet.store import schema

_l = schema.lead.c
_COLUMNS = (_l.id, _l.name, _l.company, _l.title, _l.phone, _l.email, _l.state)

CANDIDATES = 1000
"""Matches that are put in order: more of them mean that the rep has to type another letter anyway."""

_matching: TextClause = text(f"SELECT rowid FROM find WHERE find MATCH :match LIMIT {CANDIDATES}")  # noqa: S608
_by_row = select(*_COLUMNS).where(_l.row.in_(bindparam("rows", expanding=True)))
_starting = (
    select(*_COLUMNS)
    .where(_l.name_key >= bindparam("low"), _l.name_key < bindparam("high"))
    .order_by(_l.name_key)
    .limit(bindparam("limit"))
)
_by_id = select(*_COLUMNS).where(_l.id >= bindparam("low"), _l.id < bindparam("high")).limit(bindparam("limit"))
_by_point = (
    select(*_COLUMNS)
    .join(schema.point, schema.point.c.lead == _l.id)
    .where(schema.point.c.value.in_(bindparam("points", expanding=True)))
    .distinct()
)


def find(connection: Connection, wanted: str, limit: int) -> Sequence[Found]:
    """Return leads that have all the words, the best match first: name before company before anything else."""
    words = _words(wanted)
    if not words:
        return []
    long = [word for word in words if len(word) >= 3]
    if not long:
        return _run(connection, _starting, limit, low=" ".join(words), high=" ".join(words) + "\U0010ffff", limit=limit)
    match = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
    rows = list(connection.execute(_matching, {"match": match}).scalars())
    short = [_l.name_key.contains(word, autoescape=True) for word in words if len(word) < 3]
    return _run(connection, _ranked(words).where(*short), limit, rows=rows)


def _ranked(words: Sequence[str]) -> Select[Any]:
    first = words[0]
    rank = case(
        (_l.name_key.startswith(" ".join(words), autoescape=True), 0),
        (_l.name_key.startswith(first, autoescape=True), 1),
        (
            or_(
                _l.name_key.contains(f" {first}", autoescape=True), _l.name_key.contains(f"\n{first}", autoescape=True)
            ),
            2,
        ),
        else_=3,
    )
    return _by_row.order_by(rank, _l.name_key, _l.id)


def resolve(connection: Connection, wanted: str) -> Sequence[Found]:
    """Return the leads that an id or its prefix, an email, a number or a name means, the surest reading first."""
    cleaned = wanted.strip()
    if len(cleaned) >= 4 and set(cleaned.lower()) <= set("0123456789abcdef-"):
        by_id = _run(connection, _by_id, 50, low=cleaned.lower(), high=cleaned.lower() + "g", limit=50)
        if by_id:
            return by_id
    digits = "".join(filter(str.isdigit, cleaned))
    points = [cleaned.lower(), cleaned, f"+{digits}"]
    by_point = _run(connection, _by_point, 50, points=points)
    if by_point:
        return by_point
    named = _run(connection, _starting, 50, low=folded(cleaned) + "\n", high=folded(cleaned) + "\n\U0010ffff", limit=50)
    if named:
        return named
    if len(digits) >= 6 and len(digits) >= len(cleaned) / 2:
        return find(connection, digits.lstrip("0"), 50)
    return find(connection, cleaned, 50)


def _words(wanted: str) -> list[str]:
    cleaned = folded(wanted)
    digits = "".join(filter(str.isdigit, cleaned))
    if len(digits) >= 3 and set(cleaned) <= set("0123456789+-()/. "):
        return [digits]
    return cleaned.split()


def _run(connection: Connection, statement: Select[Any], most: int, **values: object) -> list[Found]:
    return [Found(*row) for row in connection.execute(statement, values).fetchmany(most)]
