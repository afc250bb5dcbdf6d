"""`callsheet today`: the sheet without a screen, now, as it was, or as it will be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, open_office, read_moment
from callsheet.cli.output import emit, padded, say, title

PANES: Final = ("hot", "due", "later")
LATER_SHOWN: Final = 12
"""Leads of the pane Later that are printed, unless it is asked for."""

NOTHING_DUE: Final = 3

_MOST: Final = 10_000_000


@click.command()
@click.option("--at", metavar="TIME", help="As of then: ISO 8601, or like `tue 16:30`.")
@click.option("--pane", type=click.Choice(PANES), help="Only this pane.")
@click.option("--channel", default="", help="Only leads whose next touch is on this channel.")
@click.option("--plan", default="", help="Only leads on this plan.")
@click.option("--campaign", default="", help="Only leads of this campaign.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many leads of each pane.")
@json_option
@click.pass_obj
def today(
    start: Start, *, at: str | None, pane: str | None, channel: str, plan: str, campaign: str, limit: int | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Print the sheet: who to contact now, and why. Exit code 3 says that nothing is due."""
    from callsheet.cli.entries import row_json
    from callsheet.services.views import Filter

    with open_office(start) as office:
        now = start.now()
        moment = read_moment(at, office.rules, now) if at else now
        only = Filter(cast("Any", channel), plan, campaign)
        panes = _panes(office, moment, now, only)
        wanted = [name for name in PANES if pane in (None, name)]
        if as_json:
            zone = office.rules.calendar.tz
            rows = {
                name: [row_json(office, row, moment) for row in panes[name][:limit]] if name in wanted else []
                for name in PANES
            }
            emit({"at": moment.astimezone(zone).isoformat(timespec="seconds"), **rows})
        else:
            _print(office, panes, wanted, moment, limit, only_later=pane == "later")
        return 0 if panes["hot"] or panes["due"] else NOTHING_DUE


def _panes(office: Any, moment: datetime, now: datetime, only: Any) -> dict[str, list[Any]]:
    """Return the rows by pane: the past as it was known then, the future as it looks from now."""
    if moment < now:
        rows: Sequence[Any] = [row for row in office.book.sheet_as_of(moment) if _passes(row, only)]
    else:
        rows = office.book.sheet(moment, only=only, limit=_MOST)
    return {name: [row for row in rows if row.pane == name] for name in PANES}


def _passes(row: Any, only: Any) -> bool:
    entry = row.entry
    named = ((entry.channel, only.channel), (entry.plan, only.plan), (row.campaign, only.campaign))
    return all(not wanted or value == wanted for value, wanted in named)


def _print(
    office: Any,
    panes: dict[str, list[Any]],
    wanted: list[str],
    moment: datetime,
    limit: int | None,
    *,
    only_later: bool,
) -> None:
    from callsheet.cli.entries import verdict
    from callsheet.domain.why import why

    local = office.rules.calendar.local(moment)
    counted = " · ".join(f"{len(panes[name])} {name}" for name in PANES)
    names = office.book.counts(moment).names
    say(f"{local:%A %d %B %Y, %H:%M} · {counted}" + (f" · {names} names" if names else ""))
    for name in wanted:
        most = limit or (LATER_SHOWN if name == "later" and not only_later else _MOST)
        rows = panes[name][:most]
        if rows:
            say()
            title(name.capitalize())
        for row in rows:
            entry = row.entry
            may = "" if entry.channel != "phone" or verdict(office, row, moment).now else " · may not be called now"
            mark = "●" if row.in_crm and office.book.crm else "◌"
            reason = why(entry, moment, office.rules)
            say(f"  {mark} {padded(row.name or row.email or row.phone, 24)} {padded(row.company, 20)} "
                f"{padded(entry.channel, 8)} {reason}{may}")  # fmt: skip
        if len(panes[name]) > most:
            say(f"    and {len(panes[name]) - most} more: `callsheet today --pane {name}`")
    if not any(panes.values()):
        say("Nothing here yet: bring leads in with `callsheet import FILE.csv`, or look around with `callsheet demo`.")
