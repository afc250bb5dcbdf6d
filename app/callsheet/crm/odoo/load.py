"""Odoo's `load` with an answer for each row.

`load` saves all rows or none, says 200 either way, and blames the first row of a batch for what another one did. So
what it blames is sent again alone, and the others without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callsheet.crm.odoo.wire import BUSY, KEEP, Odoo
from callsheet.domain.text import one_line
from callsheet.sync.port import Applied, Drift, Invalid, Rejected, Result, Retry

Rows = Mapping[str, Sequence[str]]
"""Rows of text by the key of their op."""

_GONE: Final = ("No matching record found for database id", "does not exist or has been deleted")
_FORBIDDEN: Final = ("security restrictions", "not allowed to", "doesn't have", "top-secret")


def load(odoo: Odoo, model: str, columns: Sequence[str], rows: Rows) -> dict[str, Result]:
    """Make the records that are not there yet, by the external id in the first column; those that are stay as they are.

    Returns:
        For each key `Applied` with the record's id, `Rejected`, or `Retry` when another transaction was in the way.

    Raises:
        CrmError: the call failed as a whole; some rows may have been saved before.
    """
    if not rows:
        return {}
    keys = list(rows)
    try:
        answer = odoo.do(model, "load", fields=list(columns), data=[list(rows[key]) for key in keys], context=KEEP)
    except Invalid as error:
        if error.field:  # it is the connection that is wrong, not a row
            raise
        if len(keys) == 1:
            return {keys[0]: Rejected(str(error))}
        return _apart(odoo, model, columns, rows, set())
    if not isinstance(answer, dict):
        raise Drift("Odoo does not say what became of what it was sent.")
    ids, messages = answer.get("ids"), _errors(answer.get("messages"))
    if isinstance(ids, list) and len(ids) == len(keys) and not messages:
        return {key: Applied(remote_id=str(number)) for key, number in zip(keys, ids, strict=True)}
    if any(word in _said(message) for message in messages for word in BUSY):
        return {key: Retry("Somebody else is changing the same lead in Odoo.") for key in keys}
    if len(keys) == 1:
        return {keys[0]: _rejected(messages)}
    return _apart(odoo, model, columns, rows, _blamed(messages, len(keys)))


def _apart(odoo: Odoo, model: str, columns: Sequence[str], rows: Rows, blamed: set[int]) -> dict[str, Result]:
    keys = list(rows)
    if not blamed or len(blamed) == len(keys):
        groups = [keys[: len(keys) // 2], keys[len(keys) // 2 :]]
    else:
        others = [key for place, key in enumerate(keys) if place not in blamed]
        groups = [others, *([keys[place]] for place in sorted(blamed))]
    results: dict[str, Result] = {}
    for group in groups:
        results |= load(odoo, model, columns, {key: rows[key] for key in group})
    return {key: results[key] for key in keys}


def _errors(messages: object) -> list[Mapping[str, Any]]:
    if not isinstance(messages, list):
        return []
    return [message for message in messages if isinstance(message, dict) and message.get("type") == "error"]


def _blamed(messages: Sequence[Mapping[str, Any]], count: int) -> set[int]:
    places = (message.get("record") for message in messages)
    return {place for place in places if isinstance(place, int) and 0 <= place < count}


def _said(message: Mapping[str, Any]) -> str:
    return str(message.get("message") or "")


def _rejected(messages: Sequence[Mapping[str, Any]]) -> Rejected:
    if not messages:
        return Rejected("Odoo did not take this and does not say why.")
    said = [_said(message) for message in messages]
    if any(word in text for text in said for word in _GONE):
        return Rejected("The lead is no longer in Odoo.", field="lead", code="gone")
    if any(word in text for text in said for word in _FORBIDDEN):
        return Rejected("Odoo does not let you write to this lead: it may be somebody else's now.", code="forbidden")
    named = next((message for message in messages if message.get("field")), messages[0])
    label = one_line(str(named.get("field_name") or named.get("field") or ""), 60)
    reason = one_line(_said(named).partition("\nModel:")[0], 300)
    return Rejected(f"Odoo refuses this: {reason}", field=label)
