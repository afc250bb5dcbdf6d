"""How fast the figures are over a year of a million touches, as ratios to one query over a covering index; prints.

`uv run --group dev pytest -m perf -n 0 -s tests/perf/test_report_ratios.py`; the number of touches is
CALLSHEET_BENCH_TOUCHES (1,000,000).
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callsheet.services import figures
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.store import schema
from callsheet.store.book import SqliteBook

pytestmark = [pytest.mark.perf, pytest.mark.xdist_group("perf")]

TOUCHES = int(os.environ.get("CALLSHEET_BENCH_TOUCHES", "1000000"))
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
COVERED = (
    "SELECT at / 86400000000, channel, outcome, count(*), sum(reached) FROM touch INDEXED BY covered GROUP BY 1, 2, 3"
)


def timed(work: Callable[[], object], rounds: int = 7) -> float:
    work()
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    path: Path = tmp_path_factory.mktemp("report") / "callsheet.db"
    book = SqliteBook(path, default_rules(), located)
    dice, day = random.Random(1), timedelta(days=1)
    with book.writing() as connection:
        for first in range(0, TOUCHES // 10, 500):
            leads, receipts, touches = [], [], []
            for number in range(first, first + 500):
                lead, at = f"lead-{number}", NOW - dice.random() * 365 * day
                waits = {part: dice.randrange(86400) for part in ("system", "offline", "rep")}
                worked = {f"{part}_worked": wait // 3 for part, wait in waits.items()}
                leads.append({
                    "id": lead, "state": "working", "name": f"Lead {number}", "name_key": "", "company": "",
                    "title": "", "phone": "", "email": "", "campaign": "",
                    "received_at": at, "last_missed": None, "missing": "",
                    "zones": "", "regions": "",
                })  # fmt: skip
                receipts.append({
                    "received_at": at, "lead": lead, "campaign": "", "state": "working", "promise_at": at + day,
                    "touched_at": at + dice.random() * 2 * day, "counted": 10, "reached": 0, "met": 0, "barred": 0,
                    **waits, **worked,
                })  # fmt: skip
                touches += [
                    {"event": f"{number}-{nth}", "lead": lead, "at": min(at + dice.random() * 21 * day, NOW),
                     "channel": dice.choice(("phone", "email")), "outcome": "no_answer", "reached": nth == 0,
                     "counts": 1, "mine": 1, "acted": 1, "followed": 0}
                    for nth in range(10)
                ]  # fmt: skip
            for table, rows in ((schema.lead, leads), (schema.receipt, receipts), (schema.touch, touches)):
                connection.execute(table.insert(), rows)
    yield Desk(book, book.rules, lambda: NOW, region="GB")
    book.close()


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_report_against_one_query_over_a_covering_index(desk: Desk, days: int) -> None:
    book = desk.book
    assert isinstance(book, SqliteBook)
    raw = sqlite3.connect(book.path)
    raw.execute("CREATE INDEX covered ON touch (at, channel, outcome, reached)")
    least = timed(lambda: raw.execute(COVERED).fetchall(), 3)
    raw.execute("DROP INDEX covered")
    raw.close()
    reads, period = book.figures(), figures.last_days(desk, days)
    for make in (figures.coverage, figures.speed, figures.habit):
        ours = timed(lambda make=make: make(desk, reads, period))  # type: ignore[misc]
        name = f"{make.__name__}, last {days} days"
        print(f"\n{name:34} {ours:9.2f} ms   least {least:9.3f} ms   ratio {ours / least:7.3f}   goal <= 0.05")  # noqa: T201
