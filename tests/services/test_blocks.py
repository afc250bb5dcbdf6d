"""Call blocks (RULES §12): who is called in which order, what is kept, and where one goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.services import blocks
from callsheet.services.desk import Desk, Refused
from callsheet.services.history import undo
from callsheet.services.next_steps import Agreed, set_next_step
from callsheet.services.outreach import Report, log
from callsheet.services.views import Filter
from callsheet.store.book import SqliteBook
from tests.desks import Clock, add, hot, person, worked

MORNING = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def due_for_a_call(desk: Desk, name: str, *, missed: datetime | None = None, **fields: object) -> str:
    """Bring in a lead of a teleprospector, whose plan begins with a call; `missed` is when it was tried before."""
    at = missed or desk.now() - timedelta(hours=1)
    return add(
        desk, person(name, **fields), (ev.Interaction("download", "Guide"), at), received=at, direction="outbound"
    )


def called_in_vain(desk: Desk, clock: Clock, name: str, at: datetime) -> str:
    """Bring in a lead whose last call went unanswered at a time, and whose next call is due."""
    lead = due_for_a_call(desk, name, missed=at - timedelta(minutes=5))
    back, clock.at = clock.at, at
    log(desk, lead, Report("no_answer", "phone"))
    log(desk, lead, Report("sent", "email"))
    clock.at = back
    return lead


def start(desk: Desk) -> blocks.Block:
    return blocks.start(desk)[0]


def test_what_was_promised_for_a_time_comes_even_before_hot(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    asked = hot(desk, "Priya Raman", ago=timedelta(minutes=3))
    agreed = due_for_a_call(desk, "Ana Lindqvist")
    set_next_step(desk, agreed, Agreed(MORNING + timedelta(minutes=2), "pricing"))
    step = due_for_a_call(desk, "Marcus Hill")
    assert start(desk).order == (agreed, asked, step)


def test_who_was_missed_in_the_morning_comes_first_in_the_afternoon(desk: Desk, clock: Clock) -> None:
    clock.at = AFTERNOON
    never = due_for_a_call(desk, "Never Missed")
    afternoon = called_in_vain(desk, clock, "Afternoon Miss", datetime(2026, 11, 18, 12, 30, tzinfo=UTC))
    morning = called_in_vain(desk, clock, "Morning Miss", datetime(2026, 11, 18, 9, 30, tzinfo=UTC))
    assert start(desk).order == (morning, never, afternoon)


def test_who_was_missed_in_the_afternoon_comes_first_in_the_morning(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    never = due_for_a_call(desk, "Never Missed")
    afternoon = called_in_vain(desk, clock, "Afternoon Miss", datetime(2026, 11, 18, 16, 30, tzinfo=UTC))
    assert start(desk).order == (afternoon, never)


@pytest.mark.parametrize(("minutes", "waits"), [(-119, True), (119, True), (-121, False), (121, False)])
def test_nobody_is_tried_within_two_hours_of_a_failed_hour(
    desk: Desk, clock: Clock, minutes: int, *, waits: bool
) -> None:
    clock.at = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    due_for_a_call(desk, "Never Missed")
    missed_at = datetime(2026, 11, 18, 13, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    lead = called_in_vain(desk, clock, "Was Missed", missed_at)
    block, waiting = blocks.start(desk)
    assert (lead not in block.order) is waits
    assert [one.rule for one in waiting] == (["was missed at this time of day"] if waits else [])


def test_who_may_not_be_called_yet_waits_with_the_time_it_opens(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    due_for_a_call(desk, "Here Now")
    far = due_for_a_call(desk, "Far Away", phones=("+13125550142",), timezone="America/Chicago", country="US")
    block, waiting = blocks.start(desk)
    assert far not in block.order
    assert [(one.name, one.from_) for one in waiting] == [("Far Away", datetime(2026, 11, 24, 14, 0, tzinfo=UTC))]


def test_a_block_with_nobody_says_who_comes_next(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    due_for_a_call(desk, "Far Away", phones=("+13125550142",), timezone="America/Chicago", country="US")
    with pytest.raises(Refused) as refused:
        blocks.start(desk)
    assert refused.value.hint == "next is Far Away, from 14:00"


def test_who_has_no_number_and_whose_step_is_a_mail_is_not_in_a_block(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    due_for_a_call(desk, "No Number", phones=())
    lead = due_for_a_call(desk, "Has One")
    assert start(desk).order == (lead,)


def test_a_filter_makes_a_block_of_one_plan(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    hot(desk, "Priya Raman")
    lead = due_for_a_call(desk, "Marcus Hill")
    assert blocks.start(desk, only=Filter(plan="outbound"))[0].order == (lead,)


def test_busy_comes_again_after_fifteen_minutes_in_the_same_block(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    block = start(desk)
    assert block.order == (first, second)
    block = blocks.had(block, first, desk.rules.outcomes.of("busy"), clock.at)
    assert block.current(clock.at) == second
    assert block.current(clock.advance(minutes=15)) == first


def test_a_hot_lead_is_taken_in_between_and_the_place_is_kept(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    block = blocks.had(start(desk), first, desk.rules.outcomes.of("no_answer"), clock.at)
    clock.advance(minutes=5)
    asked = hot(desk, "Priya Raman")
    found = blocks.newly_hot(desk, block)
    assert found is not None
    block = blocks.take(block, asked, clock.at)
    assert block.current(clock.at) == asked
    block = blocks.had(block, asked, desk.rules.outcomes.of("voicemail"), clock.at)
    assert block.current(clock.at) == second
    assert blocks.newly_hot(desk, block) is None


def test_taking_back_an_outcome_opens_that_lead_again(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    first = due_for_a_call(desk, "First One")
    due_for_a_call(desk, "Second One")
    block = start(desk)
    log(desk, first, Report("wrong_number", "phone"))
    block = blocks.had(block, first, desk.rules.outcomes.of("wrong_number"), clock.at)
    (lead,) = undo(desk).leads
    block = blocks.back_to(block, lead)
    assert (block.current(clock.at), block.place) == (first, 1)


def test_the_clock_stands_while_the_block_is_paused(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    due_for_a_call(desk, "First One")
    block = start(desk)
    block = blocks.pause(block, clock.advance(minutes=10))
    clock.advance(minutes=7)
    assert block.elapsed(clock.at) == timedelta(minutes=10)
    block = blocks.go_on(block, clock.at)
    assert block.elapsed(clock.advance(minutes=1)) == timedelta(minutes=11)


def test_a_block_of_the_day_has_its_number_and_its_end(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING - timedelta(minutes=10)
    due_for_a_call(desk, "First One")
    block = start(desk)
    assert block.left(clock.at) == timedelta(minutes=85)
    found = blocks.number_of_day(block, desk.rules)
    assert found is not None
    assert found[:2] == (1, 2)
    clock.at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert blocks.number_of_day(start(desk), desk.rules) is None


def test_quitting_in_the_middle_resumes_where_it_was(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    block = blocks.had(start(desk), first, desk.rules.outcomes.of("no_answer"), clock.at)
    blocks.keep(desk, block)
    clock.advance(minutes=2)
    again = blocks.resume(Desk(SqliteBook(book.path, book.rules, lambda _: ((), ())), book.rules, clock))
    assert again == block
    assert again is not None
    assert again.current(clock.at) == second


def test_an_attempt_logged_just_before_a_crash_is_not_made_twice(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    start(desk)
    clock.advance(minutes=1)
    log(desk, first, Report("no_answer", "phone"))
    again = blocks.resume(desk)
    assert again is not None
    assert again.current(clock.at) == second


def test_yesterdays_block_is_over(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    due_for_a_call(desk, "First One")
    start(desk)
    clock.advance(days=1)
    assert blocks.resume(desk) is None


def test_a_note_that_cannot_be_read_is_no_block(desk: Desk) -> None:
    nonsense: tuple[object, ...] = (None, 7, {"id": "x"}, {"id": "x", "started": "soon"}, [])
    for noted in nonsense:
        assert blocks.decoded(noted) is None


def test_who_was_closed_meanwhile_is_passed_over(desk: Desk, clock: Clock) -> None:
    from callsheet.services.decisions import Decision, decide

    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    block = start(desk)
    decide(desk, first, Decision("close", "lost"))
    block, lead, over = blocks.open_next(desk, block)
    assert lead == second
    assert [one.rule for one in over] == ["is not open any more"]
    assert block.order == (second,)


def test_the_end_counts_attempts_connects_and_next_steps_and_names_who_is_left(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING
    first, second = due_for_a_call(desk, "First One"), due_for_a_call(desk, "Second One")
    due_for_a_call(desk, "Third One")
    block = start(desk)
    outcomes = desk.rules.outcomes
    log(desk, first, Report("no_answer", "phone"))
    block = blocks.had(block, first, outcomes.of("no_answer"), clock.at)
    clock.advance(minutes=10)
    log(desk, second, Report("connected", "phone", agreed=Agreed(MORNING + timedelta(days=2), "demo")))
    block = blocks.had(block, second, outcomes.of("connected"), clock.at)
    summary = blocks.end(desk, block)
    assert (summary.attempts, summary.connects, summary.next_steps) == (2, 1, 1)
    assert summary.left == ("Third One",)
    busy = blocks.had(block, first, outcomes.of("busy"), clock.at)
    assert blocks.sum_up(desk, busy).left == ("Third One", "First One"), "who was busy is left, too"
    assert summary.took == timedelta(minutes=10)
    assert blocks.resume(desk) is None
    assert [kept[2:] for kept in desk.book.note(blocks.KEPT)] == [[2, 1, 1]]


def test_whose_call_is_due_is_called_though_the_invite_on_linkedin_was_not_sent(desk: Desk, clock: Clock) -> None:
    clock.at = MORNING - timedelta(days=8)
    lead = worked(desk, "Lena Fischer")
    for outcome, channel in (("researched", "research"), ("sent", "email"), ("sent", "email")):
        clock.advance(days=2)
        log(desk, lead, Report(outcome, channel, note="the guide", asset=f"Guide {clock.at:%d}"))  # type: ignore[arg-type]
    clock.at = MORNING
    assert start(desk).order == (lead,)
