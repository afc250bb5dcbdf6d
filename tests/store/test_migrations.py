"""A book that an earlier callsheet wrote is opened by this one, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path

from tests.cli.conftest import LEADS, Shell, book, shell  # noqa: F401 - fixtures

FACTS = ("event", "action", "plan_version", "note")


def as_first_version(file: Path) -> None:
    """Make the file what the first version would have written of the same facts, its derived rows left out."""
    tables = import_module("callsheet.store.migrations.versions.v0001_first").STATEMENTS
    older = file.with_name("older.db")
    with closing(sqlite3.connect(older)) as made:
        for statement in (*tables, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"):
            made.execute(statement)
        made.execute("INSERT INTO alembic_version VALUES ('0001')")
        made.execute("ATTACH DATABASE ? AS newer", (str(file),))
        for table in FACTS:
            made.execute(f"INSERT INTO main.{table} SELECT * FROM newer.{table}")  # noqa: S608 - our own names
        made.execute("UPDATE note SET value = x'2222' WHERE name = 'rules'")
        made.commit()
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    older.rename(file)


def test_a_book_of_the_first_version_is_taken_over_whole(book: Shell) -> None:  # noqa: F811
    book.json("log", "priya", "n")
    book.json("log", "bob", "sent", "--channel", "email")
    commands = (["today"], ["audit"], ["show", "priya"], ["report", "habit"], ["report", "coverage"])
    before = [book.json(*command) for command in commands]
    as_first_version(book.home / "callsheet.db")
    assert [book.json(*command) for command in commands] == before
    assert before[1]["total"] == 4
    book.json("undo")
    book.json("undo")
    assert book.json("show", "priya")["why"]["attempts"]["counted"] == 0
