"""Whatever a lead, a CRM or a plan is called: every screen shows it harmlessly, in its columns, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.services.views import Filter, Found
from callsheet.store.book import SqliteBook
from callsheet.ui.app import CallsheetApp
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.keys import KEYS
from callsheet.ui.look import Look
from callsheet.ui.present.row import Columns, row_line
from callsheet.ui.present.times import Moment
from callsheet.ui.screens.filter import Choice, choice_line
from callsheet.ui.screens.find import found_line
from tests.desks import Clock
from tests.ui import hostile, sample
from tests.ui.conftest import Open
from tests.ui.sync_control import ToldSync
from tests.ui.waiting import press, settled

OURS = frozenset(f"screen.{key.action}" for key in KEYS) | {key.action for key in KEYS}
"""What a click may do."""


@pytest.fixture
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteBook]:
    rules = hostile.rules(default_rules(sample.ZONE))
    made = SqliteBook(tmp_path_factory.mktemp("hostile") / "callsheet.db", rules, located)
    yield made
    made.close()


def harmless(app: CallsheetApp, size: tuple[int, int]) -> None:
    """Look at all that is painted, and at what is said elsewhere about it."""
    for strip in app.screen._compositor.render_strips():
        row = "".join(segment.text for segment in strip)
        assert not set(row) & hostile.NEVER
        assert cell_len(row) in (size[0], 0)
        for segment in strip:
            click = segment.style.meta.get("@click") if segment.style and segment.style._meta else None
            assert click is None or click in OURS, click
    for widget in app.screen.query(Widget):
        for said in (widget.border_title, widget.border_subtitle, widget.tooltip):
            assert not set(str(said or "")) & hostile.NEVER
    assert app.is_running
    assert app._exception is None


async def way(pilot: Pilot[None], size: tuple[int, int], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    for key in keys:
        await press(pilot, key)
        await settled(pilot)
        harmless(app, size)


@pytest.mark.parametrize("size", [(80, 24), pytest.param((160, 48), marks=pytest.mark.slow)])
async def test_every_screen_shows_any_text_harmlessly(
    open_app: Open, desk: Desk, clock: Clock, size: tuple[int, int]
) -> None:
    leads = hostile.fill(desk)
    look = Look(shelf=hostile.shelf(), rep=hostile.TEXTS[2], signature=hostile.TEXTS[1], mantra=hostile.TEXTS[1])
    app = open_app(look, sync=ToldSync(hostile.sync_view(leads)))
    async with app.run_test(size=size, tooltips=True, notifications=True) as pilot:
        await settled(pilot)
        harmless(app, size)
        await way(pilot, size, *"jjjj", "?", "?", "f", "j", "space", "G", "escape", "colon", "escape", "slash", "x")
        await way(pilot, size, "down", "escape", "enter", *["J"] * len(leads), "1", "escape", "2", "escape")
        await way(pilot, size, *_left("c", "m", "i", "r", "s", "z", "N", "greater_than_sign", "less_than_sign", "e"))
        await way(pilot, size, "E", *["tab"] * 6, "escape")
        await way(pilot, size, "D", "t", "o", "y", "n", "u", "D", "D", "u")
        await home(pilot, size, "space")
        await way(pilot, size, "enter", *"nv", *_left("c", "x", "i", "r"), "p", "p", *"nnnnnn", "u", "q")
        await home(pilot, size, "S")
        await way(pilot, size, *"j" * (2 * len(leads)), "g", "enter", "escape", "r", "D", "D")
        await home(pilot, size, "R")
        await way(pilot, size, *"j" * (len(leads) // 2), "p")
        await home(pilot, size, "a")
        for field in app.screen.query(Input):
            field.value = hostile.TEXTS[0] + hostile.TEXTS[1]
        await way(pilot, size, "ctrl+s")
        await home(pilot, size)
        screen = app.screen
        assert isinstance(screen, DeskScreen)
        for text in hostile.TEXTS:
            for error in (ValueError(text), OSError(5, text, text), KeyError(text), RuntimeError(text)):
                screen.trouble(error)
                await settled(pilot)
                harmless(app, size)


async def home(pilot: Pilot[None], size: tuple[int, int], *keys: str) -> None:
    """Go back to the sheet, wherever the way has led, and on from its first row."""
    while len(pilot.app.screen_stack) > 1:
        pilot.app.pop_screen()
        await settled(pilot)
    await way(pilot, size, "g", *keys)


def _left(*keys: str) -> list[str]:
    return [one for key in keys for one in (key, "escape")]


@pytest.mark.parametrize("width", [58, 78, 106, 158])
def test_columns_stay_aligned_whatever_the_name(desk: Desk, width: int) -> None:
    hostile.fill(desk)
    moment, columns = Moment(desk.now(), desk.rules), Columns.of(width)
    plain = replace(desk.book.sheet(desk.now())[0], name="Ann", company="Acme", title="")
    sign = row_line(plain, moment, columns).plain.index("☎")
    for text in hostile.TEXTS:
        row = replace(plain, name=text, company=text, title=text)
        line = row_line(row, moment, columns).plain
        before, _, _ = line.partition("☎")
        assert cell_len(before) == sign
        assert cell_len(line) <= width
        found = Found("l", text, text, text, text, text, "working")
        assert found_line(found, width, chosen=True).cell_length <= width
        choice = Choice("campaign", text, Filter(), 1, chosen=True)
        assert (
            choice_line(choice, width, under=False).cell_length
            == choice_line(replace(choice, value="Expo"), width, under=False).cell_length
        )
