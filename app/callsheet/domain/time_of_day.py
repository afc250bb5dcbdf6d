"""Times of day as people type them: `14:00`, `2p`, `2:30 pm`, `noon`, `morning`, with or without a zone.

An hour from 1 to 12 with neither am nor pm is the one inside working hours; when both or none are, it is both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from callsheet.domain.business_time import Calendar

AFTERNOON: Final = time(14)
"""What `afternoon` means, or the end of lunch when that is later."""

_TIME_24: Final = re.compile(
    r"([01]?[0-9]|2[0-3])[:h]([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,6})?)?(z|[+-][0-9]{2}:?[0-9]{2})?"
)
_TIME_12: Final = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))?([ap])m?")
_TIME_DOTTED: Final = re.compile(r"([01]?[0-9]|2[0-3])\.([0-5][0-9])")
_HOUR: Final = re.compile(r"([01]?[0-9]|2[0-3])|([01][0-9]|2[0-3])h")
_OFFSET: Final = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_BARE_OFFSET: Final = re.compile(r"[+-][0-9]{2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. Not `exact` when only a part of the day was said; with the zone, or its short name, if that was.

    `zone` is what an offset or UTC means; `short` is one of the names of the rep's own zone, such as BST.
    """

    at: time
    exact: bool = True
    zone: tzinfo | None = None
    short: str = ""


def clocks(words: tuple[str, ...], i: int, calendar: Calendar, now: datetime) -> Iterator[tuple[Clock, int]]:
    """Yield each time of day that the words can mean from word `i` on, with the place of the word after it."""
    if words[i : i + 1] in (("at",), ("@",)):
        i += 1
    for part, clock in _parts_of_day(calendar).items():
        if words[i : i + len(part)] == part:
            yield clock, i + len(part)
    for clock, j in _times(words, i, calendar):
        yield clock, j
        word = words[j] if j < len(words) else ""
        if clock.zone is None and (zone := _said_zone(word)):
            yield Clock(clock.at, zone=zone), j + 1
        elif word and clock.zone is None and word in _own_names(now):
            yield Clock(clock.at, short=word), j + 1


def _parts_of_day(calendar: Calendar) -> dict[tuple[str, ...], Clock]:
    noon = Clock(time(12))
    morning, evening = Clock(calendar.open, exact=False), Clock(calendar.close, exact=False)
    afternoon = Clock(max(AFTERNOON, calendar.lunch[1]) if calendar.lunch else AFTERNOON, exact=False)
    return {
        ("noon",): noon,
        ("midday",): noon,
        ("morning",): morning,
        ("this", "morning"): morning,
        ("first", "thing"): morning,
        ("afternoon",): afternoon,
        ("this", "afternoon"): afternoon,
        ("eod",): evening,
        ("end", "of", "day"): evening,
    }


def _times(words: tuple[str, ...], i: int, calendar: Calendar) -> Iterator[tuple[Clock, int]]:
    word, after = (*words[i : i + 2], "", "")[:2]
    if exact := _TIME_24.fullmatch(word):
        yield from _exact(exact, after, i, calendar)
    if half := _TIME_12.fullmatch(word):
        yield Clock(_in_half(int(half[1]), int(half[2] or 0), half[3])), i + 1
    if dotted := _TIME_DOTTED.fullmatch(word):
        yield Clock(time(int(dotted[1]), int(dotted[2]))), i + 1
    if bare := _HOUR.fullmatch(word):
        yield from _hour(int(bare[1] or bare[2]), bare[2], after, i, calendar)


def _exact(match: re.Match[str], after: str, i: int, calendar: Calendar) -> Iterator[tuple[Clock, int]]:
    hour, minute, offset = int(match[1]), int(match[2]), match[3]
    if after in {"am", "pm"}:
        if 1 <= hour <= 12 and not offset:
            yield Clock(_in_half(hour, minute, after[0])), i + 2
    elif offset:
        zone = _offset(offset)
        if zone:
            yield Clock(time(hour, minute), zone=zone), i + 1
    elif len(match[1]) == 2 or hour == 0:
        yield Clock(time(hour, minute)), i + 1
    else:
        # 2:30 may be meant for the afternoon as 2 may; 02:30 and 14:30 are what they say.
        for at in _either_half(hour, minute, calendar) or (time(hour, minute),):
            yield Clock(at), i + 1


def _hour(hour: int, unit: str | None, after: str, i: int, calendar: Calendar) -> Iterator[tuple[Clock, int]]:
    if after in {"am", "pm"}:
        if 1 <= hour <= 12:
            yield Clock(_in_half(hour, 0, after[0])), i + 2
    elif unit or not 1 <= hour <= 12:
        yield Clock(time(hour)), i + 1
    else:
        end = i + 2 if after in {"o'clock", "oclock"} else i + 1
        for at in _either_half(hour, 0, calendar) or (_in_half(hour, 0, "a"), _in_half(hour, 0, "p")):
            yield Clock(at), end


def _either_half(hour: int, minute: int, calendar: Calendar) -> tuple[time, ...]:
    """Return which of the two readings, before and after noon, lie inside working hours."""
    both = (_in_half(hour, minute, "a"), _in_half(hour, minute, "p"))
    return tuple(at for at in both if calendar.open <= at <= calendar.close)


def _in_half(hour: int, minute: int, half: str) -> time:
    return time(hour % 12 + (12 if half == "p" else 0), minute)


def _said_zone(word: str) -> tzinfo | None:
    if word in {"utc", "gmt", "z"}:
        return UTC
    return _offset(word) if word.startswith(("utc", "gmt")) or _BARE_OFFSET.fullmatch(word) else None


def _offset(text: str) -> tzinfo | None:
    if text == "z":
        return UTC
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-size if match[1] == "-" else size)


def _own_names(now: datetime) -> set[str]:
    """Return the short names of the rep's zone, winter and summer, as bst and gmt."""
    return {(now.replace(month=month, day=1).tzname() or "").lower() for month in (1, 7)}
