"""Our two themes, and the names that the presenters use for colours in every theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.theme import Theme

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

_INKS: Final = {
    "ink-quiet": "text-muted", "ink-head": "text-primary", "ink-warm": "text-accent", "ink-late": "text-warning",
    "ink-broken": "text-error", "ink-fine": "text-success", "ink-strong": "foreground",
    "bar": "panel", "cursor-row": "surface-lighten-1", "key-ground": "panel", "rule": "border-blurred",
}  # fmt: skip
"""Where a theme that is not ours has the colour for each of our names."""

_ANSI_INKS: Final = {
    "ink-quiet": "ansi_bright_black", "ink-warm": "ansi_yellow", "ink-late": "ansi_yellow",
    "ink-strong": "ansi_default", "bar": "ansi_default", "cursor-row": "ansi_default",
    "key-ground": "ansi_default", "rule": "ansi_bright_black",
}  # fmt: skip
"""The terminal's own palette has no half tones: the cursor shows by a sign and by weight instead."""


def with_inks(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """Return a theme's variables with every colour name that ours uses, from the nearest that it has itself."""
    own = {name: variables.get(source, "ansi_default") for name, source in _INKS.items()}
    if ansi:
        own |= _ANSI_INKS
    return own | dict(variables)
