"""The words that a time can be typed in: which days and which times of day a phrase allows.

Only the reading is here, and it gives every reading: `10.11` may be a day in November or eleven past ten. What of it
lies ahead, inside working hours or in a gap of the clocks is decided in `domain.when`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from callsheet.domain.business_time import Calendar
from callsheet.domain.time_of_day import Clock, clocks

DateOrder = Literal["dmy", "mdy"]

WEEKDAY_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SOON: Final = 274
"""Days ahead, nine months, that a date without a year may lie in the next year; beyond that it is one that is over."""

_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        ("mon monday", "tue tues tuesday", "wed weds wednesday", "thu thur thurs thursday", "fri friday",
         "sat saturday", "sun sunday")
    )
    for name in names.split()
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS_AWAY: Final = {
    ("today",): 0,
    ("tomorrow",): 1,
    ("tmrw",): 1,
    ("tmr",): 1,
    ("yesterday",): -1,
    ("day", "after", "tomorrow"): 2,
    ("the", "day", "after", "tomorrow"): 2,
}
_NUMBERS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
                   "eight": 8, "nine": 9, "ten": 10}  # fmt: skip
_UNITS: Final = {
    name: unit
    for unit, names in {
        "minute": "m min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "d day days",
        "week": "w wk wks week weeks",
        "month": "mo month months",
    }.items()
    for name in names.split()
}

_ISO = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{4}|[0-9]{2})?)?")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}|[0-9]{2}))?|([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|\.)?")
_YEAR = re.compile(r"[0-9]{4}")
_COUNT = re.compile(r"([+-])([0-9]{1,4})(mo|min|[mhdw])")
_HOURS_AND_MINUTES = re.compile(r"([+-])([0-9]{1,3})h([0-9]{1,2})m?")
_ISO_WITH_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})t(.+)")
_AM_PM = re.compile(r"([ap])\.m\.?$")
_ABBREVIATED = re.compile(r"(?<=[a-z])\.$")


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the rep's calendar; `counted` when it was counted from now, which keeps the time of day."""

    date: date
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One reading of a whole phrase: an instant counted from now, or a day, a time of day, or both."""

    day: Day | None = None
    clock: Clock | None = None
    instant: datetime | None = None


def words_of(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return typed words in the form that is read: lower case, without the commas between them."""
    words: list[str] = []
    for token in tokens:
        word = _ABBREVIATED.sub("", _AM_PM.sub(r"\1m", token.lower().rstrip(",;:")))
        dated = _ISO_WITH_TIME.fullmatch(word)
        words.extend(dated.groups() if dated else [word])
    return tuple(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to be read at `now` (the rep's wall clock, to the minute). `back` looks for the latest day, not the next.

    `hints` collects what a reader of the words would object to, such as a weekday that does not fit its date.
    """

    words: tuple[str, ...]
    now: datetime
    calendar: Calendar
    dates: DateOrder | None
    back: bool = False
    hints: list[str] = field(default_factory=list)

    def readings(self) -> Iterator[Said]:
        """Yield every reading of all the words."""
        end = len(self.words)
        yield from (Said(instant=instant) for instant in self._instants())
        for day, i in self._days(0):
            if i == end:
                yield Said(day=day)
            yield from (Said(day=day, clock=clock) for clock, j in self._clocks(i) if j == end)
        for clock, i in self._clocks(0):
            if i == end:
                yield Said(clock=clock)
            elif not self.words[i - 1].isdecimal():
                yield from (Said(day=day, clock=clock) for day, j in self._days(i) if j == end)

    # Instants ---------------------------------------------------------------------------------------------------

    def _instants(self) -> Iterator[datetime]:
        match self.words:
            case ("now",):
                yield self._elapsed(0)
            case ("in", "half", "an", "hour"):
                yield self._elapsed(30)
            case (word,) if both := _HOURS_AND_MINUTES.fullmatch(word):
                yield self._elapsed(_signed(both[1], int(both[2]) * 60 + int(both[3])))
        for number, unit, i in self._counts(0):
            if i == len(self.words) and unit in {"minute", "hour"}:
                yield self._elapsed(number * (60 if unit == "hour" else 1))

    def _elapsed(self, minutes: int) -> datetime:
        return self.now.astimezone(UTC) + timedelta(minutes=minutes)

    def _counts(self, i: int) -> Iterator[tuple[int, str, int]]:
        """Yield counts of units that start at word `i`: `+3d`, `in 2 weeks`, `in 3 working days`, `2 days ago`."""
        said = self.words[i : i + 4]
        if said and (short := _COUNT.fullmatch(said[0])):
            yield _signed(short[1], int(short[2])), _UNITS[short[3]], i + 1
        match said:
            case ("in", number, "working" | "business", "day" | "days") if n := _number(number):
                yield n, "working day", i + 4
            case ("in", number, unit, *_) if (n := _number(number)) and unit in _UNITS:
                yield n, _UNITS[unit], i + 3
            case (number, unit, "ago", *_) if (n := _number(number)) and unit in _UNITS:
                yield -n, _UNITS[unit], i + 3

    def _clocks(self, i: int) -> Iterator[tuple[Clock, int]]:
        return clocks(self.words, i, self.calendar, self.now)

    # Days -------------------------------------------------------------------------------------------------------

    def _days(self, i: int) -> Iterator[tuple[Day, int]]:
        if self.words[i : i + 1] == ("on",):
            i += 1
        today = self.now.date()
        for words, away in _DAYS_AWAY.items():
            if self.words[i : i + len(words)] == words:
                yield Day(today + timedelta(days=away)), i + len(words)
        for number, unit, j in self._counts(i):
            if unit not in {"minute", "hour"}:
                yield Day(self._counted(number, unit), counted=True), j
        match self.words[i : i + 2]:
            case ("next", "week"):
                yield Day(self._monday() + timedelta(days=7)), i + 2
            case ("next", "month"):
                yield Day(_months_on(today.replace(day=1), 1)), i + 2
        yield from ((Day(day), j) for day, j in self._weekdays(i))
        yield from ((Day(day), j) for day, j in self._dates(i))

    def _weekdays(self, i: int) -> Iterator[tuple[date, int]]:
        today, monday = self.now.date(), self._monday()
        which, name = (*self.words[i : i + 2], "", "")[:2]
        if which in {"next", "this"} and name in _WEEKDAYS:
            this = monday + timedelta(days=_WEEKDAYS[name])
            if which == "this":
                yield this, i + 2
            else:
                # On a Monday, the next Thursday may be the one of this week or of the next: both are readings.
                yield this + timedelta(days=7), i + 2
                if this > today:
                    yield this, i + 2
        if which not in _WEEKDAYS:
            return
        number = _WEEKDAYS[which]
        if self.words[i + 1 : i + 3] == ("next", "week"):
            yield monday + timedelta(days=7 + number), i + 3
        ahead = (number - today.weekday()) % 7
        yield today + timedelta(days=ahead - 7 if self.back and ahead else ahead), i + 1
        if ahead == 0 and not self.back:  # who says Thursday on a Thursday may mean the one in a week
            yield today + timedelta(days=7), i + 1
        for day, j in self._dates(i + 1):
            if day.weekday() == number:
                yield day, j
            else:
                self.hints.append(f"does not fit: in {day.year} it is {spoken_day(day)}.")

    def _dates(self, i: int) -> Iterator[tuple[date, int]]:
        first, second, third = (*self.words[i : i + 3], "", "", "")[:3]
        if iso := _ISO.fullmatch(first):
            yield from self._dated(int(iso[3]), int(iso[2]), int(iso[1]), i + 1)
        if dotted := _DOTTED.fullmatch(first):
            yield from self._dated(int(dotted[1]), int(dotted[2]), _year(dotted[3]), i + 1)
        if slashed := _SLASHED.fullmatch(first):
            a, b, year = slashed.groups()[:3] if slashed[1] else slashed.groups()[3:]
            for day, month in self._orders(int(a), int(b)):
                yield from self._dated(day, month, _year(year), i + 1)
        for name, number in ((first, second), (second, first)):
            if name in _MONTHS and (ordinal := _ORDINAL.fullmatch(number)):
                day, month = int(ordinal[1]), _MONTHS[name]
                yield from self._dated(day, month, None, i + 2)
                if _YEAR.fullmatch(third):
                    yield from self._dated(day, month, int(third), i + 3)

    def _orders(self, a: int, b: int) -> tuple[tuple[int, int], ...]:
        """Return what two numbers can be as (day, month): the order that is set decides while both can be."""
        if a <= 12 and b <= 12:
            day_first, month_first = (a, b), (b, a)
            if self.dates is None:
                return (day_first, month_first)
            return (day_first,) if self.dates == "dmy" else (month_first,)
        return ((a, b),) if b <= 12 else ((b, a),)

    def _dated(self, day: int, month: int, year: int | None, end: int) -> Iterator[tuple[date, int]]:
        if not 1 <= month <= 12:
            return
        made = self._in_some_year(day, month) if year is None else _date_or_none(year, month, day)
        if made:
            yield made, end
        else:
            which = "neither this year nor the next has" if year is None else f"{year} does not have"
            self.hints.append(f"names {day} {MONTH_NAMES[month - 1]}, a day that {which}.")

    def _in_some_year(self, day: int, month: int) -> date | None:
        """Return a day without a year in this one, or in the next (the last, looking back) when that is soon."""
        today = self.now.date()
        this = _date_or_none(today.year, month, day)
        other = _date_or_none(today.year + (-1 if self.back else 1), month, day)
        if this is None or other is None:
            return this or other
        over = this > today if self.back else this < today
        return other if over and abs((other - today).days) <= SOON else this

    def _counted(self, number: int, unit: str) -> date:
        today = self.now.date()
        match unit:
            case "month":
                return _months_on(today, number)
            case "working day":
                for _ in range(number):
                    today = self.calendar.next_working_day(today)
                return today
            case _:
                return today + timedelta(days=number * (7 if unit == "week" else 1))

    def _monday(self) -> date:
        return self.now.date() - timedelta(days=self.now.weekday())


def spoken_day(day: date) -> str:
    """Return a day as `Thu 26 Nov`, whatever the language of the machine."""
    return f"{WEEKDAY_NAMES[day.weekday()]} {day.day} {MONTH_NAMES[day.month - 1]}"


def _signed(sign: str, number: int) -> int:
    return -number if sign == "-" else number


def _number(word: str) -> int:
    """Return the count that a word stands for, 0 when it is none."""
    return int(word) if re.fullmatch(r"[0-9]{1,4}", word) else _NUMBERS.get(word, 0)


def _year(digits: str | None) -> int | None:
    if not digits:
        return None
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _months_on(day: date, months: int) -> date:
    """Return the same day so many months on, or the last day of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return next(made for back in range(4) if (made := _date_or_none(year, month + 1, day.day - back)))
