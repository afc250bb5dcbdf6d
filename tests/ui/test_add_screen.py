"""Capturing leads at a booth by keyboard, in the real application over a real book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from callsheet.domain.profile import Profile
from callsheet.services.campaigns import Campaign, set_up
from callsheet.services.capture import Form, FormRefused, capture
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.ui.look import Look
from callsheet.ui.screens.capture import Capture
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of, typed

FULL = Form(
    name="Jane Doe", company="Doe & Co", phone="+1 312 555 0143", email="Jane@Doe.example", address="1 Lake St",
    zip="60601", campaign="Spring fair", answers="13",
)  # fmt: skip
REQUIRED = ("name", "company", "address", "zip", "phone", "email")


async def type_in(pilot: Pilot[None], *lines: str) -> None:
    """Type lines, each ended by enter, faster than anybody."""
    for text in lines:
        await typed(pilot, text, "enter")


def profile_of(book: SqliteBook, name: str) -> Profile:
    found = book.find(name)
    assert len(found) == 1
    lead = book.lead(found[0].lead)
    assert lead is not None
    return lead.profile


@pytest.mark.parametrize("field", REQUIRED)
def test_the_form_refuses_what_the_event_requires_and_names_it(desk: Desk, field: str) -> None:
    blank = Form(**{**{name: getattr(FULL, name) for name in FULL.__slots__}, field: "  "})
    with pytest.raises(FormRefused) as refused:
        capture(desk, blank, REQUIRED)
    assert refused.value.fields == (field,)
    assert f"{field} is blank" in str(refused.value)


def test_who_asked_us_to_stop_is_said_so_and_kept_closed(desk: Desk, book: SqliteBook) -> None:
    capture(desk, FULL, REQUIRED)
    lead = book.find("Jane Doe")[0].lead
    log(desk, lead, Report("do_not_contact", "phone"))
    again = replace(FULL, name="Joe Doe", email="joe@doe.example")
    assert capture(desk, again, REQUIRED).became == "on the do-not-contact list: kept, closed"


def test_an_event_that_was_set_up_asks_for_what_it_asks(desk: Desk) -> None:
    set_up(desk.book, Campaign("Spring fair", required=("name", "email", "comment")))
    with pytest.raises(FormRefused, match="comment is blank"):
        capture(desk, FULL, REQUIRED)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"phone": "later"}, "phone"), ({"email": "jane at doe"}, "email"), ({"answers": "7"}, "answers")],
)
def test_what_cannot_be_read_is_said_before_they_walk_on(desk: Desk, change: dict[str, str], field: str) -> None:
    with pytest.raises(FormRefused) as refused:
        capture(desk, Form(**{**{name: getattr(FULL, name) for name in FULL.__slots__}, **change}), REQUIRED)
    assert refused.value.fields == (field,)


@pytest.mark.parametrize(("answers", "became"), [("", "a name"), ("13", "a lead"), ("5", "hot"), ("25", "hot")])
def test_an_answer_makes_a_lead_and_asking_for_a_call_a_hot_one(desk: Desk, answers: str, became: str) -> None:
    form = Form(**{**{name: getattr(FULL, name) for name in FULL.__slots__}, "answers": answers})
    assert capture(desk, form, REQUIRED).became.startswith(became)


def test_the_same_person_twice_is_one_lead(desk: Desk, book: SqliteBook) -> None:
    capture(desk, FULL, REQUIRED)
    assert capture(desk, FULL, REQUIRED).became.startswith("known already")
    assert len(book.find("Jane Doe")) == 1


async def test_a_lead_is_typed_saved_and_the_next_form_is_open(open_app: Open, book: SqliteBook) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "a")
        await settled(pilot)
        await type_in(
            pilot, "Jane Doe", "Doe Co", "Logistics", "COO", "+13125550143", "jane@doe.example", "1 Lake St",
            "60601", "", "", "", "13", "renews in May",
        )  # fmt: skip
        await settled(pilot)
        assert "Jane Doe is a lead" in text_of(app, "#said")
        assert profile_of(book, "Jane Doe").phones == ("+13125550143",)
        assert profile_of(book, "Jane Doe").industry == "Logistics", "who gets the lead may depend on it"
        assert app.screen.query_one("#name", Input).value == ""
        assert app.focused is app.screen.query_one("#name", Input)
        await press(pilot, "escape")
        await settled(pilot)
        assert not isinstance(app.screen, Capture)
        assert "captured Jane Doe" in text_of(app, "#said")
        await press(pilot, "u")
        await settled(pilot)
        assert not book.find("Jane Doe")


async def test_a_blank_is_refused_and_the_cursor_goes_there(open_app: Open, book: SqliteBook) -> None:
    app = open_app(Look(required=("name", "zip")))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "a")
        await settled(pilot)
        await type_in(pilot, "Jane")
        await press(pilot, "ctrl+s")
        await settled(pilot)
        assert "zip is blank" in text_of(app, "#said")
        assert app.focused is app.screen.query_one("#zip", Input)
        assert not book.find("Jane")
        await press(pilot, "escape")
        assert isinstance(app.screen, Capture)
        await press(pilot, "escape")
        await settled(pilot)
        assert not isinstance(app.screen, Capture)


async def test_the_event_of_today_is_filled_in_and_kept(open_app: Open, desk: Desk) -> None:
    set_up(desk.book, Campaign("Autumn [/] fair", date(2026, 11, 24), required=("name",)))
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "a")
        await settled(pilot)
        assert app.screen.query_one("#campaign", Input).value == "Autumn [/] fair"
        await type_in(pilot, "[red]Jo[/] [@click=app.quit]")
        await press(pilot, "ctrl+s")
        await settled(pilot)
        assert "[red]Jo[/]" in text_of(app, "#said")
        assert app.screen.query_one("#campaign", Input).value == "Autumn [/] fair"


async def test_what_is_required_is_what_the_settings_say_for_the_event(open_app: Open, book: SqliteBook) -> None:
    app = open_app(Look(required=("name", "zip"), events={"Webinar": ("name", "email")}))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "a")
        await settled(pilot)
        assert str(app.screen.query_one("#label-zip", Label).content).startswith("*")
        app.screen.query_one("#campaign", Input).value = "Webinar"
        await settled(pilot)
        assert not str(app.screen.query_one("#label-zip", Label).content).startswith("*")
        assert str(app.screen.query_one("#label-email", Label).content).startswith("*")
        app.screen.query_one("#name", Input).value = "Jane"
        await press(pilot, "ctrl+s")
        await settled(pilot)
        assert "email is blank" in text_of(app, "#said")
        app.screen.query_one("#email", Input).value = "jane@doe.example"
        await press(pilot, "ctrl+s")
        await settled(pilot)
        assert len(book.find("Jane")) == 1
