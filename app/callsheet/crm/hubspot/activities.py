"""What was done with a lead, as HubSpot's objects: calls, emails, messages, mail, notes and tasks; and back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from callsheet.crm.hubspot.contacts import KEY
from callsheet.crm.hubspot.shapes import Record
from callsheet.crm.hubspot.times import at, milliseconds
from callsheet.crm.hubspot.words import Words
from callsheet.domain.events import Channel
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import Note, Op, RemoteTouch, Task, Touch

MAX_BODY: Final = 65_000
"""The longest body that is sent, in characters of HTML; HubSpot takes 65,536. The rest goes into further notes."""

MAX_TITLE: Final = 250
"""The longest title or subject that is sent; the whole of a longer one is in the body."""

MAX_PART: Final = 10_000
"""How much of a plain text is escaped at a time: escaped it is at most six times as long."""

CONTINUED: Final = "#"
"""Stands between our key and the number of a note that continues a text."""

PLACES: Final[Mapping[Channel, str]] = {
    "phone": "calls", "email": "emails", "linkedin": "communications", "sms": "communications", "post": "postal_mail",
}  # fmt: skip
"""The channels with objects of their own; all others become notes that say which it was."""

OTHER_CHANNELS: Final[Mapping[Channel, str]] = {"video": "Video", "meeting": "Meeting", "research": "Research"}

BODIES: Final[Mapping[str, str]] = {
    "calls": "hs_call_body", "emails": "hs_email_html", "communications": "hs_communication_body",
    "postal_mail": "hs_postal_mail_body", "notes": "hs_note_body", "tasks": "hs_task_body",
    "meetings": "hs_meeting_body",
}  # fmt: skip

TITLES: Final[Mapping[str, str]] = {
    "calls": "hs_call_title", "emails": "hs_email_subject", "tasks": "hs_task_subject", "meetings": "hs_meeting_title",
}  # fmt: skip

DETAILS: Final[Mapping[str, tuple[str, ...]]] = {
    "calls": ("hs_call_direction", "hs_call_disposition", "hs_call_status"),
    "emails": ("hs_email_direction", "hs_email_status", "hs_email_text"),
    "communications": ("hs_communication_channel_type",),
    "meetings": ("hs_meeting_outcome",),
}

CALL_STATUSES: Final[Mapping[str, str]] = {"no_answer": "NO_ANSWER", "busy": "BUSY"}

TOUCHED: Final = ("calls", "emails", "communications", "postal_mail", "meetings", "notes")
"""The object types whose records tell what was done; tasks tell what is to do."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record to be written for an op: `key` is unique among the records of its kind."""

    kind: str
    key: str
    properties: Mapping[str, str]


def writes(op: Op, body: Touch | Note | Task, owner: str, words: Words) -> list[Write]:
    """The records that an op makes; the first is the effect itself, further ones are notes that go on with its text."""
    match body:
        case Touch():
            kind, values, text = _touch(body, words)
        case Note():
            kind, values, text = "notes", {}, body.text
        case Task():
            kind, values, text = "tasks", _task(body), _task_text(body)
    moment = body.due if isinstance(body, Task) else op.at
    shared = {"hs_timestamp": milliseconds(moment), "hubspot_owner_id": owner}
    first, *rest = pieces(text)
    values = {**shared, **values, BODIES[kind]: first}
    if kind == "emails":
        values["hs_email_text"] = plain(first)
    found = [Write(kind, op.id, values)]
    for number, piece in enumerate(rest, 2):
        continued = {**shared, "hs_timestamp": milliseconds(op.at), "hs_note_body": piece}
        found.append(Write("notes", f"{op.id}{CONTINUED}{number}", continued))
    return found


def touch(record: Record, kind: str, lead: str, me: str, words: Words) -> RemoteTouch:
    """A record as something that was done on a lead. Raises `Drift` for a time that is none."""
    owner = record.get("hubspot_owner_id")
    key = record.get(KEY).partition(CONTINUED)[0]
    title = one_line(record.get(TITLES.get(kind, "")), 1000)
    said = plain(record.get(BODIES[kind])) or safe_text(record.get("hs_email_text"))
    label = words.disposition_label(record.get("hs_call_disposition"))
    channel, outcome = _channel(record, kind, words)
    return RemoteTouch(
        remote_id=remote_id(kind, record.id),
        lead=lead,
        at=at(record.get("hs_timestamp")) or record.created_at,
        channel=channel,
        outcome=outcome,
        text="\n".join(part for part in _unsaid([title, label], said) if part),
        author=one_line(words.owners.get(owner, ""), 200),
        mine=bool(key) or (bool(owner) and owner == me),
        key=key,
    )


def remote_id(kind: str, record: str) -> str:
    """How a record is known to us: HubSpot's ids are unique within an object type only."""
    return f"{kind}:{record}"


def properties(kind: str) -> tuple[str, ...]:
    """What is asked for of a record that is to become a touch."""
    title = (TITLES[kind],) if kind in TITLES else ()
    return ("hs_timestamp", "hubspot_owner_id", KEY, BODIES[kind], *title, *DETAILS.get(kind, ()))


def as_html(text: str) -> str:
    """Plain text as HTML that shows it unchanged."""
    return html.escape(safe_text(text), quote=False).replace("\n", "<br>")


def plain(body: str) -> str:
    """The text that a body of HTML shows."""
    broken = re.sub(r"<(?:br\s*/?|/p|/div|/li)>", "\n", body, flags=re.IGNORECASE)
    return safe_text(html.unescape(re.sub(r"<[^<>]*>", "", broken))).strip()


def pieces(text: str) -> list[str]:
    """A plain text as bodies of HTML, each within the limit; no character is lost between them."""
    found = [""]
    for start in range(0, len(text), MAX_PART):
        piece = as_html(text[start : start + MAX_PART])
        if len(found[-1]) + len(piece) > MAX_BODY:
            found.append("")
        found[-1] += piece
    return found


def cut(text: str) -> str:
    """A title within its limit."""
    return one_line(text, MAX_TITLE)


def _touch(body: Touch, words: Words) -> tuple[str, dict[str, str], str]:
    kind = PLACES.get(body.channel, "notes")
    said = [body.label, body.text]
    inbound = body.direction == "inbound"
    match kind:
        case "calls":
            values = _call(body, words, inbound=inbound)
            said = [body.label, body.text]
        case "emails":
            values = {
                "hs_email_subject": cut(f"Email: {body.label}"),
                "hs_email_direction": "INCOMING_EMAIL" if inbound else "EMAIL",
                "hs_email_status": "BOUNCED" if body.outcome == "bounced" else "SENT",
            }
        case "communications":
            sort = "LINKEDIN_MESSAGE" if body.channel == "linkedin" else "SMS"
            values = {"hs_communication_channel_type": sort, "hs_communication_logged_from": "CRM"}
        case "postal_mail":
            values = {}
        case _:
            values = {}
            said = [f"{OTHER_CHANNELS.get(body.channel, body.channel)}: {body.label}", body.text]
    if inbound and kind not in {"calls", "emails"}:
        said[0] = f"{said[0]} (from them)"
    return kind, values, "\n".join(part for part in said if part.strip())


def _call(body: Touch, words: Words, *, inbound: bool) -> dict[str, str]:
    values = {
        "hs_call_title": cut(f"Call: {body.label}"),
        "hs_call_direction": "INBOUND" if inbound else "OUTBOUND",
        "hs_call_duration": str(max(body.duration, timedelta(0)) // timedelta(milliseconds=1)),
        "hs_call_status": CALL_STATUSES.get(body.outcome, "COMPLETED"),
    }
    if body.number:
        values["hs_call_from_number" if inbound else "hs_call_to_number"] = one_line(body.number, 50)
    disposition = words.disposition(body.outcome, body.label)
    if disposition is not None:
        values["hs_call_disposition"] = disposition.id
    return values


def _task(body: Task) -> dict[str, str]:
    sort = {"phone": "CALL", "email": "EMAIL"}.get(body.channel, "TODO")
    return {"hs_task_subject": cut(body.title) or "Next step", "hs_task_type": sort}


def _task_text(body: Task) -> str:
    whole = [body.title] if len(body.title) > MAX_TITLE else []
    other = [] if body.channel in {"phone", "email"} else [f"By {OTHER_CHANNELS.get(body.channel, body.channel)}"]
    day = ["Any time of the day"] if body.all_day else []
    return "\n".join(part for part in [*whole, body.text, *other, *day] if part)


def _channel(record: Record, kind: str, words: Words) -> tuple[Channel, str]:
    match kind:
        case "calls":
            outcome = words.outcome(record.get("hs_call_disposition"))
            unanswered = {value: name for name, value in CALL_STATUSES.items()}
            return "phone", outcome or unanswered.get(record.get("hs_call_status"), "")
        case "emails" if record.get("hs_email_direction") == "INCOMING_EMAIL":
            return "email", "replied"
        case "emails":
            return "email", "bounced" if record.get("hs_email_status") == "BOUNCED" else "sent"
        case "communications":
            linkedin = record.get("hs_communication_channel_type") == "LINKEDIN_MESSAGE"
            return ("linkedin" if linkedin else "sms"), "sent"
        case "postal_mail":
            return "post", "posted"
        case "meetings":
            return "meeting", "connected" if record.get("hs_meeting_outcome") == "COMPLETED" else ""
        case _:
            return "research", ""


def _unsaid(lines: Iterable[str], said: str) -> list[str]:
    return [*(line for line in lines if line and line not in said), said]
