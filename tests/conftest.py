"""A real book on disk, a desk with a clock that the test sets, and leads to put into it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from tests.desks import Clock

# How long an example takes says more about the machine than about the code.
settings.register_profile("callsheet", deadline=None)
settings.load_profile("callsheet")

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY_NOON)


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book as it is made, once: all migrations take ten times as long as a copy."""
    path = tmp_path_factory.mktemp("new") / "callsheet.db"
    SqliteBook(path, default_rules(), located).close()
    return path


@pytest.fixture
def book(tmp_path: Path, new_book: Path) -> Iterator[SqliteBook]:
    shutil.copy(new_book, tmp_path / "callsheet.db")
    made = SqliteBook(tmp_path / "callsheet.db", default_rules(), located)
    yield made
    made.close()


@pytest.fixture
def desk(book: SqliteBook, clock: Clock) -> Desk:
    return Desk(book, book.rules, clock, region="GB")
