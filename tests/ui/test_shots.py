"""What each screen looks like, kept as text: a change that nobody meant shows here, one that was meant in the diff.

`CALLSHEET_SHOTS=write uv run --group dev pytest -n 0 tests/ui/test_shots.py` writes the files in `tests/ui/shots` anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.pilot import Pilot

from callsheet.ui.app import CallsheetApp
from callsheet.ui.look import Look
from callsheet.ui.themes import DARK, LIGHT
from tests.ui.conftest import Open
from tests.ui.sync_control import ToldSync, busy_view
from tests.ui.waiting import painted, press, settled

FOLDER = Path(__file__).parent / "shots"

SHOTS: dict[str, tuple[str, ...]] = {
    "sheet": (),
    "find": ("slash", *"an"),
    "filter": ("f", "j", "space"),
    "lead": ("enter",),
    "block": ("space",),
    "after": ("space", "c", *"thu 2p pricing"),
    "sync": ("S", "j", "j"),
    "report": ("R", "j"),
    "add": ("a", *"Jane"),
}
"""Each screen, and the keys that lead to it from the sheet."""


def colors(app: CallsheetApp) -> str:
    """Return the colours that the screen has, each once."""
    found: set[str] = set()
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None and segment.text.strip():
                found |= {one.name for one in (segment.style.color, segment.style.bgcolor) if one is not None}
    return " ".join(sorted(found))


async def shots(app: CallsheetApp, pilot: Pilot[None]) -> dict[str, tuple[str, str]]:
    """Return the text and the colours of each screen."""
    taken: dict[str, tuple[str, str]] = {}
    for name, keys in SHOTS.items():
        await press(pilot, *keys)
        text = "\n".join(row.rstrip() for row in painted(app).splitlines())
        taken[name] = text, colors(app)
        while len(app.screen_stack) > 1:
            app.pop_screen()
            await settled(pilot)
    return taken


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_look_as_they_did(
    open_app: Open, leads: dict[str, str], size: tuple[int, int], theme: str
) -> None:
    app = open_app(Look(theme=theme, rep="Robin Reyes"), sync=ToldSync(busy_view(leads)))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        taken = await shots(app, pilot)
    for name, (text, shades) in taken.items():
        file = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
        kept, light = read(file)
        if os.environ.get("CALLSHEET_SHOTS") == "write":
            shade = {**light, theme: shades}
            FOLDER.mkdir(exist_ok=True)
            lines = (f"{one}: {shade[one]}" for one in sorted(shade))
            file.write_text("\n".join([text, *lines]) + "\n", encoding="utf-8")
        else:
            assert text == kept, f"{name} has changed; when that was meant, write it anew as this module says"
            assert shades == light[theme], f"{name} has other colours"


def read(file: Path) -> tuple[str, dict[str, str]]:
    """Return the text of a shot, and its colours by theme."""
    if not file.exists():
        return "", {}
    lines = file.read_text(encoding="utf-8").splitlines()
    shades = dict(line.split(": ", 1) for line in lines if line.startswith((DARK.name, LIGHT.name)))
    return "\n".join(lines[: len(lines) - len(shades)]), shades
