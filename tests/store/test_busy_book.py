"""Weeks of a busy rep in a real book: nobody is forgotten, nothing kept differs from what the journal says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from callsheet.domain import events as ev
from callsheet.services import decisions, history, next_steps
from callsheet.services.decisions import Decision
from callsheet.services.desk import Desk, Refused
from callsheet.services.imports import import_rows
from callsheet.services.lead_row import LeadRow
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import Clock, person
from tests.store.test_book import dump

DID: list[tuple[ev.InteractionKind, str]] = [
    ("download", "Guide"), ("webinar", "Live"), ("visit", "Pricing"), ("download", "Guide"),
]  # fmt: skip


def list_of(count: int, chance: random.Random, clock: Clock) -> Iterator[LeadRow]:
    """Return a list as it comes: leads and names, some hot, some to be left alone, some without a number."""
    for number in range(count):
        received = clock.at - timedelta(days=chance.randrange(20))
        did = chance.sample(DID, chance.randrange(4))
        yield LeadRow(
            number + 2,
            person(
                f"Lead {number}",
                phones=chance.choice([(), (f"+44207{number:07}",), (f"+1212{2_000_000 + number}",)]),
                emails=chance.choice([(), (f"lead{number}@example.com",)]),
            ),
            interactions=tuple((ev.Interaction(kind, topic), received) for kind, topic in did),
            contact_me=chance.random() < 0.1,
            do_not_contact=chance.random() < 0.03,
            received_at=received,
            direction=chance.choice(["inbound", "inbound", "outbound"]),
            originator="Sam",
        )


def act(desk: Desk, lead: str, chance: random.Random) -> None:
    """Do something that a rep may do, as far as the rules allow it."""
    now, outcomes = desk.now(), desk.rules.outcomes
    later = next_steps.Agreed(now + timedelta(hours=chance.randint(1, 300)), "a call")
    made = Decision("close", "lost", "no budget") if chance.random() < 0.5 else Decision("nurture", note="next year")
    match chance.choice(["log", "log", "log", "log", "kick back", "reopen", "snooze", "decide", "undo", "redo"]):
        case "log":
            channel = chance.choice(["phone", "email", "linkedin", "post"])
            outcome = chance.choice(outcomes.on(channel)).name  # type: ignore[arg-type]
            what = Report(outcome, channel, note="pallets", override="they said so")  # type: ignore[arg-type]
            if chance.random() < 0.6:
                agreed = chance.random() < 0.6
                what = Report(
                    outcome, what.channel, note="pallets", override="they said so",
                    agreed=later if agreed else None, decision=None if agreed else made,
                )  # fmt: skip
            log(desk, lead, what)
        case "kick back":
            decisions.kick_back(desk, lead, "no need")
        case "reopen":
            decisions.reopen(desk, lead, "they called")
        case "snooze":
            decisions.snooze(desk, lead, now + timedelta(hours=50))
        case "decide":
            decisions.decide(desk, lead, made)
        case "undo":
            history.undo(desk)
        case _:
            history.redo(desk)


def play(desk: Desk, book: SqliteBook, clock: Clock, seed: int, leads: int, actions: int) -> None:
    chance = random.Random(seed)
    import_rows(desk, list_of(leads, chance, clock))
    found = [row.entry.lead for row in book.sheet(clock.at, limit=leads)]
    assert len(found) > leads // 3
    done = 0
    for _ in range(actions):
        clock.advance(minutes=chance.randint(1, 9) if chance.random() < 0.9 else chance.randint(60, 1800))
        try:
            act(desk, chance.choice(found), chance)
        except (Refused, ValueError):
            continue
        done += 1
    assert done > actions // 2
    audit = book.audit()
    assert (audit.total, audit.unaccounted) == (leads, ())
    assert audit.names + audit.working + audit.nurture + audit.returned + audit.closed == leads


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_forgotten_and_all_can_be_worked_out_anew_and_taken_back(
    desk: Desk, book: SqliteBook, clock: Clock, seed: int
) -> None:
    play(desk, book, clock, seed, 60, 120)
    kept = dump(book)
    book.rebuild()
    assert dump(book) == kept
    taken = 0
    while taken < 25:
        try:
            history.undo(desk)
        except Refused:
            break
        taken += 1
    assert taken > 5
    assert dump(book) != kept
    for _ in range(taken):
        history.redo(desk)
    assert dump(book) == kept


@pytest.mark.slow
def test_of_ten_thousand_leads_nobody_is_forgotten(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    play(desk, book, clock, 3, 10_000, 1_000)
    kept = dump(book)
    book.rebuild()
    assert dump(book) == kept
