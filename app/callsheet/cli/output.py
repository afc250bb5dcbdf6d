"""What goes out of the command line: safe lines, JSON with its schema, and errors in one line."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Self

import click

from callsheet.domain.text import one_line, safe_text

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command ends with an exit code other than 0: in a word, in a sentence, and what to do."""

    exit: int
    code: str
    message: str
    hint: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


def ready() -> None:
    """Let nothing that a lead is called end in an error on a terminal that cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def run_out() -> None:
    """Write out what is left, so that a closed pipe is noticed here."""
    sys.stdout.flush()


def say(line: str = "") -> None:
    """Print a line, or several, of text that may come from outside."""
    click.echo(safe_text(line))


def title(line: str) -> None:
    """Print a heading: bold on a terminal that wants it."""
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    click.echo(safe_text(line) if plain else click.style(safe_text(line), bold=True))


def emit(data: Mapping[str, object]) -> None:
    """Print a JSON object with the number of its schema."""
    click.echo(_json({"schema": SCHEMA, **data}))


def complain(failure: Failure, *, as_json: bool) -> int:
    """Print an error, on one line, and return its exit code."""
    said = "; ".join(filter(None, (failure.message.rstrip(". "), failure.hint.rstrip(". "))))
    click.echo(one_line(f"callsheet: {said}"), err=True)
    if as_json:
        error = {"code": failure.code, "message": failure.message, "hint": failure.hint, **failure.more}
        click.echo(_json({"schema": SCHEMA, "error": error}))
        run_out()
    return failure.exit


class Passing:
    """One line on the terminal that is written over, and wiped out in the end; nothing where nobody looks."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.say("")

    def say(self, text: str) -> None:
        """Show this instead."""
        if self._shown and text != self._said:
            click.echo(f"\r{text:<{len(self._said)}}\r{text}", err=True, nl=False)
            self._said = text


def stamp(at: datetime | None, zone: tzinfo) -> str | None:
    """Return a time as ISO 8601 with the offset of a zone."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def padded(text: str, width: int) -> str:
    """Return one line of text cut or filled up to a width in terminal cells."""
    from unicodedata import combining, east_asian_width

    cells, kept = 0, ""
    for char in one_line(text):
        size = 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
        if cells + size > width:
            return kept[:-1] + "…" if size == 1 else kept + " " * (width - cells)
        kept, cells = kept + char, cells + size
    return kept + " " * (width - cells)


def _json(data: object) -> str:
    wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(_safe(data), ensure_ascii=not wide)


def _safe(data: object) -> object:
    if isinstance(data, str):
        return safe_text(data)
    if isinstance(data, Mapping):
        return {key: _safe(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_safe(value) for value in data]
    return data
