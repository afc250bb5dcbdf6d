"""A rep's office: the settings, the rules, the book and the desk, made from the files of one home."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import msgspec

from callsheet.bootstrap.start import Start
from callsheet.domain.rules import Rules
from callsheet.services.calling import located
from callsheet.services.calling_hours import table_with
from callsheet.services.desk import CallingHours, Desk
from callsheet.services.public_holidays import PublicHolidays
from callsheet.services.router import Router
from callsheet.services.routing import read_rules
from callsheet.services.rulebook import rulebook
from callsheet.settings.file import read
from callsheet.settings.paths import Paths, find_paths
from callsheet.settings.schema import Settings
from callsheet.store.book import SqliteBook
from callsheet.store.company_query import SqliteCompanies
from callsheet.store.database import HEAD

FINGERPRINT: Final = "rules"
"""The note of the book that says by which rules its derived rows were made."""

Rebuilding = Callable[[int, int], None]
"""Told the leads done and the leads in all."""


@dataclass(frozen=True)
class Office:
    """All that a command or the screens work with."""

    paths: Paths
    settings: Settings
    book: SqliteBook
    desk: Desk
    start: Start

    @property
    def rules(self) -> Rules:
        """The rules of this rep."""
        return self.desk.rules


@contextmanager
def office(start: Start, *, rebuilding: Rebuilding | None = None) -> Iterator[Office]:
    """Open the office of this user, and close it in the end.

    When settings that the rules depend on have changed, the derived rows are made anew; `rebuilding` is told how far.

    Raises:
        callsheet.settings.HomeError: the folders cannot be used.
        callsheet.settings.SettingsError: the settings cannot be used.
        callsheet.services.toml_file.TomlError: a plan, an outcome or the calling hours cannot be used.
        callsheet.store.database.BookUnreadable: the database cannot be used.
    """
    paths = find_paths(start.environ)
    paths.ensure()
    settings = read(paths.settings, start.environ)
    opened = open_office(start, paths, settings, rebuilding=rebuilding)
    try:
        yield opened
    finally:
        opened.book.close()


def open_office(start: Start, paths: Paths, settings: Settings, *, rebuilding: Rebuilding | None = None) -> Office:
    """Put the office together from settings that were read; the caller closes the book."""
    holidays = PublicHolidays(paths.data / "holidays.json")
    rules = rulebook(settings, plans_dir=paths.plans_dir, outcomes=paths.outcomes, holidays=holidays)
    hours = CallingHours(table_with(paths.calling_hours), settings.soft_window, settings.calling.hard_window)
    book = SqliteBook(paths.database, rules, located)
    kept = book.plans()
    if not kept.keys() <= rules.plans.keys():
        rules = rulebook(settings, plans_dir=paths.plans_dir, outcomes=paths.outcomes, kept=kept, holidays=holidays)
        book.rules = rules
    _keep_up(book, fingerprint(settings, rules), rebuilding)
    route = Router(book, SqliteCompanies(book), read_rules(paths.routing), settings.rep.name)
    desk = Desk(book, rules, start.now, settings.rep.country or "US", hours, route)
    return Office(paths, settings, book, desk, start)


def fingerprint(settings: Settings, rules: Rules) -> str:
    """Return what changes when derived rows come out differently: rules, outcomes, plans, holidays, program, tables."""
    rep = settings.rep
    parts = (
        version("callsheet"), HEAD, version("holidays"), rep.timezone, rep.country, rep.region, settings.hours,
        settings.promise, settings.due, settings.plans, settings.nurture, settings.attempts, settings.blocks,
        list(rules.outcomes), [rules.newest(name) for name in sorted({name for name, _ in rules.plans})],
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _keep_up(book: SqliteBook, found: str, rebuilding: Rebuilding | None) -> None:
    known = book.note(FINGERPRINT)
    if known == found:
        return
    if known is not None:
        book.rebuild(rebuilding)
    book.put_note(FINGERPRINT, found)
