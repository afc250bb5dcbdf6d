"""Counting attempts, floor, review and cap (RULES §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain import events as ev
from callsheet.domain.attempts import Tally, Tried, at_cap, may_exhaust, raise_needs_reason, review_due, tally
from tests.domain.journals import LONDON, Journal, at

WINDOW = timedelta(minutes=10)
T = at("2026-11-23 10:00")


def tried(*minutes: float, channel: str = "phone", counts: bool = True) -> list[Tried]:
    return [Tried(T + timedelta(minutes=minute), channel, counts) for minute in minutes]


@pytest.mark.parametrize(
    ("tries", "counted"),
    [
        (tried(0), 1),
        (tried(0, 9.9), 1),
        (tried(0, 10), 2),
        (tried(0, 6, 12), 2),  # the window opens with the attempt that was counted, not with the last one
        (tried(0) + tried(1, channel="email"), 2),
        (tried(0, counts=False), 0),
        (tried(0, counts=False) + tried(3), 1),  # busy, then no answer
        (tried(0) + tried(2, counts=False) + tried(4), 1),
    ],
)
def test_one_is_counted_per_channel_and_window(tries: list[Tried], counted: int) -> None:
    assert tally(tries, WINDOW).counted == counted
    assert tally(reversed(tries), WINDOW).counted == counted


def test_a_response_starts_the_no_response_counter_again_and_not_the_other() -> None:
    tries = [*tried(0, 60, 120), Tried(T + timedelta(minutes=180), "email", False, answered=True), *tried(240)]
    assert tally(tries, WINDOW) == Tally(4, 1)


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["phone", "email"]), st.booleans(), st.booleans())))
def test_a_tally_never_counts_more_than_there_was(raw: list[tuple[int, str, bool, bool]]) -> None:
    tries = [
        Tried(T + timedelta(minutes=minute), channel, counts, answered) for minute, channel, counts, answered in raw
    ]
    found = tally(tries, WINDOW)
    assert 0 <= found.unanswered <= found.counted <= sum(one.counts for one in tries)


@pytest.mark.parametrize(("counted", "may"), [(4, False), (5, True), (6, True)])
def test_five_attempts_are_the_floor(counted: int, may: bool) -> None:
    assert may_exhaust(Tally(counted), LONDON.floor) is may


@pytest.mark.parametrize(
    ("unanswered", "review", "capped"), [(5, False, False), (6, True, False), (7, True, False), (8, False, True)]
)
def test_a_review_at_six_and_the_cap_at_eight(unanswered: int, review: bool, capped: bool) -> None:
    found = Tally(unanswered, unanswered)
    assert review_due(found, LONDON.review, LONDON.cap("inbound-21")) is review
    assert at_cap(found, LONDON.cap("inbound-21")) is capped


def test_the_caps_of_the_plans() -> None:
    assert {name: LONDON.cap(name) for name in ("inbound-21", "event", "hot", "outbound", "our-own")} == {
        "inbound-21": 8, "event": 8, "hot": 10, "outbound": 4, "our-own": 8,
    }  # fmt: skip


def test_beyond_ten_a_reason_is_typed() -> None:
    assert not raise_needs_reason(8, 2)
    assert raise_needs_reason(10, 2)
    assert raise_needs_reason(8, 3)


# On a lead --------------------------------------------------------------------------------------------------------


def test_a_voicemail_belongs_to_its_call_and_does_no_second_step() -> None:
    journal = Journal().hot(T)
    journal.log(T, "no_answer")
    journal.log(T + timedelta(minutes=2), "voicemail", "phone")
    assert journal.lead.tally == Tally(1, 1)
    assert set(journal.lead.plan.done) == {0}  # type: ignore[union-attr]
    assert journal.entry.label == "mail within the hour"


@pytest.mark.parametrize("outcome", ["busy", "wrong_number"])
def test_busy_and_wrong_number_count_for_nothing_and_leave_the_step_open(outcome: str) -> None:
    journal = Journal().hot(T)
    journal.log(T, outcome)
    assert journal.lead.tally == Tally(0, 0)
    assert journal.lead.plan.done == {}  # type: ignore[union-attr]
    assert journal.lead.promise_at is None  # but somebody tried: the promise is kept


def test_attempts_of_all_owners_count() -> None:
    journal = Journal().start(T)
    for day in range(1, 6):
        journal.log(T + timedelta(days=day), "no_answer", "phone", author="Sam")
    assert may_exhaust(journal.lead.tally, LONDON.floor)


def test_an_automatic_mail_is_no_attempt_and_keeps_no_promise() -> None:
    journal = Journal().start(T)
    journal.log(T + timedelta(hours=1), "sent", "email", automatic=True)
    assert journal.lead.tally == Tally(0, 0)
    assert journal.lead.promise_at is not None
    kept = Journal(replace(LONDON, automatic_mail_stops=True), events=journal.events)
    assert kept.lead.promise_at is None


def test_a_written_answer_and_a_new_request_start_the_counter_again() -> None:
    journal = Journal().start(T)
    for day in range(1, 4):
        journal.log(T + timedelta(days=day), "no_answer", "phone")
    assert journal.lead.tally == Tally(3, 3)
    journal.add(T + timedelta(days=4), ev.Interaction("reply", "Re: intro"), origin="crm")
    assert journal.lead.tally == Tally(3, 0)


def test_plus_two_goes_on_beyond_the_plan_and_then_asks_again() -> None:
    journal = Journal().start(T)
    for _ in range(10):
        journal.do()
    assert (journal.entry.decision, journal.entry.cap) == ("cap", 8)
    journal.add(journal.events[-1].at, ev.CapRaised(2))
    assert (journal.entry.decision, journal.entry.cap, journal.entry.label) == ("", 10, "one more try")
    assert [journal.do()[1] for _ in range(2)] == ["phone", "email"]  # the last one before was a mail
    assert journal.entry.decision == "cap"


def test_extra_attempts_reach_the_cap_before_the_plan_ends_and_raising_it_goes_on_with_the_plan() -> None:
    journal = Journal().start(T)
    journal.do()
    for hour in range(8):
        journal.log(T + timedelta(days=1, hours=hour), "no_answer", "phone")
    assert journal.entry.decision == "cap"
    journal.add(journal.events[-1].at, ev.CapRaised(2))
    assert (journal.entry.decision, journal.entry.label) == ("", "introduce yourself")


def test_a_refusal_ends_at_once_and_asks_for_the_decision() -> None:
    journal = Journal().start(T)
    said_no = T + timedelta(hours=3)
    journal.log(said_no, "not_interested", "phone", note="they have one")
    assert (journal.entry.decision, journal.entry.due_at) == ("refused", said_no)
    assert journal.lead.plan is None


def test_a_record_worked_anew_has_its_old_attempts_behind_it() -> None:
    journal = Journal().start(T)
    for _ in range(10):
        journal.do()
    later = journal.events[-1].at + timedelta(days=60)
    journal.add(later - timedelta(days=50), ev.Closed("exhausted"))
    journal.add(later, ev.Reopened("new budget"), ev.PlanStarted("inbound-21", 1, later.date()))
    assert journal.lead.tally == Tally(8, 0)
    assert journal.entry.decision == ""
