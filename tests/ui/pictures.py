"""The pictures in `screenshots/`: the real application on the demo's book, at a moment that stands still.

`uv run --group dev python -m tests.ui.pictures` makes them anew; `tests/ui/test_pictures.py` says when they are stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from callsheet.bootstrap.demo import Demo, a_demo
from callsheet.bootstrap.screens import Stage, look_of
from callsheet.bootstrap.start import Start
from callsheet.services.desk import Desk
from callsheet.ui.app import CallsheetApp
from callsheet.ui.sync_control import NoSync, SyncControl
from tests.desks import Clock
from tests.ui.waiting import settled

FOLDER = Path(__file__).parents[2] / "screenshots"
MOMENT = datetime(2026, 11, 24, 8, 38, tzinfo=UTC)
SIZE = (120, 36)

KEYS: dict[str, tuple[str, ...]] = {
    "sheet": (),
    "lead": ("enter",),
    "block": ("space",),
}
"""Each picture, and the keys that lead to it from the sheet."""


@asynccontextmanager
async def shown(demo: Demo, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[CallsheetApp, Pilot[None]]]:
    """Run the application on the demo's book, with no sync that could come in between."""
    stage = Stage(demo.start, demo.paths, demo.settings, demo.connecting, None, demo.opening)

    def no_sync(_desk: Desk) -> SyncControl:
        return NoSync()

    with stage.open_things:
        app = CallsheetApp(stage.open_desk, no_sync, look_of(demo.settings, demo=True))
        async with app.run_test(size=size) as pilot:
            async with asyncio.timeout(90):  # filling the demo's book takes its seconds
                while app.desk is None:
                    await pilot.pause(0.05)
            await settled(pilot)
            yield app, pilot


async def picture(name: str, size: tuple[int, int] = SIZE) -> str:
    """Return a picture as SVG."""
    with a_demo(Start(Clock(MOMENT), {"TZ": "Europe/London"})) as demo:
        async with shown(demo, size) as (app, pilot):
            for key in KEYS[name]:
                await pilot.press(key)
                await settled(pilot)
            svg: str = app.export_screenshot(title="callsheet", simplify=True)
            return svg


def make() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name in KEYS:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(name)), encoding="utf-8")


if __name__ == "__main__":
    make()
