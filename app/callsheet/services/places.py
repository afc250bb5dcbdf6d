"""Where a lead is: its country, its state, and the time zones that are kept there.

Countries are two letters (`GB`), states of the United States `US-AL`. What is not known is None or empty: a zone is
never made up, several candidates are given as several.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

_OTHER_NAMES: Final = {
    "usa": "US",
    "u.s.a.": "US",
    "u.s.": "US",
    "united states of america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "deutschland": "DE",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "españa": "ES",
    "italia": "IT",
    "nederland": "NL",
    "the netherlands": "NL",
    "holland": "NL",
    "belgië": "BE",
    "belgique": "BE",
    "danmark": "DK",
    "sverige": "SE",
    "norge": "NO",
    "suomi": "FI",
    "polska": "PL",
    "czechia": "CZ",
    "brasil": "BR",
    "méxico": "MX",
    "south korea": "KR",
    "republic of korea": "KR",
    "russian federation": "RU",
    "uae": "AE",
    "türkiye": "TR",
    "republic of ireland": "IE",
    "viet nam": "VN",
    "hong kong sar": "HK",
}
"""Names that people write for a country, beside those of the zone database."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of the United States: `region` as US-AL, its zones with the larger part first, its area codes."""

    region: str
    name: str
    zones: tuple[str, ...]
    area_codes: frozenset[str]


@lru_cache(maxsize=1024)
def country_of(text: str) -> str | None:
    """Return the country that a name or a code (`Germany`, `UK`, `de`) stands for."""
    said = " ".join(text.lower().split())
    return _OTHER_NAMES.get(said) or _countries().get(said)


@lru_cache(maxsize=1024)
def state_of(text: str) -> str | None:
    """Return the state (`US-AL`) that a name or a code (`Alabama`, `al`, `US-AL`) stands for."""
    said = " ".join(text.lower().split()).removeprefix("us-")
    return next((s.region for s in us_states() if said in {s.region[3:].lower(), s.name.lower()}), None)


def state_of_area_code(area_code: str) -> str | None:
    """Return the state (`US-AL`) that a telephone area code belongs to."""
    return _state_by_area_code().get(area_code)


@lru_cache(maxsize=1024)
def zones_of(region: str) -> tuple[str, ...]:
    """Return the zones kept in a country or a state, none when the region is not known."""
    if region.startswith("US-"):
        return next((state.zones for state in us_states() if state.region == region), ())
    return tuple(zone for zone, country in _country_by_zone().items() if country == region)


def country_of_zone(zone: str) -> str | None:
    """Return the country that a zone is in, None for UTC and the like."""
    return _country_by_zone().get(zone)


@cache
def us_states() -> tuple[State, ...]:
    """Return the fifty states and the District of Columbia."""
    decoded = tomllib.loads(files("callsheet.services").joinpath("us_states.toml").read_text(encoding="utf-8"))
    return tuple(
        State(f"US-{code}", row["name"], tuple(row["zones"]), frozenset(row["area_codes"].split()))
        for code, row in decoded.items()
    )


@cache
def _state_by_area_code() -> Mapping[str, str]:
    return {area_code: state.region for state in us_states() for area_code in state.area_codes}


@cache
def _countries() -> Mapping[str, str]:
    rows = [line.split("\t") for line in _zone_database("iso3166.tab")]
    return {said.lower(): code for code, name in rows for said in (code, name)}


@cache
def _country_by_zone() -> Mapping[str, str]:
    return {zone: code for code, _, zone, *_ in (line.split("\t") for line in _zone_database("zone.tab"))}


def _zone_database(name: str) -> list[str]:
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
