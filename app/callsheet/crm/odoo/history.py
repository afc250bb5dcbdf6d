"""What was done on leads, by Odoo's records of it: messages of the chatter, and calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from callsheet.crm.markup import to_text
from callsheet.crm.odoo.names import key_of
from callsheet.crm.odoo.records import TEXT_LIMIT, link, moment, text
from callsheet.crm.odoo.session import ActivityType, Me
from callsheet.domain.events import Channel
from callsheet.domain.profile import folded
from callsheet.domain.text import safe_text
from callsheet.sync.port import RemoteTouch

Row = Mapping[str, Any]

MESSAGE_FIELDS: Final = (
    "id", "date", "res_id", "author_id", "email_from", "subject", "body", "message_type", "subtype_id",
    "mail_activity_type_id", "write_date",
)  # fmt: skip
CALL_FIELDS: Final = (
    "id", "name", "description", "date", "duration", "state", "direction", "user_id", "opportunity_id", "write_date",
)  # fmt: skip

MESSAGE_CHANNELS: Final[Mapping[str, tuple[Channel, str]]] = {
    "email": ("email", "replied"),
    "email_outgoing": ("email", "sent"),
    "sms": ("sms", "sent"),
    "whatsapp_message": ("sms", "sent"),
    "snailmail": ("post", "posted"),
}
"""The channel and outcome that a type of message stands for."""

MESSAGES: Final = [
    "|",
    ["message_type", "in", ["comment", *MESSAGE_CHANNELS]],
    "&",
    ["message_type", "=", "notification"],
    ["mail_activity_type_id", "!=", False],
]
"""The messages that tell of a touch or a remark; what Odoo logs by itself is left out."""


def message_id(number: int) -> str:
    """Return what tells a message from all other records."""
    return f"mail.message,{number}"


def message(
    row: Row, me: Me, types: Mapping[int, ActivityType], discussion: int, external_id: str
) -> RemoteTouch | None:
    """A message of the chatter as a touch; None when it says nothing. A remark has no outcome."""
    at = moment(row.get("date"))
    words = "\n".join(part for part in (text(row.get("subject")), _body(row)) if part)
    lead = row.get("res_id")
    if at is None or not words or not lead:
        return None
    channel, outcome = _meaning(row, types, discussion)
    author, name = link(row.get("author_id"))
    return RemoteTouch(
        remote_id=message_id(row["id"]),
        lead=str(lead),
        at=at,
        channel=channel,
        outcome=outcome,
        text=words,
        author=name or text(row.get("email_from")),
        mine=author == me.partner,
        key=key_of(external_id),
    )


def call(row: Row, me: Me, external_id: str) -> RemoteTouch | None:
    """A call that took place; None for one that is planned or was cancelled."""
    at = moment(row.get("date"))
    lead, _ = link(row.get("opportunity_id"))
    if at is None or not lead or row.get("state") != "done":
        return None
    owner, name = link(row.get("user_id"))
    said = safe_text(row["description"])[:TEXT_LIMIT] if isinstance(row.get("description"), str) else ""
    title = text(row.get("name"))
    return RemoteTouch(
        remote_id=f"crm.phonecall,{row['id']}",
        lead=str(lead),
        at=at,
        channel="phone",
        text=said if said.startswith(title) else "\n".join(part for part in (title, said) if part),
        author=name,
        mine=owner == me.user,
        key=key_of(external_id),
    )


def _body(row: Row) -> str:
    return to_text(row["body"])[:TEXT_LIMIT] if isinstance(row.get("body"), str) else ""


def _meaning(row: Row, types: Mapping[int, ActivityType], discussion: int) -> tuple[Channel, str]:
    kind = str(row.get("message_type") or "")
    if kind in MESSAGE_CHANNELS:
        return MESSAGE_CHANNELS[kind]
    done = types.get(link(row.get("mail_activity_type_id"))[0])
    if done is not None:
        return channel_of(done), ""
    if kind == "comment" and link(row.get("subtype_id"))[0] == discussion != 0:
        return "email", "sent"
    return "research", ""


def channel_of(kind: ActivityType) -> Channel:
    """The channel that a type of activity stands for."""
    if kind.category == "phonecall":
        return "phone"
    if kind.category == "meeting":
        return "meeting"
    name = folded(kind.name)
    named: dict[str, Channel] = {
        "call": "phone", "mail": "email", "meeting": "meeting", "linkedin": "linkedin", "sms": "sms", "letter": "post",
        "video": "video",
    }  # fmt: skip
    return next((channel for word, channel in named.items() if word in name), "research")
