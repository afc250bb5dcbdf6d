"""Tables for spreadsheets: CSV whose cells are text and never a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TextIO

from callsheet.domain.text import safe_text

_STARTS: Final = frozenset("=+-@\t\r\n|%＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula or a command."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
"""Only digits after the sign, as in a phone number: nothing to be carried out."""


def cell(value: object) -> str:
    """Return a value as text that no spreadsheet carries out: an apostrophe comes before what looks like a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = safe_text(str(value))
    looks = text[:1] in _STARTS or text.lstrip()[:1] in _STARTS
    return f"'{text}" if text and looks and not _NUMBER.fullmatch(text) else text


def write_table(file: TextIO, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table; return how many rows there are."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(headers)
    count = 0
    for row in rows:
        writer.writerow([cell(value) for value in row])
        count += 1
    return count
