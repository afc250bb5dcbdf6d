"""The rules as the rep has set them."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

from callsheet.domain.outcome import Outcomes
from callsheet.domain.rules import Rules
from callsheet.settings import parse
from callsheet.settings.rules import calendar_of, rules_of

UTC = {"TZ": "UTC"}
NONE = Outcomes(())


def test_without_a_file_the_rules_are_those_of_the_book() -> None:
    settings = parse(b"", Path("s"), UTC)
    assert rules_of(settings, NONE, {}) == Rules(calendar_of(settings), NONE, {})


def test_each_setting_moves_its_rule() -> None:
    text = b"""
        [hours]
        open = "08:00"
        lunch = "12:00-12:30"
        days_off = ["2026-12-24"]
        [promise]
        mode = "literal"
        grace_minutes = 30
        soon_hours = 1
        [persona]
        sizes = "50-500"
        company_kinds = ["bakery"]
        [attempts]
        cap = { hot = 12 }
        [nurture]
        every_days = 14
    """
    rules = rules_of(parse(text, Path("s"), UTC), NONE, {}, holidays={date(2026, 12, 25)})
    assert (rules.calendar.open, rules.calendar.lunch) == (time(8), (time(12), time(12, 30)))
    assert not rules.calendar.is_working_day(date(2026, 12, 24))
    assert not rules.calendar.is_working_day(date(2026, 12, 25))
    assert (rules.promise_mode, rules.grace, rules.soon) == ("literal", timedelta(minutes=30), timedelta(hours=1))
    assert (rules.persona.sizes, rules.persona.company_kinds) == (((50, 500),), frozenset({"bakery"}))
    assert (rules.cap("hot"), rules.cap("event"), rules.nurture_days) == (12, 8, 14)


def test_holidays_can_be_worked() -> None:
    settings = parse(b"[hours]\nholidays = false", Path("s"), UTC)
    assert calendar_of(settings, {date(2026, 12, 25)}).is_working_day(date(2026, 12, 25))
