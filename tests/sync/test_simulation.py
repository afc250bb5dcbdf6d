"""Whole days at random: whatever the network, the manager and death do, the CRM and the book agree in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync import simulate


@pytest.fixture
def folder() -> Iterator[Path]:
    where = simulate.folder()
    yield where
    for left in where.iterdir():
        left.unlink()
    where.rmdir()


@pytest.mark.parametrize("first", range(1, 301, 50))
def test_a_day_at_random_ends_in_agreement(first: int) -> None:
    days = {seed: simulate.play(seed)[0] for seed in range(first, first + 50)}
    assert not {seed: wrong for seed, wrong in days.items() if wrong}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["native", "lookup", "none"])
@pytest.mark.parametrize("first", range(100_000, 102_000, 250))
def test_thousands_of_days_at_random_end_in_agreement(first: int, kind: str) -> None:
    days = {seed: simulate.play(seed, None, 40, kind)[0] for seed in range(first, first + 250)}
    assert not {seed: wrong for seed, wrong in days.items() if wrong}


@pytest.mark.parametrize("seed", [3, 6, 7, 78])
def test_a_seed_plays_the_same_day_over_the_book_in_memory_and_the_one_on_disk(seed: int, folder: Path) -> None:
    in_memory, on_disk = simulate.play(seed), simulate.play(seed, folder)
    assert in_memory[1].log == on_disk[1].log
    assert in_memory[0] == on_disk[0] == []
    assert len(on_disk[1].log) > 20


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 101, 25))
def test_days_on_disk_are_the_days_in_memory(first: int, folder: Path) -> None:
    days = range(first, first + 25)
    logs = {seed: [simulate.play(seed, where)[1].log for where in (None, folder)] for seed in days}
    apart = [seed for seed, (in_memory, on_disk) in logs.items() if in_memory != on_disk]
    assert not apart
