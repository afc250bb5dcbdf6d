"""What a rep does about the CRM, key by key: mend, retry, give up, decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from callsheet.domain.events import Packet
from callsheet.services import decisions
from callsheet.services.desk import Desk
from callsheet.ui.app import CallsheetApp
from callsheet.ui.screens.sync import SyncScreen
from callsheet.ui.sync_control import SyncControl, SyncView
from tests.ui.conftest import Open
from tests.ui.sample import NOW
from tests.ui.sync_control import ToldSync, busy_view
from tests.ui.waiting import press, settled, text_of


@pytest.fixture
def sync(leads: dict[str, str]) -> ToldSync:
    return ToldSync(busy_view(leads))


async def opened(pilot: Pilot[None]) -> CallsheetApp:
    await settled(pilot)
    await press(pilot, "S")
    await settled(pilot)
    app = pilot.app
    assert isinstance(app, CallsheetApp)
    assert isinstance(app.screen, SyncScreen)
    return app


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 48)])
async def test_what_was_refused_comes_first_with_its_reason_and_what_can_be_done(
    open_app: Open, sync: ToldSync, size: tuple[int, int]
) -> None:
    async with open_app(sync=sync).run_test(size=size) as pilot:
        app = await opened(pilot)
        rows, detail = text_of(app, "#rows"), text_of(app, "#detail")
        heads = [rows.index(head) for head in ("refused 2", "Both sides changed 2", "Waits to go over 3", "Last runs")]
        assert heads == sorted(heads)
        assert "are not here: Ruth Amadi" in rows
        assert "5 digits" in detail
        assert "about the field zip" in detail
        assert sync.told == [("request",)]


async def test_enter_gives_the_refused_field_another_value(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        field = app.screen.query_one("#typed", Input)
        assert field.value == "60601"
        field.value = ""
        await press(pilot, *"10115", "enter")
        await settled(pilot)
        assert ("edit", "op-1", "10115") in sync.told
        assert "sent again" in text_of(app, "#said")
        assert "Tom Okafor" in text_of(app, "#detail")


async def test_r_tries_again_and_d_twice_gives_up(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "D")
        await settled(pilot)
        assert "D again" in text_of(app, "#said")
        assert len(sync.told) == 1
        await press(pilot, "D")
        await settled(pilot)
        assert sync.told[-1] == ("drop", "op-1")
        await press(pilot, "r")
        await settled(pilot)
        assert sync.told[-1] == ("retry", "op-2")


async def test_d_on_one_and_d_on_the_next_gives_neither_up(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "D", "j", "D")
        await settled(pilot)
        assert sync.told == [("request",)]


async def test_mine_and_theirs_stand_side_by_side_and_m_and_t_decide(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "j", "j")
        detail = text_of(app, "#detail").splitlines()
        assert any("CFO" in row and "│" in row and "Chief" in row for row in detail)
        await press(pilot, "m")
        await settled(pilot)
        assert sync.told[-1] == ("decide", "7", "mine")
        await press(pilot, "t")
        await settled(pilot)
        assert sync.told[-1] == ("decide", "8", "theirs")


async def test_a_sync_is_said_to_run_until_it_is_over(open_app: Open, sync: ToldSync) -> None:
    app = open_app(sync=sync)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "S")
        assert "syncing now" in text_of(app, "#said")
        sync.shown = replace(sync.shown, status=replace(sync.shown.status, last_run=NOW, waiting=0))
        await pilot.pause(0.3)
        await settled(pilot)
        assert text_of(app, "#said").strip() == ""


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_stands_against_the_sync_is_said_in_full(
    open_app: Open, leads: dict[str, str], size: tuple[int, int]
) -> None:  # fmt: skip
    problem = ("Odoo does not accept this API key. It may have expired (they last three months at most): make a new "
               "one in Odoo under My Preferences, Security, and run `callsheet connect odoo`.")  # fmt: skip
    view = busy_view(leads)
    told = ToldSync(replace(view, status=replace(view.status, problem=problem)))
    async with open_app(sync=told).run_test(size=size) as pilot:
        app = await opened(pilot)
        assert " ".join(f"✗ {problem}".split()) in " ".join(text_of(app, "#rows").split())
        assert "S tries again once that is mended" in text_of(app, "#rows")
        told.shown = replace(told.shown, again=NOW + timedelta(minutes=4))
        assert isinstance(app.screen, SyncScreen)
        app.screen.refresh_book()
        await settled(pilot)
        assert "last in step 09:57 · tries again in 4 min" in text_of(app, "#rows")
        await press(pilot, *"jjjj")
        assert "once the sync gets through again" in " ".join(text_of(app, "#detail").split())


async def test_one_key_believes_the_crm_that_many_leads_are_gone(open_app: Open, leads: dict[str, str]) -> None:
    status = replace(busy_view(leads).status, problem="Odoo no longer shows 41 of your 113 leads.", asks=True)
    told = ToldSync(SyncView(status))
    async with open_app(sync=told).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        assert "41 of your 113 leads" in text_of(app, "#detail")
        assert "t take theirs" in text_of(app, "#hints")
        await press(pilot, "enter")
        assert "they stay here until you say" in text_of(app, "#said")
        await press(pilot, "t")
        assert told.told[-1] == ("believe",)


async def test_of_a_field_that_only_the_crm_has_the_words_can_be_changed_or_nothing(
    open_app: Open, leads: dict[str, str]
) -> None:  # fmt: skip
    view = busy_view(leads)
    touch, lead = view.undelivered[1], view.undelivered[0]
    told = ToldSync(replace(view, conflicts=(), undelivered=(
        replace(touch, field="disposition"), replace(lead, kind="patch", field="expected_revenue"),
    )))  # fmt: skip
    async with open_app(sync=told).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        assert "say it otherwise" in text_of(app, "#detail")
        await press(pilot, "enter", *"left word", "enter")
        assert ("edit", "op-2", "left word") in told.told
        assert "about the field expected revenue" in text_of(app, "#detail")
        assert "enter" not in text_of(app, "#hints") + text_of(app, "#detail")
        await press(pilot, "enter")
        assert "mend it in the CRM, then r tries again" in text_of(app, "#said")


async def test_enter_on_a_colleague_who_is_unknown_there_begins_with_the_name_that_was_written(
    open_app: Open, desk: Desk, leads: dict[str, str]
) -> None:
    decisions.hand_off(desk, leads["jonas"], "Anm Lee", Packet("Jonas", "COO", "vans", "a pilot", "none", "mornings"))
    view = busy_view(leads)
    refused = replace(view.undelivered[0], kind="owner", what="owner: Anm Lee", field="owner")
    told = ToldSync(replace(view, conflicts=(), undelivered=(refused,)))
    async with open_app(sync=told).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert app.screen.query_one("#typed", Input).value == "Anm Lee"
        await press(pilot, "end", "backspace", "backspace", "backspace", *"Lang", "enter")
        assert ("edit", "op-1", "Anm Lang") in told.told


@pytest.mark.parametrize(("key", "moves", "said"), [
    ("m", 0, "both sides say the same"), ("r", 4, "goes over by itself"), ("enter", 2, "keeps yours"),
    ("D", 2, "keeps yours"),
])  # fmt: skip
async def test_a_key_that_cannot_act_says_why(
    open_app: Open, sync: ToldSync, key: str, moves: int, said: str
) -> None:  # fmt: skip
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        await press(pilot, *"j" * moves, key)
        await settled(pilot)
        assert said in text_of(app, "#said")
        assert sync.told == [("request",)]


async def test_the_keys_at_the_bottom_are_those_for_the_line_under_the_cursor(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        assert "enter fix  r retry" in text_of(app, "#hints")
        assert "keep mine" not in text_of(app, "#hints")
        await press(pilot, "j", "j")
        assert "m keep mine  t take theirs" in text_of(app, "#hints")
        assert "retry" not in text_of(app, "#hints")
        await press(pilot, "G")
        assert not {"fix", "retry", "mine", "theirs"} & set(text_of(app, "#hints").split())


async def test_what_the_sync_settled_meanwhile_is_no_error(open_app: Open, sync: ToldSync) -> None:
    async with open_app(sync=sync).run_test(size=(120, 36)) as pilot:
        app = await opened(pilot)
        sync.shown = SyncView(sync.shown.status)
        await press(pilot, "r")
        await settled(pilot)
        assert "settled already" in text_of(app, "#said")
        assert "The CRM has everything" in text_of(app, "#rows")


async def test_without_a_crm_it_says_how_to_connect_one(open_app: Open) -> None:
    async with open_app().run_test(size=(80, 24)) as pilot:
        app = await opened(pilot)
        assert "callsheet connect odoo" in text_of(app, "#rows")
        await press(pilot, "S", "enter", "r", "D", "m", "t", "j", "G", "g", "k", "pagedown")
        await settled(pilot)
        await press(pilot, "q")
        await settled(pilot)
        assert not isinstance(app.screen, SyncScreen)


async def test_a_sync_that_cannot_be_read_says_so(open_app: Open, sync: ToldSync) -> None:
    class Broken(ToldSync):
        def view(self) -> SyncView:
            raise OSError("the keyring is locked")

    broken: SyncControl = Broken(sync.shown)
    async with open_app(sync=broken).run_test(size=(80, 24)) as pilot:
        app = await opened(pilot)
        assert "the keyring is locked" in text_of(app, "#said")
        await press(pilot, "j", "enter", "D", "m")
        await settled(pilot)
