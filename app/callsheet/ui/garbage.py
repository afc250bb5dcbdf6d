"""When Python looks for garbage: seldom by itself, as what it finds late holds keys up for tenths of seconds.

A screen that was left is some ten thousand objects that hold each other: ten milliseconds, while they are young.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from textual.message_pump import MessagePump

YOUNG: Final = 5_000
"""New objects after which Python looks through them by itself: some milliseconds."""

LEFT_SECONDS: Final = 0.2
"""After how long what was left of a screen is looked for: by then Textual has let go of it."""

ALL_SECONDS: Final = 60
"""How often all that was made since the start is looked through."""

QUIET_SECONDS: Final = 2
"""For how long nobody must have typed then: what a few minutes of work leave may take a tenth of a second."""


def look_seldom() -> None:
    """Let what there is by now stay for good, and look by itself only through what is new."""
    gc.freeze()
    gc.set_threshold(YOUNG, 2, 10_000)


def look_after_screen(pump: MessagePump) -> None:
    """Look for a screen that was just left, before it counts as something that stays."""
    pump.set_timer(LEFT_SECONDS, partial(gc.collect, 1))


def look_while_quiet(pump: MessagePump, quiet: Callable[[], float]) -> None:
    """Look through everything each minute, once nobody has typed for a moment; `quiet` tells for how many seconds."""
    last = time.monotonic()

    def look() -> None:
        nonlocal last
        if time.monotonic() - last >= ALL_SECONDS and quiet() >= QUIET_SECONDS:
            gc.collect()
            last = time.monotonic()

    pump.set_interval(min(QUIET_SECONDS, ALL_SECONDS), look)
