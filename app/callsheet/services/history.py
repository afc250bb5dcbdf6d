"""Undo and redo: an action is taken back by an event that says so, to any depth, and brought back the same way."""

from __future__ import annotations

from callsheet.domain.do_not_contact import left_alone
from callsheet.domain.events import DoNotContact, Undone
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
    leads = sorted(work.leads_of(last.id))
    changes = work.append(
        desk.action(label, [(lead, now, Undone(last.id)) for lead in leads], kind="undo", target=last.id)
    )
    stays = [(lead, now, body) for lead in leads if (body := still_stopped(work, lead)) is not None]
    if stays:
        work.append(desk.action("left alone as well", stays, kind="fact"))
    return changes


def still_stopped(work: Work, lead: str) -> DoNotContact | None:
    """Return do-not-contact for a lead whose own was taken back and that has a number on the list (RULES §13)."""
    found = work.lead(lead)
    return left_alone(found, work.suppressed(found.profile.points) if found is not None else ())
