"""Queries in Salesforce's language: whatever goes into one is written so that it cannot be taken for a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from callsheet.sync.port import Drift

_ESCAPES: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def quoted(value: str) -> str:
    """A text as a literal."""
    return "'" + "".join(_ESCAPES.get(sign, sign) for sign in value) + "'"


def listed(values: Iterable[str]) -> str:
    """Texts as the list of an `IN`."""
    return f"({', '.join(quoted(value) for value in values)})"


def is_id(value: str) -> bool:
    """Whether this can be an id of a record."""
    return _ID.fullmatch(value) is not None


def instant(at: datetime) -> str:
    """A time as a literal, and as the value of a field: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: object) -> datetime | None:
    """A time of Salesforce's, aware; None when empty. Raises `Drift` when it is none."""
    if not value:
        return None
    try:
        at = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", str(value)))
    except ValueError:
        raise Drift("Salesforce gives a time in a form that it never had before.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def pair(stamp: str, at: str, last: str) -> str:
    """The condition that goes on after a record in the order of (time, id): bulk changes share one time."""
    return f"({stamp} > {at} OR ({stamp} = {at} AND Id > {quoted(last)}))" if last else f"{stamp} >= {at}"


def select(kind: str, fields: str, where: str, tail: str = "") -> str:
    """A query; its parts are names of ours, and literals made by the functions above."""
    return f"SELECT {fields} FROM {kind} WHERE {where}{tail}"  # noqa: S608 - see above
