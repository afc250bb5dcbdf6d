"""Finding again what an op has made: by its mark, in the lists of its lead. Search would cost more, and shows late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from callsheet.crm.pipedrive.activities import key_of
from callsheet.crm.pipedrive.times import moment, v2
from callsheet.crm.pipedrive.wire import LOGS, Missing, Row, Wire, number

SLACK: Final = timedelta(days=1)
"""How much earlier than the op a record may be: clocks differ, and its time of change is when it was sent."""

MOST_LOGS: Final = 40
"""How many pages of call logs are looked through: their list knows neither an activity nor a since."""


class Effects:
    """Looks for effects; nothing is changed."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def activity(self, key: str, lead: str, at: datetime, target: str = "") -> Row | None:
        """The activity with our key: the one that is named, else looked for on its lead."""
        kind, _, name = target.partition(":")
        if kind == "activity" and name.isdecimal():
            try:
                row = self._wire.get(f"api/v2/activities/{name}")
            except Missing:
                row = None
            if isinstance(row, dict) and row.get("is_deleted") is not True and key_of(row.get("note"))[0] == key:
                return row
        for row in self._wire.all("api/v2/activities", lead_id=lead, updated_since=v2(at - SLACK)):
            if key_of(row.get("note")) == (key, 1) and row.get("is_deleted") is not True:
                return row
        return None

    def notes(self, key: str, lead: str, at: datetime) -> dict[int, Row]:
        """The notes with our key, by which part of a text they are."""
        found: dict[int, Row] = {}
        query = {"lead_id": lead, "updated_since": v2(at - SLACK), "sort": "update_time DESC"}
        for page in self._wire.pages("v1/notes", **query):
            for row in page:
                mark, part = key_of(row.get("content"))
                if mark == key and row.get("active_flag") not in (False, 0):
                    found[part] = row
        return found

    def call_log(self, activity: int, at: datetime) -> Row | None:
        """My call log that an activity was converted into.

        Where the list goes from the newest to the oldest, what is older than the call ends the search.
        """
        for count, page in enumerate(self._wire.pages("v1/callLogs", limit=str(LOGS))):
            for row in page:
                if number(row.get("activity_id")) == activity:
                    return row
            times = [began for row in page if (began := moment(row.get("start_time")))]
            newest_first = len(times) > 1 and times == sorted(times, reverse=True) and times[0] > times[-1]
            if count + 1 >= MOST_LOGS or (newest_first and times[-1] < at - SLACK):
                return None
        return None
