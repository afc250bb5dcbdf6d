"""What EspoCRM's records say in our words, and our ops as its values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from callsheet.crm.espocrm.place import moment, written
from callsheet.crm.espocrm.wire import Row
from callsheet.crm.markup import to_text
from callsheet.crm.phones import e164
from callsheet.crm.plain_words import CHANNEL_WORDS
from callsheet.domain.events import Channel, CloseReason, InteractionKind
from callsheet.domain.profile import Profile, folded
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import Drift, RemoteInteraction, RemoteLead, RemoteTouch

LEAD_FIELDS: Final = (
    "name", "firstName", "lastName", "title", "accountName", "status", "source", "industry", "website",
    "emailAddress", "emailAddressIsOptedOut", "phoneNumber", "phoneNumberIsOptedOut", "doNotCall", "description",
    "addressStreet", "addressCity", "addressState", "addressPostalCode", "addressCountry", "assignedUserId",
    "assignedUserName", "campaignId", "campaignName", "createdAt", "createdById", "modifiedAt",
)  # fmt: skip

CALL_FIELDS: Final = (
    "name", "status", "direction", "dateStart", "dateEnd", "description", "parentType", "parentId",
    "assignedUserId", "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip
MEETING_FIELDS: Final = (
    "name", "status", "dateStart", "description", "parentType", "parentId", "assignedUserId",
    "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip
TASK_FIELDS: Final = (
    "name", "status", "dateEnd", "dateCompleted", "description", "parentType", "parentId", "assignedUserId",
    "assignedUserName", "createdById", "createdByName", "modifiedAt",
)  # fmt: skip

STATUSES: Final[Mapping[str, str]] = {
    "working": "In Process", "connected": "In Process", "meeting": "In Process", "nurture": "Recycled",
    "won": "Converted", "closed": "Dead",
}  # fmt: skip
"""The status of a lead that each stage of ours means, where the rep has chosen no other."""

ANSWER_FIELDS: Final = (
    "action", "actionDate", "parentId", "campaignId", "campaignName", "objectType", "objectId", "objectName",
    "isTest",
)  # fmt: skip

CAMPAIGN_KINDS: Final[Mapping[str, InteractionKind]] = {"Clicked": "email_click", "Opted In": "other"}
"""What of a campaign's log the lead did: that a mail was opened is not known for sure, and a new lead tells itself."""

TEXT_LIMIT: Final = 20_000

_MARK: Final = re.compile(r"\n*\[callsheet ([0-9a-f-]{36})\]\s*$")


@dataclass(frozen=True, slots=True)
class Reading:
    """Who we are, which attributes hold our key, by entity, and which statuses mean that a lead has ended."""

    me: str
    keys: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, CloseReason] = field(default_factory=dict)


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
        closed=reading.endings.get(status),
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


def answer(row: Row) -> RemoteInteraction | None:
    """What a lead answered to a campaign, by the campaign's log; None for one without a time, or of a trial."""
    at, kind = moment(row.get("actionDate")), CAMPAIGN_KINDS.get(str(row.get("action")))
    if at is None or kind is None or row.get("isTest") is True:
        return None
    topic, said = text(row.get("campaignName"), 200), text(row.get("objectName"), 300)
    return RemoteInteraction(f"CampaignLogRecord,{row['id']}", at, kind, topic, said)


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
