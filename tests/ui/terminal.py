"""A real terminal: a process in a pseudo-terminal, what it has written, and the screen that comes of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import pyte

ROOT: Final = Path(__file__).parents[2]

KEYS: Final = {"enter": "\r", "esc": "\x1b", "f9": "\x1b[20~", "down": "\x1b[B", "space": " ", "backspace": "\x7f"}
"""What a terminal sends for keys that are no letters."""

_UNKNOWN: Final = re.compile(rb"\x1b\[[<>=?][\d;]*\$?[a-zA-Z]|\x1b[\]P_^][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]")
"""What the emulator does not know and nobody sees: modes, titles, questions to the terminal."""


def _outside() -> dict[str, str]:
    """Return the environment without a size of the terminal: it would count for more than that of this one."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}


class Terminal:
    """A process in a terminal of so many columns and rows. Use it as a context: in the end the process is gone."""

    def __init__(
        self, moment: datetime, home: Path, what: str = "sheet", *, columns: int = 120, rows: int = 36,
        environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.written = bytearray()
        self.pressed = 0
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._held = b""
        self._master, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.rep_in_terminal", moment.isoformat(), what], cwd=ROOT, stdin=child,
            stdout=child, stderr=child, start_new_session=True,
            env={**_outside(), "CALLSHEET_HOME": str(home), "TMPDIR": str(home), "TZ": "Europe/London",
                 "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environ or {})},
        )  # fmt: skip
        os.close(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        os.close(self._master)

    def close(self) -> None:
        """Close the terminal, as one closes a window: the process is told that it has none any more."""
        os.close(self._master)
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self.process.wait()

    def press(self, *keys: str) -> None:
        """Press keys, each counted as one."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())
            self.pressed += 1
            self.read(0.002)

    def type(self, text: str) -> None:
        """Type a text, which counts for no key."""
        os.write(self._master, text.encode())

    def read(self, seconds: float) -> bool:
        """Take what is written within so many seconds; return whether the process still has the terminal."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            found = os.read(self._master, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.written += found
        known = _UNKNOWN.sub(b"", self._held + found)
        # A sequence that is cut in two waits for its other half.
        cut = known.rfind(b"\x1b", max(len(known) - 64, 0))
        cut = cut if cut >= 0 and not re.search(rb"[a-zA-Z]", known[cut:]) else len(known)
        self._held = known[cut:]
        self._stream.feed(known[:cut])
        return bool(found)

    @property
    def shown(self) -> str:
        """The screen as text."""
        screen = self._screen  # its own `display` stumbles over a cell without a character
        rows = (screen.buffer[row] for row in range(screen.lines))
        return "\n".join("".join(row[column].data for column in range(screen.columns)) for row in rows)

    def wait(self, holds: str | Callable[[str], bool], seconds: float = 30) -> str:
        """Wait until words are on the screen, or something holds of it; return the screen."""
        until = time.monotonic() + seconds
        said = (lambda shown: holds in shown) if isinstance(holds, str) else holds
        while not said(self.shown):
            assert time.monotonic() < until, f"never came to hold: {holds}\n{self.shown}"
            assert self.read(0.05) or said(self.shown), f"it ended\n{self.shown}"
        return self.shown

    def ended(self, seconds: float = 30) -> int:
        """Wait until the process has left by itself; return its exit code."""
        until = time.monotonic() + seconds
        while self.read(0.05):
            assert time.monotonic() < until, f"it does not leave\n{self.shown}"
        return self.process.wait(seconds)
