"""Reading from EspoCRM: my leads as they change, what was done on them, and where leads are that do not show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from callsheet.crm.espocrm import records
from callsheet.crm.espocrm.leads import fields_of
from callsheet.crm.espocrm.place import Place, cursor, places
from callsheet.crm.espocrm.records import Reading, text
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
from callsheet.sync.side_by_side import side_by_side

CHUNK: Final = 50
"""Ids in one request: they go into its address."""

Tidied = Callable[[str, Session, Iterable[str]], tuple[set[str], set[str]]]
"""Removes what was made twice of a kind, by its keys; gives the ids of what is gone, and of copies made there."""

Reader = Callable[[Row, Reading], RemoteTouch | None]

DONE: Final[Mapping[str, tuple[Sequence[str], Sequence[str], Reader]]] = {
    "Call": (records.CALL_FIELDS, ("Held", "Not Held"), records.call),
    "Meeting": (records.MEETING_FIELDS, ("Held",), records.meeting),
    "Task": (records.TASK_FIELDS, ("Completed",), records.done_task),
}
"""What tells of something that was done: its fields, the statuses that say so, and how it is read."""

LEADS_A_PAGE: Final = 25
"""Leads whose streams are read for one page of history, a request each; with one request where the role allows it."""


class Pull:
    """The reading side of a connection."""

    def __init__(self, wire: Wire, tidied: Tidied) -> None:
        self._wire = wire
        self._tidied = tidied
        self._mine: frozenset[str] = frozenset()
        self._campaigns = True  # until the rep turns out not to see what campaigns log
        self._said_at = "streamUpdatedAt"  # older versions lack it
        self._global = True  # until EspoCRM does not give many streams at once after all

    def changes(self, session: Session, since: str | None) -> ChangePage:
        """A page of my leads in the order of their change, decided ones too; the last brings answers to campaigns."""
        place, clicks = places(since, "leads", "clicks")
        place = place.started()
        rows = self._wire.rows(
            "Lead",
            [equals("assignedUserId", session.me), *place.where("modifiedAt")],
            fields_of(session),
            order=place.order("modifiedAt"),
            limit=self._wire.page,
        )
        taken, place = self._taken(place, rows, "modifiedAt")
        leads = [records.lead(row, session.reading) for row in taken]
        if not place.running:
            clicks, clicked = self._clicked(session, clicks)
            leads = _joined(leads, clicked)
        return ChangePage(tuple(leads), cursor(leads=place, clicks=clicks), more=place.running)

    def _taken(self, place: Place, rows: Sequence[Row], stamp: str, limit: int = PAGE) -> tuple[list[Row], Place]:
        """What of a page is taken, and where to read on."""
        taken, following = place.after(rows, min(limit, self._wire.page), stamp)
        return taken, following if following.running else following.settled(self._wire.now)

    def _clicked(self, session: Session, place: Place) -> tuple[Place, list[RemoteLead]]:
        """My leads that answered to a campaign: that does not count as a change of the lead."""
        if not self._campaigns:
            return place, []
        where: list[Where] = [equals("parentType", "Lead"), one_of("action", list(records.CAMPAIGN_KINDS))]
        begun = place.started()
        found: list[Row] = []
        try:
            while begun.running:
                rows = self._wire.rows(
                    "CampaignLogRecord", [*where, *begun.where("actionDate")], records.ANSWER_FIELDS,
                    order=begun.order("actionDate"), limit=self._wire.page,
                )  # fmt: skip
                taken, begun = self._taken(begun, rows, "actionDate")
                found += taken
        except (Forbidden, Missing, Invalid):
            self._campaigns = False
            return place, []
        except Uncertain:  # the leads themselves are here: the clicks come with the next run
            return place, []
        by_lead: dict[str, list[RemoteInteraction]] = {}
        for row in found:
            if (seen := records.answer(row)) is not None:
                by_lead.setdefault(str(row.get("parentId")), []).append(seen)
        leads = self._by_ids(session, list(by_lead)) if by_lead else {}
        mine = [one for one in leads.values() if one.mine]
        return begun, [_with(one, by_lead[one.id]) for one in mine]

    def _by_ids(self, session: Session, ids: Sequence[str]) -> dict[str, RemoteLead]:
        found: dict[str, RemoteLead] = {}
        for start in range(0, len(ids), CHUNK):
            where = [one_of("id", ids[start : start + CHUNK])]
            rows = self._wire.every("Lead", where, fields_of(session))
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
            row = self._wire.get(record("Lead", one))
            if row.get("deleted") is True:  # an administrator is shown deleted records
                return Gone()
            now = records.lead(row, session.reading)
        except Missing:
            return Gone()
        except Forbidden:
            return NotVisible()
        return Present(now) if now.mine else NotVisible(now.owner)

    def history(self, session: Session, since: str | None) -> HistoryPage:
        """A page of what was done on my leads: calls, meetings, done tasks, and what stands in the leads' streams.

        Being given to me changes a lead, so everything that was ever done comes along with a lead that has changed.
        """
        names = (*DONE, "Stream", "Given")
        where = dict(zip(names, places(since, *names), strict=True))
        if anew := not any(place.running for place in where.values()):
            where = {name: place.started() for name, place in where.items()}
        if anew or not self._mine:
            self._mine = frozenset(self._my_leads(session))
        touches: list[RemoteTouch] = []
        for name, place in where.items():
            if place.running:
                found, where[name] = self._part(session, name, place)
                touches += found
        touches.sort(key=lambda touch: (touch.at, touch.remote_id))
        return HistoryPage(tuple(touches), cursor(**where), more=any(place.running for place in where.values()))

    def _part(self, session: Session, name: str, place: Place) -> tuple[list[RemoteTouch], Place]:
        """A page of one part of the history, and where to read on."""
        if name == "Given":
            return self._given(session, place)
        if name == "Stream":
            return self._said(session, place)
        fields, statuses, read = DONE[name]
        rows, place = self._done(name, fields, statuses, session, place)
        return [touch for row in rows if (touch := read(row, session.reading))], place

    def _given(self, session: Session, place: Place) -> tuple[list[RemoteTouch], Place]:
        """All that was ever done on leads of mine that changed; in the first run the lists themselves bring it."""
        limit = self._leads_a_page(session)
        where = [equals("assignedUserId", session.me), *place.where("modifiedAt")]
        rows = self._wire.rows("Lead", where, ["modifiedAt"], order=place.order("modifiedAt"), limit=limit)
        taken, following = self._taken(place, rows, "modifiedAt", limit)
        leads = [str(row["id"]) for row in taken] if place.since else []
        return self._all_of(session, leads) if leads else [], following

    def _all_of(self, session: Session, leads: Sequence[str]) -> list[RemoteTouch]:
        theirs = [equals("parentType", "Lead"), one_of("parentId", leads)]
        touches: list[RemoteTouch] = []
        for kind, (fields, statuses, read) in DONE.items():
            rows = self._whole(kind, fields, [*theirs, one_of("status", statuses)], session)
            touches += [touch for row in rows if (touch := read(row, session.reading))]
        return [*touches, *self._streams(session, leads)]

    def _whole(self, kind: str, fields: Sequence[str], where: Sequence[Where], session: Session) -> list[Row]:
        """All records that meet the conditions; none where the role does not show that kind."""
        try:
            return self._wire.every(kind, where, _with_key(fields, session, kind))
        except (Forbidden, Missing):
            return []

    def _leads_a_page(self, session: Session) -> int:
        return min(CHUNK if self._together(session) else LEADS_A_PAGE, self._wire.page)

    def _together(self, session: Session) -> bool:
        """Whether many streams are read with one request."""
        return session.streams and self._global

    def _streams(self, session: Session, leads: Sequence[str], after: str = "") -> list[RemoteTouch]:
        """What was said on leads, after a time; a lead that is hidden says nothing."""
        if self._together(session):
            try:
                entries = [(text(row.get("parentId"), 50), row) for row in self._wire.streams(leads, after=after)]
            except (Forbidden, Invalid, Missing):
                self._global = False
                return self._streams(session, leads, after)
        else:
            streams = side_by_side(lambda lead: self._stream(lead, after), leads)
            entries = [(lead, row) for lead, rows in zip(leads, streams, strict=True) for row in rows]
        return [said for lead, row in entries if (said := records.post(row, lead, session.reading))]

    def _stream(self, lead: str, after: str) -> list[Row]:
        try:
            return self._wire.stream(lead, after=after)
        except (Forbidden, Missing):
            return []

    def _my_leads(self, session: Session) -> list[str]:
        mine = self._whole("Lead", ("modifiedAt",), [equals("assignedUserId", session.me)], session)
        return [str(row["id"]) for row in mine]

    def _done(
        self, kind: str, fields: Sequence[str], statuses: Sequence[str], session: Session, place: Place
    ) -> tuple[list[Row], Place]:
        try:
            rows = self._wire.rows(
                kind,
                [equals("parentType", "Lead"), one_of("status", statuses), *place.where("modifiedAt")],
                _with_key(fields, session, kind),
                order=place.order("modifiedAt"),
                limit=self._wire.page,
            )
        except (Forbidden, Missing):
            return [], Place(high=place.high)
        taken, place = self._taken(place, rows, "modifiedAt")
        mine = [row for row in taken if row.get("parentId") in self._mine]
        return self._once(session, kind, mine), place

    def _once(self, session: Session, kind: str, rows: list[Row]) -> list[Row]:
        """The rows without those that a delivery made twice: a request may arrive long after its sender gave up.

        What somebody copied there is theirs, though it has our key.
        """
        attribute = session.keys.get(kind, "")
        keys = {key for row in rows if (key := records.key_in(row, attribute))}
        try:
            gone, copies = self._tidied(kind, session, keys) if keys else (set(), set())
        except (Forbidden, Invalid, Missing, Uncertain):  # the next sync sees them again
            return rows
        return [{**row, attribute: None} if row["id"] in copies else row for row in rows if row["id"] not in gone]

    def _said(self, session: Session, place: Place) -> tuple[list[RemoteTouch], Place]:
        """Posts and mails: a post moves a lead's `streamUpdatedAt` and not its `modifiedAt`."""
        limit = self._leads_a_page(session)
        try:
            rows = self._streamed(session, place, limit)
        except Invalid:
            if self._said_at == "modifiedAt":
                raise
            self._said_at = "modifiedAt"
            rows = self._streamed(session, place, limit)
        taken, following = self._taken(place, rows, self._said_at, limit)
        return self._streams(session, [str(row["id"]) for row in taken], place.since) if taken else [], following

    def _streamed(self, session: Session, place: Place, limit: int) -> list[Row]:
        where = [equals("assignedUserId", session.me), *place.where(self._said_at)]
        fields = [self._said_at]
        return self._wire.rows("Lead", where, fields, order=place.order(self._said_at), limit=limit)


def _with_key(fields: Sequence[str], session: Session, kind: str) -> Sequence[str]:
    key = session.keys.get(kind, "")
    return (*fields, key) if key and key not in fields else fields


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
