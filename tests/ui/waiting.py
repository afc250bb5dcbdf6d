"""Pressing keys, and waiting until nothing is read, written or typed any more, and what came of it is painted.

Textual's own pilot sleeps until the whole process is idle, several times a key; this looks at what is left to do.
"""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

from textual import events
from textual.keys import _character_to_key, _get_unicode_name_from_key
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from callsheet.ui.app import CallsheetApp
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.widgets.lines import Lines

PATIENCE = 10.0
"""Seconds after which waiting ends with an error."""

LOOK = 0.002
"""Seconds between two looks at what is left to do."""


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after the other as fast as they can be sent, and wait until all of them are handled."""
    for key in keys:
        pilot.app.post_message(_key(key))
    await settled(pilot)


async def typed(pilot: Pilot[Any], text: str, *keys: str) -> None:
    """Type a text, then press keys."""
    await press(pilot, *text, *keys)


def _key(key: str) -> events.Key:
    if len(key) == 1:
        return events.Key(_character_to_key(key), key)
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(key))
    except KeyError:
        return events.Key(key, None)
    return events.Key(key, character)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the application has nothing left to do."""
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    until = asyncio.get_running_loop().time() + PATIENCE
    quiet = 0
    while quiet < 2:
        await asyncio.sleep(LOOK)
        quiet = 0 if _busy(app) else quiet + 1
        assert asyncio.get_running_loop().time() < until, _state(app)


def _state(app: CallsheetApp) -> str:
    reads = [screen._reads for screen in app.screen_stack if isinstance(screen, DeskScreen)]
    return f"still busy: {app.screen_stack} {app.typed._holds} {app.typed._handling} {app.typed._typed} {reads}"


def _busy(app: CallsheetApp) -> bool:
    if not app.is_running:
        return False
    screens = [screen for screen in app.screen_stack if isinstance(screen, DeskScreen)]
    opening = app.desk is None and not app.failure
    if opening or not all(screen.idle for screen in screens) or app.typed.held or app.typed.waiting:
        return True
    front = app.screen  # a screen behind another one paints when it comes to the front again
    if front._callbacks or front._layout_required or front._dirty_widgets:
        return True
    pumps: list[MessagePump] = [app, *app.screen_stack]
    for screen in app.screen_stack:
        pumps += screen.walk_children()
    return app.typed._handling or any(pump.message_queue_size or pump._next_callbacks for pump in pumps)


def text_of(app: CallsheetApp, selector: str) -> str:
    """Return the words that a part of the screen shows."""
    return app.screen.query_one(selector, Lines).plain


def painted(app: CallsheetApp) -> str:
    """Return the whole screen as text, as it is painted."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
