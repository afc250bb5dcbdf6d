"""Days off: printed, added and taken away, in the settings file, whose comments stay."""

from __future__ import annotations

from datetime import date, timedelta

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import emit, say


@click.command()
@click.argument("days", nargs=-1, metavar="[DAY|FIRST..LAST]...")
@click.option("--remove", is_flag=True, help="Take these days away again.")
@json_option
@click.pass_obj
def leave(start: Start, *, days: tuple[str, ...], remove: bool, as_json: bool) -> int:
    """Print your days off, or add some: like 2026-12-24, or 2027-02-01..2027-02-12.

    Steps and promises go around them, and call blocks leave them out. Back again, decide for what is late with
    `callsheet late`.
    """
    from callsheet.services.cadence import late as all_late
    from callsheet.settings import find_paths
    from callsheet.settings.edit import set_values
    from callsheet.settings.file import read

    paths = find_paths(start.environ)
    paths.ensure()
    known = read(paths.settings, start.environ).hours.days_off
    if days:
        given = frozenset(day for text in days for day in _read(text))
        before = frozenset(day for text in known for day in _read(text))
        after = before - given if remove else before | given
        known = _written(after)
        set_values(paths.settings, "hours", {"days_off": known})
    with open_office(start) as office:
        today = office.rules.calendar.day_of(start.now())
        ahead = [text for text in known if _last(text) >= today]
        late = len(all_late(office.desk))
    if as_json:
        emit({"days_off": list(known), "ahead": ahead, "late": late})
        return 0
    for text in ahead:
        say(text)
    say(f"{len(ahead)} ahead" if ahead else "no days off lie ahead")
    if late:
        leads = "lead is" if late == 1 else "leads are"
        say(f"{late:,} {leads} late: `callsheet late` decides for all of them at once")
    return 0


def _read(text: str) -> frozenset[date]:
    from callsheet.settings.values import Unreadable
    from callsheet.settings.values import days as read_days

    try:
        return read_days(text)
    except Unreadable as error:
        raise Misused(error.reason, error.hint) from error


def _written(days: frozenset[date]) -> tuple[str, ...]:
    """Return days as the settings have them: those that follow each other as one range."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(first.isoformat() if first == last else f"{first}..{last}" for first, last in ranges)


def _last(text: str) -> date:
    return max(_read(text))
