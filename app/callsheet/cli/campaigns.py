"""Events and campaigns: set up before the day, and their leads handed out after it (RULES §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import emit, say, title

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.services.campaigns import Campaign
    from callsheet.services.routing import Distribution

SHOWN = 30
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def campaign() -> None:
    """Set events and campaigns up, and hand their leads out."""


@campaign.command("set")
@click.argument("name")
@click.option("--kind", default=None, help="fair, conference, webinar, or campaign: what being on its list means.")
@click.option("--from", "first", type=DAY, help="Its first day; on its days the form is for it.")
@click.option("--to", "last", type=DAY, help="Its last day, if there are several.")
@click.option("--place", default=None)
@click.option(
    "--owner", "owners", multiple=True, help="Who gets the leads that no rule speaks for; several share them."
)
@click.option("--route", "routes", multiple=True, metavar="RULE",
              help="Who gets which leads, like `Kim: state TX, industry Logistics`; `me:` keeps the rest.")  # fmt: skip
@click.option("--require", "required", default=None, help="What its form may not leave blank, with commas between.")
@click.option("--topic", "topics", multiple=True, help="What its visitors are there for.")
@json_option
@click.pass_obj
def set_up(start: Start, /, *, name: str, as_json: bool, **given: Any) -> int:
    """Set the event or campaign NAME up, or change it: what is not given stays as it is."""
    from callsheet.services import campaigns

    with open_office(start) as office:
        before = campaigns.of_name(office.book, name) or campaigns.Campaign(name)
        kept = campaigns.set_up(office.book, _changed(before, given))
        if as_json:
            emit({"campaign": _plain(kept)})
        else:
            _say(kept)
    return 0


@campaign.command("list")
@json_option
@click.pass_obj
def list_all(start: Start, *, as_json: bool) -> int:
    """Print all that were set up, the latest first, and those that leads have."""
    from callsheet.domain.profile import folded
    from callsheet.services import campaigns

    with open_office(start) as office:
        planned = campaigns.campaigns(office.book)
        known = {folded(one.name) for one in planned}
        others = [name for name in office.book.campaigns() if folded(name) not in known]
        if as_json:
            emit({"campaigns": [_plain(one) for one in planned], "others": others})
            return 0
        for one in planned:
            _say(one)
        for name in others:
            say(f"{name}: leads have it; it was never set up")
        if not planned and not others:
            say("there is none: set one up with `callsheet campaign set NAME --kind fair --from DAY`")
    return 0


@campaign.command("drop")
@click.argument("name")
@json_option
@click.pass_obj
def drop(start: Start, *, name: str, as_json: bool) -> int:
    """Forget how NAME was set up; its leads stay."""
    from callsheet.services import campaigns
    from callsheet.services.desk import NotFound

    with open_office(start) as office:
        if not campaigns.drop(office.book, name):
            raise NotFound(f"no campaign was set up as “{name}”: see `callsheet campaign list`")
    if as_json:
        emit({"dropped": name})
    else:
        say(f"{name} is forgotten; its leads stay")
    return 0


@campaign.command("hand-out")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Print who would get whom, and change nothing.")
@json_option
@click.pass_obj
def hand_out(start: Start, *, name: str, dry_run: bool, as_json: bool) -> int:
    """Hand the leads of NAME out by its rules, all at once: who dealt with the company, territory, industry.

    One undo takes all of it back.
    """
    from callsheet.services import routing

    with open_office(start) as office:
        planned = _distribution(office, name)
        changes = None if dry_run else routing.hand_out(office.desk, planned)
        if as_json:
            emit({
                "campaign": name, "handed_out": changes is not None,
                "mine": [{"lead": lead.id, "name": lead.profile.name, "why": why.why} for lead, why in planned.mine],
                "others": [
                    {"lead": lead.id, "name": lead.profile.name, "to": to.to, "why": to.why}
                    for lead, to in planned.others
                ],
                "open": [{"lead": lead.id, "name": lead.profile.name} for lead in planned.open],
            })  # fmt: skip
        else:
            _say_distribution(planned, done=changes is not None, dry_run=dry_run)
    return 0


def _distribution(office: Office, name: str) -> Distribution:
    from callsheet.services import campaigns, routing
    from callsheet.services.desk import Refused
    from callsheet.store.company_query import SqliteCompanies

    planned = campaigns.of_name(office.book, name) or campaigns.Campaign(name)
    rules = (*planned.routes, *routing.read_rules(office.paths.routing))
    if not rules and not planned.owners:
        raise Refused(
            f"nothing says who gets the leads of {planned.name}", rule="campaign",
            hint="give it rules or owners: `callsheet campaign set NAME --route … --owner …`",
        )  # fmt: skip
    companies = SqliteCompanies(office.book)
    leads = [lead for lead in companies.of_campaign(planned.name) if lead.state in ("name", "working", "nurture")]
    history = routing.history_of(companies.dealt_with({lead.profile.company for lead in leads}))
    me = office.settings.rep.name
    return routing.distribute(leads, rules, me=me, history=history, owners=planned.owners)


def _say_distribution(planned: Distribution, *, done: bool, dry_run: bool) -> None:
    for lead, to in planned.others[:SHOWN]:
        say(f"{lead.profile.name} · {lead.profile.company} → {to.to} ({to.why})")
    if len(planned.others) > SHOWN:
        say(f"and {len(planned.others) - SHOWN:,} more: see `--json`")
    verb = "would go" if dry_run else "went"
    say(
        f"{len(planned.others):,} {verb} to colleagues, {len(planned.mine):,} stay yours by the rules, "
        f"{len(planned.open):,} stay yours because no rule speaks for them"
        + ("; `callsheet undo` takes it back" if done else "")
    )


def _changed(before: Campaign, given: dict[str, Any]) -> Campaign:
    from dataclasses import replace

    from callsheet.services.routing import rule_of

    try:
        routes = tuple(map(rule_of, given["routes"]))
    except ValueError as error:
        raise Misused(str(error), "give --route once for each rule") from error
    changes: dict[str, Any] = {
        "kind": given["kind"], "first": _day(given["first"]), "last": _day(given["last"]), "place": given["place"],
        "owners": given["owners"] or None, "routes": routes or None, "topics": given["topics"] or None,
        "required": None if given["required"] is None else _words(given["required"]),
    }  # fmt: skip
    return replace(before, **{name: value for name, value in changes.items() if value is not None})


def _day(given: datetime | None) -> date | None:
    return given.date() if given is not None else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip().lower() for word in text.split(","))))


def _days(one: Campaign) -> str:
    if one.first is None:
        return "no day set"
    return one.first.isoformat() if one.last in (None, one.first) else f"{one.first} to {one.last}"


def _say(one: Campaign) -> None:
    from callsheet.services.routing import in_words

    title(f"{one.name}: {one.kind}, {_days(one)}" + (f", {one.place}" if one.place else ""))
    say(f"  its form asks for {', '.join(one.required) or 'nothing'}")
    for rule in one.routes:
        say(f"  {in_words(rule)}")
    if one.owners:
        say(f"  the others go to {', '.join(one.owners)}")


def _plain(one: Campaign) -> dict[str, object]:
    from callsheet.services.routing import in_words

    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    routes: Sequence[str] = [in_words(rule) for rule in one.routes]
    return {
        "name": one.name, "kind": one.kind, "from": day(one.first), "to": day(one.last), "place": one.place,
        "required": list(one.required), "topics": list(one.topics), "owners": list(one.owners), "routes": routes,
    }  # fmt: skip
