"""How long the screens keep a key waiting on a large book: the longest stall of the event loop; prints, fails on none.

`uv run --group dev pytest -m perf -n 0 -s tests/perf/test_screen_stalls.py`; the number of leads is
CALLSHEET_BENCH_LEADS (20,000), the figures are also written to the file named by CALLSHEET_BENCH_JSON.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from textual.pilot import Pilot

from callsheet.services.desk import Desk
from callsheet.ui.app import CallsheetApp
from callsheet.ui.garbage import look_seldom
from callsheet.ui.screens.find import Find
from tests.perf.test_store_ratios import LEADS, desk, figures
from tests.ui.waiting import press, settled

__all__ = ["desk"]

pytestmark = [pytest.mark.perf, pytest.mark.xdist_group("perf")]

BEAT = 0.001
"""Seconds between two looks at the clock."""

GOAL = 50.0
"""Milliseconds that nothing may keep the event loop."""


class Stalls:
    """Looks at the clock all the time, and remembers the longest time that it could not."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            self.longest = max(self.longest, (now - before - BEAT) * 1000)
            before = now

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        self.longest = 0.0
        began = time.perf_counter()
        yield
        spent = (time.perf_counter() - began) * 1000
        figures[f"stall {what}"] = round(self.longest, 1)
        print(f"\n{what:34} longest stall {self.longest:7.1f} ms   in all {spent:9.1f} ms   goal < {GOAL:.0f}")  # noqa: T201


@asynccontextmanager
async def shown(desk: Desk) -> AsyncIterator[tuple[Pilot[None], Stalls]]:
    app, stalls = CallsheetApp(lambda: desk), Stalls()
    watching = asyncio.get_running_loop().create_task(stalls.watch())
    async with app.run_test(size=(160, 48)) as pilot:
        await settled(pilot)
        look_seldom()
        yield pilot, stalls
    watching.cancel()


async def test_nothing_keeps_the_event_loop(desk: Desk) -> None:
    print(f"\n{LEADS} leads")  # noqa: T201
    async with shown(desk) as (pilot, stalls):
        await press(pilot, "j", "k")
        with stalls.during("a row on, a hundred times"):
            for _ in range(100):
                await press(pilot, "j")
        with stalls.during("a page on, thirty times"):
            for _ in range(30):
                await press(pilot, "pagedown")
        with stalls.during("to the end and back, five times"):
            for _ in range(5):
                await press(pilot, "G", "g")
        with stalls.during("open the find"):
            await press(pilot, "slash")
        for letters in ("first97", "last12", "2079", "f"):
            await find(pilot, stalls, letters)
        await press(pilot, "escape")
        with stalls.during("open a lead, ten times"):
            for _ in range(10):
                await press(pilot, "enter", "q")
        with stalls.during("start a block"):
            await press(pilot, "space")
        with stalls.during("log and next, forty times"):
            for _ in range(40):
                await press(pilot, "n")
        with stalls.during("take back, ten times"):
            for _ in range(10):
                await press(pilot, "u")
        with stalls.during("end the block"):
            await press(pilot, "q", "q")
        with stalls.during("count the filters"):
            await press(pilot, "f", "escape")
        with stalls.during("the report"):
            await press(pilot, "R", "p", "q")
        with stalls.during("look through all that is new for garbage"):
            gc.collect()
            await pilot.pause()


async def find(pilot: Pilot[None], stalls: Stalls, letters: str) -> None:
    """Type letters, and measure from each key until its matches are painted."""
    assert isinstance(pilot.app.screen, Find)
    worst = 0.0
    with stalls.during(f"find {letters!r}"):
        for letter in letters:
            began = time.perf_counter()
            await press(pilot, letter)
            worst = max(worst, (time.perf_counter() - began) * 1000)
    figures[f"find {letters!r} a letter"] = round(worst, 1)
    print(f"{'':34} at most {worst:7.1f} ms a letter until the matches are painted   goal < {GOAL:.0f}")  # noqa: T201
    await press(pilot, *["backspace"] * len(letters))
