"""How far a pull has come in a list that is read in the order of change.

EspoCRM's times have whole seconds, and an import gives hundreds of records the same one. So a page that ends in the
middle of a second is cut before it, and that second is then read whole, by id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from callsheet.crm.espocrm.wire import Row, Where
from callsheet.sync.port import Drift, Invalid

OVERLAP: Final = timedelta(seconds=60)
"""How far a run reaches back: a record may become visible later than its time of change says."""

LATE: Final = timedelta(hours=1)
"""How long after its time of change nothing becomes visible any more, by the time that answers tell.

That may be a proxy's, and the clock behind it wrong: a change must not be missed for it.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of `stamp`.

    `at` is the time from which on all is still to be read ("" for everything), `last` the id after which the second
    `at` is to be read, None when it is not being read by id. `high` is the newest change seen, or how
    far nothing else can come, `running` whether a run is under way: a new one reaches back from `high`, to `since` (""
    for the first run, which reads everything).
    """

    at: str = ""
    last: str | None = None
    high: str = ""
    running: bool = False
    since: str = ""

    @classmethod
    def decoded(cls, value: object) -> Self:
        """Read a place out of a cursor. Raises `Invalid` when it is none of ours."""
        match value:
            case [str(at), str() | None as last, str(high), bool(running), str(since)]:
                return cls(at, last, high, running, since)
            case [str(at), str() | None as last, str(high), bool(running)]:  # by an earlier version
                return cls(at, last, high, running)
        raise Invalid("The mark of the last sync with EspoCRM cannot be read; a full sync is needed.")

    def encoded(self) -> list[object]:
        """Write the place down for a cursor."""
        return [self.at, self.last, self.high, self.running, self.since]

    def started(self) -> Place:
        """The place where to read on; a new run reaches back over what may have become visible late."""
        if self.running:
            return self
        since = moved(self.high, -OVERLAP)
        return Place(since, high=self.high, running=True, since=since)

    def where(self, stamp: str) -> list[Where]:
        """The conditions of the next page: `after` and `before` are strict, and times are whole seconds."""
        if not self.at:
            return [{"type": "isNotNull", "attribute": stamp}] if stamp != "modifiedAt" else []
        since: Where = {"type": "after", "attribute": stamp, "value": moved(self.at, timedelta(seconds=-1))}
        if self.last is None:
            return [since]
        until: Where = {"type": "before", "attribute": stamp, "value": moved(self.at, timedelta(seconds=1))}
        return [since, until, *([{"type": "greaterThan", "attribute": "id", "value": self.last}] if self.last else [])]

    def order(self, stamp: str) -> str:
        """What the next page is ordered by."""
        return stamp if self.last is None else "id"

    def after(self, rows: Sequence[Row], limit: int, stamp: str) -> tuple[list[Row], Place]:
        """What of a page is taken, and where to read on; the run has ended when the place is not `running`.

        Raises:
            Drift: a record has no time of change.
        """
        stamps = [_stamp(row, stamp) for row in rows]
        full = len(rows) >= limit
        high = max([self.high, *stamps])
        if self.last is not None:
            if full:
                return list(rows), replace(self, last=str(rows[-1]["id"]), high=high)
            return list(rows), replace(self, at=moved(self.at, timedelta(seconds=1)), last=None, high=high)
        if not full:
            return list(rows), Place(high=high)
        second = stamps[-1]
        taken = [row for row, time in zip(rows, stamps, strict=True) if time != second]
        return taken, replace(self, at=second, last="", high=max([self.high, *(one for one in stamps if one < second)]))

    def settled(self, now: datetime | None) -> Place:
        """The place after a run that ended at a time of the server's: what changed long before is not read again."""
        return self if now is None else replace(self, high=max(self.high, written(now - LATE)))


def cursor(**places: Place) -> str:
    """A cursor over several lists."""
    return json.dumps({name: place.encoded() for name, place in places.items()}, separators=(",", ":"))


def places(text: str | None, *names: str) -> tuple[Place, ...]:
    """The places in a cursor; the beginning where it does not name one. Raises `Invalid` when it is none of ours."""
    found: Any = {}
    if text:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
    if not isinstance(found, Mapping):
        raise Invalid("The mark of the last sync with EspoCRM cannot be read; a full sync is needed.")
    return tuple(Place.decoded(found[name]) if name in found else Place() for name in names)


def moment(value: object) -> datetime | None:
    """A time of EspoCRM's (UTC, without saying so), aware; None when empty. Raises `Drift` when it is none."""
    if not value:
        return None
    try:
        return datetime.strptime(str(value).replace("T", " ")[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Drift("EspoCRM gives a time in a form that it never had before.") from None


def written(at: datetime) -> str:
    """A time in EspoCRM's form: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def moved(at: str, by: timedelta) -> str:
    """A time of EspoCRM's, moved."""
    time = moment(at)
    return written(time + by) if time else ""


def _stamp(row: Row, stamp: str) -> str:
    time = moment(row.get(stamp))
    if time is None or not isinstance(row.get("id"), str):
        raise Drift("EspoCRM's record has no id or no time of change.")
    return written(time)
