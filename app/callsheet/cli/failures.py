"""What went wrong, in words and as an exit code: 1 failure, 2 usage, 4 a rule, 6 not found (DESIGN §5)."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.bootstrap.start import Start
from callsheet.cli.output import Failure

if TYPE_CHECKING:
    from callsheet.services.desk import NotFound

SHOWN = 8
"""Candidates that are named when several leads can be meant."""


def failure_of(error: Exception, arguments: Sequence[str], start: Start) -> Failure:
    """Say what an error means; one that nobody expected is written to the log."""
    return _of_services(error) or _of_files(error) or _unexpected(error, arguments, start)


def _of_services(error: Exception) -> Failure | None:
    from callsheet.cli.files import FileTrouble
    from callsheet.cli.options import Misused
    from callsheet.domain.when import WhenError
    from callsheet.services.desk import NotFound, Refused
    from callsheet.services.toml_file import TomlError

    match error:
        case NotFound():
            return _not_found(error)
        case Refused():
            return Failure(4, "blocked", str(error), error.hint, {"rule": error.rule})
        case WhenError():
            return Failure(2, "time", str(error))
        case Misused():
            return Failure(2, "usage", str(error), error.hint)
        case FileTrouble():
            return Failure(1, "file", str(error), error.hint)
        case TomlError():
            return Failure(1, "settings", str(error))
    return None


def _of_files(error: Exception) -> Failure | None:
    from callsheet.bootstrap.crm import NotConnected, SyncRunning
    from callsheet.exchange.leads_csv import CsvError
    from callsheet.services.desk import BookTrouble
    from callsheet.settings import HomeError, SettingsError, TokenError
    from callsheet.store.database import BookBusy
    from callsheet.sync.port import CrmError

    match error:
        case SettingsError():
            return Failure(
                1, "settings", str(error), "", {"file": str(error.file), "line": error.line, "key": error.key}
            )
        case HomeError():
            return Failure(1, "home", str(error))
        case TokenError():
            return Failure(1, "key", error.message, error.hint)
        case BookBusy() | SyncRunning():
            return Failure(1, "busy", str(error))
        case BookTrouble():
            return Failure(1, "book", str(error))
        case CsvError():
            return Failure(1, "file", str(error))
        case CrmError() | NotConnected():
            return Failure(1, "crm", str(error))
    return None


def _not_found(error: NotFound) -> Failure:
    found = error.candidates
    if not found:
        return Failure(6, "not_found", str(error))
    named = [f"{one.lead} {one.name}{f' ({one.company})' if one.company else ''}" for one in found[:SHOWN]]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    candidates = [
        {"lead": one.lead, "name": one.name, "company": one.company, "phone": one.phone, "email": one.email}
        for one in found
    ]
    return Failure(6, "ambiguous", str(error), f"they are {', '.join(named)}{more}", {"candidates": candidates})


def _unexpected(error: Exception, arguments: Sequence[str], start: Start) -> Failure:
    """Keep the traceback for whoever mends it, and show a line of it."""
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        file = log_file(arguments, start)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8", errors="replace") as log:
            command = next((word for word in arguments if not word.startswith("-")), "")
            log.write(f"{start.now().isoformat()} callsheet {command}\n{''.join(traceback.format_exception(error))}\n")
    except OSError as trouble:
        return Failure(
            1, "unexpected", f"something went wrong ({said})", f"no log could be written: {trouble.strerror}"
        )
    return Failure(1, "unexpected", f"something went wrong ({said})", f"the details are in {file}")


def log_file(arguments: Sequence[str], start: Start) -> Path:
    """Return the file that `--log-file` names, else the log of the home."""
    from callsheet.settings import find_paths

    for index, word in enumerate(arguments):
        if word == "--log-file" and index + 1 < len(arguments):
            return Path(arguments[index + 1])
        if word.startswith("--log-file="):
            return Path(word.partition("=")[2])
    paths = find_paths(start.environ)
    paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return paths.log
