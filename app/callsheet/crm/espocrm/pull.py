"""Reading from EspoCRM: my leads as they change, what was done on them, and where leads are that do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from callsheet.crm.espocrm import records
from callsheet.crm.espocrm.leads import fields_of
from callsheet.crm.espocrm.place import OVERLAP, Place, cursor, moment, moved, places
from callsheet.crm.espocrm.session import Session
from callsheet.crm.espocrm.wire import PAGE, Missing, Row, Where, Wire, equals, one_of, record
from callsheet.sync.port import (
    ChangePage,
    Forbidden,
    Gone,
    HistoryPage,
    Invalid,
    NotVisible,
    Present,
    RemoteId,
    RemoteInteraction,
    RemoteLead,
    RemoteTouch,
    Uncertain,
    Whereabouts,
)

CHUNK: Final = 50
"""Ids in one request: they go into its address."""

LEADS_A_PAGE: Final = 25
"""Leads whose streams are read for one page of history, a request each."""


class Pull:
    """The reading side of a connection."""

    def __init__(self, wire: Wire, page: int = PAGE) -> None:
        self._wire = wire
        self._page = page
        self._mine: frozenset[str] = frozenset()
        self._campaigns = True  # until the rep turns out not to see what campaigns log
        self._streams = "streamUpdatedAt"  # older versions lack it

    def changes(self, session: Session, since: str | None) -> ChangePage:
        """A page of my leads in the order of their change, decided ones too; the last brings clicks in campaigns."""
        place, clicks = places(since, "leads", "clicks")
        place = place.started()
        rows = self._wire.rows(
            "Lead",
            [equals("assignedUserId", session.me), *place.where("modifiedAt")],
            fields_of(session.keys),
            order=place.order("modifiedAt"),
            limit=self._page,
        )
        taken, place = place.after(rows, self._page, "modifiedAt")
        leads = [records.lead(row, session.reading) for row in taken]
        if not place.running:
            clicks, clicked = self._clicked(session, clicks)
            leads = _joined(leads, clicked)
        return ChangePage(tuple(leads), cursor(leads=place, clicks=clicks), more=place.running)

    def _clicked(self, session: Session, place: Place) -> tuple[Place, list[RemoteLead]]:
        """My leads that clicked in a campaign's mail: that does not count as a change of the lead."""
        if not self._campaigns:
            return place, []
        where: list[Where] = [equals("parentType", "Lead"), equals("action", "Clicked")]
        begun = place.started()
        found: list[Row] = []
        try:
            while begun.running:
                fields = ("id", "action", "actionDate", "parentId", "campaignName", "stringData")
                rows = self._wire.rows(
                    "CampaignLogRecord", [*where, *begun.where("actionDate")], fields,
                    order=begun.order("actionDate"), limit=self._page,
                )  # fmt: skip
                taken, begun = begun.after(rows, self._page, "actionDate")
                found += taken
        except (Forbidden, Missing, Invalid):
            self._campaigns = False
            return place, []
        except Uncertain:  # the leads themselves are here: the clicks come with the next run
            return place, []
        by_lead: dict[str, list[RemoteInteraction]] = {}
        for row in found:
            at = moment(row.get("actionDate"))
            if at is not None:
                topic = records.text(row.get("campaignName"), 200)
                seen = RemoteInteraction(f"CampaignLogRecord,{row['id']}", at, "email_click", topic)
                by_lead.setdefault(str(row.get("parentId")), []).append(seen)
        leads = self._by_ids(session, list(by_lead)) if by_lead else {}
        mine = [one for one in leads.values() if one.mine]
        return begun, [_with(one, by_lead[one.id]) for one in mine]

    def _by_ids(self, session: Session, ids: Sequence[str]) -> dict[str, RemoteLead]:
        found: dict[str, RemoteLead] = {}
        for start in range(0, len(ids), CHUNK):
            where = [one_of("id", ids[start : start + CHUNK])]
            rows = self._wire.rows("Lead", where, fields_of(session.keys))
            found.update((str(row["id"]), records.lead(row, session.reading)) for row in rows)
        return found

    def resolve(self, session: Session, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say of each lead where it is; a merged one is told as deleted, EspoCRM keeps no trace of where it went."""
        asked = [one for one in dict.fromkeys(ids) if _is_id(one)]
        found = self._by_ids(session, asked)
        where: dict[RemoteId, Whereabouts] = {}
        for one in ids:
            if one in found:
                where[one] = Present(found[one]) if found[one].mine else NotVisible(found[one].owner)
            else:
                where[one] = self._hidden(session, one)
        return where

    def _hidden(self, session: Session, one: RemoteId) -> Whereabouts:
        try:
            now = records.lead(self._wire.get(record("Lead", one)), session.reading)
        except Missing:
            return Gone()
        except Forbidden:
            return NotVisible()
        return Present(now) if now.mine else NotVisible(now.owner)

    def history(self, session: Session, since: str | None) -> HistoryPage:
        """A page of what was done on my leads: calls, done tasks, and what stands in the leads' streams."""
        calls, tasks, streams = places(since, "calls", "tasks", "streams")
        if not (calls.running or tasks.running or streams.running):
            calls, tasks, streams = calls.started(), tasks.started(), streams.started()
            self._mine = frozenset(self._my_leads(session))
        elif not self._mine:
            self._mine = frozenset(self._my_leads(session))
        touches: list[RemoteTouch] = []
        if calls.running:
            rows, calls = self._done("Call", records.CALL_FIELDS, ("Held", "Not Held"), session, calls)
            touches += [touch for row in rows if (touch := records.call(row, session.reading))]
        if tasks.running:
            rows, tasks = self._done("Task", records.TASK_FIELDS, ("Completed",), session, tasks)
            touches += [touch for row in rows if (touch := records.done_task(row, session.reading))]
        if streams.running:
            said, streams = self._said(session, streams)
            touches += said
        touches.sort(key=lambda touch: (touch.at, touch.remote_id))
        more = calls.running or tasks.running or streams.running
        return HistoryPage(tuple(touches), cursor(calls=calls, tasks=tasks, streams=streams), more=more)

    def _my_leads(self, session: Session) -> list[str]:
        ids: list[str] = []
        while True:
            after: list[Where] = [{"type": "greaterThan", "attribute": "id", "value": ids[-1]}] if ids else []
            rows = self._wire.rows("Lead", [equals("assignedUserId", session.me), *after], ["id"])
            ids += [str(row["id"]) for row in rows]
            if len(rows) < PAGE:
                return ids

    def _done(
        self, kind: str, fields: Sequence[str], statuses: Sequence[str], session: Session, place: Place
    ) -> tuple[list[Row], Place]:
        key = session.keys.get(kind, "")
        try:
            rows = self._wire.rows(
                kind,
                [equals("parentType", "Lead"), one_of("status", statuses), *place.where("modifiedAt")],
                (*fields, key) if key else fields,
                order=place.order("modifiedAt"),
                limit=self._page,
            )
        except Forbidden:
            return [], Place(high=place.high)
        taken, place = place.after(rows, self._page, "modifiedAt")
        return [row for row in taken if row.get("parentId") in self._mine], place

    def _said(self, session: Session, place: Place) -> tuple[list[RemoteTouch], Place]:
        """Posts and mails: a post moves a lead's `streamUpdatedAt` and not its `modifiedAt`."""
        limit = min(LEADS_A_PAGE, self._page)
        try:
            rows = self._streamed(session, place, limit)
        except Invalid:
            if self._streams == "modifiedAt":
                raise
            self._streams = "modifiedAt"
            rows = self._streamed(session, place, limit)
        taken, following = place.after(rows, limit, self._streams)
        since = moved(place.at, -OVERLAP) if place.at else ""
        touches: list[RemoteTouch] = []
        for row in taken:
            try:
                entries = self._wire.stream(str(row["id"]), after=since if place.high else "")
            except (Forbidden, Missing):
                continue
            touches += [said for entry in entries if (said := records.post(entry, str(row["id"]), session.reading))]
        return touches, following

    def _streamed(self, session: Session, place: Place, limit: int) -> list[Row]:
        where = [equals("assignedUserId", session.me), *place.where(self._streams)]
        fields = ("id", self._streams)
        return self._wire.rows("Lead", where, fields, order=place.order(self._streams), limit=limit)


def _is_id(one: str) -> bool:
    try:
        record("Lead", one)
    except Missing:
        return False
    return True


def _with(lead: RemoteLead, seen: Sequence[RemoteInteraction]) -> RemoteLead:
    return replace(lead, interactions=(*lead.interactions, *seen))


def _joined(leads: Sequence[RemoteLead], clicked: Sequence[RemoteLead]) -> list[RemoteLead]:
    newer = {lead.id: lead for lead in clicked}
    return [*(lead for lead in leads if lead.id not in newer), *newer.values()]
