"""Reading from Pipedrive: the rep's leads as they change, and where leads are that do not show.

What a rep sees of a lead is on three records, and archived leads are a list of their own that cannot be asked for
changes. So a round reads three streams, each with its own place: open leads, archived leads, persons and companies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, Literal, TypeVar

import msgspec

from callsheet.crm.pipedrive import records
from callsheet.crm.pipedrive.records import UUID, Reading
from callsheet.crm.pipedrive.session import Session
from callsheet.crm.pipedrive.times import moment, v2
from callsheet.crm.pipedrive.wire import PAGE, Missing, Row, number
from callsheet.sync.port import (
    ChangePage,
    Drift,
    Forbidden,
    Gone,
    Invalid,
    Moved,
    NotVisible,
    Present,
    RemoteId,
    RemoteLead,
    Whereabouts,
)

OVERLAP: Final = timedelta(minutes=2)
"""How far a round reaches back: times are kept to the second, and a change may show a moment late."""

ONE_BY_ONE: Final = 10
"""How many leads are asked for one by one; more are looked for in the lists first."""

PERSONS: Final = "api/v2/persons"
ORGANIZATIONS: Final = "api/v2/organizations"

Stream = Literal["open", "archived", "contacts"]


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Up to where each stream was read; in a round also when it began, and where the stream under way is."""

    open: str = ""
    archived: str = ""
    contacts: str = ""
    began: str = ""
    stream: Stream = "open"
    at: str = ""
    start: int = 0
    high: str = ""


class Pull:
    """The reading side of a connection. It remembers whose lead was whose, for when a lead is gone."""

    def __init__(self, session: Session, page: int = PAGE) -> None:
        self._session = session
        self._page = page
        self._lock = threading.Lock()
        self._persons: dict[RemoteId, int] = {}

    def changes(self, since: str | None) -> ChangePage:
        """A page of my leads, oldest change first. Raises what `sync.port` lists."""
        cursor = decoded(since, Cursor)
        match cursor.stream:
            case "open":
                found, cursor = self._open(cursor)
            case "archived":
                found, cursor = self._archived(cursor)
            case "contacts":
                found, cursor = self._contacts(cursor)
        more = cursor.stream != "open" or bool(cursor.began or cursor.at)
        return ChangePage(tuple(self.leads(found)), encoded(cursor), more=more)

    def _open(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        """Open leads by their time of change: past a page by its last time, within one time by counting.

        Leads that are touched meanwhile leave their place to the next ones, so counting goes back a little each time.
        """
        at = cursor.at or cursor.open
        query = {"owner_id": str(self._session.me.id), "sort": "update_time ASC", "limit": str(self._page)}
        if at:
            query["updated_since"] = at
        wire = self._session.wire
        found, more = wire.page("v1/leads", start=str(cursor.start), **query)
        if not cursor.began and wire.at is not None:
            cursor = msgspec.structs.replace(cursor, began=v2(wire.at - OVERLAP))
        last = _stamp(found[-1]) if found else at
        high = max(cursor.high, last)
        if not more or not found:
            place = msgspec.structs.replace(cursor, open=_back(high) or cursor.open, stream="archived")
            return found, msgspec.structs.replace(place, at="", start=0, high="")
        if last > at:
            return found, msgspec.structs.replace(cursor, at=last, start=0, high=high)
        return found, msgspec.structs.replace(cursor, at=at, start=cursor.start + step(len(found)), high=high)

    def _archived(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        """Archived leads from the newest change back to where the last round began: their list knows no since."""
        query = {"owner_id": str(self._session.me.id), "sort": "update_time DESC", "limit": str(self._page)}
        found, more = self._session.wire.page("v1/leads/archived", start=str(cursor.start), **query)
        new = [row for row in found if not cursor.archived or _stamp(row) >= cursor.archived]
        high = max([cursor.high, *(_stamp(row) for row in new)])
        if more and found and len(new) == len(found):
            return new, msgspec.structs.replace(cursor, start=cursor.start + step(len(found)), high=high)
        place = msgspec.structs.replace(cursor, archived=_back(high) or cursor.archived, stream="contacts")
        return new, msgspec.structs.replace(place, at="", start=0, high="")

    def _contacts(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        """My leads whose person or company was changed since the last round began; the first has just read them all."""
        wire = self._session.wire
        found: list[Row] = []
        if cursor.contacts:
            query = {"updated_since": cursor.contacts, "sort_by": "update_time", "sort_direction": "asc"}
            persons = {number(row.get("id")) for row in wire.all(PERSONS, **query)}
            companies = {number(row.get("id")) for row in wire.all(ORGANIZATIONS, **query)}
            if persons or companies:
                found = [
                    row
                    for row in self.mine()
                    if number(row.get("person_id")) in persons or number(row.get("organization_id")) in companies
                ]
        since = cursor.began or cursor.contacts or cursor.open
        return found, Cursor(open=cursor.open, archived=cursor.archived, contacts=since)

    def mine(self) -> Iterable[Row]:
        """All of my leads, open and archived."""
        for path in ("v1/leads", "v1/leads/archived"):
            for page in self._session.wire.pages(path, owner_id=str(self._session.me.id)):
                yield from page

    def leads(self, found: Sequence[Row]) -> list[RemoteLead]:
        """Leads with what their persons and companies say; oldest change first."""
        if not found:
            return []
        wire = self._session.wire
        persons = wire.by_id(PERSONS, [one for row in found if (one := number(row.get("person_id")))])
        linked = [number(row.get("organization_id")) for row in found]
        linked += [number(person.get("org_id")) for person in persons.values()]
        companies = wire.by_id(ORGANIZATIONS, [one for one in linked if one])
        session = self._session
        reading = Reading(session.me.id, session.words, session.users, persons, companies)
        with self._lock:
            self._persons.update({str(row.get("id")): number(row.get("person_id")) for row in found})
        return sorted((records.lead(row, reading) for row in found), key=lambda one: (one.modified_at, one.id))

    def resolve(self, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Where leads are now. Raises what `sync.port` lists."""
        asked = [one for one in dict.fromkeys(ids) if UUID.fullmatch(one)]
        there: dict[RemoteId, Row] = {}
        if len(asked) > ONE_BY_ONE:
            wanted = set(asked)
            there = {str(row["id"]): row for row in self.mine() if row.get("id") in wanted}
        where: dict[RemoteId, Whereabouts] = {one: Gone() for one in ids}
        for one in asked:
            if one not in there:
                try:
                    there[one] = self.row(one)
                except Missing:
                    where[one] = self._vanished(one)
                except Forbidden:
                    where[one] = NotVisible()
        me = self._session.me.id
        for one, row in there.items():
            if (owner := number(row.get("owner_id"))) != me:
                where[one] = NotVisible(self._session.users.get(owner, ""))
        mine = [row for row in there.values() if number(row.get("owner_id")) == me]
        where |= {one.id: Present(one) for one in self.leads(mine)}
        return where

    def row(self, lead: RemoteId) -> Row:
        """A lead as it is there. Raises `Missing` for one that is gone, also where it is told by a mark."""
        found = self._session.wire.get(f"v1/leads/{lead}")
        if not isinstance(found, dict) or found.get("id") != lead:
            raise Drift("Pipedrive answers with another lead than it was asked for.")
        if found.get("is_deleted") is True:
            raise Missing("The lead was deleted.")
        return found

    def _vanished(self, lead: RemoteId) -> Whereabouts:
        """A lead that is gone goes on in the only other lead of the same person; Pipedrive keeps no trace of merges.

        The person is known from an earlier pull, or from what was done on the lead: a merge hands activities on.
        """
        persons = self._known_persons(lead)
        for person in persons:
            found = [
                row
                for page in self._session.wire.pages("v1/leads", person_id=str(person))
                for row in page
                if number(row.get("owner_id")) == self._session.me.id and row.get("id") != lead
            ]
            if len(found) == 1:
                return Moved(str(found[0]["id"]))
        return Gone()

    def _known_persons(self, lead: RemoteId) -> list[int]:
        wire = self._session.wire
        done = [number(row.get("person_id")) for row in wire.all("api/v2/activities", lead_id=lead)]
        with self._lock:
            before = self._persons.get(lead, 0)
        return list(dict.fromkeys(person for person in (*done, before) if person))


C = TypeVar("C", bound=msgspec.Struct)


def decoded(text: str | None, of: type[C]) -> C:
    """A cursor from its text; None is the beginning. Raises `Invalid` for one that is none of ours."""
    try:
        return of() if text is None else msgspec.json.decode(text, type=of)
    except msgspec.DecodeError:
        raise Invalid("The mark of the last sync with Pipedrive cannot be read; a full sync is needed.") from None


def encoded(cursor: msgspec.Struct) -> str:
    """A cursor as text."""
    return msgspec.json.encode(cursor).decode()


def _stamp(row: Row) -> str:
    at = moment(row.get("update_time")) or moment(row.get("add_time"))
    if at is None:
        raise Drift("Pipedrive's record has no time of change.")
    return v2(at)


def _back(stamp: str) -> str:
    at = moment(stamp)
    return v2(at - OVERLAP) if at is not None else ""


def step(size: int) -> int:
    """How far to go on in a list that is counted: less than a page, for what was changed meanwhile leaves its place."""
    return max(1, size - size // 10)
