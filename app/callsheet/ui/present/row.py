"""A row of the sheet: when, who, where from, by which channel, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from callsheet.domain.events import Channel
from callsheet.domain.why import ASKED, Tone, when_label, why
from callsheet.services.views import Row
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, fit, line, plain, short
from callsheet.ui.present.times import Moment

SIGNS: Final[dict[Channel, str]] = {
    "phone": "☎", "email": "✉", "linkedin": "in", "post": "▤", "video": "▷", "sms": "✎", "meeting": "◷",
    "research": "▢",
}  # fmt: skip
"""A sign for each channel; one or two cells wide in every terminal."""

KINDS: Final = {
    "contact_form": "form", "sales_email": "mail to sales", "inbound_call": "called in", "score": "score",
    "event_form": "event form", "scan": "badge scan", "attendance": "attended", "webinar": "webinar",
    "download": "download", "visit": "website", "email_click": "clicked a mail", "other": "", "reply": "their answer",
}  # fmt: skip
"""What kind of interaction it was, in a word or two."""

CURSOR: Final = "▸"
WAITS: Final = "◌"
IN_CRM: Final = "●"


@dataclass(frozen=True, slots=True)
class Columns:
    """How many cells each column has."""

    when: int
    name: int
    company: int
    why: int

    @classmethod
    def of(cls, width: int) -> Columns:
        """Share out the width of a pane; the reason gets what is left."""
        when = 14 if width < 100 else 15
        rest = width - when - 9
        name = max(10, min(20, rest * 30 // 100))
        company = max(10, min(32, rest * (30 if width < 100 else 32) // 100))
        return cls(when, name, company, max(rest - name - company, 0))


def row_line(row: Row, moment: Moment, columns: Columns, *, chosen: bool = False) -> Content:
    """Return the line of a row; the chosen one is marked by a sign, and by the widget's colour."""
    dim = row.section == "waiting" or row.pane == "later"
    text = ink.QUIET if dim else ""
    parts: list[Part] = [
        (f"{CURSOR if chosen else ' '} ", ink.WARM),
        *_sized(when(row, moment), columns.when),
        " ",
        (fit(row.name or row.email or row.phone or "no name", columns.name), ink.STRONG if chosen else text),
        " ",
        (fit(_place(row, columns.company), columns.company), text),
        " ",
        (fit(SIGNS[row.entry.channel], 2), ink.QUIET),
        " ",
        (fit(reason(row, moment), columns.why), "" if chosen else ink.QUIET if dim or row.pane == "hot" else text),
        ("" if row.in_crm else f"{WAITS}", ink.QUIET),
    ]
    return line(*parts)


LEAST_TITLE: Final = 8
"""Cells from which on what is left of a title still says something."""


def _place(row: Row, width: int) -> str:
    """Return title and company; where there is no room for both, the title gives way to the company."""
    title, company = plain(row.title, 200), plain(row.company, 200)
    room = width - cell_len(company) - 3
    if not title or not company or cell_len(title) <= room:
        return " · ".join(part for part in (title, company) if part)
    return f"{short(title, room)} · {company}" if room >= LEAST_TITLE else company


def _sized(parts: list[tuple[str, str]], width: int) -> list[Part]:
    room = width
    sized: list[Part] = []
    for text, style in parts:
        shown = text[:room]
        sized.append((shown, style))
        room -= len(shown)
    return [*sized, " " * room]


TONES: Final[dict[Tone, str]] = {
    "now": ink.STRONG, "broken": ink.BROKEN, "soon": ink.LATE, "normal": "", "dim": ink.QUIET,
}  # fmt: skip
"""The colour of each tone of the first column."""

_TOLD = re.compile(r"promise|\d+ days? late|\d\d:\d\d promised|asked .* ago|asked just now|tried, again")
"""What the first column says already."""


def reason(row: Row, moment: Moment) -> str:
    """Return why the lead is there, but for what the first column says."""
    entry = row.entry
    if entry.kind == "hot" and not entry.tried:
        asked_at = entry.asked_at or entry.received_at
        kind = KINDS.get(entry.asked_kind, "")
        words = f"“{entry.asked}”" if entry.asked else ASKED.get(entry.asked_kind, "asked to hear from you")
        return f"{words} · {kind}, {moment.when(asked_at)}" if kind else f"{words} · {moment.when(asked_at)}"
    parts = why(entry, moment.now, moment.rules).split(" · ")
    return " · ".join(part for part in parts if not _TOLD.match(part)) or parts[0]


def when(row: Row, moment: Moment) -> list[tuple[str, str]]:
    """Return the first column: how long they wait, how long is left, what is late, or when it comes."""
    label = when_label(row.entry, moment.now, moment.rules)
    style = TONES[label.tone]
    head, _, tail = label.text.partition(" ")
    if label.tone == "now" and tail:
        return [(head, style), (f" {tail}", "")]
    return [(label.text, style)]
