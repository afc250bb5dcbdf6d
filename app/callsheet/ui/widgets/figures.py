"""Figures drawn with characters: bars, a line of days, a map of hours, a row of blocks; numbers stay beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from textual.content import Content

from callsheet.services.figures import Day, Hour
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, line

EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
LEVELS: Final = "▁▂▃▄▅▆▇█"
SHADES: Final = "·░▒▓█"
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FIELD: Final = 4
"""Cells of an hour in the map of hours."""


def bar(part: int, whole: int, width: int, style: str = ink.HEAD) -> Content:
    """Draw how much of the whole a part is, in exactly `width` cells; more than nothing always shows."""
    share = min(max(part / whole, 0.0), 1.0) if whole > 0 else 0.0
    eighths = max(int(share * width * 8), 1) if share else 0
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (EIGHTHS[rest] if rest else "")
    return line((drawn, style), ("─" * (width - len(drawn)), ink.RULE))


def sparkline(values: Sequence[int], style: str = ink.HEAD) -> Content:
    """Draw a value for each cell; nothing at all is a dot, the most is a full cell."""
    most = max(values, default=0)
    parts: list[Part] = []
    for value in values:
        if value <= 0:
            parts.append(("·", ink.QUIET))
        else:
            parts.append((LEVELS[min((value * len(LEVELS) - 1) // most, len(LEVELS) - 1)], style))
    return line(*parts)


def every_day(days: Sequence[Day], first: date, last: date) -> list[Day]:
    """Return a day for each day from the first to the last, empty ones where nothing was done."""
    known = {one.day: one for one in days}
    span = range((last - first).days + 1)
    return [known.get(day, Day(day, 0, 0)) for day in (date.fromordinal(first.toordinal() + one) for one in span)]


def heat_map(hours: Sequence[Hour], width: int) -> list[Content]:
    """Draw calls and connects by weekday and hour.

    The shade is the share of calls that reached a person, with their number; a dot is an hour with none.
    """
    if not hours:
        return [line(("no calls yet", ink.QUIET))]
    first, last = _span(hours, max((width - 5) // FIELD, 1))
    known = {(one.weekday, one.hour): one for one in hours}
    head: list[Part] = [("     ", "")]
    head += [(f"{hour:02}".ljust(FIELD), ink.QUIET) for hour in range(first, last + 1)]
    lines = [line(*head)]
    for weekday in sorted({*range(5), *(one.weekday for one in hours)}):
        parts: list[Part] = [(f"{WEEKDAYS[weekday]}  ", ink.QUIET)]
        for hour in range(first, last + 1):
            one = known.get((weekday, hour))
            parts += _field(one)
        lines.append(line(*parts))
    return lines


def _span(hours: Sequence[Hour], most: int) -> tuple[int, int]:
    first, last = min(one.hour for one in hours), max(one.hour for one in hours)
    while last - first + 1 > most:
        head = sum(one.calls for one in hours if one.hour == first)
        tail = sum(one.calls for one in hours if one.hour == last)
        first, last = (first + 1, last) if head <= tail else (first, last - 1)
    return first, last


def _field(one: Hour | None) -> list[Part]:
    if one is None or not one.calls:
        return [" " * FIELD]
    if not one.connects:
        return [("·".ljust(FIELD), ink.QUIET)]
    shade = SHADES[min(1 + one.connects * 4 // max(one.calls, 1), 4)]
    style = ink.FINE
    return [(f"{shade}{min(one.connects, 99)}".ljust(FIELD), style)]


def block_row(calls: Iterable[int], needed: int, most: int) -> Content:
    """Draw the last blocks: full ones were kept, hollow ones were missed."""
    kept = [count >= needed for count in calls][-most:]
    return line(*[("■ ", ink.FINE) if one else ("□ ", ink.QUIET) for one in kept])
