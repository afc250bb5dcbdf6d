"""Undo and redo: an action is taken back by an event that says so, to any depth, and brought back the same way."""

from __future__ import annotations

from callsheet.domain.events import Undone
from callsheet.services.desk import Action, Changes, Desk, Refused, Work


def undo(desk: Desk) -> Changes:
    """Take back the last thing that the rep did and that still holds.

    Raises:
        Refused: there is nothing left to take back.
    """
    with desk.book.work() as work:
        last = work.last_done()
        if last is None:
            raise Refused(
                "there is nothing to undo", rule="undo", hint="only what was done on this machine can be undone"
            )
        return _take_back(desk, work, last, f"took back: {last.label}")


def redo(desk: Desk) -> Changes:
    """Bring back the last thing that was undone, as long as nothing new was done since.

    Raises:
        Refused: there is nothing to bring back.
    """
    with desk.book.work() as work:
        last = work.last_undone()
        if last is None:
            raise Refused("there is nothing to redo", rule="redo", hint="something new ends what can be redone")
        return _take_back(desk, work, last, f"again: {last.label.removeprefix('took back: ')}")


def _take_back(desk: Desk, work: Work, last: Action, label: str) -> Changes:
    now = desk.now()
    facts = [(lead, now, Undone(last.id)) for lead in work.leads_of(last.id)]
    return work.append(desk.action(label, facts, kind="undo", target=last.id))
