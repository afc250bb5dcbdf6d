"""The real book in a file, for a simulated day: opened quickly and often."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.util import LRUCache

from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook

CRM = "fake"


@cache
def rules() -> Rules:
    return default_rules()


def nowhere(_lead: Lead) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (), ()


@cache
def empty_book(folder: Path) -> Path:
    """A book with nothing in it, made once: migrating is slow."""
    path = folder / "empty.db"
    path.unlink(missing_ok=True)
    book = SqliteBook(path, rules(), nowhere)
    book.put_note("crm", CRM)
    with book.writing() as connection:
        connection.exec_driver_sql("DELETE FROM event")
    book.close()
    return path


class DiskBook(SqliteBook):
    """The real book in a file; what a simulated rep asks beyond that of a book in memory."""

    def lead_ids(self) -> list[str]:
        with self.reading() as connection:
            return sorted(row[0] for row in connection.exec_driver_sql("SELECT DISTINCT lead FROM event"))

    def size(self) -> int:
        with self.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one())


COMPILED: Any = LRUCache(1000)
"""Statements compiled once for all books: each engine has a cache of its own, and a simulation opens very many."""


def open_book(path: Path) -> DiskBook:
    book = DiskBook(path, rules(), nowhere)
    for engine in (book._engine, book._writing):
        engine._compiled_cache = COMPILED

    @event.listens_for(book._engine, "connect")
    def fast(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # the simulated death is of the process, not of the machine

    return book


def new_book(path: Path) -> DiskBook:
    """Open an empty book, in place of what a day before left there."""
    remove_book(path)
    shutil.copy(empty_book(path.parent), path)
    return open_book(path)


def remove_book(path: Path) -> None:
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
