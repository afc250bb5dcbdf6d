"""Pipedrive's forms of a time: `YYYY-MM-DD HH:MM:SS` in version 1, RFC 3339 in version 2, all of them UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callsheet.sync.port import Drift


def moment(value: object) -> datetime | None:
    """A time in either form, for both are found in version 1; None when it is blank.

    Raises:
        Drift: it is no time.
    """
    if value in (None, "", "0000-00-00 00:00:00"):
        return None
    if not isinstance(value, str):
        raise Drift("Pipedrive gives a time in a form that it never had before.")
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Drift("Pipedrive gives a time in a form that it never had before.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def due(date: object, time: object) -> tuple[datetime | None, bool]:
    """When an activity is due, and whether only its day matters; the time is UTC, to the second or to the minute."""
    if not isinstance(date, str) or not date:
        return None, True
    whole = time if isinstance(time, str) and time else ""
    return moment(f"{date} {whole}".strip()), not whole


def v1(at: datetime) -> str:
    """A time as version 1 wants it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def v2(at: datetime) -> str:
    """A time as version 2 wants it, and `updated_since` in both versions."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock_time(length: timedelta) -> str:
    """A length as `HH:MM:SS`."""
    seconds = max(0, round(length.total_seconds()))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
