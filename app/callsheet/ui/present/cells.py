"""Text that fits: outside text as exact numbers of terminal cells, so that columns stay aligned whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size
from textual.content import Content

from callsheet.domain.text import ELLIPSIS, one_line, safe_text

Part = Content | str | tuple[str, str]
"""A piece of a line: content, plain text, or text with a style."""

_JOINED: Final = re.compile("(?<=[\u2600-\u27bf\U0001f000-\U0001faff])\u200d|[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]")


LONGER: Final = 20
"""How many times the length that is shown is looked at: the rest of an endless text is left alone."""


def plain(text: str, limit: int | None = None) -> str:
    """Return outside text as one safe line on whose width every terminal agrees.

    Terminals differ about joined emoji, variation selectors and flags: the joins are undone, flags become letters.
    """
    line = one_line(text if limit is None else text[: limit * LONGER], limit)
    if line.isascii():
        return line
    line = _JOINED.sub("", line)
    return _FLAG.sub(lambda match: chr(ord(match[0]) - 0x1F1E6 + ord("A")), line)


def fit(text: str, width: int) -> str:
    """Return outside text as exactly `width` cells: padded, or cut with an ellipsis."""
    return _sized(plain(text, max(width, 0) * 2 + 2), width)


def short(text: str, width: int) -> str:
    """Return outside text cut to at most `width` cells."""
    line = plain(text, max(width, 0) * 2 + 2)
    return line if cell_len(line) <= width else _sized(line, width)


def _sized(line: str, width: int) -> str:
    if width <= 0:
        return ""
    if cell_len(line) <= width:
        return set_cell_size(line, width)
    return set_cell_size(set_cell_size(line, width - 1).rstrip() + ELLIPSIS, width)


def wrapped(text: str, width: int, lines: int | None = None) -> list[str]:
    """Break outside text, which may have several lines, into lines of at most `width` cells at its blanks.

    With `lines` there are at most so many, and the last one ends with an ellipsis when something was left out.
    """
    room = max(width, 1)
    budget = None if lines is None else room * lines * 4
    found: list[str] = []
    for paragraph in safe_text(text, budget).splitlines() or [""]:
        found += _broken(plain(paragraph), room)
        if lines is not None and len(found) > lines:
            last = _sized(f"{found[lines - 1]} {ELLIPSIS}", room).rstrip()
            return [*found[: lines - 1], last if last.endswith(ELLIPSIS) else last + ELLIPSIS]
    return found


def _broken(line: str, width: int) -> list[str]:
    rows: list[str] = []
    row = ""
    for word in line.split(" "):
        joined = f"{row} {word}" if row else word
        if cell_len(joined) <= width:
            row = joined
            continue
        if row:
            rows.append(row)
        *full, row = chop_cells(word, width) if cell_len(word) > width else [word]
        rows += full
    return [*rows, row]


def line(*parts: Part) -> Content:
    """Put the pieces of a line together."""
    return Content.assemble(*parts)


def spread(left: Content, right: Content, width: int) -> Content:
    """Put two pieces at the two ends of a line; the right one goes first when there is no room for both."""
    gap = width - left.cell_length - right.cell_length
    if gap < 1:
        return left.truncate(width, ellipsis=True, pad=True)
    return Content.assemble(left, " " * gap, right)


def closer(lines: Sequence[Content], height: int) -> list[Content]:
    """Leave out blank lines, the last ones first, as far as the lines would not fit into so many rows."""
    kept, many = list(lines), len(lines) - height
    for place in range(len(lines) - 1, -1, -1):
        if many > 0 and not lines[place].plain:
            del kept[place]
            many -= 1
    return kept


def under(label: str, lines: Sequence[Content], style: str, indent: int) -> list[Content]:
    """Put a label before the first line and as much blank before the others."""
    first, *others = lines or [Content("")]
    pad = " " * indent
    return [Content.assemble((label.ljust(indent), style), first), *(Content.assemble(pad, one) for one in others)]
