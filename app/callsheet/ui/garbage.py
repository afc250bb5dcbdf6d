"""When Python looks for garbage: seldom by itself, as what it finds late holds keys up for tenths of seconds.

A screen that was left is some ten thousand objects that hold each other: ten milliseconds, while they are young.
"""

from __future__ import annotations

import gc
from functools import partial
from typing import Final

from textual.message_pump import MessagePump

YOUNG: Final = 10_000
"""New objects after which Python looks through them by itself: some milliseconds."""

LEFT_SECONDS: Final = 0.2
"""After how long what was left of a screen is looked for: by then Textual has let go of it."""

ALL_SECONDS: Final = 60
"""How often all that was made since the start is looked through."""


EVERYTHING: Final = 2
"""The oldest generation: all that there is."""


def look_seldom() -> None:
    """Let what there is by now stay for good, and look by itself only through what is new."""
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10_000)


def look_after_screen(pump: MessagePump) -> None:
    """Look for a screen that was just left, before it counts as something that stays."""
    pump.set_timer(LEFT_SECONDS, partial(gc.collect, 1))


def look_now_and_then(pump: MessagePump) -> None:
    """Look through everything each minute."""
    # Textual asks what it calls for its parameters, and ends the program when that is a function of C by itself.
    pump.set_interval(ALL_SECONDS, partial(gc.collect, EVERYTHING))
