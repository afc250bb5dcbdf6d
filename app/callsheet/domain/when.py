"""Free-text times: `thu 2p`, `+3d`, `next block`, `26.11. 14:00`, read in the rep's zone and echoed in full.

Every reading that the words allow is collected; one that is left after the past is dropped is the answer, several are
an `Ambiguous` question with the candidates to choose from, none is `Past` or `Unreadable`. Nothing is guessed.

A date without a time means that day's opening, moved on to a working day. A count of days or weeks keeps the time of
day. A time that was said outright stays as said, and the echo tells when it lies outside the rep's hours.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from callsheet.domain.business_time import Calendar, NoWorkingDay
from callsheet.domain.text import one_line
from callsheet.domain.time_of_day import Clock
from callsheet.domain.when_words import DateOrder, Day, Phrase, Said, spoken_day, words_of

FARTHEST: Final = timedelta(days=3660)
"""A time further away than ten years is a slip of the finger."""

EXAMPLES: Final = "Try thu 14:00, tomorrow 9:30, +3d, in 2 weeks, next block or 26.11. 14:00."

_TOKEN: Final = re.compile(r"\S+")
_ZONES: Final = frozenset(
    {"est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "bst", "aest", "aedt", "jst", "utc", "gmt"}
)
_MOST_WORDS: Final = 9

Blocks = Sequence[tuple[time, time]]


@dataclass(frozen=True, slots=True)
class When:
    """A time that was understood: `at` in UTC, `all_day` when only a day was said, `echo` to show before saving."""

    at: datetime
    all_day: bool
    echo: str


class WhenError(ValueError):
    """The words do not give one time that lies ahead: `text` is what was typed, `hint` what to do about it."""

    def __init__(self, text: str, hint: str) -> None:
        self.text = one_line(text, 60)
        self.hint = hint
        super().__init__(f"“{self.text}” {hint}")


class Ambiguous(WhenError):
    """The words can be read in several ways: choose one of `candidates`, soonest first."""

    def __init__(self, text: str, candidates: tuple[When, ...]) -> None:
        self.candidates = candidates
        super().__init__(text, "can be " + ", or ".join(candidate.echo for candidate in candidates) + ". Which one?")


class Past(WhenError):
    """The words give a time that is over."""


class Unreadable(WhenError):
    """The words do not read as a time."""


def parse_when(
    text: str, now: datetime, calendar: Calendar, *, blocks: Blocks = (), dates: DateOrder | None = None
) -> When:
    """Read the whole text as a time after `now`, in the rep's zone.

    `blocks` are the daily call blocks, for `next block`; `dates` says how 3/4 is read, which is asked otherwise.

    Raises:
        Ambiguous: several readings lie ahead.
        Past: every reading is over.
        Unreadable: there is no reading; the hint says why, or gives examples.

    """
    return _Reader(now, calendar, blocks, dates).one_ahead(text)


def parse_moment(text: str, now: datetime, calendar: Calendar, *, dates: DateOrder | None = None) -> When:
    """Read the whole text as a moment before or after `now`: a weekday or a date means the latest one, not the next.

    Raises:
        Ambiguous: there are several readings.
        Unreadable: there is none.

    """
    reader = _Reader(now, calendar, (), dates, back=True)
    found, hint = reader.readings(text.split())
    if not found:
        raise Unreadable(text, hint)
    return _only(text, found)


def split_when(
    text: str, now: datetime, calendar: Calendar, *, blocks: Blocks = (), dates: DateOrder | None = None
) -> tuple[When, str]:
    """Read the longest beginning of the text that is a time, and return it with what follows.

    `thu 14:00 pricing call` is Thursday at two, and `pricing call`.

    Raises:
        Ambiguous, Past, Unreadable: as `parse_when` does, for that beginning.

    """
    reader = _Reader(now, calendar, blocks, dates)
    tokens = list(_TOKEN.finditer(text))
    for count in range(min(len(tokens), _MOST_WORDS), 0, -1):
        said = [token.group() for token in tokens[:count]]
        rest = text[tokens[count - 1].end() :].strip()
        if count == 1 and rest and said[0].isdecimal():
            break  # "3 options to compare" names no time
        if reader.readings(said)[0]:
            if rest.split(maxsplit=1)[:1] and rest.split(maxsplit=1)[0].lower() in _ZONES:
                raise Unreadable(text, "names a time zone. Give the time in your own zone, or as 14:00+01:00.")
            return reader.one_ahead(" ".join(said)), rest.lstrip(",;:–—- ")
    raise Unreadable(text, f"does not begin with a time. {EXAMPLES}")


def spoken(at: datetime, now: datetime, calendar: Calendar, note: str = "") -> str:
    """Return a time as the rep says it: `Thu 26 Nov 14:00 GMT · in 2 working days`, then what is odd about it."""
    local, today = calendar.local(at), calendar.day_of(now)
    year = f" {local.year}" if local.year != today.year else ""
    remark = f" ({note})" if note else ""
    when = f"{spoken_day(local.date())}{year} {local.hour:02}:{local.minute:02} {_short_zone(local)}"
    return f"{when} · {_distance(today, local.date(), calendar)}{remark}"


@dataclass(frozen=True, slots=True)
class _Reader:
    now: datetime
    calendar: Calendar
    blocks: Blocks
    dates: DateOrder | None
    back: bool = False

    def one_ahead(self, text: str) -> When:
        """Return the one reading of the text after now."""
        found, hint = self.readings(text.split())
        ahead = tuple(when for when in found if when.at > self.now)
        if ahead:
            return _only(text, ahead)
        if found:
            raise Past(text, f"is over: it was {found[-1].echo}. Say a time that is still ahead.")
        raise Unreadable(text, hint)

    def readings(self, tokens: Sequence[str]) -> tuple[tuple[When, ...], str]:
        """Return every reading of the words, each instant once, soonest first; and why there is none."""
        words = words_of(tokens)
        hint = f"does not read as a time. {EXAMPLES}"
        if not words or len(words) > _MOST_WORDS + 1:
            return (), hint
        if words == ("next", "block") and not self.blocks:
            return (), "needs your call blocks: set their times first."
        phrase = Phrase(words, self._local_now(), self.calendar, self.dates, self.back)
        found: dict[datetime, When] = {}
        try:
            if words == ("next", "block"):
                block = self._next_block()
                found[block.at] = block
            for said in phrase.readings():
                if said.day and abs(said.day.date - self.now.date()) > FARTHEST:
                    phrase.hints.append("is more than ten years away.")
                    continue
                for when in self._resolved(said):
                    found.setdefault(when.at, when)
        except NoWorkingDay as error:
            return (), f"finds no working day: {error}."
        return tuple(found[at] for at in sorted(found)), (phrase.hints or [hint])[0]

    def _resolved(self, said: Said) -> Iterator[When]:
        if said.instant is not None:
            yield self._exact(said.instant)
            return
        day = said.day or Day(self._local_now().date())
        match said.clock:
            case Clock(exact=True) as clock:
                yield from self._at_clock(day.date, clock)
            case Clock(at=at):
                yield self._on_working_day(day.date, at)
            case None if day.counted:
                yield self._same_time(day.date)
            case None:
                yield self._on_working_day(day.date, None)

    def _exact(self, at: datetime, note: str = "") -> When:
        at = at.astimezone(UTC)
        if not note and not self.calendar.in_business_hours(at):
            note = "outside your hours"
        return When(at, all_day=False, echo=spoken(at, self.now, self.calendar, note))

    def _at_clock(self, day: date, clock: Clock) -> Iterator[When]:
        """Yield the instants of a wall time: two where the clocks repeat it, the one pushed on where they skip it."""
        if clock.zone is not None:
            yield self._exact(datetime.combine(day, clock.at, clock.zone))
            return
        walls = [datetime.combine(day, clock.at.replace(fold=fold), self.calendar.tz) for fold in (0, 1)]
        if clock.short:
            walls = [wall for wall in walls if (wall.tzname() or "").lower() == clock.short]
        elif (pushed := self.calendar.local(walls[0].astimezone(UTC))).time() != clock.at:
            yield self._exact(pushed, f"the clocks skip {clock.at:%H:%M} that day")
            return
        for at in sorted({wall.astimezone(UTC) for wall in walls}):
            yield self._exact(at)

    def _on_working_day(self, day: date, at: time | None) -> When:
        """Return that time of day, or the opening, on the day or the first working day after it."""
        rolled = self._rolled(day)
        return self._moved(day, rolled, at or self.calendar.open, all_day=at is None)

    def _same_time(self, day: date) -> When:
        """Return the time that it is now, on that day or the first working day after it, within working hours."""
        at = self._local_now().time()
        if self.back:
            return self._moved(day, day, at)
        rolled = self._rolled(day)
        if at > self.calendar.close and rolled >= self._local_now().date():
            return self._moved(day, self.calendar.next_working_day(rolled), self.calendar.open)
        return self._moved(day, rolled, max(at, self.calendar.open))

    def _rolled(self, day: date) -> date:
        """Return the first working day from a day on; one that is over stays, as it must not become one ahead."""
        return day if self.back or day < self._local_now().date() else self.calendar.roll_forward(day)

    def _moved(self, said: date, day: date, at: time, *, all_day: bool = False) -> When:
        instant = datetime.combine(day, at, self.calendar.tz).astimezone(UTC)
        note = ""
        if not self.calendar.is_working_day(said) and said != day:
            note = f"{spoken_day(said)} is no working day"
        elif not self.calendar.in_business_hours(instant):
            note = "outside your hours"
        return When(instant, all_day, spoken(instant, self.now, self.calendar, note))

    def _next_block(self) -> When:
        day = self.calendar.roll_forward(self._local_now().date())
        while True:
            for start, _ in sorted(self.blocks):
                at = datetime.combine(day, start, self.calendar.tz).astimezone(UTC)
                if at > self.now:
                    return When(at, all_day=False, echo=spoken(at, self.now, self.calendar))
            day = self.calendar.next_working_day(day)

    def _local_now(self) -> datetime:
        return self.calendar.local(self.now).replace(second=0, microsecond=0)


def _only(text: str, found: tuple[When, ...]) -> When:
    if len(found) > 1:
        raise Ambiguous(text, found)
    return found[0]


def _distance(today: date, day: date, calendar: Calendar) -> str:
    days = (day - today).days
    if days in {-1, 0, 1}:
        return ("yesterday", "today", "tomorrow")[days + 1]
    if days < 0:
        return f"{-days} days ago"
    working = calendar.working_days_between(today, day)
    if not calendar.is_working_day(day) or working > 20:
        return f"in {days} days"
    return f"in {working} working day{'' if working == 1 else 's'}"


def _short_zone(local: datetime) -> str:
    """Return the zone's short name, or its offset as UTC+5:45 where it has none."""
    name = local.tzname() or ""
    if not name.startswith(("+", "-")):
        return name
    return f"UTC{name[0]}{int(name[1:3])}" + (f":{name[3:5]}" if name[3:5] not in {"", "00"} else "")
