"""Showing a part of the sheet: filters combine, and each says how many leads it shows."""

from __future__ import annotations

from callsheet.services.desk import Desk
from callsheet.services.views import Filter
from callsheet.ui.screens.filter import FilterScreen, choices
from callsheet.ui.screens.sheet import Sheet
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of


def test_each_choice_says_how_many_leads_it_shows_with_what_is_chosen(desk: Desk, leads: dict[str, str]) -> None:
    for only in (Filter(), Filter(channel="phone"), Filter(campaign="Spring fair")):
        for one in choices(desk, only):
            counts = desk.book.counts(desk.now(), only=only if one.chosen else one.only)
            assert one.count == counts.hot + counts.due + counts.later


async def test_a_filter_is_chosen_by_key_and_taken_away_again(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        sheet = app.screen
        assert isinstance(sheet, Sheet)
        await press(pilot, "f")
        await settled(pilot)
        assert isinstance(app.screen, FilterScreen)
        shown = text_of(app, "#choices")
        assert "all leads" in shown
        assert "Spring fair" in shown
        await press(pilot, "pagedown", "pagedown", "enter")
        await settled(pilot)
        assert sheet.only == Filter(campaign="Spring fair")
        assert sheet.view is not None
        assert sheet.view.counts.hot == 1
        await press(pilot, "f", "space", "enter")
        await settled(pilot)
        assert sheet.only == Filter()


async def test_two_filters_combine_with_space(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        sheet = app.screen
        assert isinstance(sheet, Sheet)
        await press(pilot, "f", "j", "space")
        await settled(pilot)
        await press(pilot, "pagedown", "pagedown")
        await press(pilot, "enter")
        await settled(pilot)
        assert sheet.only.channel
        assert sheet.only.plan or sheet.only.campaign
