"""Whether a lead may be called now: what counts as a call, and the limits on them (RULES §13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.domain.calling_hours import Table, read_table
from callsheet.services.calling import callable_lead
from callsheet.services.desk import CallingHours, Desk, Refused
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import Clock, add, person, worked

NOON_IN_MIAMI = datetime(2026, 11, 23, 17, tzinfo=UTC)
OUTSIDE = "they asked for it"


def called(desk: Desk, lead: str, *outcomes: str) -> None:
    """Log a call for each outcome, an hour apart, ending an hour ago."""
    for hours, outcome in zip(range(len(outcomes), 0, -1), outcomes, strict=True):
        at = desk.now() - timedelta(hours=hours)
        log(desk, lead, Report(outcome, channel="phone", at=at, note="in a meeting", override=OUTSIDE))


def may(desk: Desk, book: SqliteBook, lead: str) -> bool:
    found = book.lead(lead)
    assert found is not None
    return callable_lead(desk, found, desk.now()).now


@pytest.mark.parametrize("state", ["+13055550123", "+14055550123", "+14105550123"])  # FL, OK, MD
@pytest.mark.parametrize(
    ("tries", "again"),
    [
        (("no_answer", "no_answer"), True),
        (("no_answer", "no_answer", "no_answer"), False),
        (("no_answer", "busy", "voicemail"), False),  # a busy line was called, too
        (("skip", "skip", "skip"), True),  # who was skipped was not
    ],
)
def test_three_calls_in_24_hours(
    desk: Desk, book: SqliteBook, clock: Clock, state: str, tries: tuple[str, ...], *, again: bool
) -> None:
    clock.at = NOON_IN_MIAMI + timedelta(hours=3)
    lead = worked(desk, "Pat Doe", ago=timedelta(days=1), phones=(state,))
    called(desk, lead, *tries)
    assert may(desk, book, lead) is again


def test_the_call_of_a_colleague_counts_as_well(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    clock.at = NOON_IN_MIAMI + timedelta(hours=3)
    lead = worked(desk, "Pat Doe", ago=timedelta(days=1), phones=("+13055550123",))
    called(desk, lead, "no_answer", "no_answer")
    theirs = ev.Attempt("phone", "no_answer", author="Sam")
    with book.work() as work:
        facts = [(lead, clock() - timedelta(hours=1, minutes=30), theirs)]
        work.append(desk.action("from the CRM", facts, origin="crm", kind="fact"))
    assert not may(desk, book, lead)


def test_a_limit_of_your_own_may_reach_back_further_than_ours(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    rows = [
        {"region": "*", "windows": ["08:00-21:00"], "dated": "2026-11-22", "source": "ours"},
        {"region": "GB", "windows": ["08:00-21:00"], "max_calls": "2 in 90 days", "dated": "2026-11-22",
         "source": "our own promise"},
    ]  # fmt: skip
    table: Table = read_table({"rule": rows})
    strict = Desk(book, book.rules, clock, region="GB", hours=CallingHours(table))
    lead = worked(strict, "Tom Okafor")
    called(strict, lead, "no_answer", "no_answer")
    for days, again in ((80, False), (10, True)):
        clock.advance(days=days)
        assert may(strict, book, lead) is again


def test_a_number_is_retired_however_it_was_typed(desk: Desk, book: SqliteBook) -> None:
    lead = worked(desk, "Tom Okafor", phones=("+442079460001", "+442079460002"))
    log(desk, lead, Report("wrong_number", channel="phone", number="020 7946 0001"))
    log(desk, lead, Report("bounced", channel="email", number="Tom.Okafor@Example.com"))
    found = book.lead(lead)
    assert found is not None
    assert (found.phones, found.emails) == (("+442079460002",), ())


def test_an_override_needs_a_reason_and_keeps_it(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    clock.at = datetime(2026, 11, 23, 7, tzinfo=UTC)
    lead = add(desk, person("Out Bound"), direction="outbound")
    for blank in ("", "  "):
        with pytest.raises(Refused, match="may not be called now"):
            log(desk, lead, Report("no_answer", override=blank))
    log(desk, lead, Report("no_answer", override=OUTSIDE))
    bodies = [event.body for event in book.events(lead)]
    assert [body.hours_override for body in bodies if isinstance(body, ev.Attempt)] == [OUTSIDE]
