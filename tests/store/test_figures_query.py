"""The figures by index scans against the same figures worked out from every lead's events."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

import pytest

from callsheet.domain.lead import Lead
from callsheet.services import history
from callsheet.services.decisions import Decision
from callsheet.services.desk import Desk, Refused
from callsheet.services.figure_rows import Meaning
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from callsheet.store.book_copy import SqliteCopy
from callsheet.store.figures_query import SqliteFigures, _first_event
from tests.desks import Clock, hot, worked

OUTCOMES: Final = (
    ("no_answer", "phone"), ("voicemail", "phone"), ("busy", "phone"), ("wrong_number", "phone"),
    ("connected", "phone"), ("meeting", "phone"), ("sent", "email"), ("replied", "email"), ("bounced", "email"),
    ("skip", "phone"),
)  # fmt: skip


def live(desk: Desk, clock: Clock, seed: int, steps: int = 60) -> None:
    """Let a rep work for some days: everything that can be logged, in any order, some of it taken back."""
    chance = random.Random(seed)
    leads: list[str] = []
    for step in range(steps):
        clock.advance(minutes=chance.choice((1, 4, 9, 30, 60)))
        if not 9 <= desk.rules.calendar.local(clock.at).hour < 17:
            clock.advance(hours=14)
        if len(leads) < 3 or chance.random() < 0.15:
            made = chance.choice((hot, worked))
            leads.append(made(desk, f"Lead {step}", ago=timedelta(minutes=chance.randrange(90))))
            continue
        outcome, channel = chance.choice(OUTCOMES)
        decision = Decision("nurture") if outcome == "connected" else None
        agreed = Agreed(clock.at + timedelta(days=2), "demo") if outcome == "meeting" else None
        try:
            lead = chance.choice(leads)
            log(desk, lead, Report(outcome, channel, decision=decision, agreed=agreed, note="price", asset="Guide"))  # type: ignore[arg-type]
            if chance.random() < 0.2:
                history.undo(desk)
        except Refused:
            pass


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_say_what_the_events_say(desk: Desk, clock: Clock, book: SqliteBook, seed: int) -> None:
    live(desk, clock, seed)
    meaning = Meaning.of(desk.rules.outcomes, desk.rules.window)
    start = clock.at - timedelta(days=60)
    receipts = {one.who.lead: one for one in SqliteFigures(book).receipts(start, clock.at + timedelta(1), meaning)}
    leads = {lead.id: lead for lead in SqliteCopy(book).leads() if lead.state != "name"}
    assert receipts.keys() == leads.keys()
    for lead in leads.values():
        row = receipts[lead.id]
        assert (row.received, row.state, row.counted) == (lead.received_at, lead.state, lead.tally.counted)
        assert row.touched == first_try(lead, meaning)
        assert row.met == any(touch.outcome in meaning.meetings for touch in lead.touches)


def first_try(lead: Lead, meaning: Meaning) -> datetime | None:
    assert lead.received_at is not None
    tries = [touch.at for touch in lead.touches if touch.outcome in meaning.stops and touch.at >= lead.received_at]
    return min(tries, default=None)


@pytest.mark.parametrize("seed", range(3))
def test_quarters_add_up_to_the_touches(desk: Desk, clock: Clock, book: SqliteBook, seed: int) -> None:
    live(desk, clock, seed)
    meaning = Meaning.of(desk.rules.outcomes, desk.rules.window)
    reads, start, end = SqliteFigures(book), clock.at - timedelta(days=60), clock.at + timedelta(days=1)
    quarters = reads.quarters(start, end, meaning)
    touches = [touch for lead in SqliteCopy(book).leads() for touch in lead.touches]
    calls = [touch for touch in touches if touch.channel == "phone" and touch.outcome != "skip"]
    assert sum(one.attempts for one in quarters) == sum(touch.counts for touch in touches)
    assert sum(one.calls for one in quarters) == len(calls) == reads.calls(start, end, meaning)
    assert sum(one.connects for one in quarters) == sum(touch.reached for touch in calls)


def test_the_journal_is_entered_where_a_period_begins(desk: Desk, clock: Clock, book: SqliteBook) -> None:
    for day in range(10):
        hot(desk, f"Lead {day}")
        clock.advance(days=1)
    with book.reading() as connection:
        rows = connection.exec_driver_sql("SELECT seq, recorded_at FROM event").all()
        assert _first_event(connection, clock.at - timedelta(days=400)) <= rows[0].seq
        for ahead in range(12):
            since = clock.at - timedelta(days=ahead)
            first = _first_event(connection, since)
            epoch = since.timestamp() * 1e6
            assert all(row.recorded_at < epoch for row in rows if row.seq < first)
