"""What can come of a touch: the outcomes with their keys, and what each will do; a click on one presses its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style

from callsheet.domain.events import Channel
from callsheet.domain.outcome import Outcome, Outcomes
from callsheet.ui.keys import KEYS, Key, spoken
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, plain, short

KEY: Final = 6
"""Cells of a key with the blanks around it."""

LEAST_THEN: Final = 20
"""Cells from which on it is worth to begin saying what an outcome will do, when it does not fit."""

_LETTERS: Final[Mapping[str, Key]] = {
    key.keys: key for key in KEYS if key.id.startswith("outcome.") or key.id == "reach.mail"
}


@dataclass(frozen=True, slots=True)
class Choice:
    """An outcome that can be logged now: its key as people write it, its words, what follows, what a click does."""

    key: str
    label: str
    brief: str
    then: str
    action: str


def choices(table: Outcomes, channels: Sequence[Channel], keymap: Mapping[str, str]) -> list[Choice]:
    """Return what the letters mean: on the first of the channels that has one for it."""
    found: dict[str, Choice] = {}
    for channel in dict.fromkeys(channels):
        for row in table.on(channel):
            # A mail is written with its own key, which then asks whether it was sent.
            letter = "e" if row.key == "s" else row.key
            if letter:
                found.setdefault(letter, _choice(row, letter, channel, keymap))
    return list(found.values())


def _choice(row: Outcome, letter: str, channel: Channel, keymap: Mapping[str, str]) -> Choice:
    bound = _LETTERS.get(letter[0])
    own = keymap.get(bound.id, "") if bound is not None else ""
    shown = spoken(own.split(",")[0]) if own else letter[0]
    label = row.label_on(channel)
    brief = bound.label if bound is not None and bound.id == f"outcome.{row.name}" else label.lower()
    action = bound.action if bound is not None else f"outcome({letter!r})"
    return Choice(shown * (2 if letter == "D D" else 1), label, brief, row.then, f"screen.{action}")


def outcome_lines(rows: Sequence[Choice], width: int, height: int, about: str = "") -> list[Content]:
    """Return a line for each outcome, and what it will do where there is room for that."""
    told = 3 * len(rows) + 2 <= height
    roomy = 2 * len(rows) + 2 <= height
    lines = [line(("How did it go?", ink.STRONG), (f"  {about}" if about else "", ink.QUIET)), Content("")]
    for row in rows:
        label = plain(row.label, 60)
        label = label if cell_len(label) <= width - KEY else short(row.brief.capitalize(), width - KEY)
        room = width - KEY - cell_len(label) - 2
        fits = cell_len(row.then) <= room or room >= LEAST_THEN
        beside = f"  {short(row.then, room)}" if row.then and fits and not roomy else ""
        lines.append(_pressed(row, line(_key(row, KEY - 2), "  ", (label, ink.STRONG), (beside, ink.QUIET))))
        if roomy and row.then:
            lines.append(line(" " * KEY, (short(row.then, width - KEY), ink.QUIET)))
        if told:
            lines.append(Content(""))
    return lines


def outcome_strip(rows: Sequence[Choice], width: int, most: int) -> list[Content]:
    """Return the keys of the outcomes one after the other, on at most so many lines."""
    lines: list[Content] = []
    row = Content(" ")
    for one in rows:
        piece = _pressed(one, line(_key(one, 0), (f" {short(one.brief, 24)}", "")))
        if row.cell_length + piece.cell_length + 1 > width:
            lines.append(row)
            row = Content(" ")
        row = Content.assemble(row, piece, "  ")
    return [*lines, row][:most]


def _key(row: Choice, width: int) -> Content:
    return line((f" {row.key} ".center(width) if width else row.key, ink.KEY_BOX if width else ink.KEY))


def _pressed(row: Choice, content: Content) -> Content:
    return content.stylize(Style.from_meta({"@click": row.action}))
