"""What the machine knows about where it stands: its time zone, and the country of a zone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FALLBACK: Final = "UTC"
"""The zone of a machine that does not say."""


def is_zone(name: str) -> bool:
    """Tell whether there is such a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def machine_zone(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> str:
    """The IANA name of the machine's zone: of `TZ`, `/etc/timezone` or the link `/etc/localtime`; else UTC."""
    for name in (environ.get("TZ", "").removeprefix(":"), _timezone_file(root), _localtime_link(root)):
        zone = _zone_in(name)
        if is_zone(zone):
            return zone
    return FALLBACK


def country_of(zone: str) -> str:
    """The country (ISO 3166, two letters) that a zone lies in; empty for one without, such as UTC.

    Old names such as `US/Eastern` are followed to the zone that they stand for.
    """
    table = _data("zone.tab")
    return _country_in(table, zone) or _country_in(table, _present_name(zone))


def countries() -> frozenset[str]:
    """The codes of all countries (ISO 3166); empty when the list is not at hand."""
    return frozenset(line[:2] for line in _data("iso3166.tab").splitlines() if line[:1].isupper())


def _country_in(table: str, zone: str) -> str:
    for line in table.splitlines():
        columns = line.split("\t")
        if len(columns) > 2 and columns[2] == zone:
            return columns[0]
    return ""


def _present_name(zone: str) -> str:
    ending = f" {zone}"
    for line in _data("tzdata.zi").splitlines():
        if line.startswith("L ") and line.endswith(ending):
            return line.split(" ")[1]
    return ""


def _data(name: str) -> str:
    import tzdata  # type: ignore[import-untyped]

    try:
        return (Path(tzdata.__file__).parent / "zoneinfo" / name).read_text(encoding="utf-8")
    except OSError:
        return ""


def _timezone_file(root: Path) -> str:
    try:
        return (root / "etc/timezone").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _localtime_link(root: Path) -> str:
    try:
        return str((root / "etc/localtime").readlink())
    except OSError:
        return ""


def _zone_in(path: str) -> str:
    """Take `Europe/Berlin` out of `/usr/share/zoneinfo/Europe/Berlin`."""
    zone = path.rpartition("zoneinfo/")[2]
    return zone.removeprefix("posix/").removeprefix("right/")
