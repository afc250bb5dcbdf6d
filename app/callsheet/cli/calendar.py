"""What goes to calendar programs and comes back from them: the rep's own calendar, and invitations to meetings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.files import FileTrouble, using
from callsheet.cli.options import Misused, json_option, lead_argument, open_office, read_ahead
from callsheet.cli.output import emit, say, stamp

if TYPE_CHECKING:
    from callsheet.bootstrap.calendar import Outcome
    from callsheet.bootstrap.office import Office
    from callsheet.services.invitations import Reply


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--folder", type=click.Path(path_type=Path), metavar="DIR",
              help="Keep a folder up to date, a file for each event; other files in it are left alone.")  # fmt: skip
@json_option
@click.pass_obj
def calendar(start: Start, *, file: Path | None, folder: Path | None, as_json: bool) -> int:
    """Write next steps, meetings and call blocks to FILE (.ics), for a calendar program to subscribe to.

    Again into the same file or folder: what was moved or called off since follows. Without either, the folder of the
    settings.
    """
    from callsheet.bootstrap.calendar import contents
    from callsheet.exchange.ics.folder import update_folder, write_file

    with open_office(start) as office:
        if file is None and folder is None:
            folder = office.settings.calendar.folder_path
        if file is None and folder is None:
            raise Misused(
                "where the calendar goes is missing",
                "give a file like callsheet.ics, or --folder DIR, or set folder under [calendar] in the settings",
            )  # fmt: skip
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
    """Write the invitation to a booked meeting, move it or call it off, and read the answer to it."""


_file = click.argument("file", type=click.Path(path_type=Path), required=False)
_open = click.option("--open", "opens", is_flag=True, help="Open the mail in your mail program; attach the file to it.")


@invite.command("send")
@lead_argument
@_file
@_open
@json_option
@click.pass_obj
def send(start: Start, *, lead: str, file: Path | None, opens: bool, as_json: bool) -> int:
    """Write the invitation to the meeting with LEAD to FILE (.ics), to be mailed to them.

    After the meeting was moved it is written anew; after it was called off it is the cancellation.
    """
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        return _send(office, the_lead(office.desk, lead), file, opens=opens, as_json=as_json)


@invite.command("move")
@lead_argument
@click.argument("when", nargs=-1, required=True)
@click.option("--minutes", type=click.IntRange(5, 1440), default=None, help="How long it takes.")
@click.option("--file", type=click.Path(path_type=Path), help="Where the invitation goes.")
@_open
@json_option
@click.pass_obj
def move(
    start: Start, *, lead: str, when: tuple[str, ...], minutes: int | None, file: Path | None, opens: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Move the meeting with LEAD to WHEN, or book one: the invitation is written, and they are asked again."""
    from datetime import timedelta

    from callsheet.services.invitations import book_meeting
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        length = timedelta(minutes=minutes) if minutes else None
        book_meeting(office.desk, found, read_ahead(" ".join(when), office.rules, start.now()), length=length)
        return _send(office, found, file, opens=opens, as_json=as_json)


@invite.command("cancel")
@lead_argument
@_file
@_open
@json_option
@click.pass_obj
def cancel(start: Start, *, lead: str, file: Path | None, opens: bool, as_json: bool) -> int:
    """Call the meeting with LEAD off: the cancellation is written, and the next step has to be agreed anew."""
    from callsheet.services.invitations import call_off
    from callsheet.services.leads import the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        call_off(office.desk, found)
        return _send(office, found, file, opens=opens, as_json=as_json)


def _send(office: Office, lead: str, file: Path | None, *, opens: bool, as_json: bool) -> int:
    """Write what goes out, open the mail if asked for, and say where both are."""
    from callsheet.bootstrap.calendar import write_invitation

    with using(file or office.paths.data, "written"):
        done = write_invitation(office, lead, file)
    made, zone = done.invitation, office.rules.calendar.tz
    if opens:
        _open_mail(done.mail.link)
    if as_json:
        emit({
            "lead": lead, "file": str(done.file), "method": made.method, "uid": made.uid, "sequence": made.sequence,
            "to": made.attendee.email, "start": stamp(made.start, zone), "end": stamp(made.end, zone),
            "title": made.title,
            "mail": {"subject": done.mail.subject, "body": done.mail.body, "link": done.mail.link},
        })  # fmt: skip
        return 0
    what = "the cancellation of" if made.method == "CANCEL" else "the invitation to"
    say(f"{done.file} is {what} “{made.title}”, {made.start.astimezone(zone):%a %d %b %H:%M}: "
        f"mail it to {made.attendee.email}")  # fmt: skip
    if not opens:
        say(f"\n{done.mail.subject}\n\n{done.mail.body}")
    return 0


def _open_mail(link: str) -> None:
    from callsheet.ui.outside import CannotOpen, Desktop

    try:
        Desktop().open(link)
    except CannotOpen as error:
        raise FileTrouble(f"the mail cannot be opened: {error}", "leave --open away: the text is printed") from error


@invite.command("read")
@_file
@json_option
@click.pass_obj
def read(start: Start, *, file: Path | None, as_json: bool) -> int:
    """Read an answer to an invitation from FILE (.ics, or a saved mail .eml), or all of a folder's.

    Without FILE, those of the folder of the settings.
    """
    from callsheet.bootstrap.calendar import take_answers
    from callsheet.services.invitations import answer

    with open_office(start) as office:
        file = file or office.settings.calendar.replies_path
        if file is None:
            raise Misused("which answer is missing", "give a file, or set replies under [calendar] in the settings")
        if file.is_dir():
            with using(file, "read"):
                outcomes = list(take_answers(office, file))
            return _say_read(outcomes, as_json=as_json)
        answered = answer(office.desk, office.book, _one_reply(file))
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
