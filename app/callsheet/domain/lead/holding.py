"""Which events hold: those that were not undone, or were done again."""

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
    gone: dict[str, bool] = {}
    for event in reversed(journal):
        if isinstance(event.body, ev.Undone) and event.action not in gone:
            gone[event.body.action] = gone.get(event.body.action, False) or event.origin == "rep"
    kept = [
        event for event in journal
        if not isinstance(event.body, ev.Undone)
        and (event.action not in gone or (isinstance(event.body, ev.DoNotContact) and not gone[event.action]))
    ]  # fmt: skip
    born = next((event.at for event in kept if isinstance(event.body, ev.Promoted)), None)
    kept.sort(key=lambda event: _turn(event, born))  # stable: facts of one instant keep the order of the journal
    return kept


def _turn(event: ev.Event, born: datetime | None) -> datetime:
    """Return when it is an event's turn: when it happened.

    A call that the rep made before the lead had come to them is still their answer to it, so that its turn comes after.
    """
    early = born is not None and event.origin == "rep" and isinstance(event.body, ev.Attempt) and event.at < born
    return born if early and born is not None else event.at
