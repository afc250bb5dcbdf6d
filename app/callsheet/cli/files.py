"""Files that a command reads or writes: when one cannot be used, that is said as a sentence and not as a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileTrouble(Exception):
    """A file cannot be used; the message names it and says why, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@contextmanager
def using(path: Path, what: str) -> Iterator[None]:
    """Do something with a file; `what` completes "cannot be …".

    Raises:
        FileTrouble: the system does not let us.
    """
    try:
        yield
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise FileTrouble(f"{path} cannot be {what}: {why}", "look at the path, and whether it is yours") from error
