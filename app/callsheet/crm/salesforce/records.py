"""What Salesforce's records say in our words, and our ops as its values. Pure.

A task has no time, only a day: its instant stands in the first line of its description, where we find it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from callsheet.crm.phones import e164
from callsheet.crm.plain_words import CHANNEL_WORDS, origin
from callsheet.crm.salesforce.session import Field, Session
from callsheet.crm.salesforce.soql import instant, moment
from callsheet.crm.salesforce.wire import Row
from callsheet.domain.events import Channel, CloseReason, InteractionKind
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import Drift, LeadCreate, Note, Op, RemoteInteraction, RemoteLead, RemoteTouch, Task, Touch

LEAD_FIELDS: Final = (
    "Id", "FirstName", "LastName", "Company", "Title", "Phone", "MobilePhone", "Email", "Website", "Industry",
    "NumberOfEmployees", "LeadSource", "Status", "DoNotCall", "HasOptedOutOfEmail", "Street", "City", "State",
    "PostalCode", "Country", "Description", "OwnerId", "IsConverted", "CreatedDate", "CreatedById", "SystemModstamp",
)  # fmt: skip
ALWAYS: Final = frozenset({"Id", "OwnerId", "IsConverted", "CreatedDate", "CreatedById", "SystemModstamp", "IsDeleted"})
TASK_FIELDS: Final = (
    "Id", "Subject", "Description", "Status", "TaskSubtype", "CallType", "CallDisposition", "ActivityDate", "WhoId",
    "OwnerId", "Owner.Name", "CreatedById", "CompletedDateTime", "CreatedDate", "SystemModstamp",
)  # fmt: skip

EVENT_FIELDS: Final = (
    "Id", "Subject", "Description", "StartDateTime", "WhoId", "OwnerId", "Owner.Name", "SystemModstamp",
)  # fmt: skip

MAIL_FIELDS: Final = ("Id", "ActivityId", "Incoming", "Subject", "TextBody", "MessageDate")

PLAIN_FIELDS: Final[Mapping[str, tuple[str, int]]] = {
    "company": ("Company", 255), "title": ("Title", 128), "website": ("Website", 255), "industry": ("Industry", 40),
    "address": ("Street", 255), "zip": ("PostalCode", 20), "city": ("City", 40), "state": ("State", 80),
    "country": ("Country", 80),
}  # fmt: skip
"""Fields of the profile that are lines of text there as well, with their longest length in characters."""

HOMELESS: Final[Mapping[str, str]] = {
    "linkedin": "LinkedIn", "company_kind": "Kind of company", "timezone": "Time zone",
}  # fmt: skip
STOPS: Final = ("DoNotCall", "HasOptedOutOfEmail")
"""Do not contact, as leads and contacts hold it."""

SUBJECT: Final = 255
DESCRIPTION: Final = 32_000
MAX_SECONDS: Final = 99_999_999
NO_COMPANY: Final = "[not provided]"

_AT: Final = re.compile(r"^At (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n?")
_KEY: Final = re.compile(r"([0-9a-f-]{36})(:\d+)?")


def text(value: object, limit: int = 500) -> str:
    """A line of text; nothing when empty."""
    return one_line(value, limit) if isinstance(value, str) else ""


def select(names: Sequence[str], known: Mapping[str, Field]) -> str:
    """The fields to ask for, those left out that the rep may not see: one of them would fail the whole query."""
    return ", ".join(name for name in names if name in ALWAYS or "." in name or name in known)


def lead(row: Row, session: Session, answers: Sequence[RemoteInteraction] = ()) -> RemoteLead:
    """A record as a lead; `answers` are those to campaigns. Raises `Drift` when it lacks an id or a time of change."""
    modified, one = moment(row.get("SystemModstamp")), row.get("Id")
    if modified is None or not isinstance(one, str):
        raise Drift("Salesforce's record of a lead has no id or no time of change.")
    status = text(row.get("Status"), 100)
    closed: CloseReason | None = "not_a_fit" if session.is_closed(status) else None
    owner = row.get("Owner")
    return RemoteLead(
        id=one,
        version=str(row["SystemModstamp"]),
        modified_at=modified,
        profile=_profile(row),
        created_at=moment(row.get("CreatedDate")),
        owner=text(owner.get("Name"), 200) if isinstance(owner, Mapping) else "",
        mine=row.get("OwnerId") == session.me,
        status=status,
        closed="won" if row.get("IsConverted") is True else closed,
        do_not_contact=row.get("DoNotCall") is True,
        source=text(row.get("LeadSource"), 200),
        campaign=min(answers, key=lambda one: one.at).topic if answers else "",
        interactions=(*_form(row, session), *answers),
        key=key_in(row.get(session.key)),
    )


def _profile(row: Row) -> Profile:
    country = text(row.get("Country"), 100)
    code = country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else ""
    numbers = [e164(number, code) for name in ("Phone", "MobilePhone") if (number := text(row.get(name), 100))]
    company, mail, size = text(row.get("Company")), text(row.get("Email"), 254), row.get("NumberOfEmployees")
    opted = (("unsubscribed from email", "yes"),) if row.get("HasOptedOutOfEmail") is True else ()
    return Profile(
        name=" ".join(part for part in (text(row.get("FirstName")), text(row.get("LastName"))) if part),
        company="" if company == NO_COMPANY else company,
        title=text(row.get("Title")),
        phones=tuple(dict.fromkeys(numbers)),
        emails=(mail.lower(),) if mail else (),
        website=text(row.get("Website")),
        industry=text(row.get("Industry")),
        company_size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        address=text(row.get("Street")),
        zip=text(row.get("PostalCode")),
        city=text(row.get("City")),
        state=text(row.get("State")),
        country=code or country,
        extra=opted,
    )


def _form(row: Row, session: Session) -> tuple[RemoteInteraction, ...]:
    """Web-to-Lead makes a lead of a form, and leaves what was asked in its description."""
    created = moment(row.get("CreatedDate"))
    if created is None or row.get("CreatedById") == session.me:
        return ()
    said = safe_text(str(row.get("Description") or ""))[:20_000].strip()
    source = folded(text(row.get("LeadSource")))
    kind: InteractionKind = SOURCE_KINDS.get(source, "other")
    if kind == "other" and not said:
        return ()
    return (RemoteInteraction(f"Lead,{row['Id']}", created, kind, text(row.get("LeadSource"), 200), said),)


SOURCE_KINDS: Final[Mapping[str, InteractionKind]] = {
    "web": "contact_form", "website": "contact_form", "web site": "contact_form", "phone inquiry": "inbound_call",
}  # fmt: skip

CAMPAIGN_KINDS: Final[Mapping[str, InteractionKind]] = {
    "webinar": "webinar", "conference": "attendance", "trade show": "event_form", "event": "attendance",
    "email": "email_click", "content": "download",
}  # fmt: skip


def membership(row: Row) -> RemoteInteraction | None:
    """A lead that responded to a campaign; None when the answer is not of that form."""
    at = moment(row.get("FirstRespondedDate")) or moment(row.get("CreatedDate"))
    campaign = row.get("Campaign") if isinstance(row.get("Campaign"), Mapping) else {}
    if at is None:
        return None
    sort = folded(text(campaign.get("Type")))  # type: ignore[union-attr]
    kind: InteractionKind = CAMPAIGN_KINDS.get(sort, "other")
    name = text(campaign.get("Name"), 200)  # type: ignore[union-attr]
    return RemoteInteraction(f"CampaignMember,{row['Id']}", at, kind, name, text(row.get("Status"), 200))


def key_in(value: object) -> str:
    """Our op's id in a key, without the number of its part; empty when it is none of ours."""
    found = _KEY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return ""
    try:
        return str(UUID(found[1]))
    except ValueError:
        return ""


def touch(row: Row, session: Session, mail: Row | None = None) -> RemoteTouch | None:
    """A task that is done as a touch; None for one that does not tell when. `mail` is the one that it stands for."""
    mail = mail or {}
    said = safe_text(str(mail.get("TextBody") or row.get("Description") or ""))[:20_000]
    marked = _AT.match(said)
    day = moment(f"{row['ActivityDate']}T12:00:00Z") if isinstance(row.get("ActivityDate"), str) else None
    done = moment(mail.get("MessageDate")) or moment(row.get("CompletedDateTime"))
    at = moment(marked[1]) if marked else done or day or moment(row.get("CreatedDate"))
    if at is None or not isinstance(row.get("WhoId"), str):
        return None
    said = said[marked.end() :].strip() if marked else said.strip()
    title = text(mail.get("Subject") or row.get("Subject"), 300)
    words = said if said.startswith(title) else "\n".join(part for part in (title, said) if part)
    owner = row.get("Owner")
    return RemoteTouch(
        remote_id=f"Task,{row['Id']}",
        lead=str(row["WhoId"]),
        at=at,
        channel="email" if mail else _channel(row, title),
        outcome="replied" if mail.get("Incoming") is True else "",
        text=words,
        author=text(owner.get("Name"), 200) if isinstance(owner, Mapping) else "",
        mine=row.get("OwnerId") == session.me and mail.get("Incoming") is not True,
        key=key_in(row.get(session.key)),
    )


def meeting(row: Row, session: Session) -> RemoteTouch | None:
    """An event of the calendar that is over, as a touch; None for one without a time."""
    at = moment(row.get("StartDateTime"))
    if at is None:
        return None
    owner = row.get("Owner")
    said = (text(row.get("Subject"), 300), safe_text(str(row.get("Description") or ""))[:20_000].strip())
    return RemoteTouch(
        remote_id=f"Event,{row['Id']}",
        lead=str(row["WhoId"]),
        at=at,
        channel="meeting",
        text="\n".join(part for part in said if part),
        author=text(owner.get("Name"), 200) if isinstance(owner, Mapping) else "",
        mine=row.get("OwnerId") == session.me,
    )


def _channel(row: Row, title: str) -> Channel:
    by_kind: Mapping[str, Channel] = {"Call": "phone", "Email": "email", "ListEmail": "email", "LinkedIn": "linkedin"}
    if (kind := str(row.get("TaskSubtype"))) in by_kind:
        return by_kind[kind]
    start = folded(title.partition(":")[0])
    named: list[Channel] = [name for name, word in CHANNEL_WORDS.items() if folded(word) == start]
    return named[0] if named else "research"


# What goes out ---------------------------------------------------------------------------------------------------


def touch_values(op: Op, body: Touch, session: Session) -> list[dict[str, Any]]:
    """A touch as a task that is done, and further tasks for a text that is longer than one takes."""
    word = CHANNEL_WORDS[body.channel]
    inbound = " (inbound)" if body.direction == "inbound" else ""
    label = body.label or body.outcome
    values: dict[str, Any] = {"TaskSubtype": {"phone": "Call", "email": "Email"}.get(body.channel, "Task")}
    said = [label, f"Number: {body.number}" if body.number else "", body.text]
    if body.channel == "phone":
        seconds = min(max(round(body.duration / timedelta(seconds=1)), 0), MAX_SECONDS)
        values |= {
            "CallType": "Inbound" if body.direction == "inbound" else "Outbound",
            "CallDurationInSeconds": seconds,
            "CallDisposition": one_line(session.chosen.get(f"outcome_{body.outcome}", "") or label, 255),
        }
        if "CallDurationInSeconds" not in session.task and seconds:
            said.insert(1, f"Length: {seconds // 60}:{seconds % 60:02d} min")
    elif "Type" in session.task:
        fitting = [option for option in session.task["Type"].options if folded(option) == folded(word)]
        values |= {"Type": fitting[0]} if fitting else {}
    return _tasks(op, f"{word}: {label}{inbound}", said, values, session)


def note_values(op: Op, body: Note, session: Session) -> list[dict[str, Any]]:
    """A note as a task that is done."""
    first = one_line(body.text.strip().partition("\n")[0], 100)
    return _tasks(op, f"Note: {first}", [body.text], {"TaskSubtype": "Task"}, session)


def _tasks(
    op: Op, title: str, said: Sequence[str], values: Mapping[str, Any], session: Session
) -> list[dict[str, Any]]:
    words = safe_text("\n".join([f"At {instant(op.at)}", *(part for part in said if part)]))
    parts = [words[start : start + DESCRIPTION] for start in range(0, len(words), DESCRIPTION)]
    made = []
    for place, part in enumerate(parts):
        more = f" ({place + 1} of {len(parts)})" if len(parts) > 1 else ""
        kept = values if place == 0 else {"TaskSubtype": "Task"}
        record = {
            "Subject": f"{one_line(title, SUBJECT - len(more))}{more}",
            "Status": session.done,
            "ActivityDate": str(op.at.astimezone(_zone(op.zone)).date()),
            "Description": part,
            "WhoId": op.lead,
            "OwnerId": session.me,
            **kept,
        }
        made.append({session.key: part_key(op.id, place), **writable(record, session.task)})
    return made


def part_key(key: str, place: int) -> str:
    """The key of one of the tasks that an op makes."""
    return key if place == 0 else f"{key}:{place + 1}"


def task_values(op: Op, step: Task, session: Session) -> dict[str, Any]:
    """A next step: a task keeps its day, its reminder the time."""
    title = one_line(step.title, SUBJECT) or CHANNEL_WORDS[step.channel]
    whole = step.title if len(step.title) > SUBJECT else ""
    record = {
        "Subject": title,
        "Status": session.todo,
        "ActivityDate": str(step.due.astimezone(_zone(op.zone)).date()),
        "Description": safe_text("\n".join(part for part in (whole, step.text) if part))[:DESCRIPTION],
        "WhoId": op.lead,
        "OwnerId": session.me,
        "TaskSubtype": {"phone": "Call", "email": "Email"}.get(step.channel, "Task"),
        "IsReminderSet": not step.all_day,
        "ReminderDateTime": None if step.all_day else instant(step.due),
    }
    return {session.key: op.id, **writable(record, session.task)}


def writable(values: Mapping[str, Any], known: Mapping[str, Field]) -> dict[str, Any]:
    """The values that the rep may write: another one would fail the whole record."""
    return {name: value for name, value in values.items() if name in known and known[name].creates}


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def local(at: datetime, zone: str) -> str:
    """The day of a moment in the rep's zone."""
    return str(at.astimezone(_zone(zone)).date())


def profile_values(changes: Mapping[str, str], known: Mapping[str, Field]) -> tuple[dict[str, Any], list[str]]:
    """The values that a change of the profile means, and in words what has no place or does not fit there."""
    values: dict[str, Any] = {}
    said: list[str] = []
    for name, value in changes.items():
        whole = one_line(value, 2000)
        if name in PLAIN_FIELDS:
            there, limit = PLAIN_FIELDS[name]
            limit = min(limit, known[there].length or limit) if there in known else 0
            if limit:
                values[there] = one_line(whole, limit) or (NO_COMPANY if name == "company" else None)
            if len(whole) > limit:
                said.append(f"{name.capitalize()}: {whole}")
        elif name == "name":
            first, _, last = whole.rpartition(" ")
            values |= {"FirstName": one_line(first, 40) or None, "LastName": one_line(last, 80) or NO_COMPANY}
            if len(first) > 40 or len(last) > 80:
                said.append(f"Name: {whole}")
        elif name == "phones":
            numbers = [part.strip() for part in whole.split(";") if part.strip()]
            values |= dict(
                zip(("Phone", "MobilePhone"), [*[one_line(n, 40) for n in numbers[:2]], None, None], strict=False)
            )
            said += [f"Number: {number}" for number in numbers[2:]]
        elif name == "emails":
            mails = [part.strip() for part in whole.split(";") if part.strip()]
            values["Email"] = mails[0] if mails and len(mails[0]) <= 80 else None
            said += [f"Email: {mail}" for mail in mails if mail != values["Email"]]
        elif name == "company_size":
            values["NumberOfEmployees"] = int(whole) if whole.isdecimal() and len(whole) < 9 else None
        elif name in HOMELESS and whole:
            said.append(f"{HOMELESS[name]}: {whole}")
    return {name: value for name, value in values.items() if name in known and known[name].updates}, said


def new_lead(body: LeadCreate, session: Session) -> dict[str, Any]:
    """A new lead; what has no place of its own is told in its description."""
    profile = body.profile
    values, said = profile_values({name: value for name, value in flat(profile).items() if value}, session.lead)
    values.setdefault("Company", NO_COMPANY)
    if "LastName" not in values:
        values["LastName"] = one_line(
            (profile.company, *profile.emails, *profile.phones, NO_COMPANY)[0] or NO_COMPANY, 80
        )
    sources = session.lead["LeadSource"].options if "LeadSource" in session.lead else ()
    source, rest = origin(body, sources)
    if source:
        values["LeadSource"] = source
    said += rest
    values["OwnerId"] = session.me
    if said:
        values["Description"] = safe_text("\n".join(said))[:DESCRIPTION]
    if body.do_not_contact:
        values |= stop_values(session, stop=True)
    return values


def stop_values(session: Session, *, stop: bool) -> dict[str, Any]:
    """Do not contact, as far as the rep may write it."""
    return {name: stop for name in STOPS if name in session.lead and session.lead[name].updates}
