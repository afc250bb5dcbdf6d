"""The CRM: kept in step, and what it does not have yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import Passing, emit, say, stamp

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office

NOT_IN_THE_CRM = 5
SHOWN = 30
BELIEVE = "If that is right, `callsheet sync --force` takes them away here too."


@click.command()
@click.option("--force", is_flag=True, help="Go on although many leads are gone there, or a daily limit is reached.")
@click.option("--thorough", is_flag=True, help="Ask for every known lead whether it is still there.")
@json_option
@click.pass_obj
def sync(start: Start, *, force: bool, thorough: bool, as_json: bool) -> int:
    """Bring the book and the CRM together. Exit code 5 says that something remains, or that there are conflicts."""
    from callsheet.bootstrap.crm import sync_now

    with open_office(start) as office:
        answers, trouble = _answers(office)
        with Passing(quiet=as_json) as passing:
            report = sync_now(
                office, force=force, thorough=thorough,
                progress=lambda pulled, delivered: passing.say(f"syncing: {pulled:,} leads in, {delivered:,} over"),
            )  # fmt: skip
        if as_json:
            emit({
                "pulled": report.pulled, "delivered": report.delivered, "waiting": report.waiting,
                "parked": report.parked, "conflicts": report.conflicts, "offline": report.offline,
                "problem": report.problem, "findings": list(report.findings), "stopped": report.stopped,
                "taken_back": list(report.taken_back), "answers": answers,
                "retry_at": stamp(report.retry_at, office.rules.calendar.tz),
            })  # fmt: skip
        else:
            leads, things = ("" if count == 1 else "s" for count in (report.pulled, report.delivered))
            say(f"{report.pulled} lead{leads} changed here, {report.delivered} thing{things} delivered")
            for count, words in (
                (report.waiting, "wait"), (report.parked, "were refused: `callsheet status`"),
                (report.conflicts, "conflicts: `callsheet conflicts`"),
            ):  # fmt: skip
                if count:
                    say(f"  {count} {words}")
            if answers:
                say(f"  {answers} answers to invitations were read")
            asked = BELIEVE if report.stopped == "removals" else ""
            for line in (*report.taken_back, report.problem, asked, *report.findings, trouble):
                if line:
                    say(f"  {line}")
    if report.stopped and not report.offline and report.stopped in ("credentials", "drift"):
        return 1
    return NOT_IN_THE_CRM if report.waiting or report.parked or report.conflicts or report.stopped else 0


def _answers(office: Office) -> tuple[int, str]:
    """Read what came into the folder of answers, before it goes over; return how many were new, and what went wrong."""
    calendar = office.settings.calendar
    if not calendar.folder and not calendar.replies:
        return 0, ""
    from callsheet.bootstrap.calendar import CalendarKeeper

    try:
        found = CalendarKeeper(office).look()
    except OSError as error:
        return 0, f"the calendar: {error.filename} cannot be used ({error.strerror})"
    return sum(done is not None and done.changes is not None for _, done, _ in found), ""


@click.command()
@click.option("--retry", metavar="OP", help="Send a refused one again.")
@click.option("--drop", metavar="OP", help="Give a refused one up; it stays in your journal.")
@json_option
@click.pass_obj
def status(start: Start, *, retry: str | None, drop: str | None, as_json: bool) -> int:
    """Print what is not in the CRM yet, and why. Exit code 5 says that there is something."""
    with open_office(start) as office:
        if retry or drop:
            _again(office, retry, drop)
        found, rows = office.book.sync_status(), office.book.undelivered(limit=100_000)
        zone = office.rules.calendar.tz
        if as_json:
            emit({
                "crm": found.crm, "waiting": found.waiting, "parked": found.parked, "conflicts": found.conflicts,
                "last_run": stamp(found.last_run, zone), "last_ok": stamp(found.last_ok, zone),
                "offline": found.offline, "problem": found.problem, "asks": found.asks,
                "findings": list(found.findings),
                "undelivered": [
                    {"op": row.op, "event": row.event, "lead": row.lead, "name": row.name, "kind": row.kind,
                     "what": row.what, "state": row.state, "at": stamp(row.at, zone), "reason": row.reason,
                     "field": row.field, "not_before": stamp(row.not_before, zone)}
                    for row in rows
                ],
            })  # fmt: skip
        else:
            _say_status(office, found, rows)
    return NOT_IN_THE_CRM if rows or found.conflicts else 0


def _say_status(office: Any, found: Any, rows: Any) -> None:
    if not office.book.crm:
        say("no CRM is connected: what you log is kept here; `callsheet connect KIND` brings it over")
        return
    local = office.rules.calendar.local
    last = f"last in step {local(found.last_ok):%a %d %b %H:%M}" if found.last_ok else "not synced yet"
    say(f"{found.crm}: {found.waiting} wait, {found.parked} refused, {found.conflicts} conflicts · {last}")
    for line in (found.problem, BELIEVE if found.asks else "", *found.findings):
        if line:
            say(f"  {line}")
    for row in rows[:SHOWN]:
        why = f" · {row.reason}" if row.reason else ""
        op = f" · {row.op}" if row.state == "parked" else ""
        say(f"  {row.state:<9} {local(row.at):%d %b %H:%M} {row.name} · {row.what}{why}{op}")
    if len(rows) > SHOWN:
        say(f"  and {len(rows) - SHOWN} more: see `--json`")


def _again(office: Any, retry: str | None, drop: str | None) -> None:
    from callsheet.bootstrap.crm import line
    from callsheet.services.desk import NotFound
    from callsheet.sync import decisions

    try:
        with line(office) as opened:
            if retry:
                decisions.retry(opened, retry)
            if drop:
                decisions.drop(opened, drop)
    except KeyError as error:
        raise NotFound(f"nothing refused has the key {retry or drop}: see `callsheet status`") from error


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--mine", "kept", flag_value="mine", help="Keep what is here.")
@click.option("--theirs", "kept", flag_value="theirs", help="Keep what is in the CRM.")
@json_option
@click.pass_obj
def conflicts(start: Start, *, number: int | None, kept: str | None, as_json: bool) -> int:
    """Print the fields that both sides changed, or decide one by its NUMBER with --mine or --theirs."""
    from callsheet.bootstrap.crm import line
    from callsheet.services.desk import NotFound
    from callsheet.sync import decisions

    if (number is None) != (kept is None):
        raise Misused("deciding takes a number and a side", "like `callsheet conflicts 3 --mine`")
    with open_office(start) as office, line(office) as opened:
        if number is not None:
            try:
                decisions.decide(opened, number, cast("Any", kept))
            except KeyError as error:
                raise NotFound(f"there is no conflict {number}, or it is decided") from error
        found = decisions.conflicts(opened)
        if as_json:
            zone = office.rules.calendar.tz
            emit({"conflicts": [
                {"number": one.id, "lead": one.lead, "name": one.name, "field": one.field, "mine": one.mine,
                 "theirs": one.theirs, "at": stamp(one.at, zone)}
                for one in found
            ]})  # fmt: skip
        else:
            for one in found:
                say(f"{one.id}  {one.name} · {one.field}: “{one.mine}” here, “{one.theirs}” in the CRM")
            if not found:
                say("no conflicts")
    return NOT_IN_THE_CRM if found else 0
