"""The SQLite file: opened private, durable and at the schema of this version."""

from __future__ import annotations

from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from callsheet.services.desk import BookTrouble

HEAD: Final = "0002"
"""The newest migration; a test holds it to the folder's newest file."""

BUSY_MS: Final = 10_000
"""Milliseconds that a write waits for another process to finish its own."""


class BookUnreadable(BookTrouble):
    """The database cannot be used: damaged, from a newer version, or not ours. The message says what to do."""


class BookBusy(BookTrouble):
    """Another process holds the database for longer than a rep should wait; trying again is safe."""


class BookFull(BookTrouble):
    """There is no room left on the disk."""


def open_database(path: Path) -> Engine:
    """Open the database, made or migrated as needed.

    Raises:
        BookUnreadable: the file is damaged, no database, or was written by a newer callsheet.
        BookBusy: another process holds it.
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", partial(_explain, path))
    try:
        with engine.connect() as connection:
            found = _version(connection)
            if found != HEAD:
                _migrate(connection, found)
    except DatabaseError as error:
        engine.dispose()
        if _is_busy(error):
            raise _busy(path.name) from error
        raise _unreadable(path, error.orig) from error
    except BookTrouble:
        engine.dispose()
        raise
    return engine


def _configure(connection: Any, record: object) -> None:  # noqa: ARG001 - the driver's own connection
    # SQLAlchemy decides where transactions begin: the driver's own guess would hold reads open and start writes late.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA cache_size=-16384")


def _begin(connection: Connection) -> None:
    # A transaction that will write takes the lock at once, so that what it has read still holds when it writes.
    writes = connection.get_execution_options().get("writes", False)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    except DatabaseError as error:
        if _is_busy(error):
            raise _busy("the book") from error
        raise


def _explain(path: Path, context: ExceptionContext) -> None:
    # In one place, as a statement, a commit and a read can all be what finds the disk full or the file damaged.
    said = str(context.original_exception)
    if "disk is full" in said:
        raise BookFull(
            f"the disk with {path} is full: this was not kept, all before it is. Make room, then do it again"
        ) from context.original_exception
    if "malformed" in said or "disk I/O error" in said:
        raise _unreadable(path, context.original_exception) from context.original_exception


def _unreadable(path: Path, why: BaseException | None) -> BookUnreadable:
    return BookUnreadable(
        f"{path} cannot be read as a callsheet database ({why}): "
        "keep the file, and bring back a copy with `callsheet restore`"
    )


def _is_busy(error: DatabaseError) -> bool:
    return "locked" in str(error.orig)


def _busy(what: str) -> BookBusy:
    return BookBusy(f"{what} is in use by another callsheet, which is taking long: try again when it has finished")


def _version(connection: Connection) -> str | None:
    tables = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
    if "alembic_version" not in tables:
        if tables:
            raise BookUnreadable("the file is a database of another program: choose another home for callsheet")
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > HEAD:
        raise BookUnreadable(
            f"the database was written by a newer callsheet (schema {found}): update callsheet to open it"
        )
    return found


def _migrate(connection: Connection, found: str | None) -> None:
    # Alembic takes a third of a second to import, and is needed once a version.
    from alembic import command
    from alembic.config import Config

    config = Config()
    with resources.as_file(resources.files("callsheet.store") / "migrations") as folder:
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        connection.rollback()
        writer = connection.execution_options(writes=True)
        with writer.begin():
            # Another process may have been faster while we waited for the lock.
            if found is None and _version(writer) == HEAD:
                return
            config.attributes["connection"] = writer
            command.upgrade(config, "head")
