"""The call plan: how to open, what to say to a machine, what to bring, and what to ask for (`S1`, `S4`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from textual.content import Content

from callsheet.domain.lead import Lead
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, plain, under, wrapped
from callsheet.ui.present.times import Moment
from callsheet.ui.views import LeadView

LABEL = 11
"""Cells for the labels before the lines."""


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
        _opening(lead, hello, subject),
        f"“{hello}. {_because(lead, subject)} {_have(lead)} and will try again {_again(view.moment)}.”",
        _bring(view),
        _ask(view, subject),
        _question(view),
    )


def first_name(lead: Lead) -> str:
    """Return what to call them: the first word of a name that is written with blanks."""
    name = plain(lead.profile.name, 60)
    return name.split()[0].strip(",") if " " in name and name.isascii() else name


def subject_of(lead: Lead) -> str:
    """Return what the lead is interested in: what was handed over, what they asked, else what they looked at last."""
    if lead.packet is not None and lead.packet.topic:
        return plain(lead.packet.topic, 80)
    asked = lead.asked or next((one for one in reversed(lead.contacts) if one.interaction.topic), None)
    if asked is None:
        return ""
    return plain(asked.interaction.topic or asked.interaction.text, 80)


def _opening(lead: Lead, hello: str, subject: str) -> str:
    if lead.packet is not None and lead.packet.need:
        return f"“{hello}. You told us: {plain(lead.packet.need, 160)} — shall we start there?”"
    return f"“{hello}. {_because(lead, subject)} What made you look into it now?”"


def _because(lead: Lead, subject: str) -> str:
    if not subject:
        return "You asked to hear from us." if lead.hot else "You were in touch with us."
    verb = "You asked about" if lead.hot or lead.asked else "You looked at"
    return f"{verb} {subject}."


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
        told = [line((row, "")) for row in wrapped(text, width - LABEL, 4)]
        lines += under(label, told, ink.HEAD, LABEL)
    return lines
