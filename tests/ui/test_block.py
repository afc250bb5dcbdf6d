"""A call block as the rep plays it: one key, the next lead, and the place is never lost."""

from __future__ import annotations

from datetime import timedelta

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.services import blocks
from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.ui.app import CallsheetApp
from callsheet.ui.screens.block import BlockScreen
from callsheet.ui.screens.sheet import Sheet
from tests.desks import Clock, add, person
from tests.ui import sample
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of


def attempts(book: SqliteBook, lead: str) -> list[str]:
    return [event.body.outcome for event in book.events(lead) if isinstance(event.body, ev.Attempt)]


def block_of(app: CallsheetApp) -> blocks.Block:
    screen = app.screen
    assert isinstance(screen, BlockScreen)
    assert screen.block_view is not None
    return screen.block_view.block


async def test_one_key_starts_a_block_with_who_was_promised_this_time(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        await settled(pilot)
        expected = [leads[name] for name in ("ana", "priya", "jonas", "tom")]
        assert list(block_of(app).order[:4]) == expected
        assert "Ana Lindqvist" in text_of(app, "#lead")
        assert "1 of" in text_of(app, "#bar")
        assert "next  Priya Raman" in text_of(app, "#coming")


async def test_an_unreached_attempt_is_one_key_and_the_next_lead_is_open(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n", "v", "b")
        await settled(pilot)
        assert [attempts(book, leads[name])[-1] for name in ("ana", "priya", "jonas")] == [
            "no_answer", "voicemail", "busy",
        ]  # fmt: skip
        assert "Tom Okafor" in text_of(app, "#lead")
        assert "4 of" in text_of(app, "#bar")


async def test_quitting_in_the_middle_goes_on_there_the_next_time(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n", "n")
        await settled(pilot)
        order = block_of(app).order
    again = open_app()
    async with again.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        await settled(pilot)
        assert block_of(again).order == order
        assert "Jonas Weber" in text_of(again, "#lead")
        assert "going on where you were: 3 of" in text_of(again, "#said")


async def test_a_hot_lead_interrupts_with_one_line_and_is_taken_with_one_key(
    open_app: Open, leads: dict[str, str], desk: Desk, clock: Clock
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n")
        await settled(pilot)
        clock.advance(minutes=2)
        sample.bring(
            desk, "zoe", Profile(name="Zoë Quick", company="Now Ltd", phones=("+442079460177",)),
            sample.did("contact_form", "Demo", clock.at, "Can you call me now?"), received=clock.at,
        )  # fmt: skip
        await pilot.pause(0.3)
        await settled(pilot)
        assert "Zoë Quick · Now Ltd asked less than a minute ago" in text_of(app, "#said")
        assert "Priya Raman" in text_of(app, "#lead")
        await press(pilot, "n", "u")
        assert text_of(app, "#coming").startswith(" !  Zoë Quick hot"), "what is logged next does not hide who waits"
        await press(pilot, "exclamation_mark")
        await settled(pilot)
        assert "Zoë Quick" in text_of(app, "#lead")
        await press(pilot, "v")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#lead")


async def test_undo_in_a_block_opens_the_lead_again(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n", "w", "u")
        await settled(pilot)
        assert "Priya Raman" in text_of(app, "#lead")
        assert "took back: Wrong number · Priya Raman" in text_of(app, "#said")
        lead = book.lead(leads["priya"])
        assert lead is not None
        assert lead.touches == ()


async def test_redo_in_a_block_goes_on_from_who_is_logged_again(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n", "n")
        after, block = text_of(app, "#lead"), block_of(app)
        await press(pilot, "u", "u")
        assert "took back" in text_of(app, "#said")
        assert "Ana Lindqvist" in text_of(app, "#lead")
        await press(pilot, "U", "U")
        assert "again: No answer · Priya Raman" in text_of(app, "#said")
        assert "u takes it back" in text_of(app, "#said")
        assert text_of(app, "#lead") == after
        assert block_of(app).done == block.done
        assert attempts(book, leads["priya"]) == ["no_answer"]


async def test_the_clock_stands_while_a_note_is_typed_and_while_paused(
    open_app: Open, leads: dict[str, str], clock: Clock
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        await settled(pilot)
        await press(pilot, "c")
        await settled(pilot)
        clock.advance(minutes=5)
        await press(pilot, "escape")
        await settled(pilot)
        assert block_of(app).elapsed(clock.at).total_seconds() == 0
        await press(pilot, "p")
        await settled(pilot)
        clock.advance(minutes=3)
        assert "paused" in text_of(app, "#bar")
        await press(pilot, "p")
        await settled(pilot)
        clock.advance(minutes=1)
        assert block_of(app).elapsed(clock.at).total_seconds() == 60


async def test_the_end_says_what_it_brought_and_who_is_left(open_app: Open, leads: dict[str, str]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "n", "c", *"thu 2p demo", "enter")
        await settled(pilot)
        await press(pilot, "q")
        await settled(pilot)
        told = text_of(app, "#lead")
        assert "2  attempts" in told
        assert "1  connect" in told
        assert "1  next step with a date" in told
        assert "Jonas Weber" in told
        await press(pilot, "q")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)


async def test_the_last_outcome_ends_the_block_by_itself(open_app: Open, leads: dict[str, str], desk: Desk) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        await settled(pilot)
        await press(pilot, *["n"] * len(block_of(app).order))
        await settled(pilot)
        assert "Block done" in text_of(app, "#lead")
        assert "nobody is left" in text_of(app, "#lead")
        assert desk.book.note(blocks.UNDER_WAY) is None


async def test_a_skip_says_why_and_logs_no_attempt(open_app: Open, leads: dict[str, str], book: SqliteBook) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "x", *"in a meeting", "enter")
        await settled(pilot)
        lead = book.lead(leads["ana"])
        assert lead is not None
        assert lead.touches[-1].outcome == "skip"
        assert lead.tally.counted == 0
        assert "Priya Raman" in text_of(app, "#lead")


async def test_after_a_voicemail_one_key_pulls_the_next_mail_to_today(
    open_app: Open, leads: dict[str, str], desk: Desk, clock: Clock, book: SqliteBook
) -> None:  # fmt: skip
    first = ev.Interaction("download", "Guide"), clock.at - timedelta(hours=1)
    lead, other = (
        add(desk, person(name), first, received=clock.at - timedelta(hours=hours), direction="outbound")
        for name, hours in (("Otto Called", 2), ("Nora Next", 1))
    )
    log(desk, lead, Report("sent", "email"))
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        app.push_screen(BlockScreen(leads=[lead, other]))
        await settled(pilot)
        await press(pilot, "M")
        assert "nobody was just left a voicemail" in text_of(app, "#said")
        await press(pilot, "v")
        assert "Left voicemail · Otto Called → 2nd call" in text_of(app, "#said")
        assert "M mails them today · u takes it back" in text_of(app, "#said")
        await press(pilot, "M")
        assert "mail today · Otto Called" in text_of(app, "#said")
        row = book.rows([lead], clock.at)[lead]
        assert row.entry.channel == "email"


async def test_who_is_not_interested_is_closed_or_kept_for_later_by_the_reason(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "i", *"nurture budget in spring", "enter")
        kept = book.lead(leads["ana"])
        assert kept is not None
        assert kept.state == "nurture"
        assert kept.touches[-1].note == "budget in spring"
        await press(pilot, "i", *"has a supplier", "enter")
        assert "Not interested · Priya Raman → closed as lost" in text_of(app, "#said")
        closed = book.lead(leads["priya"])
        assert closed is not None
        assert closed.state == "closed"


async def test_nobody_to_call_says_who_comes_next(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        await settled(pilot)
        assert "Nobody may be called now" in text_of(app, "#lead")
        await press(pilot, "q")
        await settled(pilot)
        assert isinstance(app.screen, Sheet)


async def test_the_seconds_of_the_call_are_kept_with_it(
    open_app: Open, leads: dict[str, str], book: SqliteBook
) -> None:  # fmt: skip
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space", "enter")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, BlockScreen)
        assert screen.dialled is not None
        screen.dialled -= 127
        await press(pilot, "n")
        await settled(pilot)
        attempt = [event.body for event in book.events(leads["ana"]) if isinstance(event.body, ev.Attempt)][-1]
        assert 127 <= attempt.seconds <= 130
