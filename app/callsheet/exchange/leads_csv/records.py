"""From lines of text to records of cells (RFC 4180), with a way on after a broken one.

A quote that is never closed must cost its own row and not the rest of the file: the record is given up and reading
goes on at its second line. Memory stays flat whatever the file holds: nothing longer than `MAX_RECORD` is kept.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import Final, TextIO

from callsheet.services.lead_row import BadRow

MAX_CELL: Final = 100_000
"""The longest cell, in characters. The longest note that a CRM keeps is 65,536."""

MAX_RECORD: Final = 1_000_000
"""The longest record, in characters, and how far an open quote is followed."""

MAX_CELLS: Final = 2_000
"""The most cells of a record."""

Record = tuple[int, list[str]]
"""The line where the record begins (1 is the first of the file) and its cells, as they stand."""

_END: Final = "\ue000end"
"""Stands after a line to see whether the line left a quote open."""
_STOP: Final = {delimiter: re.compile(f"[{re.escape(delimiter)}\r\n]") for delimiter in ",;\t|"}


class Lines:
    """The lines of a text, counted, with a way to hand some back. CR, LF and CRLF all end one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ahead: deque[str] = deque()
        self.number = 0
        """The number of the last line that was taken."""

    def take(self) -> str | None:
        """The next line with its end, None after the last one. One of `MAX_RECORD` or more characters is cut there."""
        if self._ahead:
            self.number += 1
            return self._ahead.popleft()
        line = self._stream.readline(MAX_RECORD)
        if not line:
            return None
        if len(line) >= MAX_RECORD and line[-1] not in "\r\n":
            rest = line
            while rest and rest[-1] not in "\r\n":
                rest = self._stream.readline(MAX_RECORD)
        if self.number == 0:
            line = line.removeprefix("\ufeff")
        self.number += 1
        # a disk that was full when the file was written leaves zeros, which mean nothing
        return line.replace("\x00", "") if "\x00" in line else line

    def give_back(self, lines: list[str]) -> None:
        """Put the lines that were taken last back in front of the rest."""
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)


def records(lines: Lines, delimiter: str, width: int | None = None) -> Iterator[Record | BadRow]:
    """The records from here on; lines that are blank are passed over.

    With the header's `width` a record of more cells is refused, unless the cells too many are blank; fewer are fine.
    """
    while (line := lines.take()) is not None:
        if '"' in line:
            if line.strip():
                yield _quoted(lines, line, delimiter, width)
            continue
        text = line.rstrip("\r\n")
        if text and not text.isspace():
            yield _checked(lines.number, text.split(delimiter), len(text), width)


def _checked(number: int, cells: list[str], size: int, width: int | None) -> Record | BadRow:
    if size > MAX_CELL:
        if size >= MAX_RECORD:
            return BadRow(number, f"this line has more than {MAX_RECORD:,} characters")
        if any(len(cell) > MAX_CELL for cell in cells):
            return BadRow(number, _too_long())
    if width is not None and len(cells) > width:
        if any(cell and not cell.isspace() for cell in cells[width:]):
            return BadRow(
                number,
                f"this row has {len(cells)} cells where the header has {width}: a cell with a separator in it "
                "has to be in quotes",
            )
        cells = cells[:width]
    if len(cells) > MAX_CELLS:
        return BadRow(number, f"this row has more than {MAX_CELLS:,} cells")
    return number, cells


def _quoted(lines: Lines, line: str, delimiter: str, width: int | None) -> Record | BadRow:
    number = lines.number
    taken = [line]

    def feed() -> Iterator[str]:
        size = len(line)
        yield line
        while size < MAX_RECORD and (more := lines.take()) is not None:
            taken.append(more)
            size += len(more)
            yield more

    try:
        cells = next(csv.reader(feed(), delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error:
        return _recovered(lines, number, taken, delimiter, width)
    result = _checked(number, cells, sum(map(len, taken)), width)
    if isinstance(result, BadRow):
        if len(taken) > 1 and width is not None and len(cells) > width:
            # too many cells over several lines: more likely a stray quote than a row, so only its first line is lost
            lines.give_back(taken[1:])
            return BadRow(number, _never_closed())
        return result
    if width is not None and len(cells) < width and line.count('"') % 2 and len(taken) == 1:
        return BadRow(number, "the quotes in this row do not pair: it may be the rest of a broken row above")
    return result


def _recovered(lines: Lines, number: int, taken: list[str], delimiter: str, width: int | None) -> Record | BadRow:
    """What to make of a record that does not follow the rules of quoting, and where to go on."""
    if sum(map(len, taken)) > MAX_CELL:
        whole = _passed_over(lines, taken, delimiter, width)
        if whole > 1:
            return BadRow(number, f"{_too_long()} (lines {number:,} to {number + whole - 1:,})")
        if whole == 1 or len(taken[0]) > MAX_CELL:
            return BadRow(number, _too_long())
    lines.give_back(taken[1:])
    # `"Acme" Ltd` within its own line: what was meant is plain, when the cells come out right
    cells = next(csv.reader([taken[0], _END], delimiter=delimiter, skipinitialspace=True), [])
    if cells and cells[-1].endswith(_END):
        return BadRow(number, _never_closed())
    if width is None or len(cells) == width:
        return _checked(number, cells, len(taken[0]), width)
    return BadRow(number, "the quotes in this row do not pair: a quote inside a cell has to be doubled")


def _passed_over(lines: Lines, taken: list[str], delimiter: str, width: int | None) -> int:
    """How many lines a record with a very long cell has; 0 when it is none, and only its first line may be given up.

    The lines of the record stay taken; of those that were read to find its end, the others are given back.
    """
    size = sum(map(len, taken))
    while size < MAX_RECORD and (more := lines.take()) is not None:
        taken.append(more)
        size += len(more)
    end, count = _end_of_record("".join(taken), delimiter)
    found = end > 0 and (width is None or count == width)
    whole = 0
    while found and end > 0:
        end -= len(taken[whole])
        whole += 1
    if whole or len(taken[0]) > MAX_CELL:
        lines.give_back(taken[max(whole, 1) :])
    return whole


def _end_of_record(text: str, delimiter: str) -> tuple[int, int]:
    """Where the well-formed record ends that `text` begins with, and its number of cells; 0 when it has no end."""
    at = 0
    count = 1
    while True:
        while text[at : at + 1] == " ":
            at += 1
        if text[at : at + 1] == '"':
            at = _after_quotes(text, at)
            if at < 0:
                return 0, count
        else:
            found = _STOP[delimiter].search(text, at)
            at = found.start() if found else len(text)
        match text[at : at + 2]:
            case "":
                return at, count
            case "\r\n":
                return at + 2, count
            case after if after[0] in "\r\n":
                return at + 1, count
            case after if after[0] != delimiter:
                return 0, count
        at += 1
        count += 1


def _after_quotes(text: str, at: int) -> int:
    while True:
        at = text.find('"', at + 1)
        if at < 0 or text[at + 1 : at + 2] != '"':
            return at + 1 if at >= 0 else -1
        at += 1


def _too_long() -> str:
    return f"a cell of this row has more than {MAX_CELL:,} characters"


def _never_closed() -> str:
    return 'a quote (") opens in this row and is never closed'
