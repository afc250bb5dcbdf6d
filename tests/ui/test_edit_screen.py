"""Correcting a lead by keyboard, in the real application over a real book."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from callsheet.domain import events as ev
from callsheet.store.book import SqliteBook
from callsheet.ui.app import CallsheetApp
from callsheet.ui.screens.edit import Edit
from callsheet.ui.screens.lead import LeadScreen
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of, typed


def shown(app: CallsheetApp) -> type[object]:
    return type(app.screen)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_number_is_corrected_and_taken_back_from_the_open_lead(
    open_app: Open, leads: dict[str, str], book: SqliteBook, size: tuple[int, int]
) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        before = book.lead(leads["priya"])
        assert before is not None
        await press(pilot, "enter", "E")
        await settled(pilot)
        assert shown(app) is Edit
        assert app.screen.query_one("#name", Input).value == "Priya Raman"
        await press(pilot, "tab", "tab", "tab", "end", "ctrl+u")
        await typed(pilot, "later", "ctrl+s")
        await settled(pilot)
        assert "“later” is no number" in text_of(app, "#said")
        assert app.focused is app.screen.query_one("#phones", Input)
        await press(pilot, "ctrl+u")
        await typed(pilot, "+1 312 555 0143", "ctrl+s")
        await settled(pilot)
        assert shown(app) is LeadScreen
        assert "phones corrected · Priya Raman" in text_of(app, "#said")
        after = book.lead(leads["priya"])
        assert after is not None
        assert after.profile.phones == ("+13125550143",)
        await press(pilot, "u")
        await settled(pilot)
        assert book.lead(leads["priya"]) == before


async def test_leaving_with_something_unsaved_asks_once_and_with_nothing_not_at_all(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "E", "escape")
        await settled(pilot)
        assert shown(app) is LeadScreen
        await press(pilot, "E")
        await settled(pilot)
        await typed(pilot, " jr", "escape")
        assert "esc again leaves without saving" in text_of(app, "#said")
        await press(pilot, "escape")
        await settled(pilot)
        assert shown(app) is LeadScreen
        assert not any(isinstance(event.body, ev.ProfileEdited) for event in book.events(leads["priya"]))
        await press(pilot, "E", *["enter"] * 16)
        await settled(pilot)
        assert shown(app) is LeadScreen, "enter on the last line saves, and nothing had changed"
