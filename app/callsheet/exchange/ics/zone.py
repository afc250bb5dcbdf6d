"""A time zone written out as its clock changes (RFC 5545, 3.6.5), for programs that know no zone by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """How a zone's clock stands at a time."""

    offset: timedelta
    name: str
    daylight: bool


def vtimezone(zone: ZoneInfo, first_year: int, last_year: int) -> Timezone:
    """Return the zone from the beginning of one year to the end of another."""
    made = Timezone()
    made.add("tzid", zone.key)
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    clock = _clock(zone, start)
    groups: dict[tuple[Clock, Clock], list[datetime]] = {(clock, clock): [start]}
    for at, before, after in _changes(zone.key, first_year, last_year):
        groups.setdefault((before, after), []).append(at)
    for (before, after), times in groups.items():
        part = TimezoneDaylight() if after.daylight else TimezoneStandard()
        # The hour at which the clock is changed, on the clock as it stood until then.
        onsets = [(at + before.offset).replace(tzinfo=None) for at in times]
        part.add("dtstart", onsets[0])
        if onsets[1:]:
            part.add("rdate", onsets[1:])
        part.add("tzoffsetfrom", before.offset)
        part.add("tzoffsetto", after.offset)
        part.add("tzname", after.name)
        made.add_component(part)
    return made


@lru_cache(maxsize=16)
def _changes(key: str, first_year: int, last_year: int) -> tuple[tuple[datetime, Clock, Clock], ...]:
    return tuple(
        _found(ZoneInfo(key), datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC))
    )


def _found(zone: ZoneInfo, at: datetime, end: datetime) -> Iterator[tuple[datetime, Clock, Clock]]:
    """Yield each change of the clock: when, how it stood before, and how after."""
    before = _clock(zone, at)
    while at < end:
        following = at + DAY
        after = _clock(zone, following)
        if after != before:
            low, high = at, following
            while high - low > SECOND:
                middle = low + (high - low) // 2
                low, high = (middle, high) if _clock(zone, middle) == before else (low, middle)
            yield high.replace(microsecond=0), before, after
        at, before = following, after


def _clock(zone: ZoneInfo, at: datetime) -> Clock:
    local = at.astimezone(zone)
    return Clock(local.utcoffset() or timedelta(0), local.tzname() or zone.key, bool(local.dst()))
