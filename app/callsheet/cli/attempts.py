"""What a rep does with a lead: log an attempt, agree the next step, research; and take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, lead_argument, open_office, read_ahead, read_moment
from callsheet.cli.output import emit, say, stamp

CHANNELS = ("phone", "email", "linkedin", "post", "video", "sms", "meeting", "research")


@click.command()
@lead_argument
@click.argument("outcome")
@click.option("--channel", type=click.Choice(CHANNELS), help="Instead of the channel of the lead's due step.")
@click.option("--at", metavar="TIME", help="When it happened: ISO 8601, or like `tue 16:30`; now if not given.")
@click.option("--note", default="", help="What was said; the reason; whom they named.")
@click.option("--next", "agreed", metavar="WHEN WHAT", help='The next step: "thu 14:00 pricing call".')
@click.option("--asset", default="", metavar="TITLE", help="What was brought: an article, a card, an answer.")
@click.option("--key", default="", help="Your own key for it: logging the same key again does nothing.")
@click.option("--number", default="", help="The number or address that was used.")
@click.option("--seconds", type=click.IntRange(0, 86_400), default=0, help="How long the call took.")
@click.option(
    "--close", "closing", metavar="REASON", help="Close the lead: won, lost, not_a_fit, exhausted, duplicate."
)
@click.option("--nurture", "nurturing", is_flag=False, flag_value="", metavar="[UNTIL]", help="Not now: nurture it.")
@click.option("--override", default="", metavar="REASON", help="Why they are called outside their calling hours.")
@json_option
@click.pass_obj
def log(
    start: Start, /, *, lead: str, outcome: str, channel: str | None, at: str | None, as_json: bool, **said: Any
) -> int:
    """Log what happened: OUTCOME is a name or its key.

    On the phone: no_answer n, voicemail v, busy b, gatekeeper g, connected c, meeting m, call_later l,
    not_interested i, not_a_fit f, referred r, wrong_number w, do_not_contact, skip x. Elsewhere: sent, replied,
    bounced; invited, accepted; posted; researched.
    """
    from callsheet.services import outreach
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        desk, now = office.desk, start.now()
        found = the_lead(desk, lead)
        moment = read_moment(at, office.rules, now) if at else None
        if moment is not None and moment > now:
            raise Misused("what has not happened yet cannot be logged", "give a time that is over with --at")
        report = _report(office, found, outcome, channel, moment, said)
        try:
            logged = outreach.log(desk, found, report)
        except ValueError as error:
            raise Misused(str(error)) from error
        if as_json:
            from callsheet.cli.entries import entry_of

            card = office.book.card(logged.lead)
            delivered = card is not None and card.deliveries.get(logged.event) == "delivered"
            emit({
                "event": logged.event, "lead": logged.lead, "outcome": logged.outcome.name,
                "at": stamp(logged.at, office.rules.calendar.tz), "channel": logged.channel,
                "next": entry_of(office, logged.lead, start.now()), "in_crm": delivered,
                "then": logged.outcome.then, "repeated": logged.repeated, "remarks": list(logged.remarks),
            })  # fmt: skip
        else:
            _say_logged(office, logged, start.now())
    return 0


def _report(
    office: Any, lead: str, outcome: str, channel: str | None, at: datetime | None, said: dict[str, Any]
) -> Any:
    from callsheet.services.next_steps import read_agreed
    from callsheet.services.outreach import Report, read_outcome

    desk = office.desk
    with desk.book.work() as work:
        entry = work.entry(lead)
    try:
        row, _ = read_outcome(desk, outcome, cast("Any", channel), entry)
    except ValueError as error:
        raise Misused(str(error)) from error
    agreed = None
    if said["agreed"]:
        agreed = read_agreed(desk, said["agreed"], otherwise="meeting" if row.ends_plan else "phone")
    referred = None
    if row.refers and said["note"].strip():
        from callsheet.services.referral import read_person

        referred = read_person(said["note"], desk.region)
    return Report(
        outcome, cast("Any", channel), at, said["note"], agreed, _decision(office, said), referred, said["asset"],
        said["number"], said["seconds"], said["override"], said["key"],
    )  # fmt: skip


def _decision(office: Any, said: dict[str, Any]) -> Any:
    from callsheet.services.decisions import CLOSE_REASONS, Decision

    closing, nurturing = said["closing"], said["nurturing"]
    if closing is not None and nurturing is not None:
        raise Misused("a lead is closed or nurtured, not both", "give one of --close and --nurture")
    if closing is not None:
        reason = closing.strip().lower().replace("-", "_").replace(" ", "_")
        if reason not in CLOSE_REASONS:
            raise Misused(f"“{closing}” is no reason to close", f"one of {', '.join(CLOSE_REASONS)}")
        return Decision("close", reason, said["note"])
    if nurturing is not None:
        until = read_ahead(nurturing, office.rules, office.desk.now()) if nurturing.strip() else None
        return Decision("nurture", note=said["note"], until=until)
    return None


def _say_logged(office: Any, logged: Any, now: datetime) -> None:
    from callsheet.domain.why import why

    local = office.rules.calendar.local(logged.at)
    again = " (logged before)" if logged.repeated else ""
    say(f"{logged.outcome.label_on(logged.channel)} · {logged.name} · {local:%a %d %b %H:%M}{again}")
    for remark in (logged.outcome.then, *logged.remarks):
        if remark:
            say(f"  {remark}")
    row = office.book.rows([logged.lead], now).get(logged.lead)
    if row is not None:
        due = office.rules.calendar.local(row.entry.due_at)
        when = f"{due:%a %d %b}" if row.entry.all_day else f"{due:%a %d %b %H:%M}"
        say(f"  next: {when} · {row.entry.channel} · {why(row.entry, now, office.rules)}")
    if not logged.repeated:
        say("  `callsheet undo` takes it back")


@click.command()
@lead_argument
@click.argument("when_and_what", nargs=-1, required=True, metavar="WHEN WHAT")
@click.option("--channel", type=click.Choice(CHANNELS), help="Instead of the one that WHAT says.")
@click.option("--kind", type=click.Choice(("advance", "respond", "nurture")), default="advance", show_default=True)
@json_option
@click.pass_obj
def next_step(
    start: Start, *, lead: str, when_and_what: tuple[str, ...], channel: str | None, kind: str, as_json: bool
) -> int:
    """Agree the next step with a lead: a date and a time, and what for.

    For example: callsheet next-step "Ana Lopez" "thu 14:00" "pricing call"
    """
    from callsheet.services.leads import the_lead
    from callsheet.services.next_steps import read_agreed, set_next_step

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        agreed = read_agreed(
            office.desk, " ".join(when_and_what), channel=cast("Any", channel), kind=cast("Any", kind)
        )  # fmt: skip
        changes = set_next_step(office.desk, found, agreed)
        if as_json:
            from callsheet.cli.entries import entry_of

            due = stamp(agreed.due, office.rules.calendar.tz)
            emit({
                "lead": found, "action": changes.action, "due_at": due, "channel": agreed.channel, "what": agreed.what,
                "echo": agreed.echo, "next": entry_of(office, found, start.now()),
            })  # fmt: skip
        else:
            say(f"{changes.label}: {agreed.echo}, {agreed.channel}")
    return 0


@click.command()
@json_option
@click.pass_obj
def undo(start: Start, *, as_json: bool) -> int:
    """Take back the last thing you did: the lead is as it was before, in the CRM too."""
    from callsheet.services.history import undo as take_back

    return _walk(start, take_back, as_json=as_json)


@click.command()
@json_option
@click.pass_obj
def redo(start: Start, *, as_json: bool) -> int:
    """Bring back what you took back last."""
    from callsheet.services.history import redo as bring_back

    return _walk(start, bring_back, as_json=as_json)


def _walk(start: Start, step: Any, *, as_json: bool) -> int:
    with open_office(start) as office:
        changes = step(office.desk)
        if as_json:
            emit({"action": changes.action, "label": changes.label, "leads": sorted(changes.leads)})
        else:
            say(changes.label)
    return 0


@click.command()
@lead_argument
@click.argument("item", required=False)
@click.argument("finding", nargs=-1)
@click.option("--untick", is_flag=True, help="It was not found out after all.")
@click.option("--finish", is_flag=True, help="The research is done: the first touch is next.")
@json_option
@click.pass_obj
def research(
    start: Start, *, lead: str, item: str | None, finding: tuple[str, ...], untick: bool, finish: bool, as_json: bool
) -> int:
    """Print the research checklist of a lead, or tick an ITEM (its name or number) with what was found."""
    from callsheet.services import research as checklist
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        if item is not None:
            checklist.tick(office.desk, found, item, " ".join(finding), done=not untick)
        if finish:
            checklist.finish(office.desk, found)
        card = office.book.card(found)
        known = card.lead.research if card else {}
        if as_json:
            items = [
                {"item": one.name, "label": one.label, "done": one.name in known,
                 "finding": known[one.name].finding if one.name in known else ""}
                for one in checklist.CHECKLIST
            ]  # fmt: skip
            emit({"lead": found, "items": items})
        else:
            for number, one in enumerate(checklist.CHECKLIST, 1):
                said = f": {known[one.name].finding}" if one.name in known and known[one.name].finding else ""
                say(f"{number} {'✓' if one.name in known else '·'} {one.label}{said}")
    return 0
