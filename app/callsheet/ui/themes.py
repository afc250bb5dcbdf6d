"""Our two themes, Textual's, the terminal's own, and the names that the presenters use for colours in every one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

DARK: Final = Theme(
    name="callsheet-dark", dark=True,
    primary="#7ba6d6", secondary="#6f8fb3", accent="#f2a45c", warning="#e2b75f", error="#ef6b66", success="#86ba80",
    foreground="#d8dbe0", background="#14171c", surface="#191d24", panel="#1e242d", boost="#1e242d",
    variables={
        "border": "#f2a45c", "border-blurred": "#2c323c", "text-muted": "#8d94a0", "text-disabled": "#6b727e",
        "ink-quiet": "#8d94a0", "ink-head": "#7ba6d6", "ink-warm": "#f2a45c", "ink-late": "#e2b75f",
        "ink-broken": "#ef6b66", "ink-fine": "#86ba80", "ink-strong": "#f4f5f7",
        "bar": "#1e242d", "cursor-row": "#232a35", "key-ground": "#33271c", "rule": "#2c323c",
        "scrollbar": "#2c323c", "scrollbar-hover": "#3b434f", "scrollbar-active": "#f2a45c",
        "scrollbar-background": "#14171c", "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c", "scrollbar-corner-color": "#14171c",
        "input-selection-background": "#f2a45c 30%", "block-cursor-background": "#232a35",
        "block-cursor-foreground": "#f4f5f7", "block-cursor-text-style": "none",
    },
)  # fmt: skip
"""Quiet ground, one warm accent for what needs the rep now, red for a broken promise only."""

LIGHT: Final = Theme(
    name="callsheet-light", dark=False,
    primary="#2c6196", secondary="#55708c", accent="#a95a00", warning="#8a6100", error="#b3261e", success="#2f6f37",
    foreground="#252a31", background="#faf9f6", surface="#f4f2ed", panel="#eeebe4", boost="#eeebe4",
    variables={
        "border": "#a95a00", "border-blurred": "#d5d0c6", "text-muted": "#5f6670", "text-disabled": "#868c95",
        "ink-quiet": "#5f6670", "ink-head": "#2c6196", "ink-warm": "#a95a00", "ink-late": "#8a6100",
        "ink-broken": "#b3261e", "ink-fine": "#2f6f37", "ink-strong": "#0f1216",
        "bar": "#eeebe4", "cursor-row": "#e6e1d6", "key-ground": "#f6e6d2", "rule": "#d5d0c6",
        "scrollbar": "#d5d0c6", "scrollbar-hover": "#bdb7ab", "scrollbar-active": "#a95a00",
        "scrollbar-background": "#faf9f6", "scrollbar-background-hover": "#faf9f6",
        "scrollbar-background-active": "#faf9f6", "scrollbar-corner-color": "#faf9f6",
        "input-selection-background": "#a95a00 25%", "block-cursor-background": "#e6e1d6",
        "block-cursor-foreground": "#0f1216", "block-cursor-text-style": "none",
    },
)  # fmt: skip
"""The same for a bright room."""

ANSI: Final = "ansi"
"""The terminal's own colours, whichever they are."""

NAMES: Final = (DARK.name, LIGHT.name, ANSI, *BUILTIN_THEMES)
"""Every theme that the settings may name."""

_INKS: Final = {
    "ink-head": "text-primary", "ink-warm": "text-accent", "ink-late": "text-warning",
    "ink-broken": "text-error", "ink-fine": "text-success", "ink-strong": "foreground",
    "bar": "surface", "cursor-row": "surface-lighten-1", "key-ground": "background", "rule": "border-blurred",
}  # fmt: skip
"""Where a theme that is not ours has the colour for each of our names."""

_GROUNDS: Final = (_INKS["bar"], _INKS["cursor-row"])
"""What else text stands on."""

_ANSI_INKS: Final = {
    "ink-quiet": "ansi_bright_black", "ink-warm": "ansi_yellow", "ink-late": "ansi_yellow",
    "ink-strong": "ansi_default", "bar": "ansi_default", "cursor-row": "ansi_default",
    "key-ground": "ansi_default", "rule": "ansi_bright_black",
}  # fmt: skip
"""The terminal's own palette has no half tones: the cursor shows by a sign and by weight instead."""

READABLE: Final = 3.6
"""Contrast that text keeps with its ground, as far as the theme's own text has it."""


class UnknownTheme(ValueError):
    """There is no theme of that name; the message says which there are."""


def textual_name(name: str) -> str:
    """Return what Textual calls a theme.

    Raises:
        UnknownTheme: there is none of that name.
    """
    if name not in NAMES:
        raise UnknownTheme(f"look.theme: there is no theme “{name}”; there are {', '.join(sorted(NAMES))}")
    return "ansi-dark" if name == ANSI else name


def with_inks(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """Return a theme's variables with every colour name that ours uses, from the nearest that it has itself."""
    own = {name: variables.get(source, "ansi_default") for name, source in _INKS.items()}
    own |= _ANSI_INKS if ansi else _readable(own, variables)
    return own | dict(variables)


def _readable(own: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the colours of text nearer to the theme's own where they cannot be read, and a quiet one."""
    try:
        text, *grounds = (Color.parse(variables[name]) for name in ("foreground", "background", *_GROUNDS))
        inks = {name: Color.parse(value) for name, value in own.items() if name.startswith("ink-")}
    except (KeyError, ColorParseError):
        return {"ink-quiet": "ansi_bright_black"}

    def first(colors: Iterable[Color]) -> str:
        found = (one for one in colors if all(contrast(one, ground) >= READABLE for ground in grounds))
        return next(found, text).hex

    made = {name: first(ink.blend(text, share) for share in (0, 0.25, 0.5, 0.75)) for name, ink in inks.items()}
    return made | {"ink-quiet": first(text.blend(grounds[0], share) for share in (0.4, 0.3, 0.2, 0.1))}


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours as WCAG defines it, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
