from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.domain.agenda import next_action
from callsheet.domain.lead import Lead
from callsheet.domain.when import Ambiguous, WhenError
from callsheet.services.decisions import Decision, decide
from callsheet.services.desk import Desk, NotFound, Refused
from callsheet.services.intake import first_facts
from callsheet.services.next_steps import Agreed, read_agreed, set_next_step
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import Clock, add, hot, person, worked


def the(book: SqliteBook, lead: str) -> Lead:
    found = book.lead(lead)
    assert found is not None
    return found


def test_an_attempt_on_the_due_channel_does_the_step_that_is_due(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    logged = log(desk, lead, Report("n"))
    assert (logged.channel, logged.outcome.name) == ("phone", "no_answer")
    assert the(book, lead).plan.done == {0: date(2026, 11, 23)}  # type: ignore[union-attr]


def test_a_touch_before_the_research_is_allowed_and_counted_as_an_override(desk: Desk, book: SqliteBook) -> None:
    lead = worked(desk, "Tom Okafor")
    logged = log(desk, lead, Report("sent", channel="email"))
    assert logged.remarks == ("touched before the research was done; that is counted",)
    attempt = book.events(lead)[-1].body
    assert isinstance(attempt, ev.Attempt)
    assert attempt.research_override
    entry = next_action(the(book, lead), desk.rules)
    assert entry is not None
    assert entry.label == "second email"


def test_a_touch_long_before_they_came_in_is_taken_and_remarked(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    early = log(desk, lead, Report("n", at=desk.now() - timedelta(days=200)))
    assert early.remarks == ("that is before they came in, on 2026-11-23",)


def test_research_done_first_is_no_override(desk: Desk, book: SqliteBook) -> None:
    lead = worked(desk, "Tom Okafor")
    log(desk, lead, Report("researched"))
    assert log(desk, lead, Report("sent")).remarks == ()


def test_a_call_out_of_turn_counts_and_leaves_the_plan_where_it_was(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = worked(desk, "Tom Okafor")
    log(desk, lead, Report("researched"))
    log(desk, lead, Report("sent"))
    before = next_action(the(book, lead), desk.rules)
    log(desk, lead, Report("no_answer", channel="phone"))
    after = next_action(the(book, lead), desk.rules)
    assert before is not None
    assert after is not None
    assert (after.label, after.due_at, after.counted) == (before.label, before.due_at, before.counted + 1)


@pytest.mark.parametrize("outcome", ["connected", "meeting", "call_later"])
def test_a_conversation_ends_with_a_next_step_or_a_decision(desk: Desk, book: SqliteBook, outcome: str) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="next step or a decision"):
        log(desk, lead, Report(outcome))
    assert the(book, lead).touches == ()
    log(desk, lead, Report(outcome, agreed=read_agreed(desk, "thu 14:00 pricing call")))
    agreed = the(book, lead).commitment
    assert agreed is not None
    assert (agreed.due, agreed.what) == (datetime(2026, 11, 26, 14, tzinfo=UTC), "pricing call")


def test_connected_may_end_in_a_decision_instead(desk: Desk, book: SqliteBook) -> None:
    won, later = hot(desk, "Priya Raman"), hot(desk, "Tom Okafor")
    log(desk, won, Report("connected", decision=Decision("close", "won")))
    log(desk, later, Report("connected", decision=Decision("nurture", note="budget in spring")))
    assert (the(book, won).state, the(book, won).closed) == ("closed", "won")
    assert the(book, later).state == "nurture"
    assert the(book, later).nurture_at == datetime(2026, 12, 14, 9, tzinfo=UTC)  # three weeks on, at the opening


@pytest.mark.parametrize(("outcome", "reason"), [("not_interested", "lost"), ("not_a_fit", "not_a_fit")])
def test_a_refusal_needs_its_reason_and_ends_the_lead(desk: Desk, book: SqliteBook, outcome: str, reason: str) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="reason is missing"):
        log(desk, lead, Report(outcome))
    log(desk, lead, Report(outcome, note="renewed with the others"))
    found = the(book, lead)
    assert (found.state, found.closed) == ("closed", reason)
    assert "renewed with the others" in found.closed_note
    with pytest.raises(Refused, match="is closed"):
        log(desk, lead, Report("no_answer"))


def test_a_meeting_sends_an_invite_whose_acceptance_is_chased_the_next_day(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("meeting", agreed=Agreed(datetime(2026, 12, 3, 14, tzinfo=UTC), "demo", "meeting")))
    entry = next_action(the(book, lead), desk.rules)
    assert entry is not None
    assert (entry.kind, entry.due_at) == ("invite", desk.now() + timedelta(hours=24))


def test_a_referral_is_a_new_lead_linked_to_who_named_it(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="referred to whom"):
        log(desk, lead, Report("referred"))
    logged = log(desk, lead, Report("referred", referred=person("Jane Doe", company="")))
    new = next(iter(logged.changes.leads - {lead}))
    found = the(book, new)
    assert (found.referred_by, found.profile.company, found.state) == (lead, "Raman Ltd", "working")
    assert found.plan is not None


def test_a_wrong_number_is_retired_and_the_next_step_uses_another_channel(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("wrong_number"))
    found = the(book, lead)
    assert found.phones == ()
    entry = next_action(found, desk.rules)
    assert entry is not None
    assert entry.channel == "email"
    assert found.tally.counted == 0


@pytest.mark.parametrize(("channel", "outcome"), [("email", "sent"), ("post", "posted"), ("linkedin", "sent")])
def test_a_touch_in_nurture_brings_something_and_the_next_is_in_three_weeks(
    desk: Desk, book: SqliteBook, clock: Clock, channel: ev.Channel, outcome: str
) -> None:
    lead = worked(desk, "Tom Okafor")
    decide(desk, lead, Decision("nurture"))
    clock.advance(days=21)
    with pytest.raises(Refused, match="has to bring something"):
        log(desk, lead, Report(outcome, channel=channel))
    log(desk, lead, Report(outcome, channel=channel, asset="Fleet ROI guide"))
    assert the(book, lead).nurture_at == datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_a_call_that_nobody_answers_is_no_value_touch(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = worked(desk, "Tom Okafor")
    decide(desk, lead, Decision("nurture"))
    clock.advance(days=21)
    due = the(book, lead).nurture_at
    log(desk, lead, Report("no_answer", channel="phone"))
    assert (the(book, lead).nurture_at, the(book, lead).nurtured) == (due, 0)


def test_a_value_touch_avoids_the_holidays_of_where_they_are(desk: Desk, book: SqliteBook) -> None:
    off = replace(desk.rules, day_off=lambda country, day: (country, day) == ("DE", date(2026, 12, 14)))
    abroad, here = worked(desk, "Jo Weiss", country="DE"), worked(desk, "Tom Okafor")
    for lead in (abroad, here):
        decide(replace(desk, rules=off), lead, Decision("nurture"))
    assert the(book, abroad).nurture_at == datetime(2026, 12, 15, 9, tzinfo=UTC)
    assert the(book, here).nurture_at == datetime(2026, 12, 14, 9, tzinfo=UTC)


def test_names_are_not_called(desk: Desk) -> None:
    with pytest.raises(Refused, match="names are not called"):
        log(desk, add(desk, person("Una Name")), Report("no_answer"))


def test_just_following_up_is_stopped_unless_it_brings_something(desk: Desk) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="no reason to get in touch"):
        log(desk, lead, Report("sent", channel="email", note="Just following up on my last mail"))
    log(desk, lead, Report("sent", channel="email", note="Just following up with this", asset="Fleet ROI guide"))


def test_the_mail_of_day_10_has_to_bring_an_asset(desk: Desk, clock: Clock) -> None:
    lead = worked(desk, "Tom Okafor")
    for outcome, channel in (("researched", "research"), ("sent", "email"), ("sent", "email"), ("invited", "linkedin")):
        log(desk, lead, Report(outcome, channel=channel))  # type: ignore[arg-type]
        clock.advance(days=1)
    log(desk, lead, Report("no_answer", channel="phone"))
    clock.advance(days=1)
    with pytest.raises(Refused, match="has to bring something"):
        log(desk, lead, Report("sent", channel="email"))
    log(desk, lead, Report("sent", channel="email", asset="Route planning paper"))


@pytest.mark.parametrize(
    ("outcome", "channel", "says"),
    [
        ("nonsense", None, "no outcome is called"),
        ("voicemail", "email", "no outcome on email"),
        ("", "phone", "no outcome"),
    ],
)
def test_an_unknown_outcome_lists_those_there_are(
    desk: Desk, outcome: str, channel: ev.Channel | None, says: str
) -> None:
    with pytest.raises(ValueError, match=says) as error:
        log(desk, hot(desk, "Priya Raman"), Report(outcome, channel=channel))
    assert "sent" in str(error.value) or "voicemail" in str(error.value)


def test_a_call_made_before_the_lead_had_come_over_is_the_answer_to_it(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    earlier = desk.now() - timedelta(hours=2)
    log(desk, lead, Report("no_answer", at=earlier))
    found = the(book, lead)
    assert (found.promise_at, found.first_try_at, found.touches[0].at) == (None, earlier, earlier)
    assert found.plan is not None
    assert found.plan.done == {0: date(2026, 11, 23)}


def test_nothing_is_logged_for_nobody(desk: Desk) -> None:
    with pytest.raises(NotFound):
        log(desk, "nobody", Report("no_answer"))


def test_what_a_crm_assigned_to_the_rep_is_a_lead_even_without_interactions(desk: Desk, book: SqliteBook) -> None:
    captured = ev.Captured(person("Priya Raman"), desk.now())
    facts = first_facts("lead-1", captured, [], desk.rules, assigned=True)
    with book.work() as work:
        work.append(desk.action("pull", facts, origin="crm", kind="fact"))
    found = the(book, "lead-1")
    assert (found.state, found.why, found.plan and found.plan.name) == ("working", "assigned to you", "inbound-21")


@pytest.mark.parametrize(
    ("text", "channel", "what"),
    [
        ("thu 14:00 pricing call", "phone", "pricing call"),
        ("thu 14:00 send the proposal", "email", "send the proposal"),
        ("thu 14:00 demo with J. Mo", "meeting", "demo with J. Mo"),
        ("thu 14:00", "phone", ""),
    ],
)
def test_the_channel_of_a_next_step_follows_its_words(desk: Desk, text: str, channel: str, what: str) -> None:
    agreed = read_agreed(desk, text)
    assert (agreed.channel, agreed.what, agreed.due) == (channel, what, datetime(2026, 11, 26, 14, tzinfo=UTC))


@pytest.mark.parametrize("text", ["thu", "tomorrow pricing call", "next week", "3 dec demo"])
def test_a_next_step_has_a_date_and_a_time(desk: Desk, text: str) -> None:
    with pytest.raises(WhenError, match="a day and no time"):
        read_agreed(desk, text)
    assert read_agreed(desk, text, kind="nurture").due > desk.now()


def test_a_day_that_can_be_two_is_asked_for_its_time_first(desk: Desk) -> None:
    with pytest.raises(WhenError, match="a day and no time"):
        read_agreed(desk, "12/3 contract")
    with pytest.raises(Ambiguous):
        read_agreed(desk, "12/3 14:00 contract")
    with pytest.raises(Ambiguous):
        read_agreed(desk, "12/3 contract", kind="nurture")


@pytest.mark.parametrize("text", ["thu 14:00 call", "+3d call", "next block call", "thu afternoon call", "in 2 weeks"])
def test_what_says_a_time_of_day_says_enough(desk: Desk, text: str) -> None:
    assert read_agreed(desk, text).channel == "phone"


def test_a_date_that_can_be_two_days_is_asked(desk: Desk) -> None:
    with pytest.raises(Ambiguous, match=r"Thu 3 Dec 10:00.*Fri 12 Mar 2027 10:00"):
        read_agreed(desk, "12/3 10:00 contract")
    assert read_agreed(desk, "28/11 10:00 contract").due == datetime(2026, 11, 28, 10, tzinfo=UTC)


def test_a_next_step_lies_ahead_and_takes_the_place_of_the_one_before(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="lies ahead"):
        set_next_step(desk, lead, Agreed(desk.now()))
    set_next_step(desk, lead, read_agreed(desk, "thu 14:00 pricing"))
    set_next_step(desk, lead, read_agreed(desk, "fri 10:00 contract"))
    agreed = the(book, lead).commitment
    assert agreed is not None
    assert agreed.what == "contract"
