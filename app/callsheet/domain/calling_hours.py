"""When a person may be called: their local time decides, by the tightest rule that may apply to them (RULES §13).

The rules come from a dated table that the user can edit. Orientation, not legal advice: calls between businesses are
largely exempt from the consumer rules, and the default is the stricter reading all the same. Who asked not to be called
at all is no matter of hours and is decided elsewhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from callsheet.domain.business_time import Span, zone_info

EVERY_DAY: Final = frozenset(range(7))
WEEKDAYS: Final = frozenset(range(5))
ELSEWHERE: Final = "*"
"""The region of the row for every country that has none of its own."""

HORIZON: Final = 15
"""Days that are searched for the next opening: the rules repeat weekly, so what is not open by then never is."""

_DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS: Final = ("region", "windows", "max_calls", "silence_after_refusal", "dated", "source", "note")
_WINDOW: Final = re.compile(r"(?:([a-z][a-z, -]*) )?([0-9]{2}:[0-9]{2}) ?[-–] ?([0-9]{2}:[0-9]{2})")
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,3}) ?(h|hours?|days?)")
_MOST: Final = re.compile(r"([1-9][0-9]{0,2}) in (.+)")
_REGION: Final = re.compile(r"\*|[A-Z]{2}(?:-[A-Z0-9]{1,3})?")


class TableError(ValueError):
    """A row of the table cannot be used: `key` is where, `reason` what is wrong and what it should look like.

    `row` counts the rows from 0, None when it is not about one of them.
    """

    def __init__(self, key: str, reason: str, row: int | None = None) -> None:
        self.key = key
        self.reason = reason
        self.row = row
        super().__init__(f"{key}: {reason}")


@dataclass(frozen=True, slots=True)
class Window:
    """Weekdays (Monday = 0) and wall-clock hours in which a call may begin, the closing minute no longer."""

    days: frozenset[int]
    open: time
    close: time

    def __str__(self) -> str:
        return f"{_spoken_days(self.days)} {self.open:%H:%M}–{self.close:%H:%M}"

    def __and__(self, other: "Window") -> "Window | None":
        """Return what lies in both windows, None when nothing does."""
        days, opens, closes = self.days & other.days, max(self.open, other.open), min(self.close, other.close)
        return Window(days, opens, closes) if days and opens < closes else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a region (`US-AL`, `FR`, `*`), its windows and limits, and where and when that was looked up."""

    region: str
    windows: tuple[Window, ...]
    max_calls: tuple[int, timedelta] | None
    silence_after_refusal: timedelta | None
    dated: date
    source: str
    note: str = ""

    @property
    def origin(self) -> str:
        """Whose rule it is, from where and of which date."""
        whose = "the general rule" if self.region == ELSEWHERE else self.region
        return f"{whose}: {self.source}, as of {self.dated.isoformat()}"


@dataclass(frozen=True, slots=True)
class Table:
    """The rules by region, the general one under `*`."""

    rules: Mapping[str, Rule]

    def __or__(self, other: "Table") -> "Table":
        """Return this table with the rows of another one in place of its own."""
        return Table({**self.rules, **other.rules})

    def applying(self, regions: Iterable[str]) -> tuple[Rule, ...]:
        """Return the rules for these regions: a state's and its country's, and the general one where there is none."""
        found: dict[str, Rule] = {}
        for region in regions or ("",):
            country = region.partition("-")[0]
            own = [self.rules[name] for name in (region, country) if name in self.rules]
            for rule in own or [self.rules[ELSEWHERE]]:
                found[rule.region] = rule
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person may be called at a moment, and by which rule.

    `now`: inside every window and limit. `soft`: inside the friendlier soft window. `from_`: when closed, the next
    time it opens (UTC), None when that is unknown. `until`: when open, the time it closes. `rule`: in plain words, with
    source and date. `local` and `zone`: their time. `flagged`: the zone is uncertain, the strictest candidate decided.
    """

    now: bool
    soft: bool
    from_: datetime | None
    until: datetime | None
    rule: str
    local: datetime
    zone: str
    flagged: bool


def verdict(
    now: datetime,
    zones: Sequence[str],
    regions: Sequence[str],
    table: Table,
    soft: Window,
    hard: Window,
    recent_calls: Sequence[datetime],
    *,
    refused_at: datetime | None = None,
) -> Verdict:
    """Decide whether a call may begin `now`.

    Every candidate zone must be inside the windows, and every region's rule is kept. `recent_calls` are the earlier
    calls to this person on this subject, `refused_at` is when they last said no.

    Raises:
        ValueError: a zone has no such name.

    """
    rules = table.applying(regions)
    if not zones:
        unknown = "their time zone is not known: set it, or say why you call all the same"
        return Verdict(
            now=False,
            soft=False,
            from_=None,
            until=None,
            rule=unknown,
            local=now.astimezone(UTC),
            zone="",
            flagged=True,
        )
    windows = _tightest(rules, hard)
    free, reason = _free_from(now, rules, recent_calls, refused_at)
    openings = _openings(free, zones, windows)
    start, end = next(((a, b) for a, b in openings if b > free), (None, None))
    is_open = free <= now and start is not None and start <= now
    zone = _deciding_zone(now, zones, windows)
    return Verdict(
        now=is_open,
        soft=all(_inside(now, name, (soft,)) for name in zones),
        from_=None if is_open or start is None else max(start, free),
        until=end if is_open else None,
        rule=reason or _deciding_rule(now, zone, rules, hard),
        local=now.astimezone(zone_info(zone)),
        zone=zone,
        flagged=len({now.astimezone(zone_info(name)).utcoffset() for name in zones}) > 1,
    )


def read_table(decoded: Mapping[str, object]) -> Table:
    """Return the table from a decoded TOML file: a list of rows under `rule`.

    Raises:
        TableError: a row or key cannot be used.

    """
    rows = decoded.get("rule")
    if set(decoded) != {"rule"} or not isinstance(rows, list):
        raise TableError("rule", "the file holds rows that begin with [[rule]], and nothing else")
    rules: dict[str, Rule] = {}
    for number, row in enumerate(rows):
        where = f"rule {number + 1}"
        if not isinstance(row, Mapping):
            raise TableError(where, "a row begins with [[rule]]", number)
        try:
            rule = _read_rule(row, f"{where} ({row.get('region', 'no region')})")
        except TableError as error:
            raise TableError(error.key, error.reason, number) from None
        if rule.region in rules:
            raise TableError(f"{where} ({rule.region}).region", "there is an earlier row for this region", number)
        rules[rule.region] = rule
    return Table(rules)


def read_window(text: str, days: frozenset[int] = EVERY_DAY) -> Window:
    """Read `08:30-17:30`, `mon-sat 09:00-20:00` or `mon,wed 10:00-12:00`; `days` when none are named.

    Raises:
        ValueError: it is not written so, or does not run forwards within a day.

    """
    match = _WINDOW.fullmatch(text.strip().lower())
    try:
        if match is None:
            raise ValueError
        named, opens, closes = match[1], time.fromisoformat(match[2]), time.fromisoformat(match[3])
        window = Window(_read_days(named) if named else days, opens, closes)
    except ValueError:
        raise ValueError(f"{text!r} is not written like mon-fri 08:30-17:30") from None
    if window.open >= window.close:
        raise ValueError(f"{text!r} closes before it opens")
    return window


def _tightest(rules: Sequence[Rule], hard: Window) -> tuple[Window, ...]:
    windows: tuple[Window, ...] = (hard,)
    for rule in rules:
        windows = tuple(both for a in windows for b in rule.windows if (both := a & b))
    return windows


def _free_from(
    now: datetime, rules: Sequence[Rule], recent_calls: Sequence[datetime], refused_at: datetime | None
) -> tuple[datetime, str]:
    """Return from when on no limit on calls or silence stands in the way, and the limit that lasts longest."""
    free, reason = now, ""
    for rule in rules:
        if rule.silence_after_refusal and refused_at and refused_at + rule.silence_after_refusal > free:
            free = refused_at + rule.silence_after_refusal
            reason = f"{_spoken_length(rule.silence_after_refusal)} of silence after a refusal ({rule.origin})"
        if rule.max_calls:
            most, period = rule.max_calls
            counted = sorted(call for call in recent_calls if now - period < call <= now)
            if len(counted) >= most and counted[-most] + period > free:
                free = counted[-most] + period
                reason = f"at most {most} calls in {_spoken_length(period)} ({rule.origin})"
    return free.astimezone(UTC), reason


def _openings(start: datetime, zones: Sequence[str], windows: tuple[Window, ...]) -> list[Span]:
    """Return the spans (UTC) in which the windows are open in every zone at once, over the next two weeks."""
    common: list[Span] | None = None
    for zone in dict.fromkeys(zones):
        first = start.astimezone(zone_info(zone)).date() - timedelta(days=1)
        days = (first + timedelta(days=ahead) for ahead in range(HORIZON + 1))
        spans = _joined(span for day in days for span in _spans(zone, windows, day))
        common = spans if common is None else _overlap(common, spans)
    return common or []


@lru_cache(maxsize=8192)
def _spans(zone: str, windows: tuple[Window, ...], day: date) -> tuple[Span, ...]:
    tz = zone_info(zone)
    spans = (
        (datetime.combine(day, w.open, tz).astimezone(UTC), datetime.combine(day, w.close, tz).astimezone(UTC))
        for w in windows
        if day.weekday() in w.days
    )
    return tuple(sorted(span for span in spans if span[0] < span[1]))


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _overlap(one: list[Span], other: list[Span]) -> list[Span]:
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return sorted(span for span in both if span[0] < span[1])


def _inside(now: datetime, zone: str, windows: Sequence[Window]) -> bool:
    local = now.astimezone(zone_info(zone))
    return any(local.weekday() in w.days and w.open <= local.time() < w.close for w in windows)


def _deciding_zone(now: datetime, zones: Sequence[str], windows: tuple[Window, ...]) -> str:
    """Return the zone that keeps the call from happening, else the first."""
    return next((zone for zone in zones if not _inside(now, zone, windows)), zones[0])


def _deciding_rule(now: datetime, zone: str, rules: Sequence[Rule], hard: Window) -> str:
    """Say in words which rule is the one that counts: the one that is closed, else the first and most particular."""
    closed = next((rule for rule in rules if not _inside(now, zone, rule.windows)), None)
    if closed is None and not _inside(now, zone, (hard,)):
        return f"{hard} their time (your own calling hours)"
    rule = closed or rules[0]
    return f"{', '.join(map(str, rule.windows))} their time ({rule.origin})"


def _read_rule(row: Mapping[str, object], where: str) -> Rule:
    for key in row:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            raise TableError(f"{where}.{key}", f"there is no such key{f', did you mean {near[0]}?' if near else ''}")
    region, source, note = _text(row, "region", where), _text(row, "source", where), _text(row, "note", where, "")
    if not _REGION.fullmatch(region):
        raise TableError(f"{where}.region", "a region is written like US-AL, FR or *")
    return Rule(
        region,
        _read_windows(row.get("windows"), f"{where}.windows"),
        _read_most(_text(row, "max_calls", where, ""), f"{where}.max_calls"),
        _read_length(_text(row, "silence_after_refusal", where, ""), f"{where}.silence_after_refusal"),
        _read_date(row.get("dated"), f"{where}.dated"),
        source,
        note,
    )


def _text(row: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise TableError(f"{where}.{key}", "a text in quotes is missing here")
    return value.strip()


def _read_windows(value: object, key: str) -> tuple[Window, ...]:
    if not isinstance(value, list) or not value:
        raise TableError(key, 'a list is missing here, like ["mon-sat 08:00-21:00"]')
    try:
        return tuple(read_window(text if isinstance(text, str) else repr(text)) for text in value)
    except ValueError as error:
        raise TableError(key, str(error)) from None


def _read_most(text: str, key: str) -> tuple[int, timedelta] | None:
    if not text:
        return None
    match = _MOST.fullmatch(text)
    period = _read_length(match[2], key) if match else None
    if match is None or period is None:
        raise TableError(key, f"{text!r} is not written like 3 in 24 h")
    return int(match[1]), period


def _read_length(text: str, key: str) -> timedelta | None:
    if not text:
        return None
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise TableError(key, f"{text!r} is not written like 24 h or 60 days")
    return timedelta(hours=int(match[1])) if match[2].startswith("h") else timedelta(days=int(match[1]))


def _read_date(value: object, key: str) -> date:
    try:
        if type(value) is date:
            return value
        return date.fromisoformat(str(value))
    except ValueError:
        raise TableError(key, "the day on which this was looked up is missing, like 2026-11-22") from None


def _read_days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in re.split(r", ?", text.strip()):
        first, dash, last = part.partition("-")
        start, end = _DAY_NAMES.index(first), _DAY_NAMES.index(last if dash else first)
        days.update(range(start, end + 1) if start <= end else {*range(start, 7), *range(end + 1)})
    return frozenset(days)


def _spoken_days(days: frozenset[int]) -> str:
    ordered = sorted(days)
    names = [_DAY_NAMES[day].capitalize() for day in ordered]
    if len(names) > 2 and ordered[-1] - ordered[0] == len(names) - 1:
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


def _spoken_length(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{length.days} days" if length.days > 1 and hours % 24 == 0 else f"{hours} h"
