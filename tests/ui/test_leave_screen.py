"""Back from leave: what is late is looked at once, answered once, and taken back by one undo."""

from __future__ import annotations

from datetime import timedelta

from callsheet.services import cadence
from callsheet.services.desk import Desk
from callsheet.ui.screens.leave import LeaveScreen
from callsheet.ui.screens.sheet import Sheet
from tests.desks import Clock, hot, worked
from tests.ui.conftest import Open
from tests.ui.waiting import settled, text_of


def away(desk: Desk, clock: Clock) -> None:
    """Let a rep have twelve leads on a plan and one who asked, and be gone for two weeks."""
    for index in range(12):
        worked(desk, f"Late {index:02}", ago=timedelta(hours=index), phones=(f"+4420794601{index:02}",))
    hot(desk, "Hot One")
    clock.advance(days=14)


async def test_a_backlog_is_previewed_spread_and_brought_back_by_one_undo(
    open_app: Open, desk: Desk, clock: Clock
) -> None:
    away(desk, clock)
    app = open_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert "12 leads are more than a week late: L decides for all at once" in text_of(app, "#said")
        await pilot.press("L")
        await settled(pilot)
        assert isinstance(app.screen, LeaveScreen)
        assert "12 leads" in text_of(app, "#preview")
        assert "1 who asked stays on top" in text_of(app, "#preview")
        await pilot.press("5")  # the number that was proposed gives way
        await settled(pilot)
        assert app.screen.planned is not None
        assert [many for _, many in app.screen.planned.days] == [5, 5, 2]
        assert len(cadence.late(desk)) == 13, "looking changes nothing"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)
        assert "12 late leads: spread" in text_of(app, "#said")
        assert [one.name for one in cadence.late(desk)] == ["Hot One"]
        await pilot.press("u")
        await settled(pilot)
        assert len(cadence.late(desk)) == 13


async def test_retiring_wants_a_reason_and_a_number_a_day_has_to_be_one(
    open_app: Open, desk: Desk, clock: Clock
) -> None:
    away(desk, clock)
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("L", "backspace", "backspace")
        await settled(pilot)
        assert "how many a day" in text_of(app, "#preview")
        await pilot.press("up")
        await settled(pilot)
        assert "closed with the reason" in text_of(app, "#preview")
        await pilot.press("enter")
        await settled(pilot)
        assert "needs a reason" in text_of(app, "#echo")
        await pilot.press(*"over", "enter")
        await settled(pilot)
        assert desk.book.audit().closed == 12


async def test_with_nothing_late_it_says_so_and_leaves_all_as_it_is(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("L")
        await settled(pilot)
        assert isinstance(app.screen, LeaveScreen)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)
