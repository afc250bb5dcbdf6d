"""The rules of this rep: the settings, the outcomes, the plans and the holidays as one value."""

from __future__ import annotations

from pathlib import Path

from callsheet.domain.business_time import Calendar
from callsheet.domain.rules import Rules
from callsheet.services import outcome_table, plan_library


def default_rules(zone: str = "Europe/London", *, plans_dir: Path | None = None) -> Rules:
    """Return the rules with every setting at its default, and no holidays."""
    plans = plan_library.library(plans_dir)
    return Rules(Calendar(zone), outcome_table.built_in(), plans.plans, plans.current)
