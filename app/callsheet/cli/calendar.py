"""What goes to calendar programs and comes back from them: the rep's own calendar, and invitations to meetings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.files import FileTrouble, using
from callsheet.cli.options import Misused, json_option, lead_argument, open_office
from callsheet.cli.output import emit, say, stamp

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.services.calendar_items import BlockSeries, Item
    from callsheet.services.invitations import Answered, Reply

Outcome = tuple[Path, "Answered | None", str]
"""An answer's file, what it did, and if it did nothing, why."""


def contents(office: Office) -> tuple[list[Item], list[BlockSeries]]:
    """Return all that stands in the calendar: next steps and meetings, and the call blocks."""
    from callsheet.services.calendar_items import block_series, items
    from callsheet.store.dated_query import SqliteDated

    return items(office.desk, SqliteDated(office.book)), block_series(office.desk, office.settings.rep.mantra)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--folder", type=click.Path(path_type=Path), metavar="DIR",
              help="Keep a folder up to date, a file for each event; other files in it are left alone.")  # fmt: skip
@json_option
@click.pass_obj
def calendar(start: Start, *, file: Path | None, folder: Path | None, as_json: bool) -> int:
    """Write next steps, meetings and call blocks to FILE (.ics), for a calendar program to subscribe to.

    Again into the same file or folder: what was moved or called off since follows.
    """
    from callsheet.exchange.ics.folder import update_folder, write_file

    if file is None and folder is None:
        raise Misused("where the calendar goes is missing", "give a file like callsheet.ics, or --folder DIR")
    with open_office(start) as office:
        items, blocks = contents(office)
        zone, now = office.rules.calendar.tz, start.now()
        said: dict[str, object] = {"items": len(items), "blocks": len(blocks)}
        lines = []
        if file is not None:
            with using(file, "written"):
                changed = write_file(file, items, blocks, zone, now)
            said |= {"file": str(file), "changed": changed}
            state = "written" if changed else "unchanged"
            lines.append(f"{file} is {state}: {len(items):,} next steps and meetings, {len(blocks)} call blocks")
        if folder is not None:
            with using(folder, "written"):
                done = update_folder(folder, items, blocks, zone, now)
            counts = {"new": done.new, "changed": done.changed, "removed": done.removed, "unchanged": done.unchanged}
            said["folder"] = {"path": str(folder), **counts}
            lines.append(f"{folder}: {', '.join(f'{count:,} {name}' for name, count in counts.items())}")
    if as_json:
        emit(said)
    else:
        say("\n".join(lines))
    return 0


@click.group()
def invite() -> None:
    """Write the invitation to a booked meeting, and read the answer to it."""


@invite.command("send")
@lead_argument
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def send(start: Start, *, lead: str, file: Path, as_json: bool) -> int:
    """Write the invitation to the meeting with LEAD to FILE (.ics), to be mailed to them.

    After the meeting was moved it is written anew; after it was called off it is the cancellation.
    """
    from callsheet.exchange.ics.calendar import invitation_file
    from callsheet.services.invitations import Person, invitation
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        rep, zone = office.settings.rep, office.rules.calendar.tz
        found = the_lead(office.desk, lead)
        made = invitation(office.desk, office.book, found, Person(rep.name, rep.email))
        with using(file, "written"):
            file.write_bytes(invitation_file(made, zone))
    if as_json:
        emit({
            "lead": found, "file": str(file), "method": made.method, "uid": made.uid, "sequence": made.sequence,
            "to": made.attendee.email, "start": stamp(made.start, zone), "end": stamp(made.end, zone),
            "title": made.title,
        })  # fmt: skip
    else:
        what = "the cancellation of" if made.method == "CANCEL" else "the invitation to"
        say(f"{file} is {what} “{made.title}”, {made.start.astimezone(zone):%a %d %b %H:%M}: "
            f"mail it to {made.attendee.email}")  # fmt: skip
    return 0


@invite.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def read(start: Start, *, file: Path, as_json: bool) -> int:
    """Read an answer to an invitation from FILE (.ics, or a saved mail .eml), or all of a folder's."""
    with open_office(start) as office:
        if file.is_dir():
            return _say_read(list(_answers(office, file)), as_json=as_json)
        answered = _answer(office, _one_reply(file))
    return _say_read([(file, answered, "")], as_json=as_json)


def _one_reply(file: Path) -> Reply:
    from callsheet.exchange.ics.replies import LIMIT, BadReply, read_reply

    with using(file, "read"), file.open("rb") as opened:
        data = opened.read(LIMIT + 1)
    try:
        return read_reply(data)
    except BadReply as error:
        raise FileTrouble(
            f"{file}: {error}", "save the answer's calendar file, or the whole mail, and read that"
        ) from error


def _answers(office: Office, folder: Path) -> Iterator[Outcome]:
    """Take every answer of a folder; one that cannot be taken stops none of the others."""
    from callsheet.exchange.ics.replies import BadReply, replies_in
    from callsheet.services.desk import Refused

    with using(folder, "read"):
        found = list(replies_in(folder))
    for path, reply in found:
        if isinstance(reply, BadReply):
            yield path, None, str(reply)
            continue
        try:
            yield path, _answer(office, reply), ""
        except Refused as error:
            yield path, None, str(error)


def _answer(office: Office, reply: Reply) -> Answered:
    from callsheet.services.invitations import answer

    return answer(office.desk, office.book, reply)


def _say_read(outcomes: Iterable[Outcome], *, as_json: bool) -> int:
    if as_json:
        emit({"answers": [
            {"file": str(path), "lead": done.lead, "name": done.name, "status": done.status,
             "new": done.changes is not None} if done else {"file": str(path), "problem": why}
            for path, done, why in outcomes
        ]})  # fmt: skip
        return 0
    for path, done, why in outcomes:
        if done is None:
            say(f"{path.name}: {why}")
        else:
            say(f"{done.name}: {done.status}" + ("" if done.changes else ", as was known already"))
    return 0
