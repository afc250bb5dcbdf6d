"""Which events hold, and in which order they are taken."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from callsheet.domain import events as ev


def effective(events: Iterable[ev.Event]) -> list[ev.Event]:
    """Return the events that hold, oldest first: without what was undone, and without the undoing itself.

    An `Undone` may itself have been undone (redo), so that the latest one of the journal decides first. That somebody
    asked us to stop is taken back by the rep alone, never by a CRM or an import.
    """
    journal = sorted(events, key=lambda event: (event.seq, event.id))
    undoing = [event for event in journal if isinstance(event.body, ev.Undone)]
    if not undoing:
        return _in_turn(journal)
    gone: dict[str, bool] = {}
    for event in reversed(undoing):
        if isinstance(event.body, ev.Undone) and event.action not in gone:
            gone[event.body.action] = gone.get(event.body.action, False) or event.origin == "rep"
    return _in_turn([
        event for event in journal
        if not isinstance(event.body, ev.Undone)
        and (event.action not in gone or (isinstance(event.body, ev.DoNotContact) and not gone[event.action]))
    ])  # fmt: skip


def _in_turn(journal: list[ev.Event]) -> list[ev.Event]:
    """Sort by when it happened; facts of one instant keep the order of the journal.

    A call that the rep made before the lead had come over, and logged after, is still their answer to it: its turn
    comes when the lead does.
    """
    born: datetime | None = None
    turns: list[tuple[datetime, ev.Event]] = []
    for event in journal:
        turn = event.at
        if born is None:
            if isinstance(event.body, ev.Promoted):
                born = turn
        elif turn < born and event.origin == "rep" and isinstance(event.body, ev.Attempt):
            turn = born
        turns.append((turn, event))
    turns.sort(key=lambda one: one[0])
    return [event for _, event in turns]
