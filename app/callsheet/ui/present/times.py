"""Times in the rep's words: how long ago, which day, what hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from callsheet.domain.rules import Rules


@dataclass(frozen=True)
class Moment:
    """Now, and the rules by which it is read: every presenter takes one."""

    now: datetime
    rules: Rules

    def local(self, at: datetime) -> datetime:
        """Return an instant on the rep's clock."""
        return self.rules.calendar.local(at)

    @property
    def today(self) -> date:
        """The rep's calendar day."""
        return self.rules.calendar.day_of(self.now)

    def clock(self, at: datetime) -> str:
        """Return the time of day: `09:57`."""
        return f"{self.local(at):%H:%M}"

    def day(self, at: datetime) -> str:
        """Return the day as the rep says it: `today`, `tomorrow`, `Thu 26`, `15 Dec`, `15 Dec 2027`."""
        return spoken_day(self.local(at).date(), self.today)

    def when(self, at: datetime) -> str:
        """Return day and time of day, the day only when it is not today: `14:00`, `tomorrow 14:00`."""
        day = self.day(at)
        return self.clock(at) if day == "today" else f"{day} {self.clock(at)}"

    def ago(self, at: datetime) -> timedelta:
        """Return how long ago it was, never less than nothing."""
        return max(self.now - at, timedelta())

    def left(self, at: datetime) -> timedelta:
        """Return how long it still is, never less than nothing."""
        return max(at - self.now, timedelta())


def spoken_day(day: date, today: date) -> str:
    """Return a day as the rep says it, as seen from today."""
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[away + 1]
    if 1 < away < 7:
        return f"{day:%a} {day.day}"
    if day.year == today.year or abs(away) < 120:
        return f"{day.day} {day:%b}"
    return f"{day.day} {day:%b} {day.year}"


def spoken_span(length: timedelta) -> str:
    """Return a length of time as it is said: `4 min`, `1 h 20 min`, `2 days`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = hours // 24
    return f"{days} day{'' if days == 1 else 's'}"


def stopwatch(length: timedelta) -> str:
    """Return a length of time as a stopwatch shows it: `02:47`, `1:02:47`."""
    seconds = max(int(length.total_seconds()), 0)
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
