"""Our ops as EspoCRM's values: lengths, characters that it refuses, and words for what has no place. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from callsheet.crm.espocrm.place import written
from callsheet.crm.plain_words import CHANNEL_WORDS, origin
from callsheet.domain.profile import flat, folded
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import LeadCreate, Op, Task, Touch

PLAIN_FIELDS: Final[Mapping[str, tuple[str, int]]] = {
    "company": ("accountName", 255), "title": ("title", 100), "website": ("website", 255),
    "address": ("addressStreet", 255), "zip": ("addressPostalCode", 40), "city": ("addressCity", 100),
    "state": ("addressState", 100), "country": ("addressCountry", 100),
}  # fmt: skip
"""Fields of the profile that are lines of text there as well, with their longest length in characters."""

HOMELESS: Final[Mapping[str, str]] = {
    "linkedin": "LinkedIn", "company_size": "Company size", "company_kind": "Kind of company", "timezone": "Time zone",
}  # fmt: skip
"""Fields of the profile that have no place there: they are said in plain words."""

NAME_LIMIT: Final = 200

ASSIGNED: Final = "Assigned"
"""The status of a lead that somebody has and nobody has worked yet."""

REFUSED: Final = str.maketrans({"<": "‹", ">": "›", "=": "＝"})
"""EspoCRM refuses these three in every line of text but not in long texts (`app/regExpPatterns`, `noBadCharacters`)."""

ANY_CHARACTERS: Final = frozenset({"website", "addressStreet"})
"""Lines of text in which EspoCRM takes every character."""


def line(words: str, limit: int) -> str:
    """Words as EspoCRM takes them for a line of text: what it refuses becomes what looks like it."""
    return one_line(words, limit).translate(REFUSED)


def call_values(op: Op, touch: Touch, me: str) -> dict[str, Any]:
    """A call: its length is the time between its start and its end."""
    return {
        "name": line(f"Call: {touch.label or touch.outcome}", NAME_LIMIT),
        "status": "Held" if touch.reached else "Not Held",
        "direction": "Inbound" if touch.direction == "inbound" else "Outbound",
        "dateStart": written(op.at),
        "dateEnd": written(op.at + max(touch.duration, timedelta(0))),
        "description": _said(touch.label, touch.number and f"Number: {touch.number}", touch.text),
        "parentType": "Lead",
        "parentId": op.lead,
        "leadsIds": [op.lead],
        "assignedUserId": me,
    }


def touch_values(op: Op, touch: Touch, me: str) -> dict[str, Any]:
    """A touch on any other channel: a task that is done, whose title says what it was."""
    inbound = " (inbound)" if touch.direction == "inbound" else ""
    title = f"{CHANNEL_WORDS[touch.channel]}: {touch.label or touch.outcome}{inbound}"
    return {
        "name": line(title, NAME_LIMIT),
        "status": "Completed",
        "dateEnd": written(op.at),
        "description": _said(touch.label, touch.number and f"Number: {touch.number}", touch.text),
        "parentType": "Lead",
        "parentId": op.lead,
        "assignedUserId": me,
    }


def task_values(op: Op, step: Task, me: str) -> dict[str, Any]:
    """A next step: an open task with its time, or with its day alone."""
    name = line(step.title, NAME_LIMIT) or CHANNEL_WORDS[step.channel]
    day = str(step.due.astimezone(_zone(op.zone)).date())
    return {
        "name": name,
        "status": "Not Started",
        **({"dateEndDate": day} if step.all_day else {"dateEnd": written(step.due), "dateEndDate": None}),
        "description": _said("" if name == one_line(step.title) else step.title, step.text),
        "parentType": "Lead",
        "parentId": op.lead,
        "assignedUserId": me,
    }


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _said(*parts: str) -> str:
    return safe_text("\n".join(part for part in parts if part))


def profile_values(changes: Mapping[str, str], industries: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The values that a change of the profile means, and in words what has no place or does not fit there."""
    values: dict[str, Any] = {}
    said: list[str] = []
    for name, value in changes.items():
        whole = one_line(value, 2000)
        if name in PLAIN_FIELDS:
            there, limit = PLAIN_FIELDS[name]
            kept = one_line(whole, limit) if there in ANY_CHARACTERS else line(whole, limit)
            values[there] = kept or None
            if kept != whole:
                said.append(f"{name.capitalize()}: {whole}")
        elif name == "name":
            first, _, last = whole.rpartition(" ")
            values |= {"firstName": line(first, 100), "lastName": line(last, 100)}
            if f"{values['firstName']} {values['lastName']}".strip() != whole:
                said.append(f"Name: {whole}")
        elif name in {"phones", "emails"}:
            values |= points(name, [part.strip() for part in whole.split(";") if part.strip()])
        elif name == "industry":
            fitting = [option for option in industries if folded(option) == folded(whole)]
            if fitting or not whole:
                values["industry"] = fitting[0] if fitting else None
            else:
                said.append(f"Industry: {whole}")
        elif name in HOMELESS and whole:
            said.append(f"{HOMELESS[name]}: {whole}")
    return values, said


def points(name: str, wanted: Sequence[str]) -> dict[str, Any]:
    """Numbers or addresses: the first is the primary one; the others are only written when there are some."""
    single, many = ("phoneNumber", "phoneNumberData") if name == "phones" else ("emailAddress", "emailAddressData")
    if len(wanted) < 2:
        return {single: wanted[0] if wanted else None}
    return {many: [{single: value, "primary": place == 0} for place, value in enumerate(wanted)]}


def new_lead(
    body: LeadCreate, me: str, sources: Sequence[str], industries: Sequence[str], statuses: Sequence[str]
) -> dict[str, Any]:
    """A new lead; what has no place of its own is told in its description."""
    profile = body.profile
    filled = {name: value for name, value in flat(profile).items() if value}
    values, said = profile_values(filled, industries)
    if not values.get("lastName"):
        values["lastName"] = line(profile.company or (profile.emails + profile.phones + ("New lead",))[0], 100)
    source, rest = origin(body, sources)
    if source:
        values["source"] = source
    said += rest
    values["assignedUserId"] = me
    if ASSIGNED in statuses:  # else it gets the first status of the company's own
        values["status"] = ASSIGNED
    if said:
        values["description"] = safe_text("\n".join(said))
    if body.do_not_contact:
        values |= stop_values(stop=True)
        for point in (*values.get("phoneNumberData", ()), *values.get("emailAddressData", ())):
            point["optOut"] = True
    return values


def stop_values(*, stop: bool) -> dict[str, Any]:
    """Do not contact, in all three places where EspoCRM keeps it."""
    return {"doNotCall": stop, "phoneNumberIsOptedOut": stop, "emailAddressIsOptedOut": stop}
