"""Waiting for the application: until nothing is read, written or typed any more, and what came of it is painted."""

from __future__ import annotations

import asyncio
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from callsheet.ui.app import CallsheetApp
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.widgets.lines import Lines

PATIENCE = 10.0
"""Seconds after which waiting ends with an error."""


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the application has nothing left to do."""
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    until = asyncio.get_running_loop().time() + PATIENCE
    quiet = 0
    while quiet < 3:
        await asyncio.sleep(0.01)
        await pilot.pause()
        quiet = 0 if _busy(app) else quiet + 1
        assert asyncio.get_running_loop().time() < until, _state(app)
    await pilot.pause()


async def typed(pilot: Pilot[Any], text: str, *keys: str) -> None:
    """Type a text as a terminal sends it that was pasted: no pause between the letters; then press keys."""
    app = pilot.app
    for char in text:
        key = _character_to_key(char)
        app.post_message(events.Key(key, char))
    for key in keys:
        app.post_message(events.Key(key, None))
    await settled(pilot)


def _state(app: CallsheetApp) -> str:
    reads = [screen._reads for screen in app.screen_stack if isinstance(screen, DeskScreen)]
    return f"still busy: {app.screen_stack} {app.typed._holds} {app.typed._handling} {app.typed._typed} {reads}"


def _busy(app: CallsheetApp) -> bool:
    screens = [screen for screen in app.screen_stack if isinstance(screen, DeskScreen)]
    opening = app.desk is None and not app.failure
    return opening or not all(screen.idle for screen in screens) or app.typed.held or app.typed.waiting > 0


def text_of(app: CallsheetApp, selector: str) -> str:
    """Return the words that a part of the screen shows."""
    return app.screen.query_one(selector, Lines).plain


def painted(app: CallsheetApp) -> str:
    """Return the whole screen as text, as it is painted."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
