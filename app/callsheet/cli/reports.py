"""`callsheet report`: the rep's figures, from the journal (RULES §14, §11), printed, as JSON, or as a page to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.files import using
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import emit, say, title

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.services.desk import Desk
    from callsheet.services.figure_rows import FigureReads, Named
    from callsheet.services.figures import Campaign, Coverage, Habit, Period, Report, Share, Speed, Spread

DAYS = 7
NAMED = 10
"""Leads that are named below a figure; `--json` has all of them."""

Line = tuple[str, str, str]
"""A figure: its value, what it is of, and the name of its definition; empty where another line's covers it."""


@click.command()
@click.argument("kind", type=click.Choice(("coverage", "speed", "habit", "campaign", "all")))
@click.argument("name", required=False, default="")
@click.option("--days", type=click.IntRange(1, 3660), metavar="N", help=f"The last N days, today included ({DAYS}).")
@click.option("--all", "everything", is_flag=True, help="From the first day on.")
@click.option("--campaign", default="", metavar="NAME", help="The same as NAME.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page to read or to print.")
@json_option
@click.pass_obj
def report(
    start: Start, *, kind: str, name: str, days: int | None, everything: bool, campaign: str, html: Path | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Your figures: whether every lead was followed up, how soon, what you did; or how the campaign NAME went.

    A campaign is always looked at as a whole; without a NAME it is the one that is on today, or the only one. `all` is
    coverage, speed and habit together.
    """
    campaign = campaign or name
    if days is not None and everything:
        raise Misused("--days and --all exclude each other", "give one of them")
    if campaign and kind != "campaign":
        raise Misused(f"the report {kind} is about all leads", "a campaign's is `callsheet report campaign NAME`")
    if kind == "campaign" and days is not None:
        raise Misused("a campaign is looked at as a whole", "leave --days away")
    with open_office(start) as office:
        made = _made(office, kind, days, campaign, everything=everything)
        zone, now = office.rules.calendar.tz, start.now()
        if html is not None:
            _write_page(html, made, office.settings.rep.name, now, zone)
        if as_json:
            _emit(made, zone, html)
        elif html is not None:
            say(f"the figures are in {html}")
        else:
            for one in made:
                _say(one, zone)
    return 0


def _made(office: Office, kind: str, days: int | None, campaign: str, *, everything: bool) -> list[Report]:
    from callsheet.services import figures

    desk, reads = office.desk, office.book.figures()
    if kind == "campaign":
        found = _campaign_named(office, campaign) if campaign else _only_campaign(office)
        return [figures.campaign(desk, reads, found)]
    period = figures.all_time(desk) if everything else figures.last_days(desk, days or DAYS)
    kinds: dict[str, Callable[[Desk, FigureReads, Period], Report]] = {
        "coverage": figures.coverage, "speed": figures.speed, "habit": figures.habit,
    }  # fmt: skip
    return [make(desk, reads, period) for name, make in kinds.items() if kind in (name, "all")]


def _only_campaign(office: Office) -> str:
    """Return the campaign that is on today, else the only one that leads have."""
    from callsheet.services.campaigns import running

    on, known = running(office.desk, office.book), office.book.campaigns()
    if on is None and len(known) != 1:
        have = f"they are {', '.join(known[:NAMED])}" if known else "no lead has one"
        raise Misused("no campaign is named", f"say which; {have}")
    return _campaign_named(office, on.name) if on is not None else known[0]


def _campaign_named(office: Office, text: str) -> str:
    """Return the name of a campaign as the leads have it, however it was typed."""
    from callsheet.domain.profile import folded
    from callsheet.services.campaigns import of_name
    from callsheet.services.desk import NotFound

    known = office.book.campaigns()
    found = next((name for name in known if name == text), None)
    found = found or next((name for name in known if folded(name) == folded(text)), None)
    if found is not None:
        return found
    planned = of_name(office.book, text)  # set up, and without a lead so far
    if planned is not None:
        return planned.name
    have = f"the campaigns are {', '.join(known[:NAMED])}" if known else "no lead has a campaign"
    raise NotFound(f"no campaign is called “{text}”: {have}")


def _write_page(file: Path, made: Sequence[Report], rep: str, now: datetime, zone: ZoneInfo) -> None:
    from callsheet.exchange.report_html import page

    with using(file, "written"):
        file.write_text(page(made, rep=rep, now=now, zone=zone), encoding="utf-8")


def _emit(made: Sequence[Report], zone: ZoneInfo, html: Path | None) -> None:
    from callsheet.services.figures_json import plain

    beside = {"html": str(html)} if html is not None else {}
    if len(made) == 1:
        emit({**plain(made[0], zone), **beside})
    else:
        emit({"report": "all", "reports": [plain(one, zone) for one in made], **beside})


def _say(made: Report, zone: ZoneInfo) -> None:
    from callsheet.services.figures import DEFINITIONS, Campaign, Coverage, Habit, Speed

    names: tuple[tuple[str, Sequence[Named]], ...]
    match made:
        case Coverage():
            lines, names = _coverage(made), (("promise over, nobody tried", made.late), ("untouched", made.untouched))
        case Speed():
            lines, names = _speed(made), ()
        case Habit():
            lines, names = _habit(made), (("stopped at one attempt", made.attempts_per_lead.stopped_at_one),)
        case Campaign():
            lines, names = _campaign(made), (("untouched", made.untouched),)
    said = type(made).__name__.lower()
    title(f"{said} · {made.name if isinstance(made, Campaign) else _period(made.period, zone)}")
    for value, of, name in lines:
        say(f"  {value:>12}  {of}")
        if name:
            _say_definition(DEFINITIONS[name])
    for what, leads in names:
        _say_names(what, leads)
    say()


def _say_definition(text: str) -> None:
    from textwrap import wrap

    for line in wrap(text, 84):
        say(f"{'':16}{line}")


def _say_names(what: str, leads: Sequence[Named]) -> None:
    if not leads:
        return
    say(f"  {what} ({len(leads):,}):")
    for who in leads[:NAMED]:
        say(f"    {who.lead}  {_who(who)}")
    if len(leads) > NAMED:
        say(f"    and {len(leads) - NAMED:,} more: see `--json`")


def _coverage(made: Coverage) -> Iterator[Line]:
    yield f"{made.received:,}", f"leads received, {made.touched:,} touched", "received"
    yield f"{len(made.untouched):,}", f"untouched, {len(made.late):,} of them with the promise over", "untouched"
    yield _percent(made.coverage), f"{_of(made.coverage)} due leads were touched", "coverage"
    yield _percent(made.within_24h), f"{_of(made.within_24h)} within 24 hours", "within_24h"
    yield _percent(made.kept), f"{_of(made.kept)} promises kept", "kept"
    if made.decided_untouched:
        barred = f"; {made.barred:,} of them may not be contacted" if made.barred else ""
        yield f"{made.decided_untouched:,}", f"closed or returned before anybody tried{barred}", "left_out"


def _speed(made: Speed) -> Iterator[Line]:
    yield f"{made.answered:,}", f"leads answered, {made.waiting:,} still waiting", "received"
    for name in ("system", "offline", "rep"):
        passed: Spread = getattr(made.elapsed, name)
        worked: Spread = getattr(made.working, name)
        yield _wait(passed), f"{name}, median; worst {_worst(passed)}", name
        yield _wait(worked), f"the same in working time; worst {_worst(worked)}", ""
    yield _wait(made.elapsed.total), f"in all, median; worst {_worst(made.elapsed.total)}", ""
    if made.longest_waiting is not None:
        from callsheet.exchange.report_charts import span

        who, waited = made.longest_waiting
        yield span(waited), f"longest still waiting: {_who(who)}", ""


def _habit(made: Habit) -> Iterator[Line]:
    per_lead, invites, blocks = made.attempts_per_lead, made.invites, made.blocks
    yield f"{made.attempts:,}", "attempts", "attempts"
    yield f"{made.connects:,}", "connects", "connects"
    yield f"{made.next_steps:,}", "next steps agreed", "next_steps"
    share = made.connects_with_next_step
    yield _percent(share), f"{_of(share)} connects have a next step", "connects_with_next_step"
    middle = "–" if per_lead.median is None else f"{per_lead.median:g}"
    yield middle, f"attempts a lead tried, median; most {per_lead.most}", "attempts_per_lead"
    yield f"{len(per_lead.stopped_at_one):,}", "leads were given up after one attempt", "stopped_at_one"
    answered = f"accepted; {invites.declined:,} declined, {invites.unanswered:,} open"
    yield f"{invites.accepted:,} of {invites.sent:,}", f"invitations {answered}", "invites"
    yield f"{blocks.kept.part:,} of {blocks.kept.of:,}", f"blocks kept; streak {blocks.streak:,}", "blocks"


def _campaign(made: Campaign) -> Iterator[Line]:
    yield f"{made.leads:,}", f"leads, and {made.names:,} names", ""
    if made.handed_on or made.barred:
        yield (
            f"{made.handed_on + made.barred:,}",
            (f"of them left out: {made.handed_on:,} handed on untried, {made.barred:,} may not be contacted"),
            "",
        )
    yield _percent(made.touched), f"{_of(made.touched)} touched", "touched"
    yield _percent(made.within_24h), f"{_of(made.within_24h)} within 24 hours", "within_24h"
    if made.in_crm is None:
        yield "–", "in the CRM: none is connected", ""
    else:
        yield _percent(made.in_crm), f"{_of(made.in_crm)} in the CRM", "in_crm"
    yield _wait(made.response), f"response, median; worst {_worst(made.response)}", "response"
    yield f"{made.meetings:,}", "meetings booked", "meetings"
    yield f"{len(made.untouched):,}", "untouched", "untouched"


def _period(period: Period, zone: ZoneInfo) -> str:
    from callsheet.services.figures import EVER

    until = f"{period.until.astimezone(zone):%a %d %b %Y %H:%M}"
    return f"up to {until}" if period.since == EVER else f"{period.since.astimezone(zone):%a %d %b %Y} – {until}"


def _percent(share: Share) -> str:
    return "–" if share.percent is None else f"{share.percent} %"


def _of(share: Share) -> str:
    return f"{share.part:,} of {share.of:,}"


def _wait(spread: Spread) -> str:
    from callsheet.exchange.report_charts import span

    return "–" if spread.median is None else span(spread.median)


def _worst(spread: Spread) -> str:
    from callsheet.exchange.report_charts import span

    if spread.worst is None:
        return "–"
    return span(spread.worst) + (f" ({_who(spread.worst_lead)})" if spread.worst_lead else "")


def _who(who: Named) -> str:
    from callsheet.domain.text import one_line

    return one_line(", ".join(filter(None, (who.name or who.lead, who.company))), 160)
