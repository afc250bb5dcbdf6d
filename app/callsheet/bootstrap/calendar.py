"""Between the book and the rep's calendar program: a folder kept up, invitations out, answers in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callsheet.bootstrap.office import Office
from callsheet.domain.text import one_line
from callsheet.exchange.ics.calendar import invitation_file
from callsheet.exchange.ics.folder import Written, update_folder
from callsheet.exchange.ics.replies import BadReply, replies_in
from callsheet.services.calendar_items import BlockSeries, Item, block_series, items
from callsheet.services.desk import Refused
from callsheet.services.invitations import Answered, Invitation, Person, answer, invitation
from callsheet.services.mail_draft import Draft, invitation_draft
from callsheet.settings.paths import private_folder
from callsheet.store.dated_query import SqliteDated

EVERY: Final = 60.0
"""Seconds between two looks at the folder of answers and at what the calendar has to have."""

Outcome = tuple[Path, Answered | None, str]
"""An answer's file, what it did, and if it did nothing, why."""

_log = logging.getLogger("callsheet.calendar")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An invitation as a file, and the mail that it goes out with."""

    invitation: Invitation
    file: Path
    mail: Draft


def contents(office: Office) -> tuple[list[Item], list[BlockSeries]]:
    """Return all that stands in the calendar: next steps and meetings, and the call blocks."""
    return items(office.desk, SqliteDated(office.book)), block_series(office.desk, office.settings.rep.mantra)


def keep_folder(office: Office, folder: Path) -> Written:
    """Bring a folder that calendar programs watch up to date.

    Raises:
        OSError: it cannot be written.
    """
    entries, blocks = contents(office)
    return update_folder(folder, entries, blocks, office.rules.calendar.tz, office.desk.now())


def write_invitation(office: Office, lead: str, file: Path | None = None) -> Outgoing:
    """Write the invitation to a lead's meeting, or its cancellation; without a file, beside the book.

    Raises:
        callsheet.services.desk.Refused: no meeting is booked, or there is no address to send it to or from.
        OSError: the file cannot be written.
    """
    rep, zone = office.settings.rep, office.rules.calendar.tz
    made = invitation(office.desk, office.book, lead, Person(rep.name, rep.email))
    if file is None:
        name = "".join(char if char.isalnum() or char in " .-" else "-" for char in one_line(made.attendee.name, 60))
        file = private_folder(office.paths.data / "invitations") / f"{name.strip('. ') or lead}.ics"
    file.write_bytes(invitation_file(made, zone))
    start = made.start.astimezone(zone)
    when = f"{start:%A} {start.day} {start:%B %H:%M} ({zone.key})"
    return Outgoing(made, file, invitation_draft(made, when))


def take_answers(office: Office, folder: Path, known: Callable[[Path], bool] = lambda _: False) -> Iterator[Outcome]:
    """Take every answer of a folder that is not `known`; one that cannot be taken stops none of the others.

    Raises:
        OSError: the folder cannot be read.
    """
    for path, reply in replies_in(folder, known):
        if isinstance(reply, BadReply):
            yield path, None, str(reply)
            continue
        try:
            yield path, answer(office.desk, office.book, reply), ""
        except Refused as error:
            yield path, None, str(error)


class CalendarKeeper:
    """Reads the answers and keeps the folder up while the sheet is open, in a thread: at once, then every minute."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._seen: set[tuple[str, int]] = set()
        self._version = -1
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="calendar", daemon=True)

    def start(self) -> CalendarKeeper:
        """Begin."""
        self._thread.start()
        return self

    def stop(self, seconds: float = 2.0) -> None:
        """End, after the look that is under way if that is soon."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def look(self) -> list[Outcome]:
        """Read the answers that are new, and bring the folder up to date if the book has changed."""
        calendar, found = self._office.settings.calendar, list[Outcome]()
        if calendar.replies_path is not None and calendar.replies_path.is_dir():
            found = list(take_answers(self._office, calendar.replies_path, self._known))
        version = self._office.book.version()
        if calendar.folder_path is not None and (found or version != self._version):
            keep_folder(self._office, calendar.folder_path)
            self._version = version
        return found

    def _known(self, path: Path) -> bool:
        stamp = (path.name, path.stat().st_mtime_ns)
        if stamp in self._seen:
            return True
        self._seen.add(stamp)
        return False

    def _work(self) -> None:
        while True:
            try:
                for path, done, why in self.look():
                    if done is None:
                        _log.warning("%s: %s", path, why)
            except Exception:  # noqa: BLE001 - the boundary of the thread: a folder may be back the next time
                _log.exception("the calendar")
            if self._ended.wait(EVERY):
                return
