"""Search in the demo CRM: filters, order and pages over an index that may lag behind the records."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from callsheet.crm.demo.records import Record, parsed
from callsheet.crm.demo.refusal import Refusal
from callsheet.crm.demo.schema import Properties, created_name

Json = Any

MAX_PAGE: Final = 200
MAX_GROUPS: Final = 5
MAX_FILTERS: Final = 10

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "EQ": operator.eq, "NEQ": operator.ne, "LT": operator.lt, "LTE": operator.le, "GT": operator.gt, "GTE": operator.ge,
}  # fmt: skip

Test = Callable[[Mapping[str, str]], bool]

Row = tuple[Record, Mapping[str, str]]
"""A record and its properties as the index knows them."""


def indexed(records: Iterable[Record], until: datetime) -> list[Row]:
    """The records as they were at `until`: what was created or changed since is not seen yet."""
    rows: list[Row] = []
    for record in records:
        if record.archived_at is not None and record.archived_at <= until:
            continue
        if record.updated_at <= until:
            rows.append((record, record.properties))
            continue
        known = [properties for at, properties in record.shown if at <= until]
        if known:
            rows.append((record, known[-1]))
    return rows


def page(rows: Sequence[Row], body: Json, properties: Properties, cap: int) -> tuple[int, list[Row], str]:
    """How many rows match, the rows of the page asked for, and where the next page begins (empty: nowhere).

    Raises:
        Refusal: a page too large, beyond the cap, too many filters, or a property that does not exist.
    """
    limit, after = _bounds(body, cap)
    groups = body.get("filterGroups") or []
    if len(groups) > MAX_GROUPS or any(len(group.get("filters", [])) > MAX_FILTERS for group in groups):
        raise Refusal(f"At most {MAX_GROUPS} filter groups of {MAX_FILTERS} filters are allowed.")
    for group in groups:
        for condition in group.get("filters", []):
            _known(properties, str(condition.get("propertyName")))
    tests = [[_test(condition, properties) for condition in group.get("filters", [])] for group in groups]
    found = [row for row in rows if not tests or any(all(test(row[1]) for test in group) for group in tests)]
    found = _sorted(found, body.get("sorts") or [], properties)
    end = after + limit
    return len(found), found[after:end], str(end) if end < len(found) else ""


def _bounds(body: Json, cap: int) -> tuple[int, int]:
    limit, after = body.get("limit", 10), str(body.get("after") or "0")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_PAGE:
        raise Refusal(f"limit must be between 1 and {MAX_PAGE}.")
    if not after.isdecimal():
        raise Refusal("after must be the value of paging.next.after of an earlier answer.")
    if int(after) + limit > cap:
        raise Refusal(f"Search results beyond {cap} cannot be paged.")
    return limit, int(after)


def _known(properties: Properties, name: str) -> None:
    if name not in properties:
        raise Refusal(f"There was a problem with the request: property {name[:50]} does not exist.")


def _test(condition: Json, properties: Properties) -> Test:
    """One filter as a test of a record's values; what it compares with is read once and not for each record."""
    name, how = str(condition["propertyName"]), str(condition["operator"])
    wanted = str(condition.get("value", ""))
    of = properties[name].type
    match how:
        case "HAS_PROPERTY":
            return lambda values: bool(values.get(name))
        case "NOT_HAS_PROPERTY":
            return lambda values: not values.get(name)
        case "IN" | "NOT_IN":
            listed = {value.casefold() for value in condition.get("values", [])}
            return lambda values: (how == "IN") is (values.get(name, "").casefold() in listed)
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            return lambda values: (how == "CONTAINS_TOKEN") is _has_token(values.get(name, ""), wanted.casefold())
        case "BETWEEN":
            low, high = _value(of, wanted), _value(of, str(condition.get("highValue", "")))
            return lambda values: bool(values.get(name)) and bool(low <= _value(of, values[name]) <= high)
        case _ if how in _COMPARISONS:
            compares, theirs, blank = _COMPARISONS[how], _value(of, wanted), how == "NEQ"
            return lambda values: bool(compares(_value(of, values[name]), theirs)) if values.get(name) else blank
        case _:
            raise Refusal(f"{how[:50]} is no operator.")


def _has_token(held: str, wanted: str) -> bool:
    tokens = [*re.split(r"[^\w@.+-]+", held.casefold()), held.casefold()]
    return any(fnmatchcase(token, wanted) for token in tokens if token)


def _value(of: str, value: str) -> Any:
    try:
        if of == "datetime":
            return parsed(value)
        return float(value) if of == "number" else value.casefold()
    except ValueError:
        raise Refusal(f"{value[:50]} is no {of}.") from None


def _sorted(rows: list[Row], sorts: Sequence[Json], properties: Properties) -> list[Row]:
    if len(sorts) > 1:
        raise Refusal("Only one sort is allowed.")
    if not sorts:
        return sorted(rows, key=lambda row: (row[1].get(created_name(row[0].kind), ""), int(row[0].id)))
    sort = sorts[0]
    name = sort if isinstance(sort, str) else str(sort.get("propertyName"))
    _known(properties, name)
    down = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
    of = properties[name].type
    held = [row for row in rows if row[1].get(name)]
    blank = [row for row in rows if not row[1].get(name)]
    return sorted(held, key=lambda row: _value(of, row[1][name]), reverse=down) + blank
