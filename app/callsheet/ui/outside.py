"""What leaves the terminal: links, calls and the clipboard. Only http, https, tel and mailto are ever opened."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from typing import Protocol

from callsheet.domain.text import safe_text, safe_url


class CannotOpen(Exception):
    """Nothing on this machine opens it; the message says what to do instead."""


class Outside(Protocol):
    """Opens links and dials. Both may take a while: they are called in a worker."""

    def open(self, url: str) -> None:
        """Open an address.

        Raises:
            CannotOpen: it is no address that may be opened, or nothing here opens it.
        """
        ...

    def run(self, command: Sequence[str]) -> None:
        """Start a program, without a shell, and do not wait for it.

        Raises:
            CannotOpen: there is no such program.
        """
        ...


class Desktop:
    """The rep's own machine."""

    def open(self, url: str) -> None:
        """Open an address with whatever the desktop has for it."""
        safe = safe_url(url)
        if safe is None:
            raise CannotOpen("only http, https, tel and mailto links are opened")
        if not _has_desktop():
            raise CannotOpen("nothing here opens links: there is no desktop")
        command = _opener()
        if command is not None:
            self.run([*command, safe])
        elif not webbrowser.open(safe):
            raise CannotOpen("nothing here opens links")

    def run(self, command: Sequence[str]) -> None:
        """Start a program in a session of its own, so that it neither writes to this terminal nor dies with it."""
        try:
            subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise CannotOpen(f"{command[0]} cannot be started: {getattr(error, 'strerror', None) or error}") from error


def _has_desktop() -> bool:
    # A browser that runs in the terminal would paint over the sheet.
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _opener() -> list[str] | None:
    from shutil import which

    if sys.platform == "darwin":
        return ["open"]
    return ["xdg-open"] if which("xdg-open") else None


def tel_link(number: str) -> str | None:
    """Return the `tel:` link of a number, None when there is nothing to dial in it."""
    digits = "".join(char for char in safe_text(number) if char in "0123456789+*#")
    return f"tel:{digits}" if any(char.isdigit() for char in digits) else None


def dial_with(command: Sequence[str], number: str) -> list[str]:
    """Return the rep's own command with the number in its place: digits and `+` only, so that it is never an option."""
    digits = "".join(char for char in number if char in "0123456789+")
    return [part.replace("{number}", digits) for part in command]
