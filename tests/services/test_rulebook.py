"""The rules made of the settings, the tables and the holidays."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from pathlib import Path

import msgspec
import pytest

from callsheet.services import public_holidays
from callsheet.services.public_holidays import PublicHolidays
from callsheet.services.rulebook import default_rules, rulebook
from callsheet.services.toml_file import TomlError
from callsheet.settings.schema import Nurture, Plans, Rep, Settings, WorkingHours

LONDON = Settings(rep=Rep(timezone="Europe/London", country="GB", region="ENG"))


def test_the_defaults_are_the_numbers_of_the_rules() -> None:
    rules = default_rules()
    assert (rules.hot_target, rules.target) == (timedelta(minutes=5), timedelta(hours=1))
    assert (rules.grace, rules.golden, rules.soon) == (timedelta(hours=1), timedelta(minutes=15), timedelta(hours=2))
    assert (rules.stale, rules.stale_red) == (timedelta(hours=48), timedelta(hours=72))
    assert (rules.floor, rules.review, rules.hard_cap) == (5, 6, 10)
    assert (rules.window, rules.commitment_lead, rules.apart) == (
        timedelta(minutes=10), timedelta(minutes=5), timedelta(hours=2),
    )  # fmt: skip
    assert (rules.interactions, rules.persona_min_true, rules.score_promotes) == (2, 3, False)
    assert (rules.profile, rules.anchor, rules.late_days, rules.nurture_days) == ("promise-first", "day0", 7, 21)
    assert rules.blocks == ((time(8, 30), time(9, 45)), (time(16), time(17)))
    settings = rulebook(msgspec.structs.replace(LONDON, hours=WorkingHours(holidays=False)))
    assert (settings.caps, settings.floor, settings.blocks) == (rules.caps, rules.floor, rules.blocks)
    assert settings.current == rules.current
    assert settings.calendar == rules.calendar


def test_settings_change_the_rules() -> None:
    changed = msgspec.structs.replace(
        LONDON, plans=Plans(profile="as-written", late_days=3), nurture=Nurture(every_days=7)
    )
    rules = rulebook(changed)
    assert (rules.profile, rules.late_days, rules.nurture_days) == ("as-written", 3, 7)


def test_holidays_of_the_rep_and_of_the_lead() -> None:
    rules = rulebook(LONDON)
    christmas, boxing_day, thanksgiving = date(2026, 12, 25), date(2026, 12, 28), date(2026, 11, 26)
    assert not rules.calendar.is_working_day(christmas)
    assert not rules.calendar.is_working_day(boxing_day)  # the 26th is a Saturday: observed on Monday
    assert rules.calendar.is_working_day(thanksgiving)
    assert rules.day_off("US", thanksgiving)
    assert not rules.day_off("GB", thanksgiving)
    assert not rules.day_off("", thanksgiving)
    assert not rules.day_off("XX", thanksgiving)
    without = rulebook(msgspec.structs.replace(LONDON, hours=WorkingHours(holidays=False)))
    assert without.calendar.is_working_day(christmas)
    assert not without.day_off("US", thanksgiving)


def test_a_region_keeps_its_own_holidays_and_an_unknown_one_those_of_its_country() -> None:
    days = PublicHolidays()
    epiphany = date(2027, 1, 6)
    assert epiphany in days.calendar_of("DE", "BY")
    assert epiphany not in days.calendar_of("DE", "HH")
    assert date(2027, 10, 3) in days.calendar_of("DE", "nowhere")


def test_holidays_are_worked_out_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "data" / "holidays.json"
    assert PublicHolidays(file)("GB", date(2026, 12, 25))

    def refuse(*_: object) -> frozenset[date]:
        raise AssertionError("worked out again")

    monkeypatch.setattr(public_holidays, "_work_out", refuse)
    again = PublicHolidays(file)
    assert again("GB", date(2026, 12, 25))
    assert again("GB", date(2028, 12, 25))  # the years after come with the first


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": "old", "years": []}', '{"version": 1}'])
def test_a_damaged_file_of_holidays_is_made_anew(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "holidays.json"
    file.write_text(damage, encoding="utf-8")
    assert PublicHolidays(file)("GB", date(2026, 12, 25))
    assert json.loads(file.read_text(encoding="utf-8"))["years"]


def test_two_sets_of_holidays_are_equal_when_they_are_of_one_place() -> None:
    days = PublicHolidays()
    england = days.calendar_of("gb", "ENG")
    assert england == PublicHolidays().calendar_of("GB", "eng")
    assert england != days.calendar_of("GB", "SCT")
    assert hash(england) == hash(days.calendar_of("GB", "ENG"))
    assert date(2026, 12, 25) in england
    assert date(2026, 12, 25) in list(england)
    assert len(england) > 5
    assert "christmas" not in england


def test_the_teams_own_tables(tmp_path: Path) -> None:
    table = tmp_path / "outcomes.toml"
    assert rulebook(LONDON, outcomes=table).outcomes.of("busy").retry_minutes == 15
    table.write_text("[outcome.busy]\nretry_minutes = 5\n", encoding="utf-8")
    assert rulebook(LONDON, outcomes=table).outcomes.of("busy").retry_minutes == 5
    table.write_text("[outcome.busy]\nretry_minutes = -5\n", encoding="utf-8")
    with pytest.raises(TomlError, match=r"outcomes\.toml, line 2"):
        rulebook(LONDON, outcomes=table)
