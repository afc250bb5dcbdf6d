"""Reading a TOML file that a person writes: whatever is wrong is said with the file, the line and the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

_EXPECTED = re.compile(r"Expected `([^`]+)`(?:, got `([^`]+)`)?")
_PLACE = re.compile(r" - at `\$\.?([^`]*)`")
_WORDS = {
    "int": "a whole number", "int | null": "a whole number", "float": "a number", "str": "text in quotes",
    "bool": "true or false", "array": "a list in [brackets]", "object": "a table", "date": "a date",
}  # fmt: skip
_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class TomlError(ValueError):
    """The file cannot be used: `file` by its name, `line` from 1 (0 when the whole file is meant), and `reason`."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A decoded file, with its text at hand to tell where a key is."""

    name: str
    text: str
    data: Mapping[str, object]

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Read a file.

        Raises:
            TomlError: it is not there, cannot be read, or is no TOML.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise TomlError(path.name, 0, f"cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise TomlError(path.name, 0, "is not UTF-8 text; save it as UTF-8") from error
        return cls.parse(path.name, text)

    @classmethod
    def parse(cls, name: str, text: str) -> TomlFile:
        """Decode the text of a file.

        Raises:
            TomlError: it is no TOML.
        """
        try:
            return cls(name, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            found = _LINE.search(str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            reason = _LINE.sub("", str(error)).replace("(at end of document)", "at the end of the file").strip()
            raise TomlError(name, line, f"this is not valid TOML: {reason}") from error

    def line(self, table: str = "", key: str = "", nth: int = 0) -> int:
        """Return the line on which a key of a table is, or the table; 0 when it is nowhere to be seen.

        `table` is the header as written between the brackets, empty for the top; `nth` chooses one of `[[several]]`.
        """
        header = re.compile(rf"\s*\[\[?\s*{_dotted(table)}\s*\]\]?\s*(#.*)?$") if table else None
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]") if key else None
        inside, seen, start = header is None, -1, 0
        for number, text in enumerate(self.text.splitlines(), 1):
            if re.match(r"\s*\[", text):
                if header is not None and header.match(text):
                    seen += 1
                    inside = seen == nth
                    if inside:
                        start = number
                elif text.lstrip().startswith("["):
                    inside = False
            elif inside and wanted is not None and wanted.match(text):
                return number
        return start

    def error(self, reason: str, table: str = "", key: str = "", nth: int = 0) -> TomlError:
        """Make the error for a place in the file."""
        return TomlError(self.name, self.line(table, key, nth), reason)

    def known_keys(self, given: Iterable[str], known: Iterable[str], table: str = "", nth: int = 0) -> None:
        """Refuse keys that mean nothing, with the nearest one that does.

        Raises:
            TomlError: there is one.
        """
        names = list(known)
        for key in given:
            if key not in names:
                near = get_close_matches(key, names, 1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(names))}"
                raise self.error(f"there is no key {key!r} here{hint}", table, key, nth)

    def convert(self, value: object, wanted: type[T], said: str, table: str = "", nth: int = 0) -> T:
        """Turn a decoded table into a dataclass; `said` names the row in the message.

        Raises:
            TomlError: a value is of the wrong type, missing, or not one of those allowed.
        """
        try:
            return msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            key, reason = _plain(str(error))
            raise self.error(f"{said}: {reason}", table, key, nth) from error


def _plain(message: str) -> tuple[str, str]:
    """Put msgspec's words into a sentence, and tell which key is meant."""
    place = _PLACE.search(message)
    key = re.split(r"[.\[]", place[1])[0] if place else ""
    reason = _PLACE.sub("", message)
    if found := _EXPECTED.match(reason):
        wanted = _WORDS.get(found[1].removesuffix(" | null"), found[1])
        got = f", not {_WORDS.get(found[2], found[2])}" if found[2] else ""
        reason = f"must be {wanted}{got}"
    elif missing := re.search(r"missing required field `([^`]+)`", reason):
        reason = f"the key {missing[1]!r} is missing"
    elif value := re.search(r"Invalid enum value '?([^']*)'?", reason):
        reason = f"{value[1]!r} is not one of those allowed"
    return key, f"{key!r} {reason}" if key else reason


def _dotted(table: str) -> str:
    return r"\s*\.\s*".join(rf"[\"']?{re.escape(part)}[\"']?" for part in table.split("."))
