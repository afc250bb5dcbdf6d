"""The pictures in `screenshots/`: the real application on the demo's book, at a moment that stands still.

`uv run --group dev python -m tests.ui.pictures` makes them anew; `tests/ui/test_pictures.py` says when they are stale.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from callsheet.bootstrap.demo import Demo, a_demo
from callsheet.bootstrap.screens import Stage, look_of
from callsheet.bootstrap.start import Start
from callsheet.services.desk import Desk
from callsheet.ui.app import CallsheetApp
from callsheet.ui.sync_control import Badge, NoSync, SyncControl
from tests.desks import Clock
from tests.ui.waiting import press, settled

FOLDER = Path(__file__).parents[2] / "screenshots"
MOMENT = datetime(2026, 11, 24, 8, 38, tzinfo=UTC)
SIZE = (120, 36)

KEYS: dict[str, tuple[str, ...]] = {
    "sheet": (),
    "lead": ("enter",),
    "block": ("space",),
}
"""Each picture, and the keys that lead to it from the sheet."""


class Synced(NoSync):
    """A sync that is in step, and that nothing can come of in between."""

    def badge(self) -> Badge:
        return Badge("synced", at=MOMENT - timedelta(minutes=1))


@asynccontextmanager
async def shown(demo: Demo, size: tuple[int, int] = SIZE) -> AsyncIterator[tuple[CallsheetApp, Pilot[None]]]:
    """Run the application on the demo's book."""
    stage = Stage(demo.start, demo.paths, demo.settings, demo.connecting, None, demo.opening)

    def synced(_desk: Desk) -> SyncControl:
        return Synced()

    with stage.open_things:
        app = CallsheetApp(stage.open_desk, synced, look_of(demo.settings, demo=True))
        async with app.run_test(size=size) as pilot:
            async with asyncio.timeout(90):  # filling the demo's book takes its seconds
                while app.desk is None:
                    await pilot.pause(0.05)
            await settled(pilot)
            yield app, pilot


async def pictures(size: tuple[int, int] = SIZE) -> dict[str, str]:
    """Return the pictures by name, as SVG."""
    made: dict[str, str] = {}
    with a_demo(Start(Clock(MOMENT), {"TZ": "Europe/London"})) as demo:
        async with shown(demo, size) as (app, pilot):
            for name, keys in KEYS.items():
                for key in keys:
                    await press(pilot, key)
                    await settled(pilot)
                made[name] = app.export_screenshot(title="callsheet", simplify=True)
                while len(app.screen_stack) > 1:
                    app.pop_screen()
                await settled(pilot)
    return made


def make() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg in asyncio.run(pictures()).items():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    make()
