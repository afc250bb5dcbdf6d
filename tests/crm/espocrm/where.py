"""The conditions of a list request, as far as the fake needs them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.crm.espocrm.schema import Record, Refused


def tests(query: dict[str, str], known: set[str]) -> Iterator[Callable[[Record], bool]]:
    groups: dict[str, dict[str, Any]] = {}
    for name, value in query.items():
        if found := re.fullmatch(r"whereGroup\[(\d+)\]\[(\w+)\](\[\d*\])?", name):
            group = groups.setdefault(found[1], {})
            if found[3]:
                group.setdefault(found[2], []).append(value)
            else:
                group[found[2]] = value
    for group in groups.values():
        if group.get("attribute") not in known:
            raise Refused(400, f"Not existing attribute '{group.get('attribute')}' in where.")
        yield _test(group["type"], group["attribute"], group.get("value"))


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
        case "isNotNull":
            return lambda row: row.get(name) is not None
    raise Refused(400, f"Bad where type '{kind}'.")
