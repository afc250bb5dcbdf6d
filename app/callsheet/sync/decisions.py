"""What only the rep can decide: fields that both sides changed, and deliveries that the CRM does not take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.profile import PROFILE_FIELDS, changed, flat
from callsheet.sync.line import Line
from callsheet.sync.ops import taker
from callsheet.sync.owed import cancelled
from callsheet.sync.records import Delivery, FieldConflict, SyncWork

MOST: Final = 200
"""So many dropped deliveries are remembered as such that may be there."""


def conflicts(line: Line) -> Sequence[FieldConflict]:
    """Return the fields that both sides changed, the oldest first."""
    with line.book.work() as work:
        return work.conflicts()


def decide(line: Line, conflict: int, kept: Literal["mine", "theirs"]) -> None:
    """Decide a conflict: ours goes out with the next sync, or theirs is taken. The decision is a fact.

    Raises:
        KeyError: there is no such conflict, or it is decided.
    """
    with line.book.work() as work:
        found = work.conflict(conflict)
        if found is None:
            raise KeyError(f"there is no open conflict {conflict}")
        lead = work.lead(found.lead)
        mine = flat(lead.profile)[found.field] if lead is not None else found.mine
        work.save_conflict(replace(found, mine=mine, decided=kept))
        _record(work, line, found.lead, f"kept {kept}", ev.ConflictDecided(found.field, mine, found.theirs, kept))


def retry(line: Line, op: str) -> None:
    """Send a parked delivery once more; the rep has looked, so that it is taken for not there.

    Raises:
        KeyError: nothing of that key is parked.
    """
    with line.book.work() as work:
        _again(work, line, _parked(work, op))


def drop(line: Line, op: str) -> None:
    """Give up a parked delivery.

    Raises:
        KeyError: nothing of that key is parked.
    """
    with line.book.work() as work:
        row = _parked(work, op)
        work.save([cancelled(row, "dropped", "You dropped it.")], line.now())
        if row.maybe:
            work.put_note(dropped_note(line.book.crm), [*(work.note(dropped_note(line.book.crm)) or ()), op][-MOST:])


def dropped_note(crm: str) -> str:
    """Return the name of the note that says which deliveries the rep left as they were: they may be there."""
    return f"sync.{crm}.dropped"


def edit(line: Line, op: str, values: Mapping[str, str]) -> None:
    """Change what a parked delivery says and send it again: `text`, `title`, `number`, `owner`, or profile fields.

    Raises:
        KeyError: nothing of that key is parked.
        ValueError: a field has no such name, or a company size is no whole number.
    """
    with line.book.work() as work:
        row = _parked(work, op)
        lead = work.lead(row.lead)
        fields = {name: value for name, value in values.items() if name in PROFILE_FIELDS}
        said = {name: value for name, value in values.items() if name in ("text", "title", "number", "owner")}
        if unknown := values.keys() - fields.keys() - said.keys():
            raise ValueError(f"a delivery has no field {min(unknown)!r}")
        if fields and lead is not None:
            changed(lead.profile, fields)
            _record(work, line, row.lead, "corrected for the CRM", ev.ProfileEdited(fields))
        for each in _called_alike(work, row) if "owner" in said else [row]:
            edited = {**each.detail, "edit": {**each.detail.get("edit", {}), **said}} if said else each.detail
            _again(work, line, replace(each, detail=edited))


def _called_alike(work: SyncWork, row: Delivery) -> list[Delivery]:
    """Return a parked delivery with all that wait for the same name of a colleague: it is corrected once for all."""
    parked = [each for each in work.open_deliveries() if each.kind == "owner" and each.state == "parked"]
    events = {event.id: event.body for some in work.events({one.lead for one in parked}).values() for event in some}
    names = {each.op: taker(each, body) for each in parked if isinstance(body := events[each.event], ev.Returned)}
    return [each for each in parked if each.op == row.op or names[each.op] == names[row.op]]


def _again(work: SyncWork, line: Line, row: Delivery) -> None:
    freed = replace(row, state="waiting", tries=0, maybe=False, reason="", field="", not_before=None)
    work.save([freed], line.now())


def _parked(work: SyncWork, op: str) -> Delivery:
    row = work.deliveries([op]).get(op)
    if row is None or row.state != "parked":
        raise KeyError(f"nothing of the key {op} is parked")
    return row


def _record(work: SyncWork, line: Line, lead: str, label: str, body: ev.Body) -> None:
    now = line.now()
    event = ev.Event(line.fresh(), lead, line.fresh(), now, line.rules.calendar.zone, now, "rep", body)
    work.record(label, [event], now)
