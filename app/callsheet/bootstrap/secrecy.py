"""Proof that the key to the CRM lies in none of our files and shows in no error: it is looked for."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from callsheet.crm.registry import Connection
from callsheet.crm.rehearsal import failing_request
from callsheet.settings import Paths, Secret

CHUNK: Final = 1 << 20
"""Bytes of a file that are looked at at once."""


def spellings(key: Secret) -> Sequence[bytes]:
    """Return the key as a program may have written it down: plain, for an address, in base64, in two bytes a letter."""
    said = key.reveal()
    plain = said.encode()
    spelled = [plain, quote(said, safe="").encode(), plain.hex().encode(), said.encode("utf-16-le")]
    for before in range(3):  # in base64 a text looks different by where it begins
        coded = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        spelled.append(coded[(before * 4 + 2) // 3 :][:-1])
    return [one for one in dict.fromkeys(spelled) if len(one) > 5]


def files_with(key: Secret, paths: Paths) -> list[Path]:
    """Return the files of the home that hold the key: settings, database, copies, logs, whatever lies there."""
    wanted = spellings(key)
    return [file for file in _files(paths) if _holds(file, wanted)]


def looked_at(paths: Paths) -> int:
    """Count the files of the home."""
    return sum(1 for _ in _files(paths))


def shown_by_errors(key: Secret, connection: Connection, office: object) -> list[str]:
    """Return the places that show the key when a request fails; there must be none.

    A request is made that fails on its way in several manners, and everything that can be written down of it is: the
    message, the traceback with the values of all variables, and what is logged. `office` is what such variables hold.
    """
    heard = _Heard()
    logger = logging.getLogger()
    level = logger.level
    logger.addHandler(heard)
    logger.setLevel(logging.DEBUG)
    shown = {"variables": f"{key!r} {key} {key:>9} {connection!r} {office!r}"}
    try:
        for name, error in failing_request(connection):
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown[f"the traceback of {name}"] = "".join(told.format())
            shown[f"the message of {name}"] = str(error)
    finally:
        logger.removeHandler(heard)
        logger.setLevel(level)
    shown["the log"] = "\n".join(heard.lines)
    return [name for name, text in shown.items() if key.reveal() in text]


class _Heard(logging.Handler):
    """Everything that is logged while it listens."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line down."""
        self.lines.append(self.format(record))


def _files(paths: Paths) -> Iterator[Path]:
    for folder in {paths.config, paths.data}:
        for file in folder.rglob("*"):
            if file.is_file() and paths.shelf not in file.parents:
                yield file


def _holds(file: Path, wanted: Sequence[bytes]) -> bool:
    reach = max(len(one) for one in wanted) - 1
    before = b""
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK):
                text = before + chunk
                if any(one in text for one in wanted):
                    return True
                before = text[-reach:]
    except OSError:  # it went meanwhile, or is not ours to read
        return False
    return False
