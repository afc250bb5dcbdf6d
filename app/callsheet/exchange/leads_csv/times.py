"""Dates and times as exports and people write them, read into aware UTC.

ISO 8601 can always be read. `26/11/2026` can, too, since no month has the number 26; `03/04/2026` cannot, unless the
rep says which order the file uses. A wrong guess would move a promise by months, so none is made.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo

DateOrder = Literal["iso", "dmy", "mdy"]
"""How a file writes its dates: year first, or with the day or the month in front."""

EARLIEST: Final = 1950
LATEST: Final = 2100
"""The years between which a date is believed; outside of them it is a slip or a number of something else."""

_LONGEST: Final = 80
_EXCEL_DAY_0: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall-clock time until the rep's zone is put on it
_MONTHS: Final = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janv janvier ene enero gen gennaio janeiro jän jänner januari",
            "feb february februar févr fev fevr fév février febrero febbraio fevereiro februari",
            "mar march märz mrz mars marzo março maart maa",
            "apr april avr avril abr abril aprile",
            "may mai mayo mag maggio maio mei maj",
            "jun june juni juin junio giu giugno junho",
            "jul july juli juil juillet julio lug luglio julho",
            "aug august août aout ago agosto augustus augusti",
            "sep sept september septembre septiembre set settembre setembro",
            "oct october okt oktober octobre octubre ott ottobre out outubro",
            "nov november novembre noviembre novembro",
            "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro",
        ),
        1,
    )
    for word in words.split()
}
_ZONES: Final = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "eet": 2, "eest": 3,
}  # fmt: skip
_WEEKDAY: Final = r"(?:[^\W\d_]{2,12}\.?,?\s+)?"
_MONTH: Final = r"(?P<month>[^\W\d_]{3,12})\.?"
_CLOCK: Final = (
    r"(?:(?:\s*T\s*|\s*,\s*|\s+)(?:at\s+|um\s+|à\s+|a\s+las\s+)?(?P<hour>\d{1,2})"
    r"(?:\s*[:h.]\s*(?P<minute>\d{2})?(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?(?:\s*uhr)?"
    r"(?:\s*(?P<zone>[a-z]{1,4}(?![a-z]))?\s*(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?)?)?"
)
_YEAR_FIRST: Final = re.compile(
    rf"(?P<year>\d{{4}})(?P<sep>[-/.])(?P<number>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}}){_CLOCK}$", re.IGNORECASE
)
_THREE_NUMBERS: Final = re.compile(
    rf"{_WEEKDAY}(?P<first>\d{{1,2}})\s?(?P<sep>[-/.])\s?(?P<second_number>\d{{1,2}})\s?(?P=sep)\s?"
    rf"(?P<year>\d{{4}}|\d{{2}}){_CLOCK}$",
    re.IGNORECASE,
)
_DAY_FIRST: Final = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th|er|º)?[\s/-]*(?:de\s+)?{_MONTH}[\s,/-]*(?:del?\s+)?"
    rf"(?P<year>\d{{4}}|\d{{2}}){_CLOCK}$",
    re.IGNORECASE,
)
_MONTH_FIRST: Final = re.compile(
    rf"{_WEEKDAY}{_MONTH}\s*-?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,\s*|\s+|-)(?P<year>\d{{4}}){_CLOCK}$",
    re.IGNORECASE,
)
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)?$")
_IN_BRACKETS: Final = re.compile(r"\s*\([^()]*\)$")


class UnreadableTime(ValueError):
    """The text is no date, or one that can be read in two ways; the message says which, and what to do.

    `order_matters` tells that the text is a date, only in an order that was not said or is not the one that was said.
    """

    def __init__(self, message: str, *, order_matters: bool = False) -> None:
        self.order_matters = order_matters
        super().__init__(message)


def read_time(text: str, order: DateOrder, zone: ZoneInfo) -> datetime:
    """The time that the text names, in UTC. A time without a zone is wall clock in `zone`; a date is its midnight.

    Raises:
        UnreadableTime: it names none, or names two.
    """
    text = text.strip()
    try:
        wall = _wall_clock(text, order)
        if wall.tzinfo is None:
            wall = wall.replace(tzinfo=zone)
        at = wall.astimezone(UTC)
    except UnreadableTime:
        raise
    except (ValueError, OverflowError) as error:
        raise _no_date(text) from error
    if not EARLIEST <= at.year <= LATEST:
        raise _no_date(text)
    return at


def _wall_clock(text: str, order: DateOrder) -> datetime:
    if len(text) > _LONGEST:
        raise _no_date(text)
    if _ISO.match(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # nearly ISO: `2026-11-26 2:30 PM` is read below
    if _NUMBER.match(text):
        return _from_number(text)
    text = _IN_BRACKETS.sub("", text)
    if found := _YEAR_FIRST.match(text):
        return _with_clock(found, int(found["year"]), int(found["number"]), int(found["day"]))
    if found := _THREE_NUMBERS.match(text):
        month, day = _month_and_day(text, int(found["first"]), int(found["second_number"]), order)
        return _with_clock(found, _full_year(found["year"]), month, day)
    if found := _DAY_FIRST.match(text) or _MONTH_FIRST.match(text):
        number = _MONTHS.get(found["month"].casefold())
        if number is not None:
            return _with_clock(found, _full_year(found["year"]), number, int(found["day"]))
    raise _no_date(text)


def _month_and_day(text: str, first: int, second: int, order: DateOrder) -> tuple[int, int]:
    if order == "dmy" or (order == "iso" and first > 12):
        month, day = second, first
    elif order == "mdy" or second > 12 or first == second:
        month, day = first, second
    else:
        raise UnreadableTime(f'date "{text}" can be read two ways: say --dates dmy or --dates mdy', order_matters=True)
    if order != "iso" and month > 12 and day <= 12:
        said, other = ("day", "mdy") if order == "dmy" else ("month", "dmy")
        raise UnreadableTime(
            f'date "{text}" does not have the {said} first: is it --dates {other}?', order_matters=True
        )
    return month, day


def _with_clock(found: re.Match[str], year: int, month: int, day: int) -> datetime:
    hour, minute = found["hour"], found["minute"]
    at = datetime(year, month, day)  # noqa: DTZ001 - the caller puts the zone on it
    if hour is None:
        return at
    hours = int(hour)
    if found["half"]:
        if not 1 <= hours <= 12:
            raise _no_date(found.string)
        hours = hours % 12 + (12 if found["half"].lower() == "p" else 0)
    at = at.replace(hour=hours, minute=int(minute or 0), second=int(found["second"] or 0))
    if found["fraction"]:
        at = at.replace(microsecond=int(found["fraction"][:6].ljust(6, "0")))
    return at if found["zone"] is None and found["offset"] is None else at.replace(tzinfo=_offset(found))


def _offset(found: re.Match[str]) -> timezone:
    name, text = (found["zone"] or "utc").lower(), found["offset"]
    if name not in _ZONES:
        raise _no_date(found.string)
    if text is None:
        return timezone(timedelta(hours=_ZONES[name]))
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if text[0] == "-" else shift)


def _from_number(text: str) -> datetime:
    """A spreadsheet's day number, `20261126`, or seconds or milliseconds since 1970."""
    whole, _, part = text.replace(",", ".").partition(".")
    number = int(whole)
    match len(whole):
        case 5:
            seconds = round(float(f"0.{part or 0}") * 86_400)
            return _EXCEL_DAY_0 + timedelta(days=number, seconds=seconds)
        case 8 if not part:
            return datetime(number // 10_000, number // 100 % 100, number % 100)  # noqa: DTZ001 - see `_with_clock`
        case 10:
            return datetime.fromtimestamp(number, UTC)
        case 12 | 13:
            return datetime.fromtimestamp(number / 1000, UTC)
    raise _no_date(text)


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _no_date(text: str) -> UnreadableTime:
    return UnreadableTime(f'date "{text[:40]}" cannot be read: write it as 2026-11-26 14:00')
