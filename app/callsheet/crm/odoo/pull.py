"""Reading from Odoo: my leads as they change, what was done on them, and where leads are that do not show."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from callsheet.crm.odoo import history, records
from callsheet.crm.odoo.place import Place, cursor, places
from callsheet.crm.odoo.session import CALL, LEAD, MESSAGE, Row, Session
from callsheet.crm.odoo.wire import Missing
from callsheet.sync.port import (
    ChangePage,
    Drift,
    Forbidden,
    Gone,
    HistoryPage,
    Invalid,
    Present,
    RemoteId,
    RemoteLead,
    RemoteTouch,
    Whereabouts,
)

PAGE: Final = 200
CHUNK: Final = 500


class Pull:
    """The reading side of a connection."""

    def __init__(self, session: Session, page: int = PAGE) -> None:
        self._session = session
        self._page = page
        self._lock = threading.Lock()
        self._told: set[int] = set()  # blacklisted leads that were reported already
        self._mine: tuple[int, ...] = ()  # my leads, asked for once a run

    def changes(self, since: str | None) -> ChangePage:
        """A page of my leads in the order of their change, lost and won ones too.

        A lead that was put on a blacklist does not count as changed in Odoo, so those come with the last page.
        """
        (place,) = places(since, "leads")
        place = place.started()
        session = self._session
        rows = session.odoo.rows(
            LEAD,
            [["user_id", "=", session.me.user], *place.domain()],
            session.lead_fields,
            limit=self._page,
            order=place.order,
        )
        taken, place = place.after(rows, self._page)
        leads = self._leads(taken)
        if not place.running:
            known = {lead.id for lead in leads}
            leads += [lead for lead in self._stopped() if lead.id not in known]
        return ChangePage(tuple(leads), cursor(leads=place), more=place.running)

    def _leads(self, rows: Sequence[Row]) -> list[RemoteLead]:
        if not rows:
            return []
        reading = self._session.reading()
        return [records.lead(row, reading) for row in rows]

    def _stopped(self) -> list[RemoteLead]:
        session = self._session
        listed = [name for name in ("phone_sanitized_blacklisted", "is_blacklisted") if name in session.lead_fields]
        if not listed:
            return []
        either = [*["|"] * (len(listed) - 1), *([name, "=", True] for name in listed)]
        found = session.odoo.ask(LEAD, "search", domain=[["user_id", "=", session.me.user], *either])
        with self._lock:
            new = [number for number in _ids(found) if number not in self._told]
        leads: list[RemoteLead] = []
        for start in range(0, len(new), CHUNK):
            chunk = new[start : start + CHUNK]
            leads += self._leads(session.odoo.rows(LEAD, [["id", "in", chunk]], session.lead_fields))
        with self._lock:
            self._told = set(_ids(found))
        return leads

    def resolve(self, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say of each lead where it is.

        A rep without rights on others' leads is refused those that were given away, and told nothing of deleted and of
        merged ones: Odoo deletes the losers of a merge and keeps no trace of where they went.
        """
        session = self._session
        numbers = {number: int(number) for number in ids if number.isdecimal() and len(number) < 10}
        found: dict[RemoteId, Whereabouts] = {}
        wanted = list(numbers.values())
        for start in range(0, len(wanted), CHUNK):
            rows = session.odoo.rows(LEAD, [["id", "in", wanted[start : start + CHUNK]]], session.lead_fields)
            found.update((lead.id, Present(lead)) for lead in self._leads(rows))
        for name in ids:
            if name not in found:
                found[name] = session.missing(numbers[name]) if name in numbers else Gone()
        return {name: found[name] for name in ids}

    def history(self, since: str | None) -> HistoryPage:
        """A page of what was done on my leads; with a lead that was given to me comes what was done on it before."""
        messages, calls = places(since, "messages", "calls")
        touches: list[RemoteTouch] = []
        if anew := not (messages.running or calls.running):
            given_since = messages.high
            messages, calls = messages.started(), calls.started()
            if given_since:
                touches += self._taken_over(messages.at, calls.at)
        if messages.running:
            mine = self._my_leads(anew=anew)
            messages, found = self._messages(messages, [["res_id", "in", list(mine)]])
            touches += found
        if calls.running:
            calls, found = self._calls(calls, [["opportunity_id.user_id", "=", self._session.me.user]])
            touches += found
        touches.sort(key=lambda touch: (touch.at, touch.remote_id))
        return HistoryPage(
            tuple(touches), cursor(messages=messages, calls=calls), more=messages.running or calls.running
        )

    def _my_leads(self, *, anew: bool) -> tuple[int, ...]:
        if anew or not self._mine:
            found = self._session.odoo.ask(LEAD, "search", domain=[["user_id", "=", self._session.me.user]])
            self._mine = tuple(_ids(found))
        return self._mine

    def _taken_over(self, since: str, calls_since: str) -> list[RemoteTouch]:
        """What was done before on leads that became mine since then; calls are read from `calls_since` on anyway."""
        session = self._session
        mine = [["user_id", "=", session.me.user], ["date_open", ">=", since]]
        given = _ids(session.odoo.ask(LEAD, "search", domain=mine))
        if not given:
            return []
        said = self._messages(Place(), [["res_id", "in", given], ["write_date", "<", since]], whole=True)[1]
        if not (session.has_calls and calls_since):
            return said
        before = [["opportunity_id", "in", given], ["write_date", "<", calls_since]]
        return said + self._calls(Place(), before, whole=True)[1]

    def _messages(self, place: Place, where: list[object], *, whole: bool = False) -> tuple[Place, list[RemoteTouch]]:
        session = self._session
        rows = session.odoo.rows(
            MESSAGE,
            [["model", "=", LEAD], *where, *history.MESSAGES, *place.domain()],
            history.MESSAGE_FIELDS,
            limit=None if whole else self._page,
            order=place.order,
        )
        taken, place = (list(rows), place) if whole else place.after(rows, self._page)
        names = session.names_of(MESSAGE, [row["id"] for row in taken])
        types = {each.id: each for each in session.activity_types}
        touches = [
            history.message(row, session.me, types, session.discussion, names.get(row["id"], "")) for row in taken
        ]
        return place, [touch for touch in touches if touch]

    def _calls(self, place: Place, where: list[object], *, whole: bool = False) -> tuple[Place, list[RemoteTouch]]:
        session = self._session
        if not session.has_calls:
            return replace(place, running=False), []
        limit = None if whole else self._page
        try:
            rows = session.odoo.rows(
                CALL, [*where, *place.domain()], history.CALL_FIELDS, limit=limit, order=place.order
            )
        except (Missing, Forbidden, Invalid):
            session.forget_calls()
            return replace(place, running=False), []
        taken, place = (list(rows), place) if whole else place.after(rows, self._page)
        names = session.names_of(CALL, [row["id"] for row in taken])
        touches = [history.call(row, session.me, names.get(row["id"], "")) for row in taken]
        return place, [touch for touch in touches if touch]


def _ids(found: object) -> list[int]:
    if not isinstance(found, list) or not all(isinstance(number, int) for number in found):
        raise Drift("Odoo's answer is not a list of records.")
    return found
