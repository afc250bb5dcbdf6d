"""How far a pull has come in a table that is read in the order of change.

Odoo orders by microseconds and compares by whole seconds. A cursor of (time, id) would therefore skip records, so a
page that ends in the middle of a second is cut before it, and that second is then read whole, by id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Self

from callsheet.crm.odoo.records import moment, written
from callsheet.sync.port import Drift

Row = Mapping[str, Any]
Domain = list[Any]

OVERLAP: Final = timedelta(seconds=60)
"""How far a run reaches back: a record's time of change is when its transaction began, not when it became visible."""

STAMP: Final = "write_date"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of change.

    `at` is the time from which on all is still to be read ("" for everything), `last` the id after which the second
    `at` is to be read, None when it is not being read by id. `high` is the newest change seen, `running` whether a run
    is under way: a new one reaches back from `high`.
    """

    at: str = ""
    last: int | None = None
    high: str = ""
    running: bool = False

    @classmethod
    def decoded(cls, value: object) -> Self:
        """Read a place out of a cursor.

        Raises:
            Drift: it is no place of ours.
        """
        match value:
            case [str(at), int() | None as last, str(high), bool(running)]:
                return cls(at, last, high, running)
        raise Drift("The place up to which Odoo was read is damaged; read everything again.")

    def encoded(self) -> list[object]:
        """Write the place down for a cursor."""
        return [self.at, self.last, self.high, self.running]

    def started(self) -> Place:
        """The place where to read on; a new run reaches back over what may have become visible late."""
        if self.running:
            return self
        return replace(self, at=_moved(self.high, -OVERLAP) if self.high else "", last=None, running=True)

    def domain(self) -> Domain:
        """The condition for the next page."""
        if self.last is not None:
            return [[STAMP, ">=", self.at], [STAMP, "<", _moved(self.at, timedelta(seconds=1))], ["id", ">", self.last]]
        return [[STAMP, ">=", self.at]] if self.at else []

    @property
    def order(self) -> str:
        """The order of the next page."""
        return f"{STAMP} asc, id asc" if self.last is None else "id asc"

    def after(self, rows: Sequence[Row], limit: int) -> tuple[list[Row], Place]:
        """What of a page is taken, and where to read on; the run has ended when the place is not `running`.

        Raises:
            Drift: a record has no time of change.
        """
        stamps = [_stamp(row) for row in rows]
        full = len(rows) >= limit
        if self.last is not None:
            high = max([self.high, *stamps])
            if full:
                return list(rows), replace(self, last=int(rows[-1]["id"]), high=high)
            return list(rows), replace(self, at=_moved(self.at, timedelta(seconds=1)), last=None, high=high)
        if not full:
            return list(rows), Place(high=max([self.high, *stamps]))
        second = stamps[-1]
        taken = [row for row, stamp in zip(rows, stamps, strict=True) if stamp != second]
        return taken, replace(self, at=second, last=0)


def cursor(**places: Place) -> str:
    """A cursor over several tables."""
    return json.dumps({name: place.encoded() for name, place in places.items()}, separators=(",", ":"))


def places(text: str | None, *names: str) -> tuple[Place, ...]:
    """The places in a cursor; the beginning where it does not name one.

    Raises:
        Drift: it is no cursor of ours.
    """
    if not text:
        return tuple(Place() for _ in names)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Drift("The place up to which Odoo was read is damaged; read everything again.")
    return tuple(Place.decoded(found[name]) if name in found else Place() for name in names)


def _moved(at: str, by: timedelta) -> str:
    time = moment(at)
    return written(time + by) if time else ""


def _stamp(row: Row) -> str:
    time = moment(row.get(STAMP))
    if time is None:
        raise Drift("Odoo's record has no time of change.")
    return written(time)
