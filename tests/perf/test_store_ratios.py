"""How fast the book is, as ratios to the least that SQLite and Python could do for the same; prints, fails on nothing.

`uv run --group dev pytest -m perf -n 0 -s`; the number of leads is CALLSHEET_BENCH_LEADS (20,000), the figures are also
written to the file named by CALLSHEET_BENCH_JSON.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from callsheet.domain import events as ev
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.intake import first_facts
from callsheet.services.outreach import Report, log
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from tests.desks import person

pytestmark = [pytest.mark.perf, pytest.mark.xdist_group("perf")]

LEADS = int(os.environ.get("CALLSHEET_BENCH_LEADS", "20000"))
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
figures: dict[str, float] = {}


def timed(work: Callable[[], object], rounds: int = 30) -> float:
    """Return the median of some rounds, in milliseconds, after one that warms up."""
    work()
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def ratio(name: str, ours: float, least: float, goal: str) -> None:
    figures[name] = round(ours / least, 2)
    print(f"\n{name:34} {ours:9.2f} ms   least {least:9.3f} ms   ratio {ours / least:7.2f}   goal {goal}")  # noqa: T201


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    book = SqliteBook(tmp_path_factory.mktemp("bench") / "callsheet.db", default_rules(), located)
    desk = Desk(book, book.rules, lambda: NOW, region="GB")
    dice = random.Random(1)
    start = time.perf_counter()
    for first in range(0, LEADS, 500):
        facts = []
        for index in range(first, first + 500):
            at = NOW - timedelta(minutes=dice.randrange(60 * 24))
            kind: ev.InteractionKind = "contact_form" if dice.random() < 0.02 else "download"
            done = [(ev.Interaction(kind, f"Guide {index % 7}"), at)]
            if dice.random() < 0.7:
                done.append((ev.Interaction("webinar", "Live"), at - timedelta(days=2)))
            who = person(f"First{index % 977} Last{index}", phones=(f"+442079{index % 1000000:06}",))
            facts += first_facts(ev.new_id(), ev.Captured(who, at), done, desk.rules)
        with book.work() as work:
            work.append(desk.action("import", facts, origin="import", kind="fact"))
    figures["fill_s"] = round(time.perf_counter() - start, 2)
    print(f"\n{LEADS} leads filled in {figures['fill_s']} s")  # noqa: T201
    yield desk
    book.close()
    target = os.environ.get("CALLSHEET_BENCH_JSON")
    if target:
        Path(target).write_text(json.dumps(figures, indent=1))


@pytest.fixture
def book(desk: Desk) -> SqliteBook:
    assert isinstance(desk.book, SqliteBook)
    return desk.book


def test_a_log_against_the_same_statements_by_bare_sqlite(desk: Desk, book: SqliteBook) -> None:
    leads = iter([row.entry.lead for row in book.sheet(NOW, pane="due", limit=200)])
    ours = timed(lambda: log(desk, next(leads), Report("no_answer", channel="phone")))
    done: list[tuple[str, Any, bool]] = []

    def note(conn: object, cursor: object, statement: str, values: Any, context: object, many: bool) -> None:
        done.append((statement, values, many))

    event.listen(book._engine, "before_cursor_execute", note)
    log(desk, next(leads), Report("no_answer", channel="phone"))
    event.remove(book._engine, "before_cursor_execute", note)
    raw = sqlite3.connect(book.path, isolation_level=None)
    raw.execute("PRAGMA synchronous=FULL")

    def replay() -> None:
        raw.execute("BEGIN IMMEDIATE")
        for statement, values, many in done:
            if statement.startswith(("INSERT INTO event", "INSERT INTO action")):
                changed = [list(row) for row in (values if many else [values])]
                for row in changed:
                    row[0] = ev.new_id()
                raw.executemany(statement, changed)
            elif not statement.startswith("BEGIN"):
                (raw.executemany if many else raw.execute)(statement, values)
        raw.execute("COMMIT")

    ratio("log, durable", ours, timed(replay), "<= 1.5")
    raw.close()


def test_the_first_page_against_a_bare_indexed_top_50(book: SqliteBook) -> None:
    raw = sqlite3.connect(book.path)
    top = "SELECT body FROM agenda WHERE lane = 'step' ORDER BY due_at LIMIT 50"
    least = timed(lambda: raw.execute(top).fetchall())
    ratio("first page of the sheet", timed(lambda: book.sheet(NOW)), least, "<= 12")
    ratio("counts of the panes", timed(lambda: book.counts(NOW)), least, "-")
    raw.close()


@pytest.mark.parametrize("typed", ["f", "fi", "first5", "last19", "2079000"])
def test_find_per_letter(book: SqliteBook, typed: str) -> None:
    ratio(f"find {typed!r}", timed(lambda: book.find(typed)), 1.0, "ms, < 50")


def test_a_rebuild_against_reading_and_decoding_the_journal(book: SqliteBook) -> None:
    raw = sqlite3.connect(book.path)

    def read() -> None:
        for (body,) in raw.execute("SELECT body FROM event"):
            msgspec.json.decode(body)

    ratio("rebuild", timed(book.rebuild, 1), timed(read, 1), "<= 3")
    raw.close()
