from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from callsheet.domain.agenda import next_action
from callsheet.domain.events import Packet
from callsheet.domain.lead import Lead
from callsheet.services import cadence, decisions, history, research
from callsheet.services.decisions import Decision, decide
from callsheet.services.desk import Desk, Refused
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import Clock, add, hot, person, worked


def the(book: SqliteBook, lead: str) -> Lead:
    found = book.lead(lead)
    assert found is not None
    return found


def test_giving_up_before_five_attempts_needs_a_typed_reason(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = hot(desk, "Priya Raman")
    for attempt in range(5):
        with pytest.raises(Refused, match=f"{attempt} of at least 5 attempts"):
            decide(desk, lead, Decision("close", "exhausted"))
        log(desk, lead, Report("no_answer", channel="phone"))
        clock.advance(minutes=15)
    decide(desk, lead, Decision("close", "exhausted"))
    assert the(book, lead).closed == "exhausted"


def test_the_reason_for_giving_up_early_is_kept(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    decide(desk, lead, Decision("close", "exhausted", "company is closed down"))
    assert the(book, lead).closed_note == "company is closed down"


def test_a_kick_back_goes_to_the_originator_with_the_reason_and_their_clock(desk: Desk, book: SqliteBook) -> None:
    lead = add(desk, person("Priya Raman"), direction="outbound", originator="Terry Prospector")
    with pytest.raises(Refused, match="says why"):
        decisions.kick_back(desk, lead, " ")
    decisions.kick_back(desk, lead, "four tries, nobody there")
    found = the(book, lead)
    assert found.state == "returned"
    assert found.returned is not None
    assert (found.returned.to, found.returned.why) == ("Terry Prospector", "four tries, nobody there")
    assert decisions.originator_due(desk, found) == datetime(2026, 11, 24, 12, tzinfo=UTC)
    with pytest.raises(Refused, match="was returned"):
        log(desk, lead, Report("no_answer"))
    history.undo(desk)
    assert the(book, lead).state == "working"


def test_a_value_touch_lies_ahead(desk: Desk) -> None:
    lead = worked(desk, "Tom Okafor")
    with pytest.raises(Refused, match="lies ahead"):
        decisions.decide(desk, lead, decisions.Decision("nurture", until=desk.now()))


def test_a_hand_off_names_what_is_missing(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="lacks role, topic, best time"):
        decisions.hand_off(desk, lead, "Sam Seller", Packet(who="Priya", need="pricing for 40 seats"))
    full = Packet("Priya", "VP Ops", "pricing for 40 seats", "rollout", "", "mornings")
    decisions.hand_off(desk, lead, "Sam Seller", full)
    assert the(book, lead).returned is not None
    assert the(book, lead).returned.packet == full  # type: ignore[union-attr]


def test_reopening_starts_a_plan_anew_but_never_for_do_not_contact(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    with pytest.raises(Refused, match="open already"):
        decisions.reopen(desk, lead)
    decide(desk, lead, Decision("close", "lost"))
    decisions.reopen(desk, lead, "they called")
    found = the(book, lead)
    assert found.state == "working"
    assert next_action(found, desk.rules) is not None
    decisions.do_not_contact(desk, lead, "asked us to stop")
    with pytest.raises(Refused, match="do-not-contact"):
        decisions.reopen(desk, lead)


def test_a_snoozed_lead_leaves_the_pane_until_then(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = worked(desk, "Tom Okafor", ago=timedelta(days=10))
    until = clock() + timedelta(days=2)
    decisions.snooze(desk, lead, until)
    assert [(row.pane, row.entry.due_at) for row in book.sheet(clock())] == [("due", until)]  # the promise is broken
    log(desk, lead, Report("sent", channel="email"))
    decisions.snooze(desk, lead, until)
    assert [(row.pane, row.entry.due_at) for row in book.sheet(clock())] == [("later", until)]
    with pytest.raises(Refused, match="future"):
        decisions.snooze(desk, lead, clock())


def test_two_more_attempts_beyond_ten_with_a_reason_and_never_for_outbound(desk: Desk, book: SqliteBook) -> None:
    lead = worked(desk, "Tom Okafor")
    decisions.raise_cap(desk, lead)
    assert the(book, lead).cap_raised == 2
    with pytest.raises(Refused, match="beyond 10"):
        decisions.raise_cap(desk, lead)
    decisions.raise_cap(desk, lead, reason="the buyer is on leave until Monday")
    outbound = add(desk, person("Out Bound"), direction="outbound")
    with pytest.raises(Refused, match="go back to who generated them"):
        decisions.raise_cap(desk, outbound, reason="really")


def test_after_a_voicemail_the_next_mail_can_be_pulled_to_today(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = worked(desk, "Tom Okafor")
    for outcome, channel in (("researched", "research"), ("sent", "email"), ("sent", "email"), ("invited", "linkedin")):
        log(desk, lead, Report(outcome, channel=channel))  # type: ignore[arg-type]
    clock.advance(days=8)
    log(desk, lead, Report("voicemail"))
    decisions.pull_next_mail(desk, lead)
    entry = next_action(the(book, lead), desk.rules)
    assert entry is not None
    assert (entry.channel, desk.rules.calendar.day_of(entry.due_at)) == ("email", date(2026, 12, 1))


def test_a_duplicate_goes_on_in_the_other_record(desk: Desk, book: SqliteBook) -> None:
    one, other = hot(desk, "Priya Raman"), hot(desk, "P. Raman")
    decisions.merge(desk, other, one)
    assert (the(book, other).closed, the(book, other).merged_into) == ("duplicate", one)
    with pytest.raises(Refused):
        decisions.merge(desk, one, one)


def test_the_checklist_keeps_findings_and_forgets_what_is_unticked(desk: Desk, book: SqliteBook) -> None:
    lead = worked(desk, "Tom Okafor")
    research.tick(desk, lead, "1", "opened a Memphis hub in October")
    research.tick(desk, lead, "linkedin")
    assert the(book, lead).research["website"].finding == "opened a Memphis hub in October"
    assert research.found_out(the(book, lead)) == 2
    research.tick(desk, lead, "website", done=False)
    assert research.found_out(the(book, lead)) == 1
    with pytest.raises(Refused, match="no item"):
        research.tick(desk, lead, "9")


# Late work --------------------------------------------------------------------------------------------------------


@pytest.fixture
def away(desk: Desk, clock: Clock) -> list[str]:
    """Fifteen leads on their plan, one of them hot, and a rep who was away for two weeks."""
    leads = [worked(desk, f"Late {index:02}", ago=timedelta(hours=index)) for index in range(14)]
    leads.append(hot(desk, "Hot One"))
    clock.advance(days=14)
    return leads


def test_only_work_more_than_seven_days_late_is_asked_about(desk: Desk, clock: Clock) -> None:
    worked(desk, "Tom Okafor")
    clock.at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert (cadence.late(desk), cadence.late_count(desk)) == ([], 0)
    clock.advance(days=1)
    assert cadence.late_count(desk) == 1
    assert [(one.name, one.days) for one in cadence.late(desk)] == [("Tom Okafor", 8)]


def test_late_work_is_spread_so_many_a_day_longest_overdue_first(desk: Desk, book: SqliteBook, away: list[str]) -> None:
    assert len(cadence.late(desk)) == 15
    cadence.resolve_late(desk, "spread", per_day=5)
    days = [desk.rules.calendar.day_of(next_action(the(book, lead), desk.rules).due_at) for lead in away[:-1]]  # type: ignore[union-attr]
    assert {day: days.count(day) for day in days} == {date(2026, 12, 7): 5, date(2026, 12, 8): 5, date(2026, 12, 9): 4}
    assert the(book, away[-1]).hot
    assert [one.name for one in cadence.late(desk)] == ["Hot One"]
    history.undo(desk)
    assert len(cadence.late(desk)) == 15


@pytest.mark.parametrize("choice", ["resume", "restart"])
def test_late_work_goes_on_today(desk: Desk, book: SqliteBook, away: list[str], choice: cadence.LateChoice) -> None:
    cadence.resolve_late(desk, choice)
    for lead in away[:-1]:
        entry = next_action(the(book, lead), desk.rules)
        assert entry is not None
        assert desk.rules.calendar.day_of(entry.due_at) in (date(2026, 12, 7), date(2026, 12, 8))


def test_late_work_is_retired_with_a_reason(desk: Desk, book: SqliteBook, away: list[str]) -> None:
    with pytest.raises(Refused, match="needs a reason"):
        cadence.resolve_late(desk, "retire")
    cadence.resolve_late(desk, "retire", reason="the campaign is over")
    assert {the(book, lead).state for lead in away[:-1]} == {"closed"}
    with pytest.raises(Refused, match="nothing is more than 7 days late"):
        cadence.resolve_late(desk, "resume")
