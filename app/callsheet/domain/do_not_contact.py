"""Who asked us to stop, and who is left alone with them: the list is of numbers and addresses (RULES §13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from callsheet.domain.events import DoNotContact
from callsheet.domain.lead import Lead


def stop(points: Sequence[str], why: str) -> DoNotContact:
    """Return the fact that they asked us to stop, for every number and address."""
    return DoNotContact(tuple(dict.fromkeys(points)), why)


def left_alone(lead: Lead | None, on_list: Collection[str]) -> DoNotContact | None:
    """Return do-not-contact for a lead that goes on here and has a number or address on the list, else None."""
    if lead is None or lead.do_not_contact or lead.merged_into or not set(on_list).intersection(lead.profile.points):
        return None
    return stop(lead.profile.points, "has a number or address of somebody who asked us to stop")
