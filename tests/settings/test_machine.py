"""The machine's time zone, and the country of a zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.settings.machine import countries, country_of, is_zone, machine_zone


def test_the_zone_is_taken_from_the_most_deliberate_place(tmp_path: Path) -> None:
    assert machine_zone({}, tmp_path) == "UTC"
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert machine_zone({}, tmp_path) == "Asia/Tokyo"
    (tmp_path / "etc/timezone").write_text("Europe/Paris\n")
    assert machine_zone({}, tmp_path) == "Europe/Paris"
    assert machine_zone({"TZ": ":America/New_York"}, tmp_path) == "America/New_York"


@pytest.mark.parametrize("said", ["", "EST5EDT4,M3.2.0,M11.1.0", "/etc/passwd", "../../etc/passwd", "Mars/Olympus"])
def test_a_zone_that_means_nothing_is_passed_over(tmp_path: Path, said: str) -> None:
    assert machine_zone({"TZ": said}, tmp_path) == "UTC"


def test_a_link_with_other_prefixes_names_the_zone(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/localtime").symlink_to("../usr/share/zoneinfo/posix/Europe/Kyiv")
    assert machine_zone({}, tmp_path) == "Europe/Kyiv"


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Berlin", "DE"),
        ("America/Argentina/Salta", "AR"),
        ("US/Eastern", "US"),
        ("Asia/Calcutta", "IN"),
        ("UTC", ""),
        ("Etc/GMT+3", ""),
        ("", ""),
    ],
)
def test_a_zone_lies_in_a_country(zone: str, country: str) -> None:
    assert country_of(zone) == country


def test_countries_are_two_letters() -> None:
    assert {"DE", "GB", "US"} <= countries()
    assert "UK" not in countries()
    assert all(len(code) == 2 for code in countries())


def test_a_zone_is_a_name_that_the_time_zone_data_knows() -> None:
    assert is_zone("Europe/Berlin")
    assert not is_zone("")
    assert not is_zone("Europe")
    assert not is_zone("\x00")
