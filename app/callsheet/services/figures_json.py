"""Figures as plain values for `--json`: times with their offset, waits in whole seconds, definitions beside them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callsheet.services.figures import DEFINITIONS, Campaign, Coverage, Habit, Report, Share, Speed

SCHEMA: Final = 1

KINDS: Final[dict[type[Report], str]] = {Coverage: "coverage", Speed: "speed", Habit: "habit", Campaign: "campaign"}
"""The name of each report on the command line."""

_SAID: Final = {
    Coverage: ("received", "coverage", "within_24h", "kept", "untouched"),
    Speed: ("received", "system", "offline", "rep"),
    Habit: (
        "attempts", "connects", "next_steps", "connects_with_next_step", "attempts_per_lead", "stopped_at_one",
        "invites", "blocks",
    ),
    Campaign: ("touched", "within_24h", "response", "in_crm", "meetings", "untouched"),
}  # fmt: skip


def definitions(report: Report) -> dict[str, str]:
    """Return the definitions of a report's figures, by their names."""
    return {name: DEFINITIONS[name] for name in _SAID[type(report)]}


def plain(report: Report, zone: ZoneInfo) -> dict[str, Any]:
    """Return a report as what JSON can hold. Waits are whole seconds, times ISO 8601 in the zone."""
    values: dict[str, Any] = _plain(report, zone)
    return {"schema": SCHEMA, "report": KINDS[type(report)], **values, "definitions": definitions(report)}


def _plain(value: object, zone: ZoneInfo) -> Any:
    match value:
        case Share():
            return {"part": value.part, "of": value.of, "percent": value.percent}
        case timedelta():
            return int(value.total_seconds())
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(one, zone) for one in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: _plain(getattr(value, field.name), zone) for field in fields(value)}
        case _:
            return value
