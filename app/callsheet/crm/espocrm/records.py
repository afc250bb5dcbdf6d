"""What EspoCRM's records say in our words, and our ops as its values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from callsheet.crm.espocrm.place import moment, written
from callsheet.crm.espocrm.wire import Row
from callsheet.crm.markup import to_text
from callsheet.crm.phones import e164
from callsheet.domain.events import Channel, CloseReason, InteractionKind
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import Drift, LeadCreate, Op, RemoteInteraction, RemoteLead, RemoteTouch, Task, Touch

LEAD_FIELDS: Final = (
    "id", "name", "firstName", "lastName", "title", "accountName", "status", "source", "industry", "website",
    "emailAddress", "emailAddressIsOptedOut", "phoneNumber", "phoneNumberIsOptedOut", "doNotCall", "description",
    "addressStreet", "addressCity", "addressState", "addressPostalCode", "addressCountry", "assignedUserId",
    "assignedUserName", "campaignId", "campaignName", "createdAt", "createdById", "modifiedAt",
)  # fmt: skip
CALL_FIELDS: Final = (
    "id", "name", "status", "direction", "dateStart", "dateEnd", "description", "parentType", "parentId",
    "assignedUserId", "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip
MEETING_FIELDS: Final = (
    "id", "name", "status", "dateStart", "description", "parentType", "parentId", "assignedUserId",
    "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip
TASK_FIELDS: Final = (
    "id", "name", "status", "dateEnd", "dateCompleted", "description", "parentType", "parentId", "assignedUserId",
    "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip

STATUSES: Final[Mapping[str, str]] = {
    "working": "In Process", "connected": "In Process", "meeting": "In Process", "nurture": "Recycled",
    "won": "Converted", "closed": "Dead",
}  # fmt: skip
"""The status of a lead that each stage of ours means, where the rep has chosen no other."""

CLOSE_WORDS: Final[Mapping[CloseReason, str]] = {
    "won": "Won", "lost": "Not interested", "not_a_fit": "Not a fit", "exhausted": "No answer after all attempts",
    "do_not_contact": "Asked not to be contacted", "duplicate": "Duplicate", "gone": "No longer there",
}  # fmt: skip

CHANNEL_WORDS: Final[Mapping[Channel, str]] = {
    "phone": "Call", "email": "Email", "linkedin": "LinkedIn", "post": "Post", "video": "Video", "sms": "Text message",
    "meeting": "Meeting", "research": "Research",
}  # fmt: skip

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
TEXT_LIMIT: Final = 20_000

REFUSED: Final = str.maketrans({"<": "‹", ">": "›", "=": "＝"})
"""EspoCRM refuses these three in every line of text but not in long texts (`app/regExpPatterns`, `noBadCharacters`)."""

ANY_CHARACTERS: Final = frozenset({"website", "addressStreet"})
"""Lines of text in which EspoCRM takes every character."""

_MARK: Final = re.compile(r"\n*\[callsheet ([0-9a-f-]{36})\]\s*$")


@dataclass(frozen=True, slots=True)
class Reading:
    """Who we are, and which attributes hold our key, by entity."""

    me: str
    keys: Mapping[str, str] = field(default_factory=dict)


def text(value: object, limit: int = 500) -> str:
    """A line of text; nothing when empty."""
    return one_line(value, limit) if isinstance(value, str) else ""


def block(value: object) -> str:
    """A text of several lines; nothing when empty."""
    return safe_text(value)[:TEXT_LIMIT].strip() if isinstance(value, str) else ""


def lead(row: Row, reading: Reading) -> RemoteLead:
    """A record as a lead. Raises `Drift` when it lacks an id or a time of change."""
    modified = moment(row.get("modifiedAt") or row.get("createdAt"))
    number = row.get("id")
    if modified is None or not isinstance(number, str) or not number:
        raise Drift("EspoCRM's record of a lead has no id or no time of change.")
    status = text(row.get("status"), 100)
    stopped = row.get("doNotCall") is True or row.get("phoneNumberIsOptedOut") is True
    version = row.get("versionNumber")
    return RemoteLead(
        id=number,
        version=f"{version}@{written(modified)}" if isinstance(version, int) else written(modified),
        modified_at=modified,
        profile=_profile(row),
        created_at=moment(row.get("createdAt")),
        owner=text(row.get("assignedUserName"), 200),
        mine=row.get("assignedUserId") == reading.me,
        status=status,
        closed={"Converted": "won", "Dead": "lost"}.get(status),  # type: ignore[arg-type]
        do_not_contact=stopped,
        source=text(row.get("source"), 200),
        campaign=text(row.get("campaignName"), 200),
        interactions=_interactions(row, reading),
        key=key_in(row, reading.keys.get("Lead", "")),
    )


def _profile(row: Row) -> Profile:
    country = text(row.get("addressCountry"), 100)
    first, last = text(row.get("firstName"), 200), text(row.get("lastName"), 200)
    name = " ".join(part for part in (first, last) if part) or text(row.get("name"))
    code = country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else ""
    phones, mails = points_in(row, "phoneNumber"), points_in(row, "emailAddress")
    opted = {"unsubscribed from email": "yes"} if row.get("emailAddressIsOptedOut") is True else {}
    return Profile(
        name=name,
        company=text(row.get("accountName")),
        title=text(row.get("title")),
        phones=tuple(dict.fromkeys(e164(number, code) for number in phones)),
        emails=tuple(dict.fromkeys(mail.lower() for mail in mails)),
        website=text(row.get("website")),
        industry=text(row.get("industry")),
        address=text(row.get("addressStreet")),
        zip=text(row.get("addressPostalCode"), 40),
        city=text(row.get("addressCity")),
        state=text(row.get("addressState")),
        country=code or country,
        extra=tuple(opted.items()),
    )


def points_in(row: Row, single: Literal["phoneNumber", "emailAddress"]) -> list[str]:
    """The numbers or addresses in a record, the primary one first; a list of records holds no others."""
    first = text(row.get(single), 254)
    rest = row.get(f"{single}Data")
    told = [text(one.get(single), 254) for one in rest if isinstance(one, Mapping)] if isinstance(rest, list) else []
    return [one for one in dict.fromkeys((first, *told)) if one]


def _interactions(row: Row, reading: Reading) -> tuple[RemoteInteraction, ...]:
    """What the lead did by its own record: a web form brings its words along."""
    created = moment(row.get("createdAt"))
    if created is None or row.get("createdById") == reading.me:
        return ()
    said, source = block(row.get("description")), folded(text(row.get("source")))
    kinds: Mapping[str, InteractionKind] = {"web site": "contact_form", "email": "sales_email", "call": "inbound_call"}
    kind = kinds.get(source, "other")
    if kind == "other" and not said:
        return ()
    topic = text(row.get("campaignName"), 200) or text(row.get("source"), 200)
    return (RemoteInteraction(f"Lead,{row['id']}", created, kind, topic, to_text(said)),)


def key_in(row: Row, attribute: str) -> str:
    """Our key in a record, empty when it has none."""
    value = row.get(attribute) if attribute else None
    return _uuid(value) if isinstance(value, str) else ""


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        return ""


# What was done on leads ------------------------------------------------------------------------------------------


def call(row: Row, reading: Reading) -> RemoteTouch | None:
    """A call that took place, or was tried; None for one that is planned."""
    at = moment(row.get("dateStart"))
    if at is None or row.get("status") not in {"Held", "Not Held"}:
        return None
    return _touch("Call", row, reading, at, "phone")


def meeting(row: Row, reading: Reading) -> RemoteTouch | None:
    """A meeting that took place; None for one that is planned, or was not held."""
    at = moment(row.get("dateStart"))
    if at is None or row.get("status") != "Held":
        return None
    return _touch("Meeting", row, reading, at, "meeting")


def done_task(row: Row, reading: Reading) -> RemoteTouch | None:
    """A task that is done; one that holds a touch of ours says its channel in its title."""
    at = moment(row.get("dateCompleted")) or moment(row.get("dateEnd")) or moment(row.get("modifiedAt"))
    if at is None or row.get("status") != "Completed":
        return None
    key = key_in(row, reading.keys.get("Task", ""))
    start = folded(text(row.get("name")).partition(":")[0])
    named: list[Channel] = [name for name, word in CHANNEL_WORDS.items() if folded(word) == start]
    channel: Channel = named[0] if named else "research"
    return _touch("Task", row, reading, (moment(row.get("dateEnd")) or at) if key else at, channel)


def _touch(kind: str, row: Row, reading: Reading, at: datetime, channel: Channel) -> RemoteTouch:
    title, said = text(row.get("name"), 300), block(row.get("description"))
    author = row.get("createdById") or row.get("assignedUserId")
    key = key_in(row, reading.keys.get(kind, ""))
    return RemoteTouch(
        remote_id=f"{kind},{row['id']}",
        lead=text(row.get("parentId"), 50),
        at=at,
        channel=channel,
        text=said if said.startswith(title) else "\n".join(part for part in (title, said) if part),
        author=text(row.get("createdByName"), 200) or text(row.get("assignedUserName"), 200),
        mine=author == reading.me or bool(key),
        key=key,
    )


def post(row: Row, lead: str, reading: Reading) -> RemoteTouch | None:
    """An entry of a lead's stream that tells of something: a post, a mail; None for what EspoCRM logs by itself."""
    at = moment(row.get("createdAt"))
    data = row.get("data") if isinstance(row.get("data"), Mapping) else {}
    kind = row.get("type")
    words = block(row.get("post"))
    if kind in {"EmailReceived", "EmailSent"}:
        words = words or text(data.get("emailName"), 300)  # type: ignore[union-attr]
    elif kind != "Post":
        return None
    said, key = unmarked(words)
    if at is None or not said:
        return None
    outcomes = {"EmailReceived": "replied", "EmailSent": "sent"}
    return RemoteTouch(
        remote_id=f"Note,{row['id']}",
        lead=lead,
        at=at,
        channel="email" if kind in outcomes else "research",
        outcome=outcomes.get(str(kind), ""),
        text=said,
        author=text(row.get("createdByName"), 200),
        mine=row.get("createdById") == reading.me or bool(key),
        key=key,
    )


def marked(words: str, key: str) -> str:
    """A post that carries our key: posts have no fields of one's own."""
    return f"{safe_text(words).strip()}\n\n[callsheet {key}]"


def unmarked(words: str) -> tuple[str, str]:
    """The words of a post and our key in it, empty when it is not ours."""
    found = _MARK.search(words)
    if found is None or not (key := _uuid(found[1])):
        return words, ""
    return words[: found.start()].strip(), key


# What goes out ---------------------------------------------------------------------------------------------------


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
        "dateStart": written(op.at),
        "dateEnd": written(op.at),
        "description": _said(touch.label, touch.number and f"Number: {touch.number}", touch.text),
        "parentType": "Lead",
        "parentId": op.lead,
        "assignedUserId": me,
    }


def task_values(op: Op, step: Task, me: str) -> dict[str, Any]:
    """A next step: an open task with its time."""
    name = line(step.title, NAME_LIMIT) or CHANNEL_WORDS[step.channel]
    return {
        "name": name,
        "status": "Not Started",
        "dateEnd": written(step.due),
        "description": _said("" if name == one_line(step.title) else step.title, step.text),
        "parentType": "Lead",
        "parentId": op.lead,
        "assignedUserId": me,
    }


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


def new_lead(body: LeadCreate, me: str, sources: Sequence[str], industries: Sequence[str]) -> dict[str, Any]:
    """A new lead; what has no place of its own is told in its description."""
    profile = body.profile
    filled = {name: value for name, value in flat(profile).items() if value}
    values, said = profile_values(filled, industries)
    if not values.get("lastName"):
        values["lastName"] = line(profile.company or (profile.emails + profile.phones + ("New lead",))[0], 100)
    source = next((option for option in sources if option and folded(option) == folded(body.source)), "")
    if source:
        values["source"] = source
    elif body.source:
        said.append(f"Source: {one_line(body.source, 200)}")
    if body.campaign:
        said.append(f"Campaign: {one_line(body.campaign, 200)}")
    said += [f"{one_line(name, 100)}: {one_line(value, 500)}" for name, value in profile.extra]
    values["assignedUserId"] = me
    values["status"] = "Assigned"
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
