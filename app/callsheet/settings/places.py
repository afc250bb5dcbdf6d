"""Where in a TOML text each key stands, since the parser of the standard library forgets it.

The text is known to be TOML when it comes here, so that this only has to follow it, not to judge it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]
"""The way to a value: the keys of the tables, and positions in arrays."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|'([^']*)')[ \t]*""")
_STRING: Final = re.compile(
    r"""
      \"{3} (?:[^\\]|\\.)*? \"{3,5}   # several lines
    | '{3} .*? '{3,5}
    | " (?:[^"\\\n]|\\.)* "
    | ' [^'\n]* '
    """,
    re.DOTALL | re.VERBOSE,
)
_BARE: Final = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands: its line, counted from 1, and the span of its value in the text.

    For the head of a table the span is the head's.
    """

    line: int
    start: int
    end: int


def places(text: str) -> Mapping[Path, Place]:
    """Find every key and table head of a valid TOML text."""
    return dict(_Walk(text).found())


def line_of(found: Mapping[Path, Place], path: Path) -> int | None:
    """The line of a key, or of the nearest table around it that the text has, or of the first table in it."""
    for length in range(len(path), 0, -1):
        if path[:length] in found:
            return found[path[:length]].line
    return next((place.line for inner, place in found.items() if inner[: len(path)] == path), None)


class _Walk:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counts: dict[Path, int] = {}  # arrays of tables, and how many tables each has so far

    def found(self) -> Iterator[tuple[Path, Place]]:
        table: Path = ()
        while self._skip() < len(self.text):
            start = self.at
            if self.text.startswith("[", start):
                array = self.text.startswith("[[", start)
                self.at += 2 if array else 1
                table = self._head(self._key(), array=array)
                self.at += 2 if array else 1
                yield table, self._place(start)
            else:
                yield from self._pair(table)

    def _head(self, key: tuple[str, ...], *, array: bool) -> Path:
        path: Path = ()
        for depth, part in enumerate(key, 1):
            path = (*path, part)
            if array and depth == len(key):
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def _pair(self, table: Path) -> Iterator[tuple[Path, Place]]:
        line = self._line(self.at)
        path = (*table, *self._key())
        self.at = self.text.index("=", self.at) + 1
        self._skip()
        start = self.at
        inner = list(self._value(path))
        yield path, Place(line, start, self.at)
        yield from inner

    def _value(self, path: Path) -> Iterator[tuple[Path, Place]]:
        opener = self.text[self.at]
        if opener == "[":
            self.at += 1
            for index in self._until("]"):
                start = self.at
                inner = list(self._value((*path, index)))
                yield (*path, index), self._place(start)
                yield from inner
        elif opener == "{":
            self.at += 1
            for _ in self._until("}"):
                yield from self._pair(path)
        else:
            match = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            if match is not None:
                self.at += len(match[0].rstrip()) if opener not in "\"'" else len(match[0])

    def _until(self, closer: str) -> Iterator[int]:
        index = 0
        while self.text[self._skip()] != closer:
            yield index
            index += 1
            if self.text[self._skip()] == ",":
                self.at += 1
        self.at += 1

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while (match := _KEY.match(self.text, self.at)) is not None:
            parts.append(next(part for part in match.groups() if part is not None))
            self.at = match.end()
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        return tuple(parts)

    def _skip(self) -> int:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _place(self, start: int) -> Place:
        return Place(self._line(start), start, self.at)

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1
