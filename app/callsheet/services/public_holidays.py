"""Public holidays by country and region, worked out once a year and country and kept in a file.

Loading the data takes longer than starting callsheet may, so that the package is asked only for a year that neither the
memory nor the file knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

YEARS_AHEAD = 2
"""How many years are worked out together with the one that was asked for."""


class PublicHolidays:
    """The public holidays of the world; `file` keeps what was worked out, None keeps it in memory only."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[tuple[str, str, int], frozenset[date]] | None = None

    def __call__(self, country: str, day: date) -> bool:
        """Tell whether a day is a holiday in a whole country (ISO 3166, two letters); an unknown one has none."""
        return bool(country) and day in self.of(country, "", day.year)

    def of(self, country: str, region: str, year: int) -> frozenset[date]:
        """Return the holidays of a year: those of the country, and the region's own when it is known."""
        if self._known is None:
            self._known = self._read()
        key = (country.upper(), region.upper(), year)
        found = self._known.get(key)
        if found is None:
            for one in range(year, min(year + YEARS_AHEAD, date.max.year) + 1):
                self._known[(*key[:2], one)] = _work_out(country.upper(), region.upper(), one)
            found = self._known[key]
            self._write()
        return found

    def calendar_of(self, country: str, region: str = "") -> AbstractSet[date]:
        """Return the holidays of one place as a set that asks for a year when a day of it is looked up."""
        return _Place(self, country.upper(), region.upper())

    def _read(self) -> dict[tuple[str, str, int], frozenset[date]]:
        if self._file is None:
            return {}
        try:
            kept: Any = json.loads(self._file.read_text(encoding="utf-8"))
            if kept["version"] != version("holidays"):
                return {}
            return {
                (country, region, int(year)): frozenset(map(date.fromisoformat, days))
                for country, region, year, days in kept["years"]
            }
        except (OSError, ValueError, KeyError, TypeError):  # no such file yet, or not as we wrote it: start again
            return {}

    def _write(self) -> None:
        if self._file is None or self._known is None:
            return
        years = [
            [country, region, year, sorted(day.isoformat() for day in days)]
            for (country, region, year), days in sorted(self._known.items())
        ]
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps({"version": version("holidays"), "years": years}), encoding="utf-8")
            fresh.replace(self._file)
        except OSError:  # a folder that cannot be written costs time at the next start, and nothing else
            return


class _Place(AbstractSet[date]):
    """The holidays of one country or region, years without end; iteration goes through those of the known years."""

    def __init__(self, source: PublicHolidays, country: str, region: str) -> None:
        self._source = source
        self._country, self._region = country, region
        self._years: dict[int, frozenset[date]] = {}

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        known = self._years.get(day.year)
        if known is None:
            known = self._years[day.year] = self._source.of(self._country, self._region, day.year)
        return day in known

    def __iter__(self) -> Iterator[date]:
        return iter(sorted(day for days in self._years.values() for day in days))

    def __len__(self) -> int:
        return sum(map(len, self._years.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Place):
            return NotImplemented
        return (self._country, self._region) == (other._country, other._region)

    def __hash__(self) -> int:
        return hash((self._country, self._region))

    def __repr__(self) -> str:
        return f"<holidays of {self._country} {self._region}>"


def _work_out(country: str, region: str, year: int) -> frozenset[date]:
    from holidays import country_holidays

    for subdivision in dict.fromkeys((region or None, None)):
        try:
            return frozenset(country_holidays(country, subdiv=subdivision, years=year))
        except NotImplementedError:  # what the package raises for a country or a region that it does not have
            continue
    return frozenset()
