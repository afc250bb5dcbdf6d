"""Correcting what is known of a lead: another number, a new title, a name that was misspelt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from callsheet.domain import events as ev
from callsheet.domain.profile import PROFILE_FIELDS, changed, flat
from callsheet.domain.text import one_line
from callsheet.services.capture import FormRefused, read_emails, read_phones, typed
from callsheet.services.desk import Changes, Desk, Refused
from callsheet.services.leads import any_lead
from callsheet.services.places import country_of


def correct(desk: Desk, lead: str, said: Mapping[str, str]) -> Changes:
    """Set fields of a lead as they were typed, in the form of `profile.flat`; an empty text forgets one.

    What is said as it is already changes nothing; where nothing changes at all, the action has no id.

    Raises:
        NotFound: there is no such lead.
        FormRefused: a field has no such name, or cannot be read; `fields` names it.
        Refused: it was merged into another one, or a new number or address is on the do-not-contact list (RULES §13).
    """
    with desk.book.work() as work:
        found = any_lead(work, lead)
        if found.merged_into:
            raise Refused(f"{found.profile.name} is one with another lead by now", rule="state")
        before = flat(found.profile)
        region = country_of(said.get("country", before["country"])) or ""
        read = {name: _read(desk, name, text, before.get(name, ""), region) for name, text in said.items()}
        changes = {name: text for name, text in read.items() if text != before[name]}
        if not changes:
            return Changes("", frozenset((lead,)), f"nothing changed · {found.profile.name}")
        points = set(changed(found.profile, changes).points) - set(found.profile.points)
        if points and work.suppressed(points):
            raise Refused(
                "somebody with that number or address is on the do-not-contact list", rule="do not contact",
                hint="nothing overrides it",
            )  # fmt: skip
        label = f"{', '.join(sorted(changes)).replace('_', ' ')} corrected · {found.profile.name}"
        return work.append(desk.action(label, [(lead, desk.now(), ev.ProfileEdited(changes))]))


def _read(desk: Desk, name: str, text: str, before: str, region: str) -> str:
    """Return what was typed into a field, in the form in which it is kept."""
    if name not in PROFILE_FIELDS:
        raise FormRefused(f"a lead has no field “{one_line(name, 40)}”", [name])
    new = typed(name, text)
    if new == before:
        return before
    if name == "name" and not new:
        raise FormRefused("name is blank", ["name"])
    readers: Mapping[str, Callable[[str], str]] = {
        "phones": partial(_phones, desk, before, region), "emails": lambda one: "; ".join(read_emails(one, "emails")),
        "company_size": _size, "country": lambda one: country_of(one) or one[:60], "timezone": _zone,
    }  # fmt: skip
    return readers[name](new) if new and name in readers else new


def _phones(desk: Desk, before: str, region: str, text: str) -> str:
    """Read numbers with commas or semicolons between; one that is kept already stays as it is."""
    kept = before.split("; ")
    read = [
        (part,) if part in kept else read_phones(desk, part, region, "phones")
        for part in (one.strip() for one in text.replace(",", ";").split(";"))
        if part
    ]
    return "; ".join(dict.fromkeys(number for numbers in read for number in numbers))


def _size(text: str) -> str:
    if not (text.isascii() and text.isdigit() and int(text) < 10**8):
        raise FormRefused(f"“{one_line(text, 40)}” is no number of people", ["company_size"])
    return str(int(text))


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError):  # also a folder of zones, or a name that leads out of it
        said = f"“{one_line(text, 40)}” is no time zone"
        raise FormRefused(said, ["timezone"], hint="write it like Europe/Paris") from None
