"""What tests of services and store need to put leads into a book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.services.desk import Desk
from callsheet.services.intake import Happened, first_facts


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


def add(
    desk: Desk,
    profile: Profile,
    *happened: Happened,
    received: datetime | None = None,
    direction: ev.Direction = "inbound",
    do_not_contact: bool = False,
    originator: str = "",
) -> str:
    """Bring a lead in as the import does; return its id."""
    lead = ev.new_id()
    captured = ev.Captured(profile, received or desk.now(), direction=direction, originator=originator)
    with desk.book.work() as work:
        facts = first_facts(lead, captured, happened, desk.rules, do_not_contact=do_not_contact)
        work.append(desk.action("import", facts, origin="import", kind="fact"))
    return lead


def person(name: str, **fields: object) -> Profile:
    """Return a profile with a number in London and an address, unless told otherwise."""
    local = name.lower().replace(" ", ".")
    defaults: dict[str, object] = {
        "company": f"{name.rsplit(maxsplit=1)[-1]} Ltd",
        "phones": (f"+4420794600{len(name):02}",),
        "emails": (f"{local}@example.com",),
    }
    return Profile(name=name, **{**defaults, **fields})  # type: ignore[arg-type]


def hot(desk: Desk, name: str, *, ago: timedelta = timedelta(0), **fields: object) -> str:
    """Bring in somebody who asked to be contacted that long ago."""
    at = desk.now() - ago
    asked = ev.Interaction("contact_form", "Pricing", "Pricing for 40 seats")
    return add(desk, person(name, **fields), (asked, at), received=at)


def worked(desk: Desk, name: str, *, ago: timedelta = timedelta(0), **fields: object) -> str:
    """Bring in a lead by two distinct interactions, on its plan of 21 days."""
    at = desk.now() - ago
    first = ev.Interaction("download", "Fleet ROI guide")
    second = ev.Interaction("webinar", "Route planning live")
    return add(desk, person(name, **fields), (first, at - timedelta(days=3)), (second, at), received=at)
