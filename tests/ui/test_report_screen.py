"""The rep's own figures on the screen: drawn, defined, and with the untouched by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from callsheet.services import figures
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.ui.app import CallsheetApp
from callsheet.ui.present.report import figure_lines, group_lines, read_report
from callsheet.ui.screens.block import BlockScreen
from callsheet.ui.screens.report import ReportScreen
from callsheet.ui.widgets.lines import Lines
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of


async def opened(pilot: Pilot[None]) -> CallsheetApp:
    await settled(pilot)
    await press(pilot, "R")
    await settled(pilot)
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    assert isinstance(app.screen, ReportScreen)
    return app


@pytest.mark.parametrize("width", [60, 80, 94, 120, 200])
def test_every_figure_has_its_definition_and_every_line_fits(desk: Desk, leads: dict[str, str], width: int) -> None:
    view = read_report(desk, 30)
    lines = figure_lines(view, width)
    assert max(one.cell_length for one in lines) <= width
    words = " ".join(" ".join(one.plain for one in lines).split())
    for name in ("coverage", "within_24h", "kept", "attempts", "connects", "stopped_at_one", "blocks", "invites"):
        assert figures.DEFINITIONS[name].split()[0] in words
    assert max(one.cell_length for one in group_lines(view, 0, width)) <= width


def test_the_numbers_are_those_of_the_figures(desk: Desk, leads: dict[str, str]) -> None:
    view, covered = read_report(desk, 30), figures.coverage(desk, desk.book.figures(), figures.last_days(desk, 30))
    shown = "\n".join(one.plain for one in figure_lines(view, 80))
    assert f"{covered.coverage.percent}%  {covered.coverage.part} of {covered.coverage.of}" in shown
    assert [one.name for one in view.groups[0].untouched] == [one.name for one in covered.untouched]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_the_report_opens_and_names_the_untouched(
    open_app: Open, leads: dict[str, str], size: tuple[int, int]
) -> None:
    async with open_app().run_test(size=size) as pilot:
        app = await opened(pilot)
        assert "Coverage" in text_of(app, "#figures")
        await press(pilot, "j")
        await settled(pilot)
        groups = text_of(app, "#groups").splitlines()
        chosen = next(index for index, row in enumerate(groups) if "▸" in row)
        assert "Spring fair" in groups[chosen]
        assert "Priya Raman" in groups[chosen + 1]


async def test_enter_starts_a_block_with_the_untouched(open_app: Open, leads: dict[str, str]) -> None:
    async with open_app().run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "j", "enter")
        await settled(pilot)
        assert isinstance(app.screen, BlockScreen)
        assert app.screen.leads == (leads["priya"],)


async def test_where_everybody_was_tried_there_is_nothing_to_call(
    open_app: Open, leads: dict[str, str], desk: Desk
) -> None:
    log(desk, leads["priya"], Report("voicemail", "phone"))
    async with open_app().run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "j", "enter")
        await settled(pilot)
        assert "everybody was tried" in text_of(app, "#groups")
        assert "nobody is untouched here" in text_of(app, "#said")


async def test_more_days_and_pages_and_the_way_back(open_app: Open, leads: dict[str, str]) -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        app = await opened(pilot)
        await press(pilot, "p")
        await settled(pilot)
        assert "last 30 days" in text_of(app, "#bar")
        await press(pilot, "pagedown")
        assert app.screen.query_one("#figures", Lines).top > 0
        await press(pilot, "G", "g", "pageup", "k", "q")
        await settled(pilot)
        assert not isinstance(app.screen, ReportScreen)


async def test_x_writes_the_report_where_it_can(open_app: Open, leads: dict[str, str], tmp_path: Path) -> None:
    app = open_app()
    written: list[int] = []

    def write(_: Desk, days: int) -> str:
        written.append(days)
        return str(tmp_path / "report.html")

    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "x")
        await settled(pilot)
        assert "callsheet report" in text_of(app, "#said")
        app.export_report = write
        await press(pilot, "x")
        await settled(pilot)
        assert "report.html" in text_of(app, "#said")
        assert written == [7]


async def test_an_empty_book_has_an_empty_report(open_app: Open) -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        app = await opened(pilot)
        assert "no calls yet" in text_of(app, "#figures")
        await press(pilot, "j", "enter", "G", "p")
        await settled(pilot)


async def test_a_wide_screen_has_each_definition_beside_its_figures(open_app: Open, leads: dict[str, str]) -> None:
    async with open_app().run_test(size=(160, 48)) as pilot:
        figured = text_of(await opened(pilot), "#figures").splitlines()
        assert "received: Leads that became yours" in figured[0] + figured[1]
