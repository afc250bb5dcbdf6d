"""What a rep does with a lead that is open: one key logs and shows the next one."""

from __future__ import annotations

import gc

from textual.strip import Strip

from callsheet.domain import events as ev
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.services.research import CHECKLIST
from callsheet.store.book import SqliteBook
from callsheet.ui.screens.lead import LeadScreen, open_lead
from callsheet.ui.screens.sheet import Sheet
from callsheet.ui.screens.when import WhenScreen
from tests.desks import Clock, worked
from tests.ui.conftest import Aside, Open
from tests.ui.waiting import press, settled, text_of


def attempts(book: SqliteBook, lead: str) -> list[str]:
    return [event.body.outcome for event in book.events(lead) if isinstance(event.body, ev.Attempt)]


async def test_one_key_logs_voicemail_and_shows_the_next_lead(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#left")
        await press(pilot, "v")
        await settled(pilot)
        assert attempts(book, leads["priya"]) == ["voicemail"]
        assert "Jonas Weber" in text_of(app, "#left")
        assert "Left voicemail · Priya Raman" in text_of(app, "#said")
        assert "u takes it back" in text_of(app, "#said")


async def test_keys_typed_ahead_meet_one_lead_each_in_their_order(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "v", "n", "w")
        await settled(pilot)
        logged = [attempts(book, leads[name]) for name in ("priya", "jonas", "tom")]
        assert logged == [["voicemail"], ["no_answer"], ["wrong_number"]]


async def test_what_is_typed_right_after_connected_goes_into_the_line_and_not_to_the_keys(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "c", *"thu", "space", *"2p", "space", *"pricing", "enter", "n")
        await settled(pilot)
        bodies = [event.body for event in book.events(leads["priya"])]
        agreed = [body for body in bodies if isinstance(body, ev.NextStepSet)]
        assert [(one.due.isoformat(), one.what) for one in agreed] == [("2026-11-26T19:00:00+00:00", "pricing")]
        assert attempts(book, leads["priya"]) == ["connected"]
        assert attempts(book, leads["jonas"]) == ["no_answer"]


async def test_a_refused_outcome_drops_what_was_typed_after_it(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "slash", *"nadia", "enter")
        await settled(pilot)
        await press(pilot, "n", "v")
        await settled(pilot)
        assert attempts(book, leads["nadia"]) == []
        assert "do-not-contact list" in text_of(app, "#said")


async def test_a_conversation_is_not_logged_without_a_date_or_a_decision(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "c", "enter")
        await settled(pilot)
        assert isinstance(app.screen, WhenScreen)
        assert "ends with a date, or with a decision" in text_of(app, "#echo")
        await press(pilot, "escape")
        await settled(pilot)
        assert attempts(book, leads["priya"]) == []
        await press(pilot, "c", *"lost", "space", *"too", "space", *"dear", "enter")
        await settled(pilot)
        closed = [event.body for event in book.events(leads["priya"]) if isinstance(event.body, ev.Closed)]
        assert [(one.reason, one.note) for one in closed] == [("lost", "too dear")]


async def test_the_line_shows_what_was_understood_while_it_is_typed(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "m", *"thu", "space", *"14:00")
        await settled(pilot)
        assert "Thu 26 Nov 14:00 EST · in 2 working days · meeting" in text_of(app, "#echo")
        await press(pilot, "x", "y")
        await settled(pilot)
        assert "√" not in text_of(app, "#echo") or "xy" in text_of(app, "#echo")


async def test_not_interested_asks_why_and_closes(open_app: Open, leads: dict[str, str], book: SqliteBook) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "i", *"no budget", "enter")
        await settled(pilot)
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert (lead.state, lead.closed) == ("closed", "lost")
        assert "no budget" in lead.closed_note


async def test_who_they_referred_to_becomes_a_lead_linked_to_them(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "r", *"Jane Doe, +1 312 555 0143", "enter")
        await settled(pilot)
        found = book.find("Jane Doe")
        assert [(one.name, one.phone) for one in found] == [("Jane Doe", "+13125550143")]


async def test_do_not_contact_takes_the_key_twice(open_app: Open, leads: dict[str, str], book: SqliteBook) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "D")
        await settled(pilot)
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert not lead.do_not_contact
        assert "D again" in text_of(app, "#said")
        await press(pilot, "D", "D")
        await settled(pilot)
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert lead.do_not_contact


async def test_a_digit_opens_the_line_for_what_was_found_and_enter_ticks_it(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "1", *"new hub in Memphis", "enter")
        await settled(pilot)
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert lead.research[CHECKLIST[0].name].finding == "new hub in Memphis"
        assert "√ website  new hub in Memphis" in text_of(app, "#research")
        assert isinstance(app.screen, LeadScreen)


async def test_the_place_is_kept_when_going_on_and_back(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "J")
        await settled(pilot)
        assert "Jonas Weber" in text_of(app, "#left")
        await press(pilot, "K", "K")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#left")
        assert "that was the first one" in text_of(app, "#said")


async def test_undo_brings_the_lead_back_that_was_logged_by_mistake(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "w", "u")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#left")
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert lead.phones == ("+13125550142",)


async def test_calling_opens_the_number_and_only_then_the_clock_runs(
    open_app: Open, leads: dict[str, str], outside: Aside
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "t")
        await settled(pilot)
        assert outside.opened == ["tel:+13125550142"]
        assert "calling +1 312-555-0142" in text_of(app, "#said")


async def test_a_mail_is_drafted_from_what_they_asked_and_logged_when_it_was_sent(
    open_app: Open, leads: dict[str, str], book: SqliteBook, outside: Aside
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "slash", *"carver", "enter")
        await settled(pilot)
        await press(pilot, "e")
        await settled(pilot)
        assert outside.opened[0].startswith("mailto:ben@lumen.example?subject=")
        assert "Fleet%20ROI%20guide" in outside.opened[0]
        await press(pilot, "enter")
        await settled(pilot)
        assert attempts(book, leads["ben"]) == ["researched", "sent"]


async def test_a_call_outside_the_hours_asks_why_and_keeps_the_reason(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "slash", *"adachi", "enter")
        await settled(pilot)
        await press(pilot, "n")
        await settled(pilot)
        assert "Why all the same?" in app.screen.query_one("#question").plain  # type: ignore[attr-defined]
        await press(pilot, *"asked for it", "enter")
        await settled(pilot)
        last = [event.body for event in book.events(leads["ken"]) if isinstance(event.body, ev.Attempt)][-1]
        assert (last.outcome, last.hours_override) == ("no_answer", "asked for it")


async def test_leaving_the_lead_goes_back_to_where_the_sheet_was(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "2", "j", "enter", "escape")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, Sheet)
        assert (screen.pane, screen.index) == ("due", 1)


async def test_leads_that_were_left_leave_nothing_behind(open_app: Open, leads: dict[str, str]) -> None:
    def kept() -> int:
        gc.collect()
        return sum(type(one) is Strip for one in gc.get_objects())

    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, *["enter", "q"] * 2)
        before = kept()
        await press(pilot, *["enter", "q"] * 8)
        assert kept() - before < 1_200, "a lead that is shown has five hundred strips; the last one may still be there"


async def test_a_lead_is_put_off_until_a_day(open_app: Open, leads: dict[str, str], book: SqliteBook) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "2", "enter", "z", *"mon")
        assert "Mon 30 Nov" in text_of(app, "#echo")
        await press(pilot, "enter")
        assert "snoozed · Ana Lindqvist" in text_of(app, "#said")
        ana = book.lead(leads["ana"])
        assert ana is not None
        assert ana.not_before is not None


async def test_at_the_cap_the_keys_that_decide_come_first_and_two_more_tries_are_one_key(
    open_app: Open, desk: Desk, clock: Clock, book: SqliteBook
) -> None:  # fmt: skip
    lead = worked(desk, "Tessa Hartley")
    for nth in range(8):
        log(desk, lead, Report("sent", "email", asset=f"Guide {nth}"))
        clock.advance(days=1)
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        open_lead(app, lead)
        await settled(pilot)
        assert "< kick back  N nurture  X move on  + two more tries" in text_of(app, "#hints")
        await press(pilot, "+")
        assert "2 more attempts · Tessa Hartley" in text_of(app, "#said")
        assert "8 counted, at most 10" in text_of(app, "#rest")
        await press(pilot, "u", "X", *"gone quiet", "enter")
        closed = book.lead(lead)
        assert closed is not None
        assert (closed.state, closed.closed, closed.closed_note) == ("closed", "exhausted", "gone quiet")
