"""The rep's own keys: checked before they hold, because Textual takes a bad keymap without a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, get_args

from textual.keys import Keys

from callsheet.ui.keys import KEYS, Key, ScreenName, of_screen

_MODIFIERS: Final = frozenset({"ctrl", "shift", "alt", "super", "meta", "hyper"})
_NAMED: Final = frozenset(
    {key.value for key in Keys if "+" not in key.value and not key.value.startswith("<")}
    | {
        "space", "slash", "colon", "semicolon", "comma", "full_stop", "question_mark", "exclamation_mark", "at",
        "number_sign", "dollar_sign", "percent_sign", "circumflex_accent", "ampersand", "asterisk", "left_parenthesis",
        "right_parenthesis", "minus", "underscore", "plus", "equals_sign", "left_square_bracket",
        "right_square_bracket", "left_curly_bracket", "right_curly_bracket",
        "vertical_line", "backslash", "apostrophe", "quotation_mark",
        "less_than_sign", "greater_than_sign", "tilde", "grave_accent",
    }
)  # fmt: skip
_OURS: Final = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that leave or copy in every program of this kind."""
_LETTER: Final = re.compile(r"[a-zA-Z0-9]")


class KeymapError(ValueError):
    """The keys in the settings cannot be used; `reasons` holds a sentence for each thing that is wrong."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def checked(own: Mapping[str, str]) -> dict[str, str]:
    """Return the keymap in Textual's spelling.

    Raises:
        KeymapError: an id is unknown, a key has no such name, a binding has no key, or two bindings of one screen
            share one.
    """
    known = {key.id: key for key in KEYS}
    reasons: list[str] = []
    keymap: dict[str, str] = {}
    for name, text in own.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            instead = f", did you mean “{near[0]}”?" if near else ""
            reasons.append(f"keys.{name}: there is no binding “{name}”{instead}")
            continue
        if name == "lead.tick":
            reasons.append("keys.lead.tick: the digits stand before the items that they tick and cannot be changed")
            continue
        chosen = [key.strip() for key in text.split(",")]
        if not all(chosen):
            reasons.append(f"keys.{name}: a binding cannot be without a key")
            continue
        wrong = [key for key in chosen if not is_key(key)]
        reasons += [
            f"keys.{name}: there is no key “{key}”; write it like “ctrl+n”, “f5”, “slash” or “G”" for key in wrong
        ]
        reasons += [f"keys.{name}: “{key}” always leaves or copies" for key in chosen if key in _OURS]
        if not wrong:
            keymap[name] = ",".join(_normal(key) for key in chosen)
    reasons += _stolen(keymap)
    if reasons:
        raise KeymapError(tuple(reasons))
    return keymap


def is_key(text: str) -> bool:
    """Tell whether a text names a key."""
    *modifiers, last = text.split("+") if text != "+" else ["plus"]
    if not all(modifier in _MODIFIERS for modifier in modifiers):
        return False
    return last in _NAMED or (len(last) == 1 and last.isprintable() and not last.isspace())


def _normal(key: str) -> str:
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key


def _stolen(keymap: Mapping[str, str]) -> list[str]:
    """Say which key two bindings of one screen would share."""
    found: dict[str, None] = {}
    for screen in get_args(ScreenName):
        taken: dict[str, Key] = {}
        for key in of_screen(screen):
            for one in keymap.get(key.id, key.keys).split(","):
                pressed = _normal(one)
                other = taken.setdefault(pressed, key)
                if other is not key:
                    mine, theirs = (key, other) if key.id in keymap else (other, key)
                    found[
                        f"keys.{mine.id}: “{one}” is the key of “{theirs.id}” ({theirs.label}); give that one another"
                    ] = None
    return list(found)
