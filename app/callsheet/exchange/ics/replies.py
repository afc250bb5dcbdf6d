"""Answers to invitations (METHOD:REPLY, RFC 5546), read strictly: what is not clearly an answer sets nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final, get_args

from icalendar import Calendar, Event

from callsheet.domain.text import one_line
from callsheet.services.invitations import PartStat, Reply

LIMIT: Final = 1_000_000
"""Bytes of a file that are read; an answer has a few hundred."""


class BadReply(ValueError):
    """The file is no answer to an invitation; the message says why."""


def read_reply(data: bytes) -> Reply:
    """Read an answer from an iCalendar file, or from a mail that carries one.

    Raises:
        BadReply: it is none, or not unmistakably one.
    """
    if len(data) > LIMIT:
        raise BadReply("the file is too large for an answer to an invitation")
    return _reply(_parsed(data if data.lstrip()[:15].upper() == b"BEGIN:VCALENDAR" else _from_mail(data)))


def replies_in(
    folder: Path, known: Callable[[Path], bool] = lambda _: False
) -> Iterator[tuple[Path, Reply | BadReply]]:
    """Yield each file of a folder that could be an answer, oldest first, with the answer or what is wrong with it.

    Files that are `known` already are left out.

    Raises:
        OSError: the folder cannot be read.
    """
    files = [path for path in folder.iterdir() if path.suffix.lower() in (".ics", ".eml") and path.is_file()]
    files = [path for path in files if not known(path)]
    for path in sorted(files, key=lambda file: (file.stat().st_mtime, file.name)):
        try:
            if path.stat().st_size > LIMIT:
                raise BadReply("the file is too large for an answer to an invitation")
            yield path, read_reply(path.read_bytes())
        except BadReply as error:
            yield path, error


def _from_mail(data: bytes) -> bytes:
    for part in message_from_bytes(data, policy=policy.default).walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                return body
    raise BadReply("there is no calendar answer in the file")


def _parsed(data: bytes) -> Calendar:
    try:
        found = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError) as error:  # what icalendar raises for broken lines and dates
        raise BadReply(f"the calendar file is broken: {one_line(str(error), 200)}") from error
    if len(found) != 1 or not isinstance(found[0], Calendar):
        raise BadReply("an answer is one calendar")
    return found[0]


def _reply(calendar: Calendar) -> Reply:
    method = str(calendar.get("METHOD", "")).upper()
    if method != "REPLY":
        said = f"is METHOD:{one_line(method, 20)}" if method else "has no METHOD"
        raise BadReply(f"this is no answer: it {said}, not METHOD:REPLY")
    events = calendar.walk("VEVENT")
    if len(events) != 1 or not isinstance(events[0], Event):
        raise BadReply("an answer is about one event")
    event = events[0]
    if event.errors:
        raise BadReply(f"the event has a broken property: {one_line(str(event.errors[0][0]), 40)}")
    if event.get("RECURRENCE-ID") is not None:
        raise BadReply("an answer to one meeting of a series is no answer to an invitation of ours")
    address, status = _attendee(event)
    return Reply(_text(event, "UID"), _sequence(event), address, status, _stamp(event))


def _attendee(event: Event) -> tuple[str, PartStat]:
    attendee = event.get("ATTENDEE")
    if attendee is None or isinstance(attendee, list):
        raise BadReply("an answer names exactly one attendee, the one who answers")
    scheme, _, address = str(attendee).partition(":")
    if scheme.lower() != "mailto" or "@" not in address:
        raise BadReply("the attendee has no mail address")
    said = str(attendee.params.get("PARTSTAT", "")).lower()
    for status in get_args(PartStat):
        if status == said:
            return address.strip(), status
    raise BadReply(f"PARTSTAT is {one_line(said, 30) or 'missing'}: that accepts or declines nothing")


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if value is None or isinstance(value, list) or not str(value).strip():
        raise BadReply(f"{name} is missing, or there are several")
    return str(value).strip()


def _sequence(event: Event) -> int:
    value = event.get("SEQUENCE", 0)
    if isinstance(value, list) or not isinstance(value, int) or value < 0:
        raise BadReply("SEQUENCE is no number")
    return int(value)


def _stamp(event: Event) -> datetime:
    stamp = getattr(event.get("DTSTAMP"), "dt", None)
    if not isinstance(stamp, datetime) or stamp.tzinfo is None:
        raise BadReply("DTSTAMP is missing, or has no time zone")
    return stamp.astimezone(UTC)
