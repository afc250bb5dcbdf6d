"""What events make of a lead: states, promise, undo, and what waits (RULES §1, §3, §9, §12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from callsheet.domain import events as ev
from callsheet.domain.agenda import at_moment, next_action
from callsheet.domain.lead import effective, fold
from callsheet.domain.profile import Profile
from tests.domain.journals import LONDON, PRIYA, Journal, at

T = at("2026-11-23 10:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKS = ev.Interaction("contact_form", "Pricing", "Pricing for 40 seats", asks=True)


# States -----------------------------------------------------------------------------------------------------------


def test_a_record_starts_as_a_name_and_a_name_has_nothing_due() -> None:
    journal = Journal()
    journal.capture(T)
    assert journal.lead.state == "name"
    assert next_action(journal.lead, LONDON) is None


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (ev.Promoted("lead"), "working"),
        (ev.Promoted("hot"), "working"),
        (ev.Nurtured(T + 21 * DAY), "nurture"),
        (ev.Returned("kick_back", "Sam"), "returned"),
        (ev.Returned("reassigned", "Sam"), "returned"),
        (ev.Closed("lost"), "closed"),
        (ev.Merged("other"), "closed"),
        (ev.DoNotContact(("+13125550142",)), "closed"),
        (ev.NextStepSet("advance", T + DAY, "phone"), "working"),
    ],
)
def test_each_decision_leads_to_its_state_and_what_is_due(body: ev.Body, state: str) -> None:
    journal = Journal()
    journal.capture(T)
    journal.add(T + HOUR, body)
    assert (journal.lead.state, journal.lead.since) == (state, T + HOUR)
    assert (next_action(journal.lead, LONDON) is not None) is (state in ("working", "nurture"))


@pytest.mark.parametrize(
    "body",
    [
        ev.Promoted("hot"), ev.Reopened("again"), ev.Nurtured(T + DAY), ev.Closed("won"), ev.Returned("hand_off"),
        ev.NextStepSet("advance", T + DAY, "phone"), ev.PlanStarted("hot", 1, T.date()), ev.Merged("other"),
        ev.InviteSent("u", T + DAY, T + DAY), ev.Interaction("reply"), ASKS, ev.Attempt("phone", "connected"),
        ev.CapRaised(2), ev.Snoozed(T + DAY), ev.NextStepDropped(),
    ],
)  # fmt: skip
def test_do_not_contact_is_never_left(body: ev.Body) -> None:
    journal = Journal().hot(T)
    journal.add(T + HOUR, ev.DoNotContact(PRIYA.phones, "asked us to stop"))
    stopped = journal.lead
    journal.add(T + 2 * HOUR, body)
    lead = journal.lead
    assert (lead.state, lead.closed, lead.closed_note) == ("closed", "do_not_contact", "asked us to stop")
    assert (lead.plan, lead.commitment, lead.invite, lead.hot, lead.promise_at) == (None, None, None, False, None)
    assert lead.since == stopped.since


def test_only_the_rep_takes_do_not_contact_back() -> None:
    journal = Journal().hot(T)
    stop = journal.add(T + HOUR, ev.DoNotContact(PRIYA.phones))
    journal.undo(T + 2 * HOUR, stop, origin="crm")
    assert journal.lead.state == "closed"
    journal.undo(T + 3 * HOUR, stop)
    assert (journal.lead.state, journal.entry.kind) == ("working", "hot")


def test_a_name_becomes_a_lead_and_keeps_what_it_did() -> None:
    journal = Journal()
    journal.add(T, ev.Captured(PRIYA, T, T), ev.Interaction("download", "A"))
    journal.add(T + 2 * DAY, ev.Interaction("webinar", "B"), ev.Promoted("lead", "2 interactions"))
    journal.add(T + 2 * DAY, ev.PlanStarted("inbound-21", 1, (T + 2 * DAY).date()))
    lead = journal.lead
    assert (lead.state, lead.why, len(lead.contacts)) == ("working", "2 interactions", 2)
    assert lead.promise_at == at("2026-11-26 10:00")


def test_captured_twice_fills_blanks_and_forgets_nothing() -> None:
    journal = Journal()
    journal.capture(T, Profile(name="P. Raman", phones=("+1",)))
    journal.capture(T + DAY, Profile(name="Priya Raman", title="VP", phones=("+2",)))
    assert journal.lead.profile == Profile(name="P. Raman", title="VP", phones=("+1", "+2"))
    assert journal.lead.received_at == T


# The promise ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "business", "literal"),
    [
        ("2026-11-23 09:00", "2026-11-24 09:00", "2026-11-24 09:00"),
        ("2026-11-23 16:30", "2026-11-24 16:30", "2026-11-24 16:30"),
        ("2026-11-23 18:00", "2026-11-24 17:00", "2026-11-24 17:00"),
        ("2026-11-23 07:00", "2026-11-24 10:00", "2026-11-24 07:00"),
        ("2026-11-27 10:00", "2026-11-30 10:00", "2026-11-28 10:00"),
        ("2026-11-28 12:00", "2026-11-30 10:00", "2026-11-29 12:00"),
    ],
)
def test_a_lead_is_promised_an_answer(received: str, business: str, literal: str) -> None:
    journal = Journal().start(at(received))
    assert journal.lead.promise_at == at(business)
    plain = Journal(replace(LONDON, promise_mode="literal"), events=journal.events)
    assert plain.lead.promise_at == at(literal)


@pytest.mark.parametrize(
    ("outcome", "channel", "kept"),
    [
        ("no_answer", "phone", True), ("voicemail", "phone", True), ("busy", "phone", True),
        ("wrong_number", "phone", True), ("connected", "phone", True), ("sent", "email", True),
        ("posted", "post", True),
        ("researched", "research", False), ("skip", "phone", False), ("invited", "linkedin", False),
    ],
)  # fmt: skip
def test_the_first_logged_human_attempt_stops_the_clock_and_research_does_not(
    outcome: str, channel: ev.Channel, kept: bool
) -> None:
    journal = Journal().start(T)
    journal.log(T + HOUR, outcome, channel)
    assert (journal.lead.promise_at is None) is kept
    assert journal.lead.first_try_at == (T + HOUR if kept else None)
    assert journal.lead.promised_at == at("2026-11-24 10:00")  # what was promised is not forgotten


def test_asking_again_makes_a_new_promise_but_never_a_later_one() -> None:
    journal = Journal().hot(T)
    journal.add(T + 6 * HOUR, ASKS, ev.Promoted("hot"))
    assert journal.lead.promise_at == at("2026-11-24 10:00")
    assert journal.lead.received_at == T + 6 * HOUR  # golden again
    journal.log(T + 7 * HOUR, "no_answer", "phone")
    journal.add(T + 2 * DAY, ASKS, ev.Promoted("hot"))
    assert journal.lead.promise_at == at("2026-11-26 10:00")
    assert journal.lead.first_try_at is None


def test_what_was_asked_is_the_request_and_not_what_was_read_after_it() -> None:
    journal = Journal()
    guide = ev.Interaction("download", "Fleet ROI guide")
    form = ev.Interaction("contact_form")  # the column of a list, beside the form itself
    journal.add(T, ev.Captured(PRIYA, T, T), ASKS, form, guide, ev.Promoted("hot"))
    assert journal.entry.asked == "Pricing for 40 seats"


def test_planning_anew_lets_go_of_a_broken_promise_but_not_of_one_that_can_be_kept() -> None:
    journal = Journal().start(T)
    resumed = Journal(events=list(journal.events))
    journal.add(T + HOUR, ev.PlanResumed((T + DAY).date()))
    assert journal.lead.promise_at is not None
    resumed.add(T + 9 * DAY, ev.PlanResumed((T + 9 * DAY).date()))
    assert resumed.lead.promise_at is None
    assert resumed.lead.promised_at is not None


def test_a_call_logged_for_before_the_lead_had_come_over_is_the_answer_to_it() -> None:
    journal = Journal().hot(T)
    journal.log(T - timedelta(minutes=5), "no_answer", "phone")
    assert (journal.lead.promise_at, journal.lead.first_try_at) == (None, T - timedelta(minutes=5))


def test_a_mail_to_somebody_who_was_only_a_name_is_no_answer_to_what_they_asked_later() -> None:
    journal = Journal()
    journal.capture(T)
    journal.log(T + HOUR, "sent", "email")
    journal.add(T + DAY, ASKS, ev.Promoted("hot"), ev.PlanStarted("hot", 1, (T + DAY).date()))
    assert journal.lead.promise_at == at("2026-11-25 10:00")
    assert journal.place(T + DAY).section == "golden"


# Answers, next steps, commitments ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["reply", "replied", "connected", "meeting"])
def test_any_answer_pauses_the_plan_and_asks_for_the_next_step(how: str) -> None:
    journal = Journal().start(T)
    journal.do()
    journal.do()
    answered = T + 2 * DAY
    if how == "reply":
        journal.add(answered, ev.Interaction("reply", "Re: hello"), origin="crm")
    else:
        journal.log(answered, how, "email" if how == "replied" else "phone")
    assert journal.entry.label == "agree the next step"
    assert journal.entry.promise_at == at("2026-11-26 10:00")  # their answer deserves ours within the same promise
    journal.add(answered + HOUR, ev.NextStepSet("advance", T + 4 * DAY, "phone", "pricing call"))
    assert (journal.entry.kind, journal.entry.label) == ("commitment", "pricing call")


def test_the_invite_on_linkedin_goes_on_whatever_they_say() -> None:
    journal = Journal().start(T)
    journal.log(T + DAY, "connected", "phone")
    journal.add(T + DAY, ev.NextStepSet("advance", T + 20 * DAY, "phone", "budget round"))
    journal.log(T + DAY + HOUR, "sent", "email")  # writes what was agreed: nothing is stale
    assert (journal.entry.label, journal.local_due()) == ("invite on LinkedIn", "Mon 2026-11-30 09:00")
    journal.log(T + 7 * DAY, "invited", "linkedin")
    assert journal.entry.label == "budget round"


def test_no_call_waits_for_an_invite_on_linkedin_that_was_not_sent() -> None:
    journal = Journal().start(T)
    for _ in range(3):
        journal.do()
    open_one, rules = journal.entry, journal.rules
    assert (open_one.label, journal.local_due()) == ("invite on LinkedIn", "Mon 2026-11-30 09:00")
    assert at_moment(open_one, at("2026-11-30 23:00"), rules) == open_one
    call = at_moment(open_one, at("2026-12-01 08:00"), rules)
    assert (call.label, call.channel, call.day) == ("1st call", "phone", 8)
    journal.log(at("2026-12-01 10:00"), "no_answer", "phone")
    assert at_moment(journal.entry, at("2026-12-01 10:01"), rules).label == "invite on LinkedIn", "it is still to do"
    assert at_moment(journal.entry, at("2026-12-03 08:00"), rules).label == "send something useful"
    journal.log(at("2026-12-03 10:00"), "invited", "linkedin")
    assert (journal.entry.label, journal.entry.takes_over) == ("send something useful", None)


def test_a_paused_plan_goes_on_from_the_step_it_was_at() -> None:
    journal = Journal().start(T)
    for _ in range(3):
        journal.do()
    journal.log(T + 8 * DAY, "connected", "phone")
    journal.log(T + 8 * DAY + HOUR, "sent", "email")
    assert journal.entry.label == "agree the next step"
    journal.add(T + 8 * DAY + HOUR, ev.PlanResumed(at("2026-12-10 09:00").date()))
    assert (journal.entry.label, journal.local_due()) == ("invite on LinkedIn", "Thu 2026-12-10 09:00")
    journal.do()
    assert (journal.entry.label, journal.local_due()) == ("send something useful", "Mon 2026-12-14 09:00")


def test_an_agreed_mail_that_was_sent_asks_for_what_comes_next() -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.NextStepSet("respond", T + DAY, "email", "send the offer"))
    journal.log(T + DAY, "sent", "email")
    assert (journal.entry.label, journal.entry.open_question) == ("agree the next step", "done")


@pytest.mark.parametrize(
    ("agreed", "missed", "again"),
    [
        ("2026-11-26 09:00", "2026-11-26 09:02", "Thu 2026-11-26 16:00"),
        ("2026-11-26 11:30", "2026-11-26 11:30", "Thu 2026-11-26 16:00"),
        ("2026-11-26 14:00", "2026-11-26 14:05", "Fri 2026-11-27 08:30"),
        ("2026-11-27 16:00", "2026-11-27 16:00", "Mon 2026-11-30 08:30"),
        ("2026-11-26 14:00", "2026-11-26 12:30", "Fri 2026-11-27 08:30"),  # an hour and a half early is that call
    ],
)
def test_a_missed_commitment_goes_to_the_other_half_of_the_day(agreed: str, missed: str, again: str) -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.NextStepSet("advance", at(agreed), "phone", "pricing call"))
    journal.log(at(missed), "no_answer", "phone")
    assert (journal.entry.kind, journal.entry.missed, journal.local_due()) == ("commitment", 1, again)


def test_a_call_long_before_the_agreed_one_does_not_touch_it() -> None:
    journal = Journal().start(T)
    agreed = T + 3 * DAY
    journal.add(T + HOUR, ev.NextStepSet("advance", agreed, "phone", "pricing call"))
    journal.log(T + DAY, "no_answer", "phone")
    assert (journal.entry.due_at, journal.entry.missed) == (agreed, 0)


def test_a_busy_line_at_the_agreed_time_is_tried_again_in_15_minutes() -> None:
    journal = Journal().start(T)
    agreed = T + 3 * DAY
    journal.add(T + HOUR, ev.NextStepSet("advance", agreed, "phone", "pricing call"))
    journal.log(agreed, "busy", "phone")
    assert (journal.entry.kind, journal.entry.due_at) == ("commitment", agreed + timedelta(minutes=15))


def test_somebody_who_agreed_but_is_never_there_comes_to_an_end_too() -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.NextStepSet("advance", T + DAY, "phone", "pricing call"))
    for _ in range(8):
        journal.log(journal.entry.due_at, "no_answer", "phone")
    assert (journal.entry.decision, journal.entry.commitment_at) == ("cap", None)


def test_a_wrong_number_at_the_agreed_time_leaves_the_agreement_with_the_other_channel() -> None:
    journal = Journal().start(T)
    agreed = T + DAY
    journal.add(T + HOUR, ev.NextStepSet("advance", agreed, "phone", "pricing call"))
    journal.log(agreed, "wrong_number", "phone")
    assert (journal.entry.kind, journal.entry.due_at, journal.entry.channel) == ("commitment", agreed, "email")


def test_a_dropped_next_step_asks_for_another_and_a_nurture_step_moves_the_value_touch() -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.NextStepSet("advance", T + DAY, "phone", "call"))
    journal.add(T + 2 * HOUR, ev.NextStepDropped("they cancelled"))
    assert journal.entry.open_question == "dropped"
    journal.add(T + 3 * HOUR, ev.Nurtured(T + 21 * DAY))
    journal.add(T + 4 * HOUR, ev.NextStepSet("nurture", T + 5 * DAY, "email", "news"))
    assert (journal.lead.state, journal.entry.due_at) == ("nurture", T + 5 * DAY)
    journal.add(T + 5 * HOUR, ev.NextStepSet("advance", T + 6 * DAY, "phone", "demo"))
    assert (journal.lead.state, journal.entry.kind) == ("working", "commitment")


@pytest.mark.parametrize("how", ["reply", "connected"])
def test_who_answers_in_nurture_is_worked_again(how: str) -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.Nurtured(T + 21 * DAY, "renewal"))
    if how == "reply":
        journal.add(T + 22 * DAY, ev.Interaction("reply"))
    else:
        journal.log(T + 22 * DAY, how, "phone")
    assert (journal.lead.state, journal.entry.label) == ("working", "agree the next step")


@pytest.mark.parametrize(
    ("reason", "state"), [("exhausted", "working"), ("lost", "working"), ("won", "closed"), ("duplicate", "closed")]
)
def test_who_writes_after_we_gave_up_is_worked_again(reason: ev.CloseReason, state: str) -> None:
    journal = Journal().start(T)
    journal.add(T + DAY, ev.Closed(reason))
    journal.add(T + 30 * DAY, ev.Interaction("reply", "Re: final email"), origin="crm")
    assert journal.lead.state == state


def test_a_conversation_with_nothing_sent_is_flagged_after_48_hours() -> None:
    journal = Journal().start(T)
    journal.log(T + HOUR, "connected", "phone")
    journal.add(T + HOUR, ev.NextStepSet("advance", T + 10 * DAY, "phone", "pricing"))
    assert (journal.entry.kind, journal.entry.due_at) == ("stale", T + HOUR + timedelta(hours=48))
    for outcome, channel in (("sent", "email"),):
        journal.log(T + 3 * DAY, outcome, channel)  # type: ignore[arg-type]
    assert journal.lead.stale_at is None


def test_an_invite_is_as_good_as_a_mail() -> None:
    journal = Journal().start(T)
    journal.log(T + HOUR, "meeting", "phone")
    meeting = T + 10 * DAY
    journal.add(
        T + HOUR, ev.NextStepSet("advance", meeting, "meeting", "demo"), ev.InviteSent("u1", meeting, meeting + HOUR)
    )
    assert journal.lead.stale_at is None
    assert journal.lead.plan_ended


# Invitations ------------------------------------------------------------------------------------------------------


def invited(start: datetime, sent: datetime = T) -> Journal:
    journal = Journal().start(sent - HOUR)
    journal.log(sent, "meeting", "phone")
    journal.add(
        sent, ev.NextStepSet("advance", start, "meeting", "demo"), ev.InviteSent("u1", start, start + HOUR, "Demo")
    )
    return journal


def test_an_unaccepted_invite_is_chased_at_24_and_48_hours_on_the_morning_and_called_4_hours_before() -> None:
    journal = invited(at("2026-11-26 16:00"))
    chases = []
    while journal.entry.kind == "invite":
        entry = journal.entry
        chases.append((journal.local_due(), entry.channel))
        journal.log(entry.due_at, "sent" if entry.channel == "email" else "no_answer", entry.channel)
    assert chases == [
        ("Tue 2026-11-24 10:00", "email"), ("Wed 2026-11-25 10:00", "email"), ("Thu 2026-11-26 09:00", "email"),
        ("Thu 2026-11-26 12:00", "phone"),
    ]  # fmt: skip


def test_an_invite_that_nobody_chased_by_mail_is_called_4_hours_before_all_the_same() -> None:
    journal = invited(at("2026-11-26 16:00"))
    shown = [at_moment(journal.entry, at(moment), journal.rules) for moment in ("2026-11-26 11:59", "2026-11-26 12:00")]
    assert [(entry.kind, entry.channel) for entry in shown] == [("invite", "email"), ("invite", "phone")]
    met = at_moment(journal.entry, at("2026-11-26 15:55"), journal.rules)
    assert (met.kind, met.channel) == ("commitment", "meeting")


@pytest.mark.parametrize("status", ["accepted", "delegated"])
def test_an_accepted_invite_is_chased_no_more(status: str) -> None:
    journal = invited(at("2026-11-26 16:00"))
    journal.add(T + HOUR, ev.InviteAnswered("u1", "received"))
    assert journal.entry.kind == "invite"
    journal.add(T + 2 * HOUR, ev.InviteAnswered("u1", status))  # type: ignore[arg-type]
    assert (journal.entry.kind, journal.entry.due_at) == ("commitment", at("2026-11-26 16:00"))


def test_a_declined_invite_asks_for_another_next_step() -> None:
    journal = invited(at("2026-11-26 16:00"))
    journal.add(T + 2 * HOUR, ev.InviteAnswered("other", "declined"))
    assert journal.lead.commitment is not None
    journal.add(T + 3 * HOUR, ev.InviteAnswered("u1", "declined"))
    assert (journal.entry.open_question, journal.entry.due_at) == ("declined", T + 3 * HOUR)


def test_a_meeting_at_short_notice_is_called_about_at_once() -> None:
    journal = invited(at("2026-11-23 12:00"))
    assert (journal.entry.kind, journal.entry.channel, journal.entry.due_at) == ("invite", "phone", T)


def test_a_no_show_is_called_in_the_other_half_of_the_day_and_a_held_meeting_asks_for_the_next_step() -> None:
    start = at("2026-11-26 15:00")
    journal = invited(start)
    journal.add(T + HOUR, ev.InviteAnswered("u1", "accepted"))
    held = Journal(events=list(journal.events))
    journal.log(start, "no_answer", "meeting")
    assert (journal.entry.channel, journal.local_due()) == ("phone", "Fri 2026-11-27 08:30")
    held.log(start, "connected", "meeting")
    assert held.entry.label == "agree the next step"


# Undo -------------------------------------------------------------------------------------------------------------


def test_undo_and_redo_of_any_depth() -> None:
    journal = Journal().hot(T)
    states = [journal.lead]
    actions = []
    for hour in range(6):
        actions.append(journal.log(T + (hour + 1) * HOUR, "no_answer" if hour % 2 else "voicemail", "phone"))
        states.append(journal.lead)
    undoings = []
    for back, action in enumerate(reversed(actions)):
        undoings.append(journal.undo(T + 8 * HOUR, action))
        assert journal.lead == states[len(actions) - 1 - back]
    for forth, undoing in enumerate(reversed(undoings)):
        journal.undo(T + 9 * HOUR, undoing)  # redo: undoing the undoing
        assert journal.lead == states[forth + 1]


def test_undoing_a_redo_and_undoing_in_the_middle() -> None:
    journal = Journal().hot(T)
    first = journal.log(T + HOUR, "no_answer")
    second = journal.log(T + 2 * HOUR, "sent", "email")
    undone = journal.undo(T + 3 * HOUR, first)
    assert [touch.channel for touch in journal.lead.touches] == ["email"]
    redone = journal.undo(T + 4 * HOUR, undone)
    assert len(journal.lead.touches) == 2
    journal.undo(T + 5 * HOUR, redone)
    assert [touch.action for touch in journal.lead.touches] == [second]


def test_undoing_the_capture_leaves_no_record() -> None:
    journal = Journal()
    captured = journal.capture(T)
    journal.undo(T, captured)
    assert fold("lead-1", journal.events, LONDON) is None
    assert effective(journal.events) == []


def test_the_order_in_which_events_are_given_does_not_matter() -> None:
    journal = Journal().hot(T)
    journal.log(T + HOUR, "no_answer")
    journal.undo(T + 2 * HOUR, journal.log(T + HOUR, "sent", "email"))
    for events in list(permutations(journal.events[-4:]))[:24]:
        assert fold("lead-1", [*journal.events[:-4], *events], LONDON) == journal.lead


def test_what_is_recorded_late_counts_when_it_happened() -> None:
    """A colleague's call comes in from the CRM after ours."""
    journal = Journal().hot(T)
    journal.log(T + 3 * HOUR, "sent", "email")
    journal.log(T + HOUR, "no_answer", "phone", author="Sam")
    assert journal.lead.first_try_at == T + HOUR
    assert [touch.channel for touch in journal.lead.touches] == ["phone", "email"]
    assert journal.lead.last_touch == T + 3 * HOUR


# The fold takes whatever the journal holds ------------------------------------------------------------------------


def test_edits_that_make_no_sense_any_more_are_passed_over() -> None:
    journal = Journal().start(T)
    journal.add(T, ev.ProfileEdited({"shoe_size": "44", "company_size": "many", "title": "COO"}))
    journal.add(T, ev.ConflictDecided("company_size", "1", "a few", "theirs"))
    assert (journal.lead.profile.title, journal.lead.profile.company_size) == ("COO", None)
    journal.add(T, ev.ConflictDecided("title", "COO", "CEO", "theirs"), ev.ConflictDecided("name", "a", "b", "mine"))
    assert (journal.lead.profile.title, journal.lead.profile.name) == ("CEO", "a")  # ours holds by itself as well


def test_a_plan_that_nobody_has_any_more_is_stood_in_for() -> None:
    journal = Journal().start(T)
    journal.add(T + HOUR, ev.PlanStarted("last-years", 7, T.date()), ev.StepMoved(99, T.date()), ev.PlanMoved(8))
    assert journal.entry.kind == "step"
    journal.add(T + HOUR, ev.Attempt("email", "sent", step=99))
    assert journal.entry.kind == "step"


def test_notes_research_bant_and_status_are_kept() -> None:
    journal = Journal().start(T)
    bant = ev.Bant(budget=True)
    journal.add(
        T + HOUR, ev.Noted("likes tea", "Sam"), ev.Researched("website", "new hub"), ev.Researched("linkedin", "x"),
        ev.Researched("linkedin", done=False), ev.StatusChanged("Qualified", "me"), ev.StatusChanged("", "you"),
        ev.Interaction("event_form", bant=bant), ev.ProfileEdited({"phones": "+1; +2"}),
    )  # fmt: skip
    lead = journal.lead
    assert lead.notes == ((T + HOUR, "likes tea", "Sam"),)
    assert list(lead.research) == ["website"]
    assert (lead.status, lead.owner, lead.bant) == ("Qualified", "you", bant)
    assert lead.phones == ("+1", "+2")


def test_moving_to_a_new_version_of_the_plan_keeps_the_steps_that_were_done() -> None:
    plan = LONDON.plans["inbound-21", 1]
    second = replace(plan, version=2, steps=(*plan.steps[:4], replace(plan.steps[4], day=9), *plan.steps[5:]))
    plans = {**LONDON.plans, ("inbound-21", 2): second}
    journal = Journal(replace(LONDON, plans=plans, current={**LONDON.current, "inbound-21": 2})).start(T)
    assert journal.lead.plan is not None
    assert journal.lead.plan.version == 2
    old = Journal(journal.rules, events=list(journal.events))
    old.add(T, ev.PlanStarted("inbound-21", 1, T.date()))
    for _ in range(4):
        old.do()
    assert old.local_due() == "Tue 2026-12-01 09:00"
    old.add(old.events[-1].at, ev.PlanMoved(2))
    assert (old.entry.label, old.local_due()) == ("1st call", "Wed 2026-12-02 09:00")
