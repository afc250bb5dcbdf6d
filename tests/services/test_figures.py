from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import delete, insert

from callsheet.domain import events as ev
from callsheet.services import decisions, figures, history
from callsheet.services.desk import Desk
from callsheet.services.figures import Period, Share
from callsheet.services.figures_json import plain
from callsheet.services.intake import first_facts
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.store import schema
from callsheet.store.book import SqliteBook
from callsheet.store.figures_query import SqliteFigures
from tests.desks import Clock, hot, person, worked

MONDAY = date(2026, 11, 23)


@pytest.fixture
def reads(book: SqliteBook) -> SqliteFigures:
    return SqliteFigures(book)


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def fair(
    desk: Desk, number: int, *, received: datetime, created: datetime | None = None, campaign: str = "Fair"
) -> str:
    """Bring in a lead that asked something at a fair."""
    lead = ev.new_id()
    who = person(f"Fairgoer {number}", phones=(f"+44207946{number:04}",), emails=(f"{number}@example.com",))
    asked = ev.Interaction("event_form", "Fair", "What does it cost?", bant=ev.Bant(need=True), campaign=campaign)
    captured = ev.Captured(who, received, created_at=created, campaign=campaign)
    with desk.book.work() as work:
        facts = first_facts(lead, captured, [(asked, received)], desk.rules)
        work.append(desk.action("import", facts, origin="import", kind="fact"))
    return lead


def mail(desk: Desk, lead: str, when: datetime) -> None:
    log(desk, lead, Report("sent", channel="email", at=when, note="the price list you asked for"))


def call(desk: Desk, lead: str, when: datetime, outcome: str = "no_answer") -> None:
    log(desk, lead, Report(outcome, channel="phone", at=when))


def test_coverage_counts_only_leads_that_were_due_and_names_the_untouched(
    desk: Desk, clock: Clock, reads: SqliteFigures
) -> None:
    clock.at = at(9)
    early = fair(desk, 1, received=at(9))
    late = fair(desk, 2, received=at(9))
    missed = fair(desk, 3, received=at(9))
    clock.at = at(10)
    mail(desk, early, at(10))
    clock.at = at(11, day=25)
    mail(desk, late, at(11, day=25))
    fresh = fair(desk, 4, received=at(10, day=25))
    dropped = fair(desk, 5, received=at(10, day=25))
    decisions.decide(desk, dropped, decisions.Decision("close", "not_a_fit", "a student"))

    found = figures.coverage(desk, reads, Period(at(0), clock.at))

    assert (found.received, found.touched, found.decided_untouched) == (5, 2, 1)
    assert found.coverage == Share(2, 3), "the one of an hour ago is not due, the closed one not either"
    assert (found.within_24h, found.kept) == (Share(1, 5), Share(1, 5))
    assert [one.lead for one in found.untouched] == [missed, fresh]
    assert [one.lead for one in found.late] == [missed]


def test_names_are_no_leads_and_an_automatic_mail_or_research_touches_nobody(
    desk: Desk, clock: Clock, reads: SqliteFigures
) -> None:
    from tests.desks import add

    add(desk, person("Only Once"), (ev.Interaction("download", "Guide"), clock.at))
    lead = worked(desk, "Lena Fischer")
    with desk.book.work() as work:
        automatic = ev.Attempt("email", "sent", automatic=True)
        work.append(desk.action("mail", [(lead, clock.at, automatic)]))
    log(desk, lead, Report("researched", channel="research"))

    found = figures.coverage(desk, reads, figures.all_time(desk))

    assert (found.received, found.touched) == (1, 0)


def test_a_wrong_number_was_a_touch_but_no_attempt(desk: Desk, clock: Clock, reads: SqliteFigures) -> None:
    lead = hot(desk, "Priya Raman")
    call(desk, lead, clock.advance(minutes=3), "wrong_number")

    assert figures.coverage(desk, reads, figures.all_time(desk)).touched == 1
    assert figures.habit(desk, reads, figures.all_time(desk)).attempts == 0


def test_a_response_time_is_split_into_system_offline_and_rep(desk: Desk, clock: Clock, reads: SqliteFigures) -> None:
    clock.at = at(11)  # the laptop comes back from the train
    first = fair(desk, 1, received=at(10), created=at(8))
    second = fair(desk, 2, received=at(10), created=at(9, 30))
    mail(desk, first, clock.advance(minutes=20))
    mail(desk, second, clock.advance(minutes=40))
    waiting = fair(desk, 3, received=at(12))

    found = figures.speed(desk, reads, Period(at(0), clock.at + timedelta(hours=1)))

    elapsed, working = found.elapsed, found.working
    assert (found.answered, found.waiting) == (2, 1)
    assert elapsed.system.median == timedelta(minutes=75)
    assert elapsed.system.worst == timedelta(hours=2)
    assert elapsed.system.worst_lead is not None
    assert elapsed.system.worst_lead.lead == first
    assert working.system.worst == timedelta(hours=1), "at eight nobody works"
    assert elapsed.offline.median == timedelta(hours=1)
    assert (elapsed.rep.median, elapsed.rep.worst) == (timedelta(minutes=40), timedelta(hours=1))
    assert elapsed.total.worst == timedelta(hours=3, minutes=20)
    assert found.longest_waiting is not None
    assert found.longest_waiting[0].lead == waiting


def test_a_lead_that_asks_again_is_measured_from_the_last_time_it_asked(
    desk: Desk, clock: Clock, reads: SqliteFigures
) -> None:
    from callsheet.services.intake import more_facts

    lead = hot(desk, "Priya Raman")
    call(desk, lead, clock.advance(minutes=4))
    clock.advance(days=1)
    with desk.book.work() as work:
        found = work.lead(lead)
        assert found is not None
        asks = ev.Interaction("contact_form", "Again", "Hello?")
        work.append(desk.action("crm", more_facts(found, [(asks, clock.at)], clock.at, desk.rules), kind="fact"))
    call(desk, lead, clock.advance(minutes=9))

    measured = figures.speed(desk, reads, figures.last_days(desk))

    assert measured.elapsed.rep.worst == timedelta(minutes=9)


def test_attempts_per_lead_are_the_tally_of_the_lead_and_undone_ones_are_gone(
    desk: Desk, clock: Clock, reads: SqliteFigures, book: SqliteBook
) -> None:
    often, once = hot(desk, "Priya Raman"), hot(desk, "Jo Marsh")
    for minutes in (0, 6, 12):  # the second belongs to the first, the third does not
        call(desk, often, clock.at + timedelta(minutes=minutes), "voicemail")
    clock.advance(minutes=30)
    call(desk, once, clock.at)
    call(desk, once, clock.advance(minutes=30))
    history.undo(desk)

    found = figures.habit(desk, reads, figures.all_time(desk))

    card = book.card(often)
    assert card is not None
    assert card.lead.tally.counted == 2
    assert found.attempts_per_lead.distribution == ((1, 1), (2, 1))
    assert (found.attempts_per_lead.median, found.attempts_per_lead.most) == (1.5, 2)
    assert found.attempts_per_lead.stopped_at_one == (), "it is still worked"
    decisions.decide(desk, once, decisions.Decision("close", "exhausted", "gone quiet"))
    stopped = figures.habit(desk, reads, figures.all_time(desk)).attempts_per_lead.stopped_at_one
    assert [one.lead for one in stopped] == [once]
    log(desk, hot(desk, "Sam Stone"), Report("do_not_contact", "phone"))
    stopped = figures.habit(desk, reads, figures.all_time(desk)).attempts_per_lead.stopped_at_one
    assert [one.lead for one in stopped] == [once], "who asked us to stop was not given up"


def test_connects_stand_on_the_reps_own_weekday_and_hour(desk: Desk, clock: Clock, reads: SqliteFigures) -> None:
    leads = [hot(desk, name) for name in ("Ann Ash", "Bob Birch", "Cy Cedar")]
    next_step = Agreed(at(14, day=26), "pricing call")
    clock.at = at(16, 59)
    log(desk, leads[0], Report("connected", channel="phone", agreed=next_step))
    call(desk, leads[1], clock.at)
    clock.at = at(9, 30, day=24)
    log(desk, leads[2], Report("connected", channel="phone", decision=decisions.Decision("nurture")))

    found = figures.habit(desk, reads, figures.last_days(desk))

    hours = [(one.weekday, one.hour, one.calls, one.connects) for one in found.hours]
    assert hours == [(0, 16, 2, 1), (1, 9, 1, 1)]
    assert [(one.day, one.attempts, one.connects) for one in found.days] == [
        (date(2026, 11, 23), 2, 1),
        (date(2026, 11, 24), 1, 1),
    ]
    assert (found.next_steps, found.connects_with_next_step) == (1, Share(1, 2))


def test_a_block_is_kept_with_three_calls_and_the_streak_skips_days_off(
    desk: Desk, clock: Clock, reads: SqliteFigures
) -> None:
    clock.at = at(7, day=19)  # a Thursday
    leads = [hot(desk, f"Lead {name}", phones=(f"+4420794601{index:02}",)) for index, name in enumerate("abc")]

    def block(day: int, hour: int, calls: int) -> None:
        for lead in leads[:calls]:
            clock.at = at(hour, 40, day=day)
            call(desk, lead, clock.at, "busy")

    block(19, 8, 3)
    block(19, 16, 2)  # missed
    block(20, 8, 3)
    block(20, 16, 3)
    block(23, 8, 3)  # after the weekend
    clock.at = at(16, 5)  # in the afternoon's block, which breaks nothing yet

    found = figures.blocks(desk, reads, Period(at(0, day=19), clock.at))

    assert found.kept == Share(4, 5)
    assert found.streak == 3
    assert [calls for _, calls in found.days] == [3, 2, 3, 3, 3]


def test_invitations_are_counted_by_their_last_answer(desk: Desk, clock: Clock, reads: SqliteFigures) -> None:
    from callsheet.services.outreach import MEETING

    answers = ("accepted", "declined", "received", None)
    for index, answer in enumerate(answers):
        lead = hot(desk, f"Guest {'abcd'[index]}", phones=(f"+4420794602{index:02}",))
        log(desk, lead, Report("meeting", channel="phone", agreed=Agreed(at(14, day=26), "demo")))
        card = desk.book.card(lead)
        assert card is not None
        assert card.lead.invite is not None
        assert card.lead.invite.end - card.lead.invite.start == MEETING
        if answer is not None:
            with desk.book.work() as work:
                body = ev.InviteAnswered(card.lead.invite.uid, answer)  # type: ignore[arg-type]
                work.append(desk.action("answer", [(lead, clock.at, body)]))
        else:
            history.undo(desk)

    found = figures.habit(desk, reads, figures.all_time(desk)).invites

    assert (found.sent, found.accepted, found.declined, found.unanswered) == (3, 1, 1, 1)


def test_a_campaign_of_500_leads_gives_the_answers_that_were_put_into_it(
    desk: Desk, clock: Clock, reads: SqliteFigures, book: SqliteBook
) -> None:
    clock.at = at(9)
    leads = []
    with book.work() as work:
        facts = []
        for number in range(500):
            lead = ev.new_id()
            who = person(f"Fairgoer {number}", phones=(f"+44207946{number:04}",), emails=(f"{number}@example.com",))
            asked = ev.Interaction("event_form", "Fair", "A price?", campaign="Fair")
            captured = ev.Captured(who, at(9), campaign="Fair" if number < 480 else "Other")
            facts += first_facts(lead, captured, [(asked, at(9))], desk.rules)
            leads.append(lead)
        work.append(desk.action("import", facts, origin="import", kind="fact"))
    for number in range(300):  # 240 on the day, minutes 1 to 240; then 60 two days later
        when = at(9) + timedelta(minutes=number + 1) if number < 240 else at(9, day=25) + timedelta(minutes=number)
        clock.at = max(clock.at, when)
        outcome = Report("sent", channel="email", at=when, note="the prices")
        if number % 30 == 0 and number < 240:
            outcome = Report("meeting", channel="phone", at=when, agreed=Agreed(at(14, day=27), "demo"))
        log(desk, leads[number], outcome)

    found = figures.campaign(desk, reads, "Fair")

    assert (found.leads, found.names, found.meetings) == (480, 0, 8)
    assert (found.touched, found.within_24h) == (Share(300, 480), Share(240, 480))
    assert (found.touched.percent, found.within_24h.percent) == (62, 50)
    assert found.in_crm is None, "there is no CRM"
    assert found.response.median == timedelta(minutes=150, seconds=30)
    assert found.response.worst == timedelta(days=2, minutes=299)
    assert {(one.lead, one.name) for one in found.untouched} == {
        (leads[number], f"Fairgoer {number}") for number in range(300, 480)
    }


def test_in_the_crm_is_a_lead_that_is_there_with_nothing_waiting(
    book: SqliteBook, desk: Desk, clock: Clock, reads: SqliteFigures
) -> None:
    book.put_note("crm", "demo")
    leads = [fair(desk, number, received=at(9)) for number in range(3)]
    row = {"crm": "demo", "lead": leads[1], "op": "a", "seq": 1, "event": "e", "kind": "attempt", "detail": b"{}"}
    with book.writing() as connection:
        connection.execute(delete(schema.delivery))
        for place, lead in enumerate(leads[:2]):
            link = {"lead": lead, "crm": "demo", "remote_id": str(place), "base": b"", "seen_at": clock.at}
            connection.execute(insert(schema.link), link)
        connection.execute(insert(schema.delivery), {**row, "state": "parked", "updated_at": clock.at})

    assert figures.campaign(desk, reads, "Fair").in_crm == Share(1, 3)


def test_nothing_in_the_book_gives_figures_of_nothing(desk: Desk, reads: SqliteFigures) -> None:
    week = figures.last_days(desk)
    made: list[figures.Report] = [
        figures.coverage(desk, reads, week),
        figures.speed(desk, reads, week),
        figures.habit(desk, reads, week),
        figures.campaign(desk, reads, "none"),
    ]
    for report in made:
        value = plain(report, desk.rules.calendar.tz)
        assert value["schema"] == 1
        assert value["definitions"]
        msgspec.json.encode(value)
    assert made[0].coverage.percent is None  # type: ignore[union-attr]


def test_json_has_waits_in_seconds_and_times_with_their_offset(desk: Desk, clock: Clock, reads: SqliteFigures) -> None:
    lead = hot(desk, "Priya Raman")
    call(desk, lead, clock.advance(minutes=4))

    value = plain(figures.speed(desk, reads, figures.last_days(desk)), desk.rules.calendar.tz)

    assert value["elapsed"]["rep"]["median"] == 240
    assert value["elapsed"]["rep"]["worst_lead"]["name"] == "Priya Raman"
    assert value["period"]["since"] == "2026-11-17T00:00:00+00:00"


def test_every_figure_that_is_reported_has_its_definition() -> None:
    assert {name for names in map(figures_said, ("c", "s", "h", "p")) for name in names} <= set(figures.DEFINITIONS)


def figures_said(which: str) -> tuple[str, ...]:
    from callsheet.services import figures_json

    types = {"c": figures.Coverage, "s": figures.Speed, "h": figures.Habit, "p": figures.Campaign}
    return figures_json._SAID[types[which]]
