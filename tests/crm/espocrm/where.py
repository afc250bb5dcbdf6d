"""The search of a list request, as far as the fake needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.crm.espocrm.schema import Record, Refused


def search(query: dict[str, str]) -> Record:
    """All that a list is asked for, in one parameter, as EspoCRM's own description has it."""
    try:
        found: Record = json.loads(query["searchParams"])
    except (KeyError, ValueError):
        raise Refused(400, "Invalid search params JSON.") from None
    if not isinstance(found.get("maxSize"), int) or not isinstance(found.get("select", []), list):
        raise Refused(400, "maxSize must be integer.")
    return found


def tests(where: Sequence[Record], known: set[str]) -> Iterator[Callable[[Record], bool]]:
    for condition in where:
        if condition.get("attribute") not in known:
            raise Refused(400, f"Not existing attribute '{condition.get('attribute')}' in where.")
        yield _test(condition["type"], condition["attribute"], condition.get("value"))


def _test(kind: str, name: str, value: Any) -> Callable[[Record], bool]:
    match kind:
        case "equals":
            return lambda row: row.get(name) == value
        case "in":
            return lambda row: row.get(name) in value
        case "after" | "greaterThan":
            return lambda row: str(row.get(name) or "") > value
        case "before":
            return lambda row: "" != str(row.get(name) or "") < value
        case "lessThan":
            return lambda row: row.get(name) is not None and row[name] < value
        case "isNotNull":
            return lambda row: row.get(name) is not None
    raise Refused(400, f"Bad where type '{kind}'.")
