"""What becomes of a lead other than a next step: closed, nurtured, given back, opened again, put off, corrected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, lead_argument, open_office, read_ahead
from callsheet.cli.output import emit, say, stamp


def _decided(start: Start, lead: str, what: Callable[[Any, str], Any], *, as_json: bool) -> int:
    """Do one thing with the lead that is meant, and say so."""
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        changes = what(office, found)
        if as_json:
            from callsheet.cli.entries import entry_of
            from callsheet.services.decisions import originator_due

            card = office.book.card(found)
            owed = originator_due(office.desk, card.lead) if card else None
            emit({
                "lead": found, "action": changes.action, "label": changes.label,
                "state": card.lead.state if card else None, "owed_at": stamp(owed, office.rules.calendar.tz),
                "next": entry_of(office, found, start.now()),
            })  # fmt: skip
        else:
            say(changes.label + _owed(office, found))
    return 0


def _owed(office: Any, lead: str) -> str:
    """Return until when whoever generated a lead that was kicked back owes an answer."""
    from callsheet.services.decisions import originator_due

    card = office.book.card(lead)
    due = originator_due(office.desk, card.lead) if card else None
    return f"; their answer is owed by {due.astimezone(office.rules.calendar.tz):%a %d %b %H:%M}" if due else ""


@click.command()
@lead_argument
@click.argument("reason")
@click.option("--note", default="", help="Why, in your own words.")
@json_option
@click.pass_obj
def close(start: Start, *, lead: str, reason: str, note: str, as_json: bool) -> int:
    """Close a lead. REASON is won, lost, not_a_fit, exhausted or duplicate."""
    from callsheet.services.decisions import CLOSE_REASONS, Decision, decide

    named = reason.strip().lower().replace("-", "_").replace(" ", "_")
    if named not in CLOSE_REASONS:
        raise Misused(f"“{reason}” is no reason to close", f"one of {', '.join(CLOSE_REASONS)}")
    decision = Decision("close", next(one for one in CLOSE_REASONS if one == named), note)
    return _decided(start, lead, lambda office, found: decide(office.desk, found, decision), as_json=as_json)


@click.command()
@lead_argument
@click.argument("until", nargs=-1)
@click.option("--note", default="", help="Why not now.")
@json_option
@click.pass_obj
def nurture(start: Start, *, lead: str, until: tuple[str, ...], note: str, as_json: bool) -> int:
    """Not now: something of value every few weeks, first UNTIL (like `in 2 weeks`; else after three weeks)."""
    from callsheet.services.decisions import Decision, decide

    def what(office: Any, found: str) -> Any:
        at = read_ahead(" ".join(until), office.rules, start.now()) if until else None
        return decide(office.desk, found, Decision("nurture", note=note, until=at))

    return _decided(start, lead, what, as_json=as_json)


@click.command()
@lead_argument
@click.argument("reason", nargs=-1, required=True)
@click.option("--to", default="", help="Instead of whoever generated it.")
@json_option
@click.pass_obj
def kick_back(start: Start, *, lead: str, reason: tuple[str, ...], to: str, as_json: bool) -> int:
    """Give a lead back to whoever generated it, with the history and the reason; their 24 hours start."""
    from callsheet.services.decisions import kick_back as give_back

    said = " ".join(reason)
    return _decided(start, lead, lambda office, found: give_back(office.desk, found, said, to=to), as_json=as_json)


@click.command()
@lead_argument
@click.argument("to")
@click.option("--who", default="", help="Who they are; their name if not given.")
@click.option("--role", default="", help="Their role; their title if not given.")
@click.option("--need", default="", help="What they need, in their own words; what they asked if not given.")
@click.option("--topic", default="", help="What was agreed to talk about.")
@click.option("--objections", default="", help="What they object to, if anything.")
@click.option("--best-time", default="", help="When they are best reached.")
@json_option
@click.pass_obj
def hand_off(start: Start, /, *, lead: str, to: str, as_json: bool, **said: str) -> int:
    """Hand a lead to a colleague, who starts where you ended: refused until the packet is complete."""
    from dataclasses import replace

    from callsheet.services.decisions import hand_off as hand_over
    from callsheet.services.decisions import known_packet

    def what(office: Any, found: str) -> Any:
        given = {part: text for part, text in said.items() if text}
        return hand_over(office.desk, found, to, replace(known_packet(office.book.card(found).lead), **given))

    return _decided(start, lead, what, as_json=as_json)


@click.command()
@lead_argument
@click.argument("why", nargs=-1)
@json_option
@click.pass_obj
def reopen(start: Start, *, lead: str, why: tuple[str, ...], as_json: bool) -> int:
    """Work a closed, returned or nurtured lead again, with a plan from its first day."""
    from callsheet.services.decisions import reopen as open_again

    said = " ".join(why)
    return _decided(start, lead, lambda office, found: open_again(office.desk, found, said), as_json=as_json)


@click.command()
@lead_argument
@click.argument("reason", nargs=-1)
@click.option("--by", type=click.IntRange(1, 10), default=2, show_default=True, help="How many attempts more.")
@json_option
@click.pass_obj
def go_on(start: Start, *, lead: str, reason: tuple[str, ...], by: int, as_json: bool) -> int:
    """Allow more attempts on a lead than its plan does; beyond ten a REASON is needed, and kept."""
    from callsheet.services.decisions import raise_cap

    said = " ".join(reason)
    return _decided(
        start, lead, lambda office, found: raise_cap(office.desk, found, by=by, reason=said), as_json=as_json
    )


@click.command()
@lead_argument
@json_option
@click.pass_obj
def mail_today(start: Start, *, lead: str, as_json: bool) -> int:
    """Pull the plan's next mail to today, as after a voicemail."""
    from callsheet.services.decisions import pull_next_mail

    return _decided(start, lead, lambda office, found: pull_next_mail(office.desk, found), as_json=as_json)


@click.command()
@lead_argument
@click.argument("until", nargs=-1, required=True)
@json_option
@click.pass_obj
def snooze(start: Start, *, lead: str, until: tuple[str, ...], as_json: bool) -> int:
    """Put a lead off the sheet UNTIL a time, like `tomorrow 9:30`; its promise keeps running."""
    from callsheet.services.decisions import snooze as put_off

    def what(office: Any, found: str) -> Any:
        return put_off(office.desk, found, read_ahead(" ".join(until), office.rules, start.now()))

    return _decided(start, lead, what, as_json=as_json)


@click.command()
@lead_argument
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@json_option
@click.pass_obj
def edit(start: Start, *, lead: str, fields: tuple[str, ...], as_json: bool) -> int:
    """Correct what is known of a lead, like `edit jane@doe.example phones=+13125550143 title=CFO`.

    FIELD is name, company, title, phones, emails, website, linkedin, industry, company_size, company_kind, address,
    zip, city, state, country or timezone. Several numbers or addresses have `;` between; an empty VALUE forgets one.
    """
    from callsheet.services.corrections import correct

    said = dict(one.partition("=")[::2] for one in fields if "=" in one)
    if len(said) < len(fields):
        raise Misused("each field takes a value, and each once", "write it like title=CFO")
    return _decided(start, lead, lambda office, found: correct(office.desk, found, said), as_json=as_json)
