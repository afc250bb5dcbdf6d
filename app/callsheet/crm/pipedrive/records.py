"""Pipedrive's leads, persons and organizations as our leads. Pure: what they need to be read is handed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callsheet.crm.phones import e164
from callsheet.crm.pipedrive.session import text
from callsheet.crm.pipedrive.times import moment
from callsheet.crm.pipedrive.wire import Row, number
from callsheet.crm.pipedrive.words import SOURCES, Words
from callsheet.domain.events import CloseReason
from callsheet.domain.profile import Profile, folded
from callsheet.sync.port import Drift, RemoteInteraction, RemoteLead

UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

CLOSE_WORDS: Final[Mapping[CloseReason, tuple[str, ...]]] = {
    "not_a_fit": ("not a fit", "no fit", "unqualified", "disqualified"),
    "exhausted": ("no answer", "not reached", "unreachable"),
    "do_not_contact": ("do not contact", "do not call", "dnc"),
    "duplicate": ("duplicate",),
}
"""Labels of an archived lead that say why it was archived."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read leads: who we are, the company's words and users, and the linked records."""

    me: int
    words: Words
    users: Mapping[int, str]
    persons: Mapping[int, Row]
    organizations: Mapping[int, Row]


def lead(row: Row, reading: Reading) -> RemoteLead:
    """A lead with its person and organization.

    Raises:
        Drift: it lacks an id or a time of change.
    """
    changed = moment(row.get("update_time")) or moment(row.get("add_time"))
    name = row.get("id")
    if changed is None or not isinstance(name, str) or not UUID.fullmatch(name):
        raise Drift("Pipedrive's record of a lead has no id or no time of change.")
    person = reading.persons.get(number(row.get("person_id")), {})
    company = reading.organizations.get(number(row.get("organization_id")) or number(person.get("org_id")), {})
    times = [changed, *(at for at in (moment(person.get("update_time")), moment(company.get("update_time"))) if at)]
    labels = label_ids(row)
    owner = number(row.get("owner_id"))
    return RemoteLead(
        id=name,
        version=version(row, person, company),
        modified_at=max(times),
        profile=_profile(row, person, company),
        created_at=moment(row.get("add_time")),
        owner=reading.users.get(owner, ""),
        mine=owner == reading.me,
        status=reading.words.names(labels),
        closed=closed(row, reading.words),
        do_not_contact=bool(reading.words.stops(labels)),
        source=text(row.get("source_name")),
        campaign=text(row.get("channel_id")),
        interactions=_interactions(row),
        key=text(row.get("origin_id"), 100),
    )


def version(row: Row, person: Row, company: Row) -> str:
    """When a lead and what is linked to it were changed last: Pipedrive counts no versions."""
    return "/".join(text(one.get("update_time"), 40) for one in (row, person, company))


def label_ids(row: Row) -> list[str]:
    """The ids of a lead's labels."""
    found = row.get("label_ids")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def closed(row: Row, words: Words) -> CloseReason | None:
    """Whether, and how, a lead is decided: an archived one is, and a label may say why."""
    if row.get("is_archived") not in (True, 1):
        return None
    labels = label_ids(row)
    if words.stage_of(labels) == "won":
        return "won"
    names = folded(words.names(labels))
    return next((ours for ours, theirs in CLOSE_WORDS.items() if any(word in names for word in theirs)), "lost")


def points(person: Row, field: str) -> list[str]:
    """A person's numbers or addresses, the first one the one that counts."""
    found = person.get(field)
    items = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    items.sort(key=lambda one: one.get("primary") is not True)
    return list(dict.fromkeys(value for one in items if (value := text(one.get("value"), 254))))


def _profile(row: Row, person: Row, company: Row) -> Profile:
    place = company.get("address")
    address: Row = place if isinstance(place, dict) else {"value": place}
    country = text(address.get("country"), 100)
    code = country.upper() if len(country) == 2 else ""
    title = text(row.get("title"))
    name = text(person.get("name"))
    shown = name or (title if not company else "")
    extra = {"subject": title if title != shown else ""}
    return Profile(
        name=shown,
        company=text(company.get("name")),
        title=text(person.get("job_title")),
        phones=tuple(dict.fromkeys(e164(one, code) for one in points(person, "phones"))),
        emails=tuple(points(person, "emails")),
        website=text(company.get("website")),
        address=" ".join(part for part in (text(address.get("route")), text(address.get("street_number"))) if part)
        or text(address.get("value")),
        zip=text(address.get("postal_code"), 20),
        city=text(address.get("locality"), 100),
        state=text(address.get("admin_area_level_1"), 100),
        country=code or country,
        extra=tuple((key, value) for key, value in extra.items() if value),
    )


def _interactions(row: Row) -> tuple[RemoteInteraction, ...]:
    """What the lead did, by where it came from: it wrote in a form or a chat, or was seen on the web site."""
    at = moment(row.get("add_time"))
    if at is None:
        return ()
    came = [text(row.get(name)) for name in ("origin", "source_name")]
    kinds = [SOURCES[one] for word in came if (one := folded(word).replace(" ", "").replace("_", "")) in SOURCES]
    if not kinds:
        return ()
    return (RemoteInteraction(f"lead:{row['id']}", at, kinds[0], topic=text(row.get("title"), 200)),)
