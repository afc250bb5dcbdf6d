"""The rules of this rep: the settings, the outcomes, the plans and the holidays as one value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from callsheet.domain.business_time import Calendar
from callsheet.domain.rules import Rules, no_holidays
from callsheet.services import outcome_table, plan_library
from callsheet.services.plan_library import Versions
from callsheet.services.public_holidays import PublicHolidays
from callsheet.settings.rules import rules_of
from callsheet.settings.schema import Settings


def rulebook(
    settings: Settings,
    *,
    plans_dir: Path | None = None,
    outcomes: Path | None = None,
    kept: Versions | None = None,
    holidays: PublicHolidays | None = None,
) -> Rules:
    """Return the rules as the settings have them.

    `plans_dir` and `outcomes` are the team's own plans and outcomes, `kept` the versions of plans that leads run on.
    `holidays` brings the file in which holidays are kept, so that they need not be worked out at each start.

    Raises:
        callsheet.services.toml_file.TomlError: a plan or an outcome of the team cannot be used.
    """
    days = (holidays or PublicHolidays()) if settings.hours.holidays else None
    rep, plans = settings.rep, plan_library.library(plans_dir, kept)
    own = outcomes is not None and outcomes.is_file()
    rules = rules_of(
        settings,
        outcome_table.table(outcomes) if own else outcome_table.built_in(),
        plans.plans,
        holidays=days.calendar_of(rep.country, rep.region) if days and rep.country else frozenset(),
        day_off=days or no_holidays,
    )
    return replace(rules, current=plans.current)


def default_rules(zone: str = "Europe/London", *, plans_dir: Path | None = None) -> Rules:
    """Return the rules with every setting at its default, and no holidays."""
    plans = plan_library.library(plans_dir)
    return Rules(Calendar(zone), outcome_table.built_in(), plans.plans, plans.current)
