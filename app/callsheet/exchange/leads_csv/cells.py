"""The cells of one record, made safe and gathered by column, and what is left of them for a lead's `extra`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Final

from callsheet.domain.text import one_line, safe_text
from callsheet.exchange.leads_csv import values
from callsheet.exchange.leads_csv.dialect import Dialect
from callsheet.exchange.leads_csv.headers import JOINED, LISTS

TEXT_LIMIT: Final = 10_000
"""A comment, a hand-off or a list of interactions is cut to so many characters."""

EXTRA_LIMIT: Final = 2_000
"""A cell of a column that is kept as it is is cut to so many characters."""

LINE_LIMIT: Final = 300
"""A cell that is one line (a name, a street, a title) is cut to so many characters."""

_LIMITS: Final = {"zip": 20, "country": 80, "timezone": 60, "website": 500, "linkedin": 500}
_MANY_LINES: Final = frozenset({"comment", "handoff", "interactions", "phone", "email"})
_MARKUP: Final = re.compile(r"<(?:p|div|br|span|ul|b|i|html)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_JOINTS: Final = {"address": ", ", "comment": "\n", "scanned_at": " "}


class Places:
    """Which column each place of a record holds, found out once for a file."""

    def __init__(self, dialect: Dialect) -> None:
        self.header = dialect.header
        self.column: list[str] = [""] * len(dialect.header)
        self.rank: dict[int, int] = {}
        for name, indexes in dialect.columns.items():
            for rank, index in enumerate(indexes):
                self.column[index] = name
                self.rank[index] = rank


class Cells:
    """One record while it is read."""

    def __init__(self, places: Places, cells: Sequence[str]) -> None:
        self._places = places
        self._texts: dict[str, list[tuple[int, str]]] = {}
        self.extra: dict[str, str] = {}
        self.remarks: list[str] = []
        for index, cell in enumerate(cells):
            if cell:
                self._gather(index, cell)

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not (self._texts or self.extra)

    def texts(self, column: str) -> list[str]:
        """The texts of a column that are not blank, in the order in which they count."""
        return [text for _, text in self._found(column)]

    def text(self, column: str) -> str:
        """The column's text: joined where its cells belong together, else the first, the others kept beside it."""
        found = self._found(column)
        if not found:
            return ""
        if column in JOINED:
            return _joined(_JOINTS[column], [text for _, text in found])
        first = found[0][1]
        for index, text in found[1:]:
            if text != first:
                self.extra[self._places.header[index]] = text
        return first

    def keep(self, column: str) -> None:
        """Keep the column's texts under their headers as well, since its field says less than they do."""
        for index, text in self._found(column):
            self.extra[self._places.header[index]] = text

    def leave(self, column: str, text: str) -> str:
        """Keep one text of a column's cells under its header, and return that."""
        found = self._found(column)
        index = next((index for index, whole in found if text in whole), found[0][0])
        header = self._places.header[index]
        self.extra[header] = f"{self.extra[header]}; {text}" if header in self.extra else text
        return header

    def could_not_read(self, column: str, text: str, what: str) -> None:
        """Keep a text under its header, and tell the rep that it is not what its column holds."""
        header = self.leave(column, text)
        self.remarks.append(f'{header} "{one_line(text, 40)}" {what}')

    def _found(self, column: str) -> list[tuple[int, str]]:
        return self._texts.get(column, [])

    def _gather(self, index: int, cell: str) -> None:
        column = self._places.column[index]
        text = _cleaned(cell, column)
        if not text or (len(text) <= values.LONGEST_NOTHING and values.is_nothing(text)):
            return
        if not column:
            self.extra[self._places.header[index]] = text
            return
        found = self._texts.setdefault(column, [])
        found.append((index, text))
        if len(found) > 1 and column in LISTS:
            found.sort(key=lambda place: self._places.rank[place[0]])


def _cleaned(cell: str, column: str) -> str:
    text = cell.strip()
    if text[:2] == '="' and text[-1] == '"':
        text = text[2:-1].strip()  # how a spreadsheet is kept from turning digits into a number
    if column == "comment" and _MARKUP.match(text):
        text = unescape(_TAG.sub(" ", text)).strip()  # some CRMs keep notes as web pages
    elif column == "address" and not text.isprintable():
        text = ", ".join(part for line in text.splitlines() if (part := line.strip(" \t,")))
    if column and column not in _MANY_LINES:
        limit = _LIMITS.get(column, LINE_LIMIT)
        if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
            return text
        return one_line(text, limit)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return safe_text(text, TEXT_LIMIT if column else EXTRA_LIMIT)


def _joined(joint: str, texts: list[str]) -> str:
    """The texts with the joint between them; one that another contains adds nothing (a formatted address)."""
    kept: list[str] = []
    for text in texts:
        if any(text in other for other in kept):
            continue
        kept = [other for other in kept if other not in text]
        kept.append(text)
    return joint.join(kept)
