"""The line of keys at the bottom; a click on one presses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from textual.content import Content
from textual.style import Style

from callsheet.ui.keys import Key, spoken
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line

LAST: Final = frozenset({"palette", "help"})
"""Keys that lead to all others, by key and by mouse."""


def hint_line(keys: Sequence[Key], width: int, keymap: Mapping[str, str]) -> list[Content]:
    """Return as many hints as fit; the last ones, which lead to everything else, always do."""
    last = [_hint(key, keymap) for key in keys if key.id in LAST]
    room = width - 1 - sum(one.cell_length + 2 for one in last)
    shown: list[Content] = []
    for one in (_hint(key, keymap) for key in keys if key.hint and key.id not in LAST):
        if one.cell_length + 2 > room:
            break
        shown.append(one)
        room -= one.cell_length + 2
    return [Content.assemble(" ", Content("  ").join([*shown, *last]))]


def _hint(key: Key, keymap: Mapping[str, str]) -> Content:
    own = keymap.get(key.id)
    first = spoken((own or key.keys).split(",")[0])
    text = key.display if key.display and not own else first
    made = line((text, ink.KEY), (f" {key.label}", ""))
    action = key.action if "." in key.action.partition("(")[0] else f"screen.{key.action}"
    return made.stylize(Style.from_meta({"@click": action}))
