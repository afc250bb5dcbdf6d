"""Drawings of figures say what the numbers say, in exactly the cells that they are given."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from callsheet.services.figures import Day, Hour
from callsheet.ui.widgets.figures import LEVELS, bar, block_row, every_day, heat_map, sparkline


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 80))
def test_a_bar_fills_its_cells_and_never_hides_something(part: int, whole: int, width: int) -> None:
    drawn = bar(part, whole, width).plain
    assert len(drawn) == width
    assert (drawn[0] != "─") == (part > 0 and whole > 0)
    assert ("─" in drawn) or part >= whole > 0 or part * width * 8 // max(whole, 1) >= (width - 1) * 8


@given(st.lists(st.integers(0, 1000), max_size=100))
def test_a_line_of_days_has_a_cell_for_each_and_the_most_is_full(values: list[int]) -> None:
    drawn = sparkline(values).plain
    assert len(drawn) == len(values)
    assert [sign == "·" for sign in drawn] == [value == 0 for value in values]
    if max(values, default=0):
        assert drawn[values.index(max(values))] == LEVELS[-1]


def test_days_without_anything_are_there_too() -> None:
    days = every_day([Day(date(2026, 11, 20), 4, 1)], date(2026, 11, 18), date(2026, 11, 21))
    assert [one.attempts for one in days] == [0, 0, 4, 0]


def test_the_map_of_hours_names_day_and_hour_and_says_connects() -> None:
    shown = [one.plain for one in heat_map([Hour(1, 9, 4, 2), Hour(3, 16, 5, 0), Hour(6, 10, 1, 1)], 60)]
    assert shown[0].split()[:2] == ["09", "10"]
    assert [row[:3] for row in shown[1:]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sun"]
    assert shown[2][5:7] == "▓2"
    assert shown[4][shown[0].index("16")] == "·"
    assert shown[6][shown[0].index("10") :].startswith("█1")


@given(st.lists(st.builds(Hour, st.integers(0, 6), st.integers(0, 23), st.integers(0, 50), st.integers(0, 50))),
       st.integers(10, 120))  # fmt: skip
def test_the_map_of_hours_fits(hours: list[Hour], width: int) -> None:
    assert all(one.cell_length <= max(width, 12) for one in heat_map(hours, width))


def test_kept_and_missed_blocks_differ_by_their_sign() -> None:
    assert block_row([3, 0, 5, 2], 3, 10).plain.split() == ["■", "□", "■", "□"]
    assert block_row([3, 0, 5, 2], 3, 2).plain.split() == ["■", "□"]
