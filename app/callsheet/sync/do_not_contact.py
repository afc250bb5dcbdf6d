"""Who has to be left alone because of somebody else: do-not-contact holds for numbers and addresses (RULES §13).

A lead may come from the CRM after the one who asked us to stop, before it, or be given its number there.
"""

from __future__ import annotations

from collections.abc import Collection

from callsheet.domain import events as ev
from callsheet.domain.do_not_contact import left_alone
from callsheet.domain.profile import LIST_FIELDS, Profile, changed
from callsheet.sync.line import Line
from callsheet.sync.records import SyncWork


def points_of(body: ev.Body) -> tuple[str, ...]:
    """Return the numbers and addresses that an event brings, or that it puts on the do-not-contact list."""
    match body:
        case ev.Captured(profile=profile):
            return profile.points
        case ev.DoNotContact(points=points):
            return points
        case ev.ProfileEdited(changes=changes):
            return changed(Profile(), {name: text for name, text in changes.items() if name in LIST_FIELDS}).points
        case _:
            return ()


def stop_sharers(work: SyncWork, line: Line, points: Collection[str]) -> set[str]:
    """Leave alone whoever shares a number or address with somebody who asked us to stop; the CRM is told.

    Return who that is.
    """
    now = line.now()
    facts = [(lead, now, body) for lead, body in _sharers(work, points)]
    if facts:
        work.record("left alone as well", line.events(facts, ours=(ev.DoNotContact,)), now)
    return {lead for lead, _, _ in facts}


def _sharers(work: SyncWork, points: Collection[str]) -> list[tuple[str, ev.DoNotContact]]:
    """Return the leads that have one of these points which is on the list and are not closed for it, with the fact."""
    on_list = work.suppressed(points) if points else frozenset()
    having = work.with_points(on_list).values() if on_list else ()
    found = (
        (lead, left_alone(work.lead(lead), on_list)) for lead in sorted({lead for leads in having for lead in leads})
    )
    return [(lead, body) for lead, body in found if body is not None]
