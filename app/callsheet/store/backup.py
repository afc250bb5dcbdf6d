"""Copies of the book: made while it is in use, checked before they are brought back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from callsheet.store.database import BUSY_MS, HEAD, BookBusy, BookUnreadable

_MAGIC: Final = b"SQLite format 3\0"
_MISSING: Final = "there is no file {}: name a copy that `callsheet backup` made"


def back_up(book: Path, target: Path) -> int:
    """Copy the book as it is at one moment, also while others write; return the copy's size in bytes.

    The copy appears whole or not at all, and only its owner may read it.

    Raises:
        BookUnreadable: the book or the place for the copy cannot be used.
        BookBusy: another process holds the book.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(_open(book)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
        return target.stat().st_size
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise _trouble(book, error) from error
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BookUnreadable(f"{target} cannot be written ({error.strerror}): name another place") from error


def check_copy(file: Path) -> None:
    """See that a file is a whole book of this or an earlier callsheet.

    Raises:
        BookUnreadable: it is not.
    """
    if not file.is_file():
        raise BookUnreadable(_MISSING.format(file))
    if not is_book(file):
        raise BookUnreadable(f"{file} is no copy of a book: name one that `callsheet backup` made")
    try:
        with closing(_open(file)) as copy:
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            version = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except sqlite3.Error as error:
        raise BookUnreadable(f"{file} is damaged or no copy of a book ({error}): name another one") from error
    if found != "ok":
        raise BookUnreadable(f"{file} is damaged ({found}): name another copy")
    if version > HEAD:
        raise BookUnreadable(f"{file} was written by a newer callsheet (schema {version}): update callsheet first")


def is_book(file: Path) -> bool:
    """Tell whether there is a database in the file."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def put_back(copy: Path, book: Path) -> None:
    """Make the book what the copy is. A sheet that is open on it sees the change like any other.

    A book that is too damaged to be written is moved aside, and the copy takes its place.

    Raises:
        BookBusy: another process holds the book.
        BookUnreadable: the book's file cannot be written.
    """
    try:
        if book.exists() and not is_book(book) and book.stat().st_size:
            _aside(book)
        os.close(os.open(book, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(_open(copy)) as source:
            try:
                _copy(source, book)
            except sqlite3.DatabaseError as error:
                if "locked" in str(error):
                    raise
                _aside(book)
                os.close(os.open(book, os.O_WRONLY | os.O_CREAT, 0o600))
                _copy(source, book)
    except sqlite3.Error as error:
        raise _trouble(book, error) from error
    except OSError as error:
        raise BookUnreadable(f"{book} cannot be written ({error.strerror})") from error


def _copy(source: sqlite3.Connection, book: Path) -> None:
    with closing(sqlite3.connect(book, timeout=BUSY_MS / 1000)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")


def _aside(book: Path) -> None:
    for file in book.parent.glob(f"{book.name}*"):
        if file.name.removeprefix(book.name) in ("", "-wal", "-shm"):
            file.replace(file.with_name(f"damaged-{file.name}"))


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_MS / 1000)


def _trouble(book: Path, error: sqlite3.Error) -> BookBusy | BookUnreadable:
    if "locked" in str(error):
        return BookBusy("the book is in use by another callsheet, which is taking long: try again when it has finished")
    return BookUnreadable(f"{book} cannot be read ({error}): bring back a copy with `callsheet restore FILE`")
