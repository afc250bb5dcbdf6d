"""What a lead did, from a cell `kind:topic@time; …`, and the words of a hand-off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.domain.events import Interaction, InteractionKind, Packet
from callsheet.exchange.leads_csv.headers import folded_header
from callsheet.exchange.leads_csv.times import DateOrder, UnreadableTime, read_time

TOPIC_LIMIT: Final = 200
"""A topic is cut to so many characters."""

_WORDS: Final[Mapping[InteractionKind, str]] = {
    "contact_form": "contact form | contact | contact us | contacted us | form | web form | website form"
    " | form submission | demo | demo request | requested demo | book a demo | pricing request | quote request"
    " | request for quote | callback request | request | inquiry | enquiry | trial request | Kontaktformular | Anfrage"
    " | Demoanfrage | formulaire | formulaire de contact | formulario | formulario de contacto | demande de démo",
    "sales_email": "sales email | email to sales | emailed sales | emailed us | inbound email | email | mail",
    "inbound_call": "inbound call | call in | called in | called us | incoming call | phone call | call"
    " | phone | Anruf",
    "score": "score | lead score | score threshold | mql",
    "event_form": "event form | booth form | stand form | lead form | event lead form | Messebogen",
    "scan": "scan | badge | badge scan | badge scanned | scanned | qr scan | booth scan",
    "attendance": "attendance | attended | attendee | event | conference | trade show | tradeshow | fair | exhibition"
    " | booth | booth visit | session | roundtable | Messe | Veranstaltung | salon | feria",
    "webinar": "webinar | webinar attended | webinar registration | on-demand webinar | webcast | online seminar",
    "download": "download | downloaded | content download | whitepaper | white paper | ebook | e-book | case study"
    " | guide | brochure | datasheet | data sheet | report | pdf | template | checklist | asset | content"
    " | livre blanc | Broschüre",
    "visit": "visit | web visit | website visit | site visit | page view | pageview | pricing page | website | page",
    "email_click": "email click | email clicked | click | clicked | link click | newsletter click | newsletter",
    "reply": "reply | replied | response | responded | answer | answered",
    "other": "other | interaction",
}
_KINDS: Final[Mapping[str, InteractionKind]] = {
    folded_header(word): kind for kind, words in _WORDS.items() for word in words.split(" | ")
}
_IN_A_TITLE: Final[tuple[tuple[InteractionKind, re.Pattern[str]], ...]] = (
    ("webinar", re.compile(r"webinar|webcast", re.IGNORECASE)),
    (
        "download",
        re.compile(r"white ?paper|e-?book|guide|download|case study|brochure|report|checklist", re.IGNORECASE),
    ),
    ("contact_form", re.compile(r"contact|demo\b|quote|pricing request|talk to|kontakt", re.IGNORECASE)),
)
_PARTS: Final = {
    "who": "who", "name": "who", "wer": "who", "role": "role", "rolle": "role", "title": "role", "need": "need",
    "needs": "need", "pain": "need", "bedarf": "need", "topic": "topic", "agreed topic": "topic", "thema": "topic",
    "objections": "objections", "objection": "objections", "einwände": "objections", "best time": "best_time",
    "best_time": "best_time", "time": "best_time", "when": "best_time",
}  # fmt: skip
_BETWEEN: Final = re.compile(r"[;\r\n]+")


@lru_cache(maxsize=256)
def kind_of(word: str) -> InteractionKind | None:
    """The kind of interaction that a word stands for, None when it is not known."""
    return _KINDS.get(folded_header(word))


def kind_in_title(title: str) -> InteractionKind:
    """The kind of interaction that a form's title tells of: `Webinar: scaling`, `Contact us`; else `other`."""
    return next((kind for kind, pattern in _IN_A_TITLE if pattern.search(title)), "other")


def read_interactions(text: str, order: DateOrder, zone: ZoneInfo) -> tuple[tuple[Interaction, datetime | None], ...]:
    """The interactions of a cell, each with its time in UTC, None where there is none.

    Raises:
        UnreadableTime: a date in it can be read in two ways.
    """
    return tuple(_interaction(part, order, zone) for part in map(str.strip, _BETWEEN.split(text)) if part)


def read_packet(text: str) -> Packet | None:
    """What was handed over: `who: …; need: …`, or else the need in their own words; None when nothing was."""
    text = text.strip()
    if not text:
        return None
    parts: dict[str, str] = {}
    at = ""
    for piece in map(str.strip, _BETWEEN.split(text)):
        label, colon, rest = piece.partition(":")
        name = _PARTS.get(" ".join(label.casefold().split())) if colon else None
        at, words = (at, piece) if name is None else (name, rest.strip())
        if words:
            parts[at] = f"{parts[at]}; {words}" if parts.get(at) else words
    if set(parts) <= {""}:
        return Packet(need=text)
    before = parts.pop("", "")
    if before:
        parts["need"] = f"{before}; {parts['need']}" if parts.get("need") else before
    return Packet(**parts)


def _interaction(part: str, order: DateOrder, zone: ZoneInfo) -> tuple[Interaction, datetime | None]:
    what, at = _with_time(part, order, zone)
    word, colon, topic = what.partition(":")
    kind = kind_of(word)
    if kind is None:
        return Interaction("other", topic=what[:TOPIC_LIMIT]), at
    return Interaction(kind, topic=topic.strip()[:TOPIC_LIMIT] if colon else ""), at


def _with_time(part: str, order: DateOrder, zone: ZoneInfo) -> tuple[str, datetime | None]:
    """The part before the last `@` and the time behind it; an `@` of something else stays where it is."""
    what, sign, time = part.rpartition("@")
    if not sign or not any(char.isdigit() for char in time):
        return part, None
    try:
        return what.strip(), read_time(time, order, zone)
    except UnreadableTime as error:
        if error.order_matters:
            raise
        return part, None
