"""The keys: each known by name, in its group, with a sentence; the rep's own are taken, or refused with the reason."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from textual.binding import Binding
from textual.screen import Screen

from callsheet.ui.app import CallsheetApp
from callsheet.ui.keymap import KeymapError, checked
from callsheet.ui.keys import GROUPS, KEYS, ScreenName, bindings, of_screen
from callsheet.ui.look import Look, wrong
from callsheet.ui.screens.block import BlockScreen
from callsheet.ui.screens.capture import Capture
from callsheet.ui.screens.lead import LeadScreen
from callsheet.ui.screens.report import ReportScreen
from callsheet.ui.screens.sheet import Sheet
from callsheet.ui.screens.sync import SyncScreen
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of

SCREENS: dict[str, type[Screen[Any]]] = {
    "sheet": Sheet, "lead": LeadScreen, "block": BlockScreen, "sync": SyncScreen, "report": ReportScreen,
    "add": Capture,
}  # fmt: skip


@pytest.mark.parametrize("screen", get_args(ScreenName))
def test_every_binding_has_an_id_a_sentence_and_a_group(screen: ScreenName) -> None:
    made = bindings(screen)
    assert {one.id for one in made} == {key.id for key in of_screen(screen)}
    for one in made:
        assert one.id
        assert one.tooltip
        assert one.group is not None
        assert one.group.description in GROUPS
    assert [one for one in SCREENS[screen].BINDINGS if isinstance(one, Binding)] == made


@pytest.mark.parametrize("screen", get_args(ScreenName))
def test_every_action_of_a_screen_exists(screen: ScreenName) -> None:
    for key in of_screen(screen):
        place, _, action = key.action.partition("(")[0].rpartition(".")
        owner = CallsheetApp if place == "app" else SCREENS[screen]
        assert hasattr(owner, f"action_{action}"), key.id


def test_the_ids_are_unique_and_no_screen_has_a_key_twice() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)
    assert checked({}) == {}


@pytest.mark.parametrize(("own", "reason"), [
    ({"undoo": "x"}, "no binding “undoo”, did you mean “undo”?"),
    ({"undo": "j"}, "“j” is the key of “move.down” (down)"),
    ({"sheet.find": "f", "undo": "z"}, "“f” is the key of “sheet.filter”"),
    ({"undo": "z"}, "“z” is the key of “lead.snooze” (snooze)"),
    ({"undo": ""}, "a binding cannot be without a key"),
    ({"undo": "f7,"}, "a binding cannot be without a key"),
    ({"undo": "banana"}, "there is no key “banana”"),
    ({"undo": "ctrl+q"}, "always leaves or copies"),
    ({"lead.tick": "f1"}, "the digits stand before the items"),
    ({"outcome.no_answer": "v"}, "“v” is the key of “outcome.voicemail”"),
])  # fmt: skip
def test_keys_that_cannot_be_used_are_refused_with_the_reason(own: dict[str, str], reason: str) -> None:
    with pytest.raises(KeymapError) as refused:
        checked(own)
    assert any(reason in one for one in refused.value.reasons)
    with pytest.raises(KeymapError):
        CallsheetApp(lambda: pytest.fail("never opened"), look=Look(keys=own))


def test_everything_that_is_wrong_with_the_look_is_said_at_once() -> None:
    reasons = wrong("no such theme", {"undoo": "x", "help": "banana"})
    assert len(reasons) == 3
    assert "there is no theme “no such theme”" in reasons[0]
    assert wrong("ansi", {"undo": "f7"}) == ()


async def test_a_key_of_ones_own_does_what_the_other_did_and_is_what_the_screen_says(
    open_app: Open, leads: dict[str, str]
) -> None:
    own = {"sheet.block": "f5", "outcome.no_answer": "f6", "undo": "f7,ctrl+z"}
    app = open_app(Look(keys=own))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert "f5 start block" in text_of(app, "#hints")
        await press(pilot, "space")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)
        await press(pilot, "f5")
        await settled(pilot)
        assert "Ana Lindqvist" in text_of(app, "#lead")
        assert " f6 " in text_of(app, "#outcomes")
        await press(pilot, "n")
        await settled(pilot)
        assert "Ana Lindqvist" in text_of(app, "#lead")
        await press(pilot, "f6")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#lead")
        await press(pilot, "f7")
        await settled(pilot)
        assert "Ana Lindqvist" in text_of(app, "#lead")
