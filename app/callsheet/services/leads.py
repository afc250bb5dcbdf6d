"""Getting hold of the lead that is meant, in a state in which something can be done with it."""

from __future__ import annotations

from callsheet.domain.lead import Lead
from callsheet.services.desk import Desk, NotFound, Refused, Work

_WHY_NOT = {
    "closed": "is closed ({why})",
    "returned": "was returned ({why})",
}


def the_lead(desk: Desk, text: str) -> str:
    """Return the id of the one lead that an id, its unique prefix, an email, a number or a name means.

    Raises:
        NotFound: none is meant, or several are.
    """
    found = desk.book.resolve(text)
    if len(found) == 1:
        return found[0].lead
    if not found:
        raise NotFound(f"no lead is meant by “{text}”: give an id, an email, a number or a name")
    raise NotFound(f"“{text}” can mean {len(found)} leads: give more of it, or an id", found)


def any_lead(work: Work, lead: str) -> Lead:
    """Return a lead in whatever state it is.

    Raises:
        NotFound: there is none of that id.
    """
    found = work.lead(lead)
    if found is None:
        raise NotFound(f"there is no lead {lead}")
    return found


def contactable_lead(work: Work, lead: str) -> Lead:
    """Return a lead that is not on the do-not-contact list, by itself or by one of its numbers and addresses.

    Raises:
        NotFound: there is none of that id.
        Refused: they asked us to stop; nothing overrides that.
    """
    found = any_lead(work, lead)
    points = found.profile.points
    if found.do_not_contact or (points and work.suppressed(points)):
        raise Refused(
            f"{found.profile.name} is on the do-not-contact list", rule="do not contact",
            hint="nothing overrides it; `callsheet undo` takes back a slip of the finger",
        )  # fmt: skip
    return found


def working_lead(work: Work, lead: str) -> Lead:
    """Return a lead on which work can be logged: not on the do-not-contact list, not closed, not returned.

    Raises:
        NotFound: there is none of that id.
        Refused: its state stands against it.
    """
    found = contactable_lead(work, lead)
    require_open(found)
    return found


def require_open(lead: Lead) -> None:
    """Refuse a lead that is closed, or that left the rep's hands.

    Raises:
        Refused: it is; the message says how it came to that.
    """
    why_not = _WHY_NOT.get(lead.state)
    if why_not:
        why = lead.closed if lead.state == "closed" else lead.returned.kind if lead.returned else ""
        said = why_not.format(why=str(why).replace("_", " "))
        raise Refused(f"{lead.profile.name} {said}", rule="state", hint="reopen it first: `callsheet reopen LEAD`")
