"""What was done on the rep's leads, by others and by us: done activities, and remarks.

Pipedrive does not tell when a lead was given to somebody, and asking for all of a lead's history costs tokens that the
whole company shares. So the cursor knows the leads that were the rep's the last time, and only new ones are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from callsheet.crm.pipedrive import activities
from callsheet.crm.pipedrive.pull import OVERLAP, Pull, decoded, encoded, step
from callsheet.crm.pipedrive.session import Session
from callsheet.crm.pipedrive.times import v2
from callsheet.crm.pipedrive.wire import PAGE, Row, number
from callsheet.sync.port import HistoryPage, Invalid, RemoteId, RemoteTouch

MARK: Final = 8
"""Signs of an id that are kept: of ten thousand leads hardly two begin alike, and then one history comes later."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Up to where activities and notes were read; in a round also the next page of each, and where it began."""

    since: str = ""
    began: str = ""
    activities: str | None = ""
    """The cursor of the next page, None after the last."""
    notes: int | None = 0
    known: str = ""
    """The beginnings of the ids of the leads that were mine when the last round began, one after the other."""


class History:
    """Reads activities and notes of the whole company, for those of my leads: Pipedrive has no shorter way."""

    def __init__(self, session: Session, pull: Pull) -> None:
        self._session = session
        self._pull = pull
        self._leads: dict[RemoteId, int] = {}

    def page(self, since: str | None) -> HistoryPage:
        """A page of what was done. Raises what `sync.port` lists."""
        place = decoded(since, Place)
        touches: list[RemoteTouch] = []
        if not place.began or not self._leads:
            self._leads = {str(row.get("id")): number(row.get("person_id")) for row in self._pull.mine()}
            at = self._session.wire.at
            if not place.began:
                if place.since:
                    touches += self._given(place)
                place = msgspec.structs.replace(
                    place, began=v2(at - OVERLAP) if at is not None else place.since, known=_known(self._leads)
                )
        if place.activities is not None:
            found, following = self._activities(place)
            touches += found
            place = msgspec.structs.replace(place, activities=following or None)
        if place.notes is not None:
            found, start = self._notes(place)
            touches += found
            place = msgspec.structs.replace(place, notes=start)
        more = place.activities is not None or place.notes is not None
        touches.sort(key=lambda one: (one.at, one.remote_id))
        onwards = place if more else Place(since=place.began, known=place.known)
        return HistoryPage(tuple(touches), encoded(onwards), more=more)

    def _given(self, place: Place) -> list[RemoteTouch]:
        """All that was ever done on leads that were not mine the last time."""
        known = {place.known[at : at + MARK] for at in range(0, len(place.known), MARK)}
        session, touches = self._session, list[RemoteTouch]()
        for lead in self._leads:
            if lead[:MARK] in known:
                continue
            done = session.wire.all("api/v2/activities", lead_id=lead)
            said = [row for page in session.wire.pages("v1/notes", lead_id=lead) for row in page]
            touches += self._touches(done) + self._remarks(said)
        return touches

    def _touches(self, rows: Iterable[Row]) -> list[RemoteTouch]:
        session = self._session
        made = [
            activities.touch(row, lead, session.me.id, session.words, session.users)
            for row in rows
            if (lead := self._lead_of(row))
        ]
        return [one for one in made if one is not None]

    def _remarks(self, rows: Iterable[Row]) -> list[RemoteTouch]:
        session = self._session
        made = [
            activities.remark(row, lead, session.me.id, session.users) for row in rows if (lead := self._lead_of(row))
        ]
        return [one for one in made if one is not None]

    def _activities(self, place: Place) -> tuple[list[RemoteTouch], str]:
        session = self._session
        query = {"limit": str(PAGE), "sort_by": "update_time", "sort_direction": "asc"}
        if place.since:
            query["updated_since"] = place.since
        try:
            rows, following = session.wire.part("api/v2/activities", place.activities or "", **query)
        except Invalid:
            if not place.activities:
                raise
            rows, following = session.wire.part("api/v2/activities", "", **query)  # a page's mark does not last
        return self._touches(rows), following

    def _notes(self, place: Place) -> tuple[list[RemoteTouch], int | None]:
        session = self._session
        query = {"start": str(place.notes or 0), "limit": str(PAGE), "sort": "update_time ASC"}
        if place.since:
            query["updated_since"] = place.since
        rows, more = session.wire.page("v1/notes", **query)
        return self._remarks(rows), (place.notes or 0) + step(len(rows)) if more and rows else None

    def _lead_of(self, row: Row) -> RemoteId:
        """Which of my leads a record is about: the one it names, else the only one of its person."""
        named = row.get("lead_id")
        if isinstance(named, str) and named:
            return named if named in self._leads else ""
        person = number(row.get("person_id"))
        theirs = [lead for lead, whose in self._leads.items() if person and whose == person]
        return theirs[0] if len(theirs) == 1 else ""


def _known(leads: Iterable[RemoteId]) -> str:
    return "".join(lead[:MARK] for lead in leads)
