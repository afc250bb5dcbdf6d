"""The pull's place, against a table that orders by microseconds and compares by seconds, as Odoo's do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.crm.odoo.place import OVERLAP, Place, cursor, places
from callsheet.crm.odoo.records import written
from callsheet.sync.port import Drift

START = datetime(2026, 7, 3, 10, tzinfo=UTC)


class Table:
    """Rows by id, each with the exact time of its last change."""

    def __init__(self, stamps: dict[int, int]) -> None:
        self.stamps = {number: START + timedelta(microseconds=stamp) for number, stamp in stamps.items()}

    def page(self, place: Place, limit: int) -> list[dict[str, Any]]:
        tests: dict[str, Callable[[Any, Any], bool]] = {
            ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
        }  # fmt: skip

        def fits(number: int, stamp: datetime) -> bool:
            values = {"id": number, "write_date": written(stamp)}
            return all(tests[sign](values[name], value) for name, sign, value in place.domain())

        rows = [(stamp, number) for number, stamp in self.stamps.items() if fits(number, stamp)]
        rows.sort(key=lambda row: row[1] if place.order == "id asc" else row)
        return [{"id": number, "write_date": written(stamp)} for stamp, number in rows[:limit]]


def run(table: Table, place: Place, limit: int) -> tuple[list[int], Place]:
    seen: list[int] = []
    place = place.started()
    for _ in range(10_000):
        taken, place = place.after(table.page(place, limit), limit)
        seen += [row["id"] for row in taken]
        if not place.running:
            return seen, place
    pytest.fail("the run never ends")


tables = st.dictionaries(st.integers(1, 60), st.integers(0, 4_000_000), max_size=40)


@given(tables, st.integers(1, 7))
def test_every_record_is_read_once_whatever_shares_a_second(stamps: dict[int, int], limit: int) -> None:
    seen, _ = run(Table(stamps), Place(), limit)
    assert sorted(seen) == sorted(stamps)


@given(
    tables, st.dictionaries(st.integers(1, 60), st.integers(0, 3_000_000), min_size=1, max_size=10), st.integers(1, 7)
)
def test_no_later_change_is_skipped(stamps: dict[int, int], changes: dict[int, int], limit: int) -> None:
    table = Table(stamps)
    _, place = run(table, Place(), limit)
    newest = max(table.stamps.values(), default=START)
    for number, later in changes.items():  # some of them in the very second that was read last
        table.stamps[number] = newest + timedelta(microseconds=later)
    seen, _ = run(table, places(cursor(leads=place), "leads")[0], limit)
    assert changes.keys() <= set(seen)


def test_a_row_that_shows_late_is_caught_by_the_overlap() -> None:
    table = Table({1: 90_000_000})
    _, place = run(table, Place(), 5)
    table.stamps[2] = table.stamps[1] - OVERLAP + timedelta(seconds=1)
    seen, place = run(table, place, 5)
    assert 2 in seen
    assert place.high == written(table.stamps[1])


def test_a_quiet_table_keeps_its_place() -> None:
    _, place = run(Table({1: 0}), Place(), 5)
    for _ in range(3):
        seen, place = run(Table({}), place, 5)
        assert seen == []
        assert place.high == written(START)


@pytest.mark.parametrize("text", ["{}x", "[]", '{"leads": 3}', '{"leads": ["", "x", "", false]}'])
def test_a_damaged_cursor_is_told(text: str) -> None:
    with pytest.raises(Drift):
        places(text, "leads")


def test_a_cursor_of_an_older_version_starts_what_it_does_not_name_anew() -> None:
    assert places(cursor(messages=Place(high="x")), "messages", "calls") == (Place(high="x"), Place())
