"""Why a file cannot be read as a lead list at all."""

from __future__ import annotations

from pathlib import Path


class CsvError(Exception):
    """The file as a whole cannot be read: which one, at which line (1 is the first, 0 none), why, and what to do."""

    def __init__(self, file: Path, line: int, reason: str, hint: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        self.hint = hint
        place = f"{file.name}, line {line}" if line else file.name
        super().__init__(f"{place}: {reason}; {hint}")
