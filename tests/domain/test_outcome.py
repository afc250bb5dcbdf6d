"""Outcomes and what follows from each (RULES §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.domain.outcome import Outcome, Outcomes
from tests.domain.journals import LONDON, PRIYA, Journal, at

T = at("2026-11-23 10:00")
TABLE = LONDON.outcomes


@pytest.mark.parametrize(
    ("key", "name", "reached", "counts", "ends"),
    [
        ("n", "no_answer", "no", True, False),
        ("v", "voicemail", "no", True, False),
        ("b", "busy", "no", False, False),
        ("g", "gatekeeper", "half", True, False),
        ("c", "connected", "yes", True, False),
        ("m", "meeting", "yes", True, False),
        ("l", "call_later", "yes", True, False),
        ("i", "not_interested", "yes", True, True),
        ("f", "not_a_fit", "yes", True, True),
        ("r", "referred", "yes", True, False),
        ("w", "wrong_number", "no", False, False),
        ("D D", "do_not_contact", "no", True, True),
        ("x", "skip", "no", False, False),
    ],
)
def test_the_table_for_calls(key: str, name: str, reached: str, counts: bool, ends: bool) -> None:
    row = TABLE.read(key, "phone")
    assert row is not None
    assert (row.name, row.reached, row.counts, row.ends) == (name, reached, counts, ends)
    assert TABLE.read(name) is row


def test_the_rest_of_the_flags() -> None:
    assert {row.name for row in TABLE if row.ends_plan} == {"meeting"}
    assert {row.name: row.retry_minutes for row in TABLE if row.retry_minutes} == {"busy": 15}
    assert {row.name for row in TABLE if row.retires} == {"wrong_number", "bounced"}
    assert {row.name for row in TABLE if row.refers} == {"referred"}
    assert {row.name for row in TABLE if row.skips} == {"skip"}
    assert {row.name for row in TABLE if row.do_not_contact} == {"do_not_contact"}
    assert {row.name for row in TABLE if row.needs_note} == {"not_interested", "not_a_fit", "skip"}
    assert {row.name for row in TABLE if row.needs_next} == {"connected", "meeting", "call_later"}
    assert {row.name for row in TABLE if row.pauses} == {
        "connected", "meeting", "call_later", "not_interested", "not_a_fit", "referred", "replied",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("email", {"sent", "replied", "bounced"}), ("linkedin", {"invited", "accepted", "replied", "sent"}),
        ("post", {"posted"}), ("video", {"sent", "replied"}), ("sms", {"sent", "replied"}),
        ("research", {"researched"}),
    ],
)  # fmt: skip
def test_the_other_channels_have_their_own_short_list(channel: str, names: set[str]) -> None:
    always = {"skip", "do_not_contact"}
    assert {row.name for row in TABLE.on(channel)} - always == names  # type: ignore[arg-type]
    assert "skip" in {row.name for row in TABLE.on(channel)}  # type: ignore[arg-type]


def test_a_meeting_is_held_or_nobody_shows() -> None:
    assert TABLE.of("connected").label_on("meeting") == "Held"
    assert TABLE.of("no_answer").label_on("meeting") == "No show"
    assert TABLE.of("no_answer").label_on("phone") == "No answer"


def test_an_outcome_that_the_table_no_longer_has_is_kept_as_a_plain_attempt() -> None:
    assert TABLE.of("fax_sent").label == "fax sent"
    assert TABLE.read("fax_sent") is None


def test_two_outcomes_cannot_have_one_name_or_one_key_on_a_channel() -> None:
    one = Outcome("a", "A", ("phone",), key="a")
    with pytest.raises(ValueError, match="two outcomes are called 'a'"):
        Outcomes([one, one])
    with pytest.raises(ValueError, match="same key 'a' on phone"):
        Outcomes([one, replace(one, name="b")])
    assert Outcomes([one, replace(one, name="b", channels=("email",))]).read("a", "email") is not None


# What follows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missed", "next_call"),
    [
        ("2026-11-30 09:10", "Tue 2026-12-01 16:00"),  # morning, then afternoon
        ("2026-11-30 11:30", "Tue 2026-12-01 16:00"),
        ("2026-11-30 12:10", "Tue 2026-12-01 08:30"),  # afternoon, then morning
        ("2026-11-30 16:50", "Tue 2026-12-01 08:30"),
    ],
)
def test_after_no_answer_the_plans_next_call_goes_to_the_other_half_of_the_day(missed: str, next_call: str) -> None:
    journal = Journal().start(at("2026-11-23 10:00"))
    for minute in (0, 15, 30):
        journal.do(at(f"2026-11-30 08:{minute:02}"))
    journal.log(at(missed), "no_answer", "phone")  # out of turn: the invite comes first
    journal.do(at("2026-11-30 17:00"))
    assert (journal.entry.label, journal.entry.all_day) == ("1st call", True)
    assert journal.local_due() == next_call


@pytest.mark.parametrize("start", ["10:30", "11:00", "12:30"])
@pytest.mark.parametrize("missed", ["09:30", "11:50", "12:05", "14:00"])
def test_never_within_two_hours_of_the_call_that_was_missed(start: str, missed: str) -> None:
    """Whatever the blocks are: the time of day differs by two hours or more."""
    block = at(f"2026-11-30 {start}").time()
    rules = replace(LONDON, blocks=((block, at("2026-11-30 17:00").time()),))
    was = at(f"2026-11-30 {missed}")
    again = rules.other_half(at("2026-12-01 09:00").date(), was)
    clock, before = rules.calendar.local(again), rules.calendar.local(was)
    apart = abs((clock.hour * 60 + clock.minute) - (before.hour * 60 + before.minute))
    assert apart >= 120


def test_busy_is_tried_again_in_15_minutes_in_the_same_block() -> None:
    journal = Journal().hot(T)
    journal.log(T + timedelta(minutes=1), "busy")
    assert (journal.entry.label, journal.entry.retry) == ("call now", True)
    assert journal.entry.due_at == T + timedelta(minutes=16)
    journal.log(T + timedelta(minutes=16), "busy")
    assert journal.entry.due_at == T + timedelta(minutes=31)
    journal.log(T + timedelta(minutes=31), "no_answer")
    assert journal.entry.label == "mail within the hour"


def test_busy_at_the_end_of_the_day_is_tried_in_the_next_block() -> None:
    journal = Journal().hot(T)
    journal.log(at("2026-11-23 16:50"), "busy")
    assert journal.local_due() == "Tue 2026-11-24 08:30"


def test_busy_out_of_turn_is_tried_again_too() -> None:
    journal = Journal().start(T)
    journal.log(T + timedelta(minutes=5), "busy", "phone")
    assert (journal.entry.channel, journal.entry.retry) == ("phone", True)
    assert journal.entry.due_at == T + timedelta(minutes=20)


def test_a_wrong_number_is_retired_and_the_next_number_or_channel_is_used() -> None:
    two = replace(PRIYA, phones=("+442079460001", "+442079460002"))
    journal = Journal().hot(T, two)
    journal.log(T + timedelta(minutes=1), "wrong_number")
    assert list(journal.lead.phones) == ["+442079460002"]
    assert (journal.entry.channel, journal.entry.label) == ("phone", "call now")
    journal.log(T + timedelta(minutes=2), "wrong_number", number="+442079460002")
    assert list(journal.lead.phones) == []
    assert (journal.entry.channel, journal.entry.label) == ("email", "call now · by mail, no number")


def test_a_bounced_address_is_retired_and_the_call_takes_its_place() -> None:
    journal = Journal().start(T)
    journal.do()
    journal.log(T + timedelta(days=1), "bounced", "email")
    assert journal.lead.emails == ()
    assert (journal.entry.label, journal.entry.channel) == (
        "introduce yourself · by phone, no address", "phone",
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["connected", "call_later", "referred"])
def test_who_was_reached_has_a_next_step_asked_for(outcome: str) -> None:
    journal = Journal().hot(T)
    talked = T + timedelta(minutes=3)
    journal.log(talked, outcome)
    assert (journal.entry.label, journal.entry.open_question) == ("agree the next step", "spoke")
    assert journal.entry.due_at == talked
    assert journal.lead.plan is not None
    assert journal.lead.plan.paused
    assert not journal.lead.hot


def test_a_gatekeeper_is_half_reached_and_the_plan_goes_on() -> None:
    journal = Journal().hot(T)
    journal.log(T + timedelta(minutes=3), "gatekeeper")
    assert journal.entry.label == "mail within the hour"
    assert journal.lead.tally.counted == 1
    assert journal.lead.last_missed == T + timedelta(minutes=3)


def test_a_skip_changes_nothing_but_the_timeline() -> None:
    journal = Journal().hot(T)
    before = journal.entry
    journal.log(T + timedelta(minutes=3), "skip", note="in a meeting until noon")
    assert journal.entry == before
    assert [touch.outcome for touch in journal.lead.touches] == ["skip"]
    assert journal.lead.last_touch is None


def test_do_not_contact_is_final_even_without_the_event_that_says_so() -> None:
    journal = Journal().hot(T)
    journal.log(T + timedelta(minutes=3), "do_not_contact")
    assert (journal.lead.state, journal.lead.closed, journal.lead.do_not_contact) == ("closed", "do_not_contact", True)


def test_after_a_voicemail_the_next_mail_can_be_pulled_before_the_next_call() -> None:
    journal = Journal().hot(T)
    journal.log(T, "no_answer")
    journal.log(T + timedelta(minutes=1), "sent", "email")
    journal.log(T + timedelta(minutes=45), "voicemail", "phone")
    assert (journal.entry.label, journal.local_due()) == ("3rd call", "Mon 2026-11-23 16:00")
    journal.add(T + timedelta(minutes=46), ev.StepMoved(4, T.date()))
    assert (journal.entry.label, journal.entry.channel) == ("second email", "email")
    journal.log(T + timedelta(hours=1), "sent", "email")
    assert journal.entry.label == "3rd call"
    journal.do()
    assert journal.entry.label == "4th call"  # the mail of day 1 is done
