"""Every theme can be read, and none is needed: without colours the words and signs say the same."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from callsheet.ui.app import CallsheetApp
from callsheet.ui.look import Look
from callsheet.ui.themes import DARK, LIGHT, UnknownTheme, contrast, textual_name, with_inks
from tests.ui.conftest import Open
from tests.ui.waiting import painted, settled

GROUNDS = ("background", "bar", "cursor-row", "key-ground", "foreground")

LEAST = 3.0
"""Contrast of what is shown bold or large enough, as WCAG asks for it; ours have more."""

DRAWN = frozenset(" ╭╮╰╯│─━▐▁▂▃▄▅▆▇█▔▏")
"""Signs that draw lines and bars, which nobody reads."""


def pairs(app: CallsheetApp) -> dict[tuple[Color, Color], str]:
    """Return the colours of text and ground that are on the screen, each with words that have them."""
    found: dict[tuple[Color, Color], str] = {}
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            if style is None or not set(segment.text) - DRAWN:
                continue
            text, ground = style.color, style.bgcolor
            if text and ground and text.triplet and ground.triplet:
                found[Color(*text.triplet), Color(*ground.triplet)] = segment.text
    return found


@pytest.mark.parametrize("theme", [DARK, LIGHT, *(one for one in BUILTIN_THEMES.values() if not one.ansi)],
                         ids=lambda one: one.name)  # fmt: skip
def test_every_theme_can_be_read(theme: Theme) -> None:
    named = with_inks({**theme.to_color_system().generate(), **theme.variables}, ansi=False)
    colors = {name: Color.parse(value) for name, value in named.items() if name.startswith("ink-") or name in GROUNDS}
    for ink in (name for name in colors if name.startswith("ink-")):
        for ground in ("background", "bar", "cursor-row"):
            assert contrast(colors[ink], colors[ground]) >= LEAST, (ink, ground)
    assert contrast(colors["ink-warm"], colors["key-ground"]) >= LEAST
    assert contrast(colors["ink-quiet"], colors["background"]) <= contrast(colors["foreground"], colors["background"])


async def test_a_theme_is_taken_while_the_application_runs(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        dark = pairs(app)
        app.theme = LIGHT.name
        await pilot.pause()
        await settled(pilot)
        light = pairs(app)
        assert not light.keys() & dark.keys()
        assert all(contrast(*pair) >= LEAST for pair in {**dark, **light})


@pytest.mark.parametrize("name", ["ansi", "ansi-light"])
async def test_with_the_terminals_own_colours_there_are_no_others(
    open_app: Open, leads: dict[str, str], name: str
) -> None:
    app = open_app(Look(theme=name))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert not pairs(app)
        row = next(one for one in painted(app).splitlines() if "Priya Raman" in one)
        assert "▸" in row


def test_a_theme_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(UnknownTheme, match="no theme “mauve”; there are ansi, "):
        textual_name("mauve")


async def test_without_colours_signs_say_what_is_chosen_open_and_done(
    open_app: Open, leads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert app.no_color
        assert all(_grey(text) for text, _ in pairs(app))
        assert "▸ 4m12s" in painted(app)
        assert "breached" in painted(app)
        assert "▢ website" in painted(app)


def _grey(color: Color) -> bool:
    return max(color.rgb) - min(color.rgb) <= 2
