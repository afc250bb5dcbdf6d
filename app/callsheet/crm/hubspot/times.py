"""Times on HubSpot's wire: ISO 8601 in answers, epoch milliseconds in searches and writes; UTC throughout."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from callsheet.domain.text import one_line
from callsheet.sync.port import Drift

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def at(value: str) -> datetime | None:
    """A time of HubSpot's (ISO 8601 or epoch milliseconds), None when blank. Raises `Drift` when it is none."""
    if not value:
        return None
    try:
        if re.fullmatch(r"-?\d{1,15}", value):
            return EPOCH + timedelta(milliseconds=int(value))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        raise Drift(f"HubSpot answered with {one_line(value, 50)!r} in place of a time.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def milliseconds(moment: datetime) -> str:
    """A time as HubSpot's searches and writes take it: epoch milliseconds, in UTC whatever the zone."""
    return str((moment - EPOCH) // timedelta(milliseconds=1))
