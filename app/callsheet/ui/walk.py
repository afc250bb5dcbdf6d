"""The way from one lead to the next: the order of the sheet as it was when the first one was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from callsheet.services.desk import Desk
from callsheet.services.views import Filter

AHEAD = 200
"""Leads whose order is kept, half of them before the place where the walk began."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Leads in order, and which of them is open. `start` is the place on the sheet from which to read them."""

    leads: tuple[str, ...] = ()
    at: int = 0
    only: Filter = Filter()
    start: int | None = None

    @classmethod
    def from_sheet(cls, only: Filter, place: int) -> Walk:
        """Walk along the sheet, from a place on it; the order is read once, with `read`."""
        return cls(only=only, start=place)

    @classmethod
    def of(cls, leads: Sequence[str], lead: str) -> Walk:
        """Walk along a list of leads."""
        return cls(tuple(leads), leads.index(lead) if lead in leads else 0)

    def read(self, desk: Desk, lead: str) -> Walk:
        """Return the walk with its order, around the lead that is open."""
        if self.start is None:
            return self
        offset = max(self.start - AHEAD // 2, 0)
        rows = desk.book.sheet(desk.now(), only=self.only, offset=offset, limit=AHEAD)
        leads = tuple(row.entry.lead for row in rows)
        return Walk(leads, leads.index(lead)) if lead in leads else Walk((lead, *leads), 0)

    def step(self, by: int) -> Walk | None:
        """Return the walk one lead on or back; None at its end."""
        target = self.at + by
        return replace(self, at=target) if 0 <= target < len(self.leads) else None

    @property
    def lead(self) -> str:
        """The lead that is open."""
        return self.leads[self.at]
