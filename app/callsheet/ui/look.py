"""What the settings say about the screens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callsheet.domain.value import Asset

MANTRA = "I return every call within 24 hours."


@dataclass(frozen=True, slots=True)
class Look:
    """What a rep may choose about the screens.

    `keys` gives bindings other keys, by the ids of `ui.keys`; `dial_command` is a program and its arguments, one of
    which holds `{number}`; `required` names what the booth's form may not leave blank, `events` the same for single
    events by their name; `signature` ends a mail.
    """

    theme: str = "callsheet-dark"
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    dial_command: tuple[str, ...] = ()
    mantra: str = MANTRA
    rep: str = ""
    signature: str = ""
    shelf: tuple[Asset, ...] = ()
    required: tuple[str, ...] = ("name", "company", "address", "zip", "phone", "email")
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    demo: bool = False


def wrong(theme: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    """Return everything that is wrong with a choice of theme and keys, a sentence each."""
    from callsheet.ui.keymap import KeymapError, checked
    from callsheet.ui.themes import UnknownTheme, textual_name

    reasons: tuple[str, ...] = ()
    try:
        textual_name(theme)
    except UnknownTheme as error:
        reasons = (str(error),)
    try:
        checked(keys)
    except KeymapError as error:
        reasons += error.reasons
    return reasons
