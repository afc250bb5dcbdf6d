"""What was done on the rep's leads, by others and by us: done activities, and remarks."""

from __future__ import annotations

import msgspec

from callsheet.crm.pipedrive import activities
from callsheet.crm.pipedrive.pull import OVERLAP, Pull, decoded, encoded, step
from callsheet.crm.pipedrive.session import Session
from callsheet.crm.pipedrive.times import v2
from callsheet.crm.pipedrive.wire import PAGE, Row, number
from callsheet.sync.port import HistoryPage, Invalid, RemoteId, RemoteTouch


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Up to where activities and notes were read; in a round also the next page of each, and where it began."""

    since: str = ""
    began: str = ""
    activities: str | None = ""
    """The cursor of the next page, None after the last."""
    notes: int | None = 0


class History:
    """Reads activities and notes of the whole company, for those of my leads: Pipedrive has no shorter way."""

    def __init__(self, session: Session, pull: Pull) -> None:
        self._session = session
        self._pull = pull
        self._leads: dict[RemoteId, int] = {}

    def page(self, since: str | None) -> HistoryPage:
        """A page of what was done. Raises what `sync.port` lists."""
        place = decoded(since, Place)
        if not place.began or not self._leads:
            self._leads = {str(row.get("id")): number(row.get("person_id")) for row in self._pull.mine()}
            at = self._session.wire.at
            if not place.began:
                place = msgspec.structs.replace(place, began=v2(at - OVERLAP) if at is not None else place.since)
        touches: list[RemoteTouch] = []
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
        return HistoryPage(tuple(touches), encoded(place if more else Place(since=place.began)), more=more)

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
        made = [
            activities.touch(row, lead, session.me.id, session.words, session.users)
            for row in rows
            if (lead := self._lead_of(row))
        ]
        return [one for one in made if one is not None], following

    def _notes(self, place: Place) -> tuple[list[RemoteTouch], int | None]:
        session = self._session
        query = {"start": str(place.notes or 0), "limit": str(PAGE), "sort": "update_time ASC"}
        if place.since:
            query["updated_since"] = place.since
        rows, more = session.wire.page("v1/notes", **query)
        made = [
            activities.remark(row, lead, session.me.id, session.users) for row in rows if (lead := self._lead_of(row))
        ]
        touches = [one for one in made if one is not None]
        return touches, (place.notes or 0) + step(len(rows)) if more and rows else None

    def _lead_of(self, row: Row) -> RemoteId:
        """Which of my leads a record is about: the one it names, else the only one of its person."""
        named = row.get("lead_id")
        if isinstance(named, str) and named:
            return named if named in self._leads else ""
        person = number(row.get("person_id"))
        theirs = [lead for lead, whose in self._leads.items() if person and whose == person]
        return theirs[0] if len(theirs) == 1 else ""
