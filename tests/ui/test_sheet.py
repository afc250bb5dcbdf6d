"""What a rep does on the sheet, key by key, in the real application over a real book."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from itertools import count

import pytest

from callsheet.domain import events as ev
from callsheet.services.decisions import Decision, decide
from callsheet.services.desk import BookTrouble, Desk
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.ui import garbage
from callsheet.ui.app import CallsheetApp
from callsheet.ui.look import Look
from callsheet.ui.screens.lead import LeadScreen
from callsheet.ui.screens.sheet import Sheet
from callsheet.ui.sync_control import NoSync
from callsheet.ui.widgets.lead_list import LeadList
from callsheet.ui.widgets.lines import Lines
from tests.desks import hot
from tests.ui.conftest import Aside, Open
from tests.ui.waiting import painted, press, settled, text_of


def sheet(app: CallsheetApp) -> Sheet:
    found = app.screen_stack[0]
    assert isinstance(found, Sheet)
    return found


def names(app: CallsheetApp, pane: str) -> list[str]:
    rows = sheet(app).query_one(f"#{pane}", LeadList).rows
    return [rows[index].name for index in sorted(rows)]


def under_cursor(app: CallsheetApp) -> str:
    row = sheet(app).row
    return row.name if row else ""


async def test_the_sheet_opens_on_whoever_has_just_asked(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert names(app, "hot") == ["Priya Raman", "Jonas Weber", "Tom Okafor"]
        assert under_cursor(app) == "Priya Raman"
        assert "Pricing for 40 seats, we renew in" in text_of(app, "#card")


async def test_one_cursor_goes_down_through_all_three_panes_and_up_again(
    open_app: Open, leads: dict[str, str]
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        seen = [under_cursor(app)]
        for _ in range(30):
            await press(pilot, "j")
            if under_cursor(app) != seen[-1]:
                seen.append(under_cursor(app))
        assert seen == names(app, "hot") + names(app, "due") + names(app, "later")
        await press(pilot, "g")
        assert under_cursor(app) == "Priya Raman"
        await press(pilot, "3")
        assert sheet(app).pane == "later"
        await press(pilot, "k")
        assert sheet(app).pane == "due"


async def test_a_sheet_left_open_looks_for_garbage_and_stays_open(
    open_app: Open, leads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    looked, loop = asyncio.Event(), asyncio.get_running_loop()

    def look(phase: str, about: dict[str, int]) -> None:
        if phase == "stop" and about["generation"] == 2:
            loop.call_soon_threadsafe(looked.set)

    monkeypatch.setattr(garbage, "ALL_SECONDS", 0.02)
    monkeypatch.setattr(garbage, "QUIET_SECONDS", 0.02)
    gc.callbacks.append(look)
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        async with asyncio.timeout(10):
            await looked.wait()
        gc.callbacks.remove(look)
        await press(pilot, "j")
        assert under_cursor(app) == "Jonas Weber"


async def test_of_a_screen_that_was_left_nothing_stays(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    gc.disable()  # only what the sheet itself looks for
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await settled(pilot)
            for opening, leaving in (("slash w e", "escape"), ("R", "q"), ("space n", "q q")):
                await press(pilot, *opening.split())
                gone = asyncio.Event()
                weakref.finalize(app.screen, gone.set)
                await press(pilot, *leaving.split())
                assert len(app.screen_stack) == 1
                async with asyncio.timeout(10):
                    await gone.wait()
            await press(pilot, "g")
            assert under_cursor(app) != ""
    finally:
        gc.enable()


async def test_a_letter_for_an_open_lead_says_on_the_sheet_why_it_does_nothing(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "n")
        assert "n no answer: where a lead is open; enter opens this one" in text_of(app, "#said")
        await press(pilot, "exclamation_mark")
        assert "where a lead is open" in text_of(app, "#said")
        await press(pilot, "j")
        assert under_cursor(app) == "Jonas Weber"
        priya = book.lead(leads["priya"])
        assert priya is not None
        assert priya.touches == ()


async def test_a_book_that_cannot_be_opened_is_said_in_full_where_the_rows_would_be(outside: Aside) -> None:
    def broken() -> Desk:
        raise BookTrouble("/home/rep/callsheet.db cannot be read: keep the file, and bring back a copy with `restore`")

    app = CallsheetApp(broken, lambda _: NoSync(), Look(), outside)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        shown = " ".join(row.strip("│ ") for row in painted(app).splitlines()[2:5])
        assert "keep the file, and bring back a copy with `restore`" in shown
        await press(pilot, "enter")
        assert "cannot be read" in text_of(app, "#said")


async def test_the_cursor_is_on_the_lead_that_was_open_last(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "J", "J", "q")
        assert under_cursor(app) == "Tom Okafor"
        assert "Tom Okafor" in text_of(app, "#card")


async def test_the_card_follows_the_cursor(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        await settled(pilot)
        assert "Ana Lindqvist" in text_of(app, "#card")
        assert "opened a hub in Malmö" in text_of(app, "#card")


async def test_what_another_process_logs_shows_by_itself(
    open_app: Open, leads: dict[str, str], desk: Desk, book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        other = SqliteBook(book.path, book.rules, lambda lead: ((), ()))
        log(Desk(other, other.rules, desk.now), leads["tom"], Report("call_later", "phone", agreed=_agreed(desk)))
        other.close()
        await pilot.pause(0.3)
        await settled(pilot)
        assert names(app, "hot") == ["Priya Raman", "Jonas Weber"]


def _agreed(desk: Desk):  # type: ignore[no-untyped-def]
    from callsheet.services.next_steps import read_agreed

    return read_agreed(desk, "thu 14:00 pricing")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_where_nothing_is_due_those_who_are_hot_have_the_room(
    open_app: Open, desk: Desk, size: tuple[int, int]
) -> None:  # fmt: skip
    asked = [hot(desk, f"Asker {nth:02}", phones=(f"+4420794601{nth:02}",)) for nth in range(30)]
    app = open_app(Look(mantra="I call back."))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        panes = sheet(app).lists()
        assert panes["hot"].rows_in_sight >= size[1] // 4
        assert panes["due"].rows_in_sight == 2
        assert painted(app).count("I call back.") == 1
        for lead in asked[1:]:
            decide(desk, lead, Decision("close", "lost"))
        await pilot.pause(0.3)
        await settled(pilot)
        assert panes["hot"].rows_in_sight == 2
        assert panes["later"].rows_in_sight > size[1] // 3


async def test_undo_on_the_sheet_says_what_it_took_back(
    open_app: Open, leads: dict[str, str], desk: Desk, book: SqliteBook
) -> None:  # fmt: skip
    log(desk, leads["marcus"], Report("voicemail", "phone"))
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "u")
        await settled(pilot)
        assert "took back: Left voicemail · Marcus Hill" in text_of(app, "#said")
        await press(pilot, "U")
        await settled(pilot)
        assert "again: Left voicemail · Marcus Hill" in text_of(app, "#said")
        events = [event.body for event in book.events(leads["marcus"])]
        assert sum(isinstance(body, ev.Undone) for body in events) == 2


async def test_an_empty_book_says_how_to_fill_it(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.pause()
        assert "callsheet import FILE.csv" in painted(app)
        await press(pilot, "enter")
        assert "a adds a lead" in text_of(app, "#said")


async def test_forty_by_ten_shows_one_honest_line(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(40, 10)) as pilot:
        await settled(pilot)
        assert "needs 60×14, this is 40×10" in painted(app)
        assert "Priya" not in painted(app)


async def test_the_mouse_points_and_opens(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.click("#due", offset=(10, 2))
        await settled(pilot)
        assert under_cursor(app) == names(app, "due")[1]
        await pilot.click("#due", offset=(10, 2), times=2)
        await settled(pilot)
        assert isinstance(app.screen, LeadScreen)


async def test_finding_takes_a_few_letters_and_enter(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "slash", *"okaf")
        await settled(pilot)
        assert "Tom Okafor" in app.screen.query_one("#found", Lines).plain
        await press(pilot, "enter")
        await settled(pilot)
        assert "Tom Okafor" in text_of(app, "#left")
        await press(pilot, "q")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)


async def test_a_long_opening_says_how_far_it_is_and_q_stops_it(desk: Desk) -> None:
    ended, at = threading.Event(), threading.Event()

    def opened() -> Desk:
        try:
            for done in count():
                app.opening(done, 100_000)
                at.wait(0.005)
        finally:
            ended.set()
        return desk

    app = CallsheetApp(opened)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause(0.1)
        assert "of 100,000" in text_of(app, "#said")
        assert "q stops" in text_of(app, "#said")
        await pilot.press("q")
    assert ended.wait(5)
