"""Whether everything is in order: the settings and tables, the home, the book, the CRM; what is not, and what to do."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callsheet.bootstrap import secrecy
from callsheet.bootstrap.connecting import look
from callsheet.bootstrap.crm import kept_key, made
from callsheet.bootstrap.office import Office, office
from callsheet.bootstrap.start import Start
from callsheet.crm.registry import Connection
from callsheet.services import outcome_table, plan_library
from callsheet.services.calling_hours import table_with
from callsheet.services.shelf import read_shelf
from callsheet.services.toml_file import TomlError
from callsheet.settings import HomeError, Paths, Secret, SettingsError, TokenError, find_paths, find_token
from callsheet.settings.file import check, placed
from callsheet.settings.file import read as read_settings
from callsheet.store.backup import check_copy
from callsheet.store.database import BookBusy, BookUnreadable
from callsheet.sync.port import CrmError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: in order or not, and in words what there is or what to do."""

    name: str
    ok: bool
    detail: str = ""


def settings_problems(paths: Paths, environ: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong with what the rep can edit, a line each with file, line and reason."""
    found = [str(error) for error in check(paths.settings)]
    readers: list[Callable[[], object]] = [
        lambda: plan_library.own_plans(paths.plans_dir),
        lambda: table_with(paths.calling_hours),
    ]
    if paths.outcomes.is_file():
        readers.append(lambda: outcome_table.table(paths.outcomes))
    for read in readers:
        try:
            read()
        except TomlError as error:
            found.append(str(error))
    return found or _look_problems(paths, environ)


def _look_problems(paths: Paths, environ: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the theme and the keys, which only the screens know."""
    from callsheet.ui.look import wrong

    settings = read_settings(paths.settings, environ)
    return [str(placed(paths.settings, reason)) for reason in wrong(settings.look.theme, settings.keys)]


def keys_in_use(start: Start) -> list[tuple[str, str, str]]:
    """Return of each binding its name in the settings, its keys as the settings have them, and what it does.

    Raises:
        callsheet.settings.SettingsError: the settings cannot be used.
    """
    from callsheet.ui.keys import KEYS

    own = read_settings(find_paths(start.environ).settings, start.environ).keys
    return [(key.id, own.get(key.id, key.keys), key.tooltip) for key in KEYS]


def examine(start: Start) -> list[Finding]:
    """Look at everything; a trouble in one thing hides no other one."""
    try:
        paths = find_paths(start.environ)
        paths.ensure()
    except HomeError as error:
        return [Finding("home", ok=False, detail=str(error))]
    found = [Finding("home", ok=True, detail=str(paths.data)), _private(paths)]
    problems = settings_problems(paths, start.environ)
    found += [Finding("settings", ok=False, detail=problem) for problem in problems]
    if problems:
        return found
    shelf = read_shelf(read_settings(paths.settings, start.environ).shelf, paths.shelf)
    found += [Finding("shelf", ok=False, detail=problem) for problem in shelf.problems]
    there = str(paths.settings) if paths.settings.exists() else "all at their defaults"
    found.append(Finding("settings", ok=True, detail=there))
    return found + _book(start, paths)


def _private(paths: Paths) -> Finding:
    if os.name != "posix":
        return Finding("private", ok=True, detail="left to the system")
    files = [file for folder in {paths.config, paths.data} for file in folder.iterdir() if file.is_file()]
    open_ones = [file.name for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077]
    if open_ones:
        return Finding("private", ok=False, detail=f"others may read {', '.join(sorted(open_ones))}: chmod 600 them")
    return Finding("private", ok=True, detail="nobody else may read your files")


def _book(start: Start, paths: Paths) -> list[Finding]:
    try:
        with office(start) as opened:
            check_copy(paths.database)
            audit = opened.book.audit()
            found = [Finding("book", ok=True, detail=f"{audit.total:,} records, and the file is whole")]
            lost = len(audit.unaccounted)
            detail = f"{lost} leads are unaccounted for: `callsheet audit`" if lost else "no lead is forgotten"
            found.append(Finding("audit", ok=not lost, detail=detail))
            return found + _crm(opened)
    except (BookUnreadable, BookBusy) as error:
        return [Finding("book", ok=False, detail=str(error))]
    except SettingsError as error:
        return [Finding("settings", ok=False, detail=str(error))]


def _crm(opened: Office) -> list[Finding]:
    crm = opened.settings.crm
    if not crm.kind:
        return [Finding("crm", ok=True, detail="none is connected")]
    try:
        key = find_token(crm, opened.start.environ)
    except TokenError as error:
        return [Finding("crm", ok=False, detail=str(error))]
    found = [_secrecy(opened, key)]
    try:
        there = look(made(crm, key, key=kept_key(opened)), crm, opened.settings.rep.timezone)
    except CrmError as error:
        return [*found, Finding("crm", ok=False, detail=str(error))]
    found.append(Finding("crm", ok=True, detail=f"{crm.kind} knows you as {there.account.name}"))
    return found + [Finding(f"crm: {one.name}", one.ok, one.detail) for one in there.checks]


def _secrecy(opened: Office, key: Secret) -> Finding:
    """Whether the key is where it belongs only."""
    files = secrecy.files_with(key, opened.paths)
    shown = secrecy.shown_by_errors(key, Connection(url="https://rehearsal.invalid", secret=key), opened)
    if files or shown:
        places = ", ".join([*(str(file) for file in files), *shown])
        return Finding(
            "key", ok=False, detail=f"the key to your CRM is in {places}: remove it there, and make a new one"
        )
    count = secrecy.looked_at(opened.paths)
    return Finding("key", ok=True, detail=f"looked for in {count} files, the log and the errors: it is in none of them")
