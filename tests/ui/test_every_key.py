"""Every key of every screen can be pressed, with and without leads, and the application goes on."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from callsheet.services.desk import Desk
from callsheet.ui.app import CallsheetApp
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.keys import ScreenName, of_screen
from tests.ui.conftest import Open
from tests.ui.sample import fill
from tests.ui.sync_control import ToldSync, busy_view
from tests.ui.waiting import press, settled

WAY: dict[ScreenName, str] = {"lead": "enter", "block": "space", "sync": "S", "report": "R", "add": "a"}
"""The key of the sheet that opens each screen."""

LEAVES = frozenset({"quit", "palette", "help", "network"})
"""Keys that are Textual's own, or that end it."""


async def _to(pilot: Pilot[None], screen: ScreenName) -> None:
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    if isinstance(app.screen, DeskScreen) and screen == app.screen.NAME and len(app.screen_stack) <= 2:
        return
    while len(app.screen_stack) > 1:
        app.pop_screen()
    await settled(pilot)
    if screen != "sheet":
        await press(pilot, "g", WAY[screen])
        await settled(pilot)


@pytest.mark.parametrize(("screen", "filled"), [
    ("sheet", True), ("lead", True), ("block", True), ("sync", True), ("report", True), ("add", True),
    ("block", False), ("sync", False), ("report", False),
])  # fmt: skip
async def test_no_key_ends_the_application(
    open_app: Open, desk: Desk, clock: object, screen: ScreenName, filled: bool
) -> None:  # fmt: skip
    leads = fill(desk, clock) if filled else {}  # type: ignore[arg-type]
    app = open_app(sync=ToldSync(busy_view(leads)) if filled else None)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        for key in of_screen(screen):
            if key.id in LEAVES:
                continue
            await _to(pilot, screen)
            await press(pilot, key.keys.split(",")[0])
            await settled(pilot)
            assert app.is_running, key.id
            assert app.return_code in (None, 0), key.id
