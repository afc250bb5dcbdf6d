"""The styles of all screens are read at the start, so that none is read when a key is pressed."""

from __future__ import annotations

from importlib.resources import files

from callsheet.ui.app import STYLES


def test_every_style_beside_a_screen_is_read_at_the_start() -> None:
    beside = {file.name for file in files("callsheet.ui.screens").iterdir() if file.name.endswith(".tcss")}
    assert beside == {f"{name}.tcss" for name in STYLES}
