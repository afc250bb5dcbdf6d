"""What the texts in the settings mean: times of day, spans, days off, head counts, addresses of servers."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Final

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The names of the days, in the order of `date.weekday()`."""

LONGEST_LEAVE: Final = 366
"""Days in one range of days off: a longer one is a slip of the year."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that may be reached without TLS, because nothing leaves the machine."""

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_SIZES: Final = re.compile(r"([0-9]{1,7}) ?[-–] ?([0-9]{1,7})|([0-9]{1,7})\+?")
_ANY_SIZE: Final = 10**7


class Unreadable(ValueError):
    """A text that does not mean what it should. `reason` says what is wrong, `hint` how it is written."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}; {hint}")
        self.reason = reason
        self.hint = hint


def quoted(value: object) -> str:
    """Show a value as it would be written in the file: on one line, cut when long, without control characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)[:60]
    shown = value if len(value) <= 60 else value[:59] + "…"
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)
    return f'"{shown}"'


def time_of_day(text: str) -> time:
    """Read `09:00`.

    Raises:
        Unreadable: it is not written so.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unreadable(f"{quoted(text)} is not a time of day", 'write it like "09:00"')
    return time(int(match[1]), int(match[2]))


def span_of_day(text: str) -> tuple[time, time]:
    """Read `08:30-09:45`.

    Raises:
        Unreadable: it is not written so, or ends before it starts.
    """
    first, dash, last = text.replace("–", "-").partition("-")
    if not dash:
        raise Unreadable(f"{quoted(text)} is not a span of the day", 'write it like "08:30-09:45"')
    start, end = time_of_day(first.strip()), time_of_day(last.strip())
    if start >= end:
        raise Unreadable(f"{quoted(text)} ends before it starts", 'write the earlier time first, like "08:30-09:45"')
    return start, end


def calendar_day(text: str) -> date:
    """Read `2026-12-24`.

    Raises:
        Unreadable: it is not written so, or there is no such day.
    """
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f"{quoted(text)} is not a day", 'write it like "2026-12-24"') from None


def days(text: str) -> frozenset[date]:
    """Read one day, or `2027-02-01..2027-02-12` with both ends in it.

    Raises:
        Unreadable: it is not written so, runs backwards, or is longer than a year.
    """
    first, dots, last = text.partition("..")
    start = calendar_day(first.strip())
    end = calendar_day(last.strip()) if dots else start
    length = (end - start).days
    if length < 0:
        raise Unreadable(f"{quoted(text)} ends before it starts", "write the earlier day first")
    if length > LONGEST_LEAVE:
        raise Unreadable(f"{quoted(text)} is longer than a year", "check the years")
    return frozenset(start + timedelta(days=n) for n in range(length + 1))


def head_counts(text: str) -> tuple[tuple[int, int], ...]:
    """Read `50-500`, `1000+` or several, separated by commas, as inclusive ranges; nothing for an empty text.

    Raises:
        Unreadable: it is not written so, or runs backwards.
    """
    ranges: list[tuple[int, int]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _SIZES.fullmatch(part)
        if match is None:
            raise Unreadable(f"{quoted(part)} is not a size of a company", 'write it like "50-500" or "1000+"')
        low = int(match[1] or match[3])
        high = int(match[2]) if match[2] else _ANY_SIZE if part.endswith("+") else low
        if low > high:
            raise Unreadable(f"{quoted(part)} runs backwards", 'write the smaller number first, like "50-500"')
        ranges.append((low, high))
    return tuple(ranges)


def server_address(text: str) -> str:
    """Read the address of a CRM and return it without a slash at the end.

    Raises:
        Unreadable: it is no address, would send the key in the clear, or has a password in it.
    """
    from urllib.parse import urlsplit

    like = 'write it like "https://crm.example.com"'
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unreadable(f"{quoted(text)} is not an address", like) from None
    if parts.username is not None or parts.password is not None:
        raise Unreadable("the address has a user or a password in it", "leave them out; the key is kept elsewhere")
    if parts.scheme not in {"https", "http"} or not host or port == 0 or any(c.isspace() for c in text.strip()):
        raise Unreadable(f"{quoted(text)} is not an address", like)
    if parts.query or parts.fragment:
        raise Unreadable(f"{quoted(text)} has more in it than an address", like)
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Unreadable(f"{quoted(text)} would send your key unprotected", 'begin it with "https://"')
    return text.strip().rstrip("/")
