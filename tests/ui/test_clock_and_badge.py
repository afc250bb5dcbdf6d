"""Each screen goes by the clock and by the sync while nobody touches a key, also after the machine has slept."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from callsheet.ui.sync_control import Badge, NoSync
from tests.desks import Clock
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of


class Going(NoSync):
    """A sync whose badge is what the test says."""

    def __init__(self) -> None:
        self.shown = Badge("synced")

    def badge(self) -> Badge:
        return self.shown


async def looked(pilot: Pilot[None]) -> None:
    """Let the application look at the clock and at the sync once more."""
    await pilot.pause(0.3)
    await settled(pilot)


async def test_the_line_over_an_open_lead_follows_what_is_logged_and_the_sync(
    open_app: Open, leads: dict[str, str]
) -> None:  # fmt: skip
    sync = Going()
    app = open_app(sync=sync)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter")
        assert "today 0 touches" in text_of(app, "#bar")
        sync.shown = Badge("offline", waiting=1)
        await press(pilot, "v")
        await looked(pilot)
        assert "today 1 touch ·" in text_of(app, "#bar")
        assert "◌ offline · 1 to sync" in text_of(app, "#bar")
        sync.shown = Badge("synced")
        await looked(pilot)
        assert "● synced" in text_of(app, "#bar")


async def test_the_sheet_says_once_what_stands_against_the_sync(open_app: Open, leads: dict[str, str]) -> None:
    sync = Going()
    app = open_app(sync=sync)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        sync.shown = Badge("needs_you", needs=1, problem="Odoo does not accept this API key.")
        await looked(pilot)
        assert "✗ Odoo does not accept this API key.   S shows it in full" in text_of(app, "#said")
        assert "! 1 needs you" in text_of(app, "#bar")
        sync.shown = Badge("synced")
        await looked(pilot)
        assert "API key" not in text_of(app, "#said")


async def test_the_sheet_is_reckoned_anew_at_once_when_the_machine_wakes(
    open_app: Open, leads: dict[str, str], clock: Clock
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert "Tue 24 Nov · 09:58" in text_of(app, "#bar")
        clock.advance(days=1, hours=2)
        await looked(pilot)
        assert "Wed 25 Nov · 11:58" in text_of(app, "#bar")


async def test_a_block_that_the_machine_slept_in_until_tomorrow_is_over(
    open_app: Open, leads: dict[str, str], clock: Clock
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n")
        clock.advance(days=1)
        await looked(pilot)
        assert "Block done" in text_of(app, "#lead")
        await press(pilot, "q", "space")
        assert "1 of" in text_of(app, "#bar")


@pytest.mark.parametrize(("key", "shown"), [("enter", "#left"), ("space", "#lead")], ids=["lead", "block"])
async def test_who_is_open_shows_the_time_it_is_there_when_the_machine_wakes(
    open_app: Open, leads: dict[str, str], clock: Clock, key: str, shown: str
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, key)
        before = text_of(app, shown)
        assert ":58 there" in before
        clock.advance(hours=13, minutes=1)
        await looked(pilot)
        assert ":59 there" in text_of(app, shown)
        assert before.splitlines()[0] == text_of(app, shown).splitlines()[0], "the lead is the same"
