"""What was done on the rep's leads: first all of it by lead, then what is new by kind of activity.

A lead that has just become the rep's brings its whole history; for the rest HubSpot is asked what changed since the
last round, and what does not belong to one of the rep's leads is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from callsheet.crm.hubspot import activities
from callsheet.crm.hubspot.activities import TOUCHED
from callsheet.crm.hubspot.pull import OVERLAP, decoded, encoded, walked
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Found, Record
from callsheet.crm.hubspot.times import milliseconds
from callsheet.crm.hubspot.wire import Wire, where
from callsheet.sync.port import Forbidden, HistoryPage, RemoteTouch

LEADS_A_PAGE: Final = 50
"""How many leads' whole histories are read at a time."""

MODIFIED: Final = "hs_lastmodifieddate"
ASSIGNED: Final = "hubspot_owner_assigneddate"


class HistoryCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where it stands: what changed since `since` (epoch ms); in a round that began at `began`, past record `last`.

    `step` 0 walks leads that are new to the rep, `step` n the n-th kind of activity.
    """

    since: int = 0
    began: int = 0
    step: int = 0
    last: int = 0


class History:
    """Reads activities as touches."""

    def __init__(self, wire: Wire, session: Session) -> None:
        self._wire = wire
        self._session = session

    def page(self, text: str | None) -> HistoryPage:
        """A page of what was done since the cursor. Raises what `sync.port` lists."""
        cursor = decoded(text, HistoryCursor)
        began = cursor.began or self._now(cursor)
        if not 0 < cursor.step <= len(TOUCHED):
            touches, last = self._of_leads(cursor)
        else:
            try:
                touches, last = self._of_kind(TOUCHED[cursor.step - 1], cursor)
            except Forbidden:
                touches, last = [], 0  # the token may not see this kind: the rest of the history is still worth it
        if last:
            following = HistoryCursor(cursor.since, began, cursor.step, last)
        elif cursor.since and cursor.step < len(TOUCHED):
            following = HistoryCursor(cursor.since, began, cursor.step + 1)
        else:
            return HistoryPage(tuple(touches), encoded(HistoryCursor(since=max(began, cursor.since))), more=False)
        return HistoryPage(tuple(touches), encoded(following), more=True)

    def _now(self, cursor: HistoryCursor) -> int:
        """When this round began by the server's clock, less what its index may lag."""
        at = self._wire.at
        return cursor.since if at is None else int(milliseconds(at - OVERLAP))

    def _of_leads(self, cursor: HistoryCursor) -> tuple[list[RemoteTouch], int]:
        """All that was done on leads which are new to the rep; where to go on, 0 at the end."""
        filters = [where("hubspot_owner_id", "EQ", self._session.me.id)]
        if cursor.since:
            filters.append(where(ASSIGNED, "GTE", str(cursor.since)))
        if cursor.last:
            filters.append(where("hs_object_id", "GT", str(cursor.last)))
        page = self._wire.search("contacts", filters, (), limit=LEADS_A_PAGE)
        leads = [one.id for one in page.results]
        touches: list[RemoteTouch] = []
        for kind in TOUCHED if leads else ():
            try:
                touches += self._all_of(kind, leads)
            except Forbidden:
                continue
        return _in_order(touches), _next(page, cursor.last)

    def _all_of(self, kind: str, leads: Sequence[str]) -> list[RemoteTouch]:
        linked = self._wire.associations("contacts", leads, kind)
        lead_of = {activity: lead for lead, found in linked.items() for activity in found}
        records = self._wire.read(kind, list(lead_of), activities.properties(kind)) if lead_of else []
        return [self._touch(kind, one, lead_of.get(one.id, "")) for one in records]

    def _of_kind(self, kind: str, cursor: HistoryCursor) -> tuple[list[RemoteTouch], int]:
        """What changed among one kind of activity on the rep's leads; where to go on, 0 at the end."""
        filters = [where(MODIFIED, "GTE", str(cursor.since))]
        if cursor.last:
            filters.append(where("hs_object_id", "GT", str(cursor.last)))
        page = self._wire.search(kind, filters, activities.properties(kind))
        records = page.results
        ids = [one.id for one in records]
        linked = self._wire.associations(kind, ids, "contacts") if ids else {}
        mine = self._mine({lead for leads in linked.values() for lead in leads})
        leads = {one.id: [lead for lead in linked.get(one.id, ()) if lead in mine] for one in records}
        touches = [self._touch(kind, one, leads[one.id][0]) for one in records if leads[one.id]]
        return _in_order(touches), _next(page, cursor.last)

    def _mine(self, leads: Iterable[str]) -> set[str]:
        asked = list(leads)
        found = self._wire.read("contacts", asked, ("hubspot_owner_id",)) if asked else []
        return {one.id for one in found if one.get("hubspot_owner_id") == self._session.me.id}

    def _touch(self, kind: str, record: Record, lead: str) -> RemoteTouch:
        return activities.touch(record, kind, lead, self._session.me.id, self._session.words)


def _in_order(touches: Sequence[RemoteTouch]) -> list[RemoteTouch]:
    return sorted(touches, key=lambda touch: (touch.at, touch.remote_id))


def _next(page: Found, last: int) -> int:
    return 0 if page.total <= len(page.results) else walked(page, last)
