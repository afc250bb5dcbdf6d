"""When Python looks for garbage: seldom by itself, as what it finds late holds keys up for tenths of seconds.

A screen that was left is some ten thousand objects that hold each other. They are looked for once the sheet is alone
again, and what is there then stays for good: so each look goes through what is new since the one before it, which takes
milliseconds, however long the sheet is open. Were all looked through, a few minutes of work would take a tenth of a
second.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakSet

from textual.app import App
from textual.screen import Screen

YOUNG: Final = 5_000
"""New objects after which Python looks through them by itself: some milliseconds."""

LOOK_SECONDS: Final = 0.5
"""How often a screen that was left is looked for, until it is gone: something may still have a word for it."""

ALL_SECONDS: Final = 60
"""How often all that is new is looked through where no screen is left for so long, as in a block."""

QUIET_SECONDS: Final = 2
"""For how long nobody must have typed then."""


def look_seldom() -> None:
    """Let what there is once all is imported stay for good, and look only through what is new."""
    gc.freeze()
    gc.set_threshold(YOUNG, 2, 10_000)


def look_after_screens(app: App[Any], left: WeakSet[Screen[Any]], quiet: Callable[[], float]) -> None:
    """Look for the screens that were `left`, and each minute for anything once nobody has typed for a moment.

    `quiet` tells for how many seconds nobody has.
    """
    last = time.monotonic()

    def look() -> None:
        nonlocal last
        due = time.monotonic() - last >= ALL_SECONDS and quiet() >= QUIET_SECONDS
        if not left and not due:
            return
        alone = len(app.screen_stack) == 1
        gc.collect(2 if alone or due else 1)
        if alone or due:
            last = time.monotonic()
        if alone and not left:  # of the sheet nothing becomes garbage later, but of another screen all does
            gc.freeze()

    app.set_interval(min(LOOK_SECONDS, ALL_SECONDS), look)
