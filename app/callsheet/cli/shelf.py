"""What there is to bring, and what to bring to whom next (RULES §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, open_office
from callsheet.cli.output import emit, say, stamp, title

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.domain.value import Asset
    from callsheet.services.shelf import Shelf

SUGGESTED = 5


@click.command()
@click.argument("lead", required=False)
@json_option
@click.pass_obj
def shelf(start: Start, *, lead: str | None, as_json: bool) -> int:
    """Print what is on the shelf; with LEAD what they have had, and what to bring next.

    The shelf is the list in the settings, and the folder `shelf` beside them, where folders are topics.
    """
    from callsheet.services.leads import the_lead
    from callsheet.services.shelf import read_shelf

    with open_office(start) as office:
        found = read_shelf(office.settings.shelf, office.paths.shelf)
        if lead is not None:
            return _for_lead(office, the_lead(office.desk, lead), found, as_json=as_json)
    if as_json:
        emit({"assets": [_plain(one) for one in found.assets], "problems": list(found.problems)})
        return 0
    for one in found.assets:
        say(f"{one.title}  {' · '.join(filter(None, (one.kind, ', '.join(one.topics), one.link)))}".rstrip())
    for problem in found.problems:
        say(problem)
    if not found.assets:
        say("the shelf is empty: list assets under [shelf] in the settings, or put files into its folder")
    return 0


def _for_lead(office: Office, lead: str, found: Shelf, *, as_json: bool) -> int:
    from callsheet.services.leads import any_lead
    from callsheet.services.shelf import brought, next_to_bring

    with office.book.work() as work:
        who = any_lead(work, lead)
    given, suggested = brought(who), next_to_bring(office.desk, lead, found, SUGGESTED)
    due, zone = who.nurture_at, office.rules.calendar.tz
    if as_json:
        emit({
            "lead": lead, "brought": list(given), "next_value_touch": stamp(due, zone),
            "next": [{**_plain(one), "why": why} for one, why in suggested],
        })  # fmt: skip
        return 0
    title(who.profile.name or lead)
    say(f"  has had: {', '.join(given)}" if given else "  has had nothing yet")
    if due is not None:
        say(f"  the next value touch: {due.astimezone(zone):%a %d %b %H:%M}")
    for one, why in suggested:
        say(f"  bring {one.title}" + (f", because of {why}" if why else "") + (f"  {one.link}" if one.link else ""))
    if not suggested:
        say("  nothing on the shelf that they have not had")
    return 0


def _plain(one: Asset) -> dict[str, object]:
    return {"title": one.title, "link": one.link, "topics": list(one.topics), "kind": one.kind}
