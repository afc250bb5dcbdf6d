"""The call plan: how to open, what to say to a machine, what to bring, and what to ask for (`S1`, `S4`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from textual.content import Content

from callsheet.domain.events import InteractionKind
from callsheet.domain.lead import Contact, Lead
from callsheet.services.mail_draft import topic_of
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, plain, under, wrapped
from callsheet.ui.present.times import Moment
from callsheet.ui.views import LeadView

LABEL = 11
"""Cells for the labels before the lines."""

DID: Final[dict[InteractionKind, str]] = {
    "event_form": "We met at {}.", "scan": "We met at {}.", "attendance": "We met at {}.",
    "webinar": "You watched {}.", "download": "You downloaded {}.", "reply": "You answered me about {}.",
    "contact_form": "You asked about {}.", "sales_email": "You wrote to us about {}.",
    "inbound_call": "You called us about {}.",
}  # fmt: skip
"""What to say of what they did; of anything else they looked at it."""

MET: Final[frozenset[InteractionKind]] = frozenset({"event_form", "scan", "attendance"})
"""Interactions at which somebody of ours met them."""

ASKED: Final = "You asked us to get in touch."

SPOKEN: Final = 60
"""Characters of their own words that are repeated to a machine."""

_CLAUSE: Final = re.compile(r"[,;:.!?\n]| [-–—] ")


@dataclass(frozen=True, slots=True)
class CallPlan:
    """The words for a call: each an answer to what the lead did, never "just following up"."""

    opening: str
    voicemail: str
    bring: str
    ask: str
    question: str
    """What a mail asks for, as a question."""


def call_plan(view: LeadView, rep: str) -> CallPlan:
    """Make the words from what the lead did and what was found out about it."""
    lead = view.card.lead
    subject, first = subject_of(lead), first_name(lead)
    me = f", {plain(rep.split(maxsplit=1)[0], 30)} here" if rep.strip() else ""
    hello = f"{first or 'Hello'}{me}"
    return CallPlan(
        _opening(lead, hello),
        f"“{hello}. {_because(lead, SPOKEN)} {_have(lead)} and will try again {_again(view.moment)}.”",
        _bring(view),
        _ask(view, subject),
        _question(view),
    )


def first_name(lead: Lead) -> str:
    """Return what to call them: the first word of a name that is written with blanks."""
    name = plain(lead.profile.name, 60)
    return name.split()[0].strip(",") if " " in name and name.isascii() else name


def subject_of(lead: Lead) -> str:
    """Return what to talk about: what was handed over, what they asked in their own words, else what they looked at."""
    if lead.packet is not None and lead.packet.topic:
        return plain(lead.packet.topic, 80)
    about = _about(lead)
    if about is None:
        return ""
    words = _own_words(about)
    return f"‘{_first_clause(words)}’" if words else plain(topic_of(about.interaction), 80)


def _first_clause(words: str) -> str:
    clauses = (one.strip() for one in _CLAUSE.split(words))
    return plain(next((one for one in clauses if " " in one), words), SPOKEN)


def _about(lead: Lead) -> Contact | None:
    """Return the interaction to speak of: by which they asked, else the last one that says what it was about."""
    said = (one for one in reversed(lead.contacts) if topic_of(one.interaction) or one.interaction.text)
    return lead.asked or next(said, None)


def _own_words(contact: Contact) -> str:
    """Return what they said themselves; a mail to sales is known by its subject."""
    one = contact.interaction
    if one.kind == "sales_email" and topic_of(one):
        return ""
    return plain(one.text, 120).strip(" \"“”'‘’")


def _opening(lead: Lead, hello: str) -> str:
    if lead.packet is not None and lead.packet.need:
        return f"“{hello}. {_because(lead)} Shall we start there?”"
    return f"“{hello}. {_because(lead)} What made you look into it now?”"


def _because(lead: Lead, most: int = 120) -> str:
    """Say what they did themselves, as the reason of the call (`S1`)."""
    if lead.packet is not None and (lead.packet.need or lead.packet.topic):
        to = lead.originator.partition("(")[0].strip()
        return _sentence(f"You told {plain(to, 40) or 'us'}: {plain(lead.packet.need or lead.packet.topic, 160)}")
    about = _about(lead)
    if about is None:
        return ASKED if lead.hot else "You were in touch with us."
    kind, topic, words = about.interaction.kind, topic_of(about.interaction), _own_words(about)
    did = DID.get(kind, "You looked at {}.").format(topic) if topic else ASKED if lead.asked is about else ""
    if not words:
        return did
    if len(words) > most:
        words = _first_clause(words)
    where = f"{did} " if topic and kind in MET else ""
    verb = "asked" if lead.asked is about else "told us"
    return f"{where}You {verb}: ‘{words}’" + ("" if words.endswith(("?", "!", ".")) else ".")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _have(lead: Lead) -> str:
    return "I have an answer for you" if lead.hot or lead.asked else "I have something on it for you"


def _again(moment: Moment) -> str:
    blocks = moment.rules.blocks
    if not blocks:
        return "tomorrow"
    block = moment.rules.next_block(moment.now)
    day = moment.day(block)
    return f"{day} at {moment.clock(block)}" if day != "today" else f"at {moment.clock(block)}"


def _bring(view: LeadView) -> str:
    found = view.card.lead.research.get("value")
    if found and found.finding:
        return plain(found.finding, 300)
    if view.assets:
        asset, why = view.assets[0]
        return f"{plain(asset.title, 200)}{f' · for {plain(why, 60)}' if why else ''}"
    asked = view.card.lead.asked
    if asked is not None and asked.interaction.text:
        return "an answer to their own question"
    return "something of value: find it in the research (6)"


def _ask(view: LeadView, subject: str) -> str:
    found = view.card.lead.research.get("ask")
    if found and found.finding:
        return plain(found.finding, 300)
    first, second = slots(view.moment)
    day = view.moment.day(first)
    times = f"{day} {view.moment.clock(first)} or {view.moment.clock(second)}"
    return f"20 minutes on {subject}, {times}" if subject else f"20 minutes, {times}"


def _question(view: LeadView) -> str:
    first, second = slots(view.moment)
    times = f"{first:%A} at {view.moment.clock(first)} or {view.moment.clock(second)}"
    return f"Would {times} suit you for 20 minutes on the telephone?"


def slots(moment: Moment) -> tuple[datetime, datetime]:
    """Return two times to offer, on the second working day from now."""
    calendar = moment.rules.calendar
    day = calendar.roll_forward(calendar.next_working_day(moment.today + timedelta(days=1)))
    first, second = (datetime.combine(day, time(hour), calendar.tz) for hour in (10, 14))
    return first, second


def plan_lines(view: LeadView, width: int, rep: str) -> list[Content]:
    """Return the call plan as labelled lines."""
    words = call_plan(view, rep)
    lines: list[Content] = []
    parts = (("Opening", words.opening), ("Voicemail", words.voicemail), ("Bring", words.bring), ("Ask for", words.ask))
    for label, text in parts:
        told = [line((row, "")) for row in wrapped(text, width - LABEL, 5)]
        lines += under(label, told, ink.HEAD, LABEL)
    return lines
