"""What a contact did by HubSpot's account: forms sent in, links clicked, answers, visits; it makes leads hot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from callsheet.crm.hubspot.shapes import Record, Version
from callsheet.crm.hubspot.times import at
from callsheet.domain.events import InteractionKind
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import RemoteInteraction

EVENT_NAME: Final = "recent_conversion_event_name"
EVENT_DATE: Final = "recent_conversion_date"
MESSAGE: Final = "message"
FORM_HISTORY: Final = (EVENT_NAME, EVENT_DATE, MESSAGE)
"""The properties whose earlier values tell of earlier forms: a contact itself only shows the last one."""

MAX_TEXT: Final = 20_000

_FORMS: Final[Sequence[tuple[InteractionKind, tuple[str, ...]]]] = (
    ("webinar", ("webinar", "web seminar")),
    ("event_form", ("event", "booth", "trade show", "fair registration")),
    ("download", ("download", "ebook", "e-book", "white paper", "whitepaper", "guide", "newsletter", "checklist")),
)
"""What a form is about by the words in its name; any other form asks for contact, and so does one with a message."""


def form_kind(name: str, message: str) -> InteractionKind:
    """What sending in a form says: a gated download is no request, a question is one wherever it was asked."""
    folded = name.casefold()
    if not message.strip():
        for kind, words in _FORMS:
            if any(word in folded for word in words):
                return kind
    return "contact_form"


def interactions(contact: Record) -> tuple[RemoteInteraction, ...]:
    """What the contact itself tells, oldest first. Raises `Drift` for a time that is none."""
    found = [*_forms(contact)]
    clicked = at(contact.get("hs_email_last_click_date"))
    if clicked is not None:
        found.append(_did(contact, clicked, "email_click", contact.get("hs_email_last_email_name")))
    replied = at(contact.get("hs_sales_email_last_replied"))
    if replied is not None:
        found.append(_did(contact, replied, "reply", "email"))
    visited = at(contact.get("hs_analytics_last_visit_timestamp"))
    if visited is not None:
        found.append(_did(contact, visited, "visit", contact.get("hs_analytics_last_url")))
    return tuple(sorted(found, key=lambda item: (item.at, item.remote_id)))


def _forms(contact: Record) -> list[RemoteInteraction]:
    dates = contact.properties_with_history.get(EVENT_DATE, [])
    if not dates:
        sent = at(contact.get(EVENT_DATE))
        return [] if sent is None else [_form(contact, sent, contact.get(EVENT_NAME), contact.get(MESSAGE))]
    named = contact.properties_with_history.get(EVENT_NAME, [])
    said = contact.properties_with_history.get(MESSAGE, [])
    forms = {}
    for one in dates:
        sent = at(one.value or "")
        if sent is not None:
            forms[sent] = _form(contact, sent, _then(named, one.timestamp), _just_then(said, one.timestamp))
    return list(forms.values())


def _form(contact: Record, sent: datetime, name: str, message: str) -> RemoteInteraction:
    return RemoteInteraction(
        remote_id=f"{contact.id}:form:{sent.timestamp():.0f}",
        at=sent,
        kind=form_kind(name, message),
        topic=one_line(name, 300),
        text=safe_text(message, MAX_TEXT),
    )


def _did(contact: Record, moment: datetime, kind: InteractionKind, topic: str) -> RemoteInteraction:
    return RemoteInteraction(f"{contact.id}:{kind}:{moment.timestamp():.0f}", moment, kind, one_line(topic, 300))


def _then(values: Sequence[Version], moment: datetime) -> str:
    """The value that held at a moment."""
    held = [one for one in values if one.timestamp <= moment]
    return (max(held, key=lambda one: one.timestamp).value or "") if held else ""


def _just_then(values: Sequence[Version], moment: datetime) -> str:
    """The value that came with the form: a message of an earlier form is not said again."""
    return next((one.value or "" for one in values if abs((one.timestamp - moment).total_seconds()) < 2), "")
