"""Every key of every screen can be pressed, with leads and without, found in the palette, and clicked."""

from __future__ import annotations

from typing import get_args

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import KeyPanel

from callsheet.domain import events as ev
from callsheet.store.book import SqliteBook
from callsheet.ui.app import CallsheetApp
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.keys import ScreenName, of_screen
from callsheet.ui.widgets.lines import Lines
from tests.ui.conftest import Open
from tests.ui.sync_control import ToldSync, busy_view
from tests.ui.waiting import press, settled, text_of

WAY: dict[ScreenName, str] = {"lead": "enter", "block": "space", "sync": "S", "report": "R", "add": "a"}
"""The key of the sheet that opens each screen."""

LEAVES = frozenset({"quit", "palette", "help", "network"})
"""Keys that are Textual's own, or that end it."""


async def to(pilot: Pilot[None], screen: ScreenName) -> None:
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    if isinstance(app.screen, DeskScreen) and screen == app.screen.NAME and len(app.screen_stack) <= 2:
        return
    while len(app.screen_stack) > 1:
        app.pop_screen()
    await settled(pilot)
    if screen != "sheet":
        await press(pilot, "g", WAY[screen])


async def press_all(app: CallsheetApp, screen: ScreenName) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        for key in of_screen(screen):
            if key.id in LEAVES:
                continue
            await to(pilot, screen)
            await press(pilot, key.keys.split(",")[0])
            assert app.is_running, key.id
            assert app.return_code in (None, 0), key.id


@pytest.mark.parametrize("screen", get_args(ScreenName))
async def test_no_key_ends_the_application(open_app: Open, leads: dict[str, str], screen: ScreenName) -> None:
    await press_all(open_app(sync=ToldSync(busy_view(leads))), screen)


@pytest.mark.parametrize("screen", ["sheet", "block", "sync", "report"])
async def test_no_key_ends_the_application_without_leads(open_app: Open, screen: ScreenName) -> None:
    await press_all(open_app(), screen)


async def test_the_palette_offers_what_the_keys_do(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        for screen in ("sheet", "lead", "block", "sync", "report"):
            await to(pilot, screen)
            offered = {one.title for one in app.get_system_commands(app.screen)}
            for key in of_screen(screen):
                if key.id not in ("palette", "lead.tick"):
                    assert any(title.endswith(f"({key.shown})") for title in offered), key.id
        await to(pilot, "sheet")
        await press(pilot, "colon")
        assert isinstance(app.screen, CommandPalette)


async def test_what_is_shown_of_the_keys_can_be_clicked(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await click(pilot, "#hints", "report")
        assert name_of(app) == "report"
        await click(pilot, "#hints", "back")
        await click(pilot, "#hints", "start block")
        assert name_of(app) == "block"
        await click(pilot, "#outcomes", "Left voicemail")
        assert "Left voicemail · Ana Lindqvist" in text_of(app, "#said")
        await click(pilot, "#hints", "undo")
        assert "took back" in text_of(app, "#said")
        await to(pilot, "lead")
        await click(pilot, "#letters", "no answer")
        tries = [one.body for one in book.events(leads["priya"]) if isinstance(one.body, ev.Attempt)]
        assert [one.outcome for one in tries] == ["no_answer"]
        await click(pilot, "#hints", "more")
        assert isinstance(app.screen, CommandPalette)


def name_of(app: CallsheetApp) -> str:
    return app.screen.NAME if isinstance(app.screen, DeskScreen) else ""


async def click(pilot: Pilot[None], selector: str, words: str) -> None:
    """Click on words."""
    rows = pilot.app.screen.query_one(selector, Lines).plain.splitlines()
    row = next(index for index, text in enumerate(rows) if words in text)
    box = pilot.app.screen.query_one(selector, Lines)
    edge = box.content_region.offset - box.region.offset
    await pilot.click(selector, offset=(edge.x + rows[row].index(words) + 1, edge.y + row))
    await settled(pilot)


@pytest.mark.parametrize("screen", ["sheet", "lead", "block"])
async def test_the_keys_beside_a_small_screen_are_read_to_the_end_without_a_mouse(
    open_app: Open, leads: dict[str, str], screen: ScreenName
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await to(pilot, screen)
        await press(pilot, "?")
        await pilot.pause(0.2)  # the keys come a moment later
        assert "pgdn pgup more keys  ? closes them" in text_of(app, "#said")
        panel = app.screen.query_one(KeyPanel)
        for _ in range(8):
            await press(pilot, "pagedown")
        assert 0 < panel.scroll_y == panel.max_scroll_y
        for _ in range(8):
            await press(pilot, "pageup")
        assert panel.scroll_y == 0
