"""The figures from rows that are kept up, against the same figures worked out from every lead's events."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from callsheet.domain.lead import Lead, Touch
from callsheet.services import history
from callsheet.services.decisions import Decision
from callsheet.services.desk import Desk, Refused
from callsheet.services.figure_rows import Span
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report, log
from callsheet.store import schema
from callsheet.store.book import SqliteBook
from callsheet.store.book_copy import SqliteCopy
from callsheet.store.figures_query import SqliteFigures
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


START: Final = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_say_what_the_events_say(desk: Desk, clock: Clock, book: SqliteBook, seed: int) -> None:
    live(desk, clock, seed)
    reads, span = SqliteFigures(book), Span(START, clock.at + timedelta(1))
    leads = [lead for lead in SqliteCopy(book).leads() if lead.state != "name"]
    tries = {lead.id: first_try(lead, desk) for lead in leads}

    tally, waits = reads.tally(span, clock.at), reads.waits(span)

    touched = {lead.id: (at - received(lead)) for lead in leads if (at := tries[lead.id]) is not None}
    assert (tally.received, tally.touched) == (len(leads), len(touched))
    assert tally.quick == sum(wait <= timedelta(days=1) for wait in touched.values())
    assert tally.met == sum(any(touch.outcome == "meeting" for touch in lead.touches) for lead in leads)
    open_ones = {lead.id for lead in leads if tries[lead.id] is None and lead.state in ("working", "nurture")}
    assert {one.who.lead for one in reads.untouched(span)} == open_ones
    parts = zip(waits.leads, waits.columns["offline"], waits.columns["rep"], strict=True)
    assert {lead: timedelta(seconds=offline + rep) for lead, offline, rep in parts} == touched
    counted = [lead.tally.counted for lead in leads]
    assert dict(reads.tries(span)) == {many: counted.count(many) for many in counted}


def received(lead: Lead) -> datetime:
    assert lead.received_at is not None
    return lead.received_at


def first_try(lead: Lead, desk: Desk) -> datetime | None:
    def human(touch: Touch) -> bool:
        return desk.rules.outcomes.of(touch.outcome).stops_clock

    return min((touch.at for touch in lead.touches if touch.at >= received(lead) and human(touch)), default=None)


@pytest.mark.parametrize("seed", range(3))
def test_quarters_add_up_to_the_touches(desk: Desk, clock: Clock, book: SqliteBook, seed: int) -> None:
    live(desk, clock, seed)
    reads, end = SqliteFigures(book), clock.at + timedelta(days=1)
    touches = [touch for lead in SqliteCopy(book).leads() for touch in lead.touches]
    outcomes = desk.rules.outcomes
    acted = [one for one in touches if not (outcomes.of(one.outcome).skips or outcomes.of(one.outcome).response)]
    # Whole days, and periods that begin and end within a quarter of an hour.
    for since, until in ((START, end), (clock.at - timedelta(hours=30), clock.at - timedelta(minutes=7, seconds=3))):
        quarters = reads.quarters(since, until)
        inside = [touch for touch in acted if since <= touch.at < until]
        calls = [touch for touch in inside if touch.channel == "phone"]
        assert sum(one.attempts for one in quarters) == sum(touch.counts for touch in inside)
        assert sum(one.calls for one in quarters) == len(calls) == reads.calls([(since, until)])[0]
        assert sum(one.connects for one in quarters) == sum(touch.reached for touch in calls)


def test_what_is_kept_up_equals_what_a_rebuild_makes(desk: Desk, clock: Clock, book: SqliteBook) -> None:
    live(desk, clock, 11)

    def rows() -> list[object]:
        tables = ("quarter", "receipt", "invited")
        with book.reading() as connection:
            return [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables]  # noqa: S608

    before = rows()
    book.rebuild()
    assert rows() == before
    assert all(before)


def test_the_first_migration_makes_the_triggers_of_the_schema(book: SqliteBook) -> None:
    def said(sql: str) -> str:
        return " ".join(sql.split()).rstrip(";")

    with book.reading() as connection:
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    assert {said(sql) for sql in made} == {said(sql) for sql in schema.TRIGGERS}
    assert all(str(schema.QUARTER_US) in sql for sql in made)
