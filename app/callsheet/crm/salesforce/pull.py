"""Reading from Salesforce: my leads as they change, what was done on them, and where leads are that do not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from callsheet.crm.salesforce import records
from callsheet.crm.salesforce.leads import fetch
from callsheet.crm.salesforce.session import Session
from callsheet.crm.salesforce.soql import instant, is_id, listed, moment, pair, quoted, select
from callsheet.crm.salesforce.wire import Missing, Row, Wire, parts
from callsheet.sync.port import (
    ChangePage,
    Drift,
    Forbidden,
    Gone,
    HistoryPage,
    Invalid,
    Moved,
    NotVisible,
    Present,
    RemoteId,
    RemoteInteraction,
    RemoteLead,
    RemoteTouch,
    Whereabouts,
)

PAGE: Final = 500
CHUNK: Final = 100
OVERLAP: Final = timedelta(seconds=120)
"""How far a run reaches back: a long transaction shows its records with the time when it began."""

MERGES: Final = 5
"""How many times a lead may have been merged onwards."""


class Cursor(msgspec.Struct, frozen=True):
    """Where a pull stands: `at` and `last` are the last record of a run that is under way, `high` the newest seen."""

    at: str = ""
    last: str = ""
    high: str = ""
    running: bool = False
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records and where to go on."""

    rows: list[Row]
    cursor: Cursor


class Pull:
    """The reading side of a connection."""

    def __init__(self, wire: Wire, page: int = PAGE) -> None:
        self._wire = wire
        self._page = page
        self._campaigns = True  # until the rep turns out not to see them
        self._events = True  # likewise
        self._mail = True  # likewise

    def changes(self, session: Session, since: str | None) -> ChangePage:
        """A page of my leads in the order of their change, decided ones too; the last brings answers to campaigns."""
        cursor = _started(decoded(since))
        where = [f"OwnerId = {quoted(session.me)}", *_condition(cursor)]
        rows = fetch(self._wire, session, " AND ".join(where), tail=self._tail())
        page = self._after(rows, cursor)
        members = self._members(f"LeadId IN {listed(str(row['Id']) for row in page.rows)}") if page.rows else {}
        leads = [records.lead(row, session, members.get(str(row["Id"]), ())) for row in page.rows]
        if not page.cursor.running:
            known = {lead.id for lead in leads}
            leads += [lead for lead in self._responded(session, cursor) if lead.id not in known]
        return ChangePage(tuple(leads), encoded(page.cursor), more=page.cursor.running)

    def _tail(self) -> str:
        return f" ORDER BY SystemModstamp, Id LIMIT {self._page}"

    def _after(self, rows: Sequence[Row], cursor: Cursor) -> Page:
        stamps = [_stamp(row) for row in rows]
        high = max([cursor.high, *stamps])
        if len(rows) < self._page:
            return Page(list(rows), Cursor(high=high))
        at, last = stamps[-1], str(rows[-1]["Id"])
        if (at, last) == (cursor.at, cursor.last):
            raise Drift("Salesforce's query does not come to an end.")
        return Page(list(rows), _onwards(cursor, at, last, high))

    def _members(self, where: str) -> dict[str, list[RemoteInteraction]]:
        """What leads answered to campaigns, by lead."""
        if not self._campaigns:
            return {}
        fields = "Id, LeadId, Status, HasResponded, FirstRespondedDate, CreatedDate, Campaign.Name, Campaign.Type"
        soql = select("CampaignMember", fields, f"{where} AND HasResponded = true", " ORDER BY Id")
        try:
            rows = self._wire.query(soql)
        except (Forbidden, Invalid, Missing):
            self._campaigns = False
            return {}
        found: dict[str, list[RemoteInteraction]] = {}
        for row in rows:
            if (seen := records.membership(row)) is not None:
                found.setdefault(str(row.get("LeadId")), []).append(seen)
        return found

    def _responded(self, session: Session, cursor: Cursor) -> list[RemoteLead]:
        """My leads that answered to a campaign since the last run: that does not count as a change of the lead."""
        if not cursor.asked:
            return []
        where = f"Lead.OwnerId = {quoted(session.me)} AND SystemModstamp >= {cursor.asked}"
        members = self._members(where)
        rows = [row for part in parts(members, CHUNK) for row in fetch(self._wire, session, f"Id IN {listed(part)}")]
        return [records.lead(row, session, members[str(row["Id"])]) for row in rows]

    def resolve(self, session: Session, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say of each lead where it is; what was deleted or merged lies in the recycle bin for fifteen days."""
        rows: dict[str, Row] = {}
        asked = [one for one in dict.fromkeys(ids) if is_id(one)]
        for _ in range(MERGES):
            for part in parts(asked, CHUNK):
                rows |= {
                    str(row["Id"]): row for row in fetch(self._wire, session, f"Id IN {listed(part)}", deleted=True)
                }
            masters = {str(row["MasterRecordId"]) for row in rows.values() if row.get("MasterRecordId")}
            asked = [one for one in masters if one not in rows]
            if not asked:
                break
        return {one: self._where(one, rows, session) for one in ids}

    def _where(self, one: RemoteId, rows: Mapping[str, Row], session: Session) -> Whereabouts:
        row = rows.get(one)
        if row is None:
            return NotVisible() if is_id(one) else Gone()
        if row.get("IsDeleted") is True:
            master = row.get("MasterRecordId")
            for _ in range(MERGES):
                following = rows.get(str(master), {}).get("MasterRecordId")
                master = following or master
            return Moved(str(master)) if master else Gone()
        now = records.lead(row, session)
        return Present(now) if now.mine else NotVisible(now.owner)

    def history(self, session: Session, since: str | None) -> HistoryPage:
        """A page of what was done on my leads, by whomever; the last brings what was done before a lead became mine."""
        cursor = _started(decoded(since))
        rows = self._done(session, _mine(session), _condition(cursor), self._tail())
        page = self._after(rows, cursor)
        rows, met = page.rows, list[Row]()
        if not page.cursor.running:
            met = self._met(_mine(session), cursor.asked)
        if not page.cursor.running and cursor.asked:
            changed = f"{_mine(session)} AND SystemModstamp >= {cursor.asked}"
            rows = rows + self._done(session, changed, [f"SystemModstamp < {cursor.asked}"])
            met += self._met(changed, "")
        mails = self._mails(rows)
        found = [records.touch(row, session, mails.get(str(row["Id"]))) for row in rows]
        found += [records.meeting(row, session) for row in {str(row["Id"]): row for row in met}.values()]
        touches: list[RemoteTouch] = sorted((one for one in found if one), key=lambda one: (one.at, one.remote_id))
        return HistoryPage(tuple(touches), encoded(page.cursor), more=page.cursor.running)

    def _done(self, session: Session, leads: str, where: Sequence[str], tail: str = "") -> list[Row]:
        """Done activities of the leads that meet a condition."""
        key = [session.key] if session.key in session.task else []
        fields = records.select((*records.TASK_FIELDS, *key), session.task)
        wanted = [f"WhoId IN ({select('Lead', 'Id', leads)})", "IsClosed = true", *where]
        return self._wire.query(select("Task", fields, " AND ".join(wanted), tail))

    def _mails(self, tasks: Sequence[Row]) -> dict[str, Row]:
        """The mails that tasks stand for, by task: Salesforce makes one of each mail, which does not say who wrote."""
        if not self._mail:
            return {}
        found: dict[str, Row] = {}
        ids = [str(row["Id"]) for row in tasks if row.get("TaskSubtype") in {"Email", "ListEmail"}]
        try:
            for part in parts(ids, CHUNK):
                where = f"ActivityId IN {listed(part)}"
                rows = self._wire.query(select("EmailMessage", ", ".join(records.MAIL_FIELDS), where, " ORDER BY Id"))
                found |= {str(row.get("ActivityId")): row for row in rows}
        except (Forbidden, Invalid, Missing):
            self._mail = False
        return found

    def _met(self, leads: str, since: str) -> list[Row]:
        """Meetings of leads that are over, and were not when we asked the last time, or have changed since."""
        if not self._events:
            return []
        over = f"EndDateTime < {instant(datetime.now(UTC) + self._wire.skew)}"
        new = [f"(SystemModstamp >= {since} OR EndDateTime >= {since})"] if since else []
        where = " AND ".join([f"WhoId IN ({select('Lead', 'Id', leads)})", over, *new])
        try:
            return self._wire.query(select("Event", ", ".join(records.EVENT_FIELDS), where, " ORDER BY Id"))
        except (Forbidden, Invalid, Missing):
            self._events = False
            return []


def _mine(session: Session) -> str:
    return f"OwnerId = {quoted(session.me)}"


def _started(cursor: Cursor) -> Cursor:
    """The place where to read on; a new run reaches back over what may have become visible late."""
    if cursor.running:
        return cursor
    high = moment(cursor.high)
    since = instant(high - OVERLAP) if high else ""
    return Cursor(at=since, last="", high=cursor.high, running=True, asked=since)


def _condition(cursor: Cursor) -> list[str]:
    return [pair("SystemModstamp", cursor.at, cursor.last)] if cursor.at else []


def _onwards(cursor: Cursor, at: str, last: str, high: str) -> Cursor:
    """The cursor of a run that goes on after a record."""
    return msgspec.structs.replace(cursor, at=at, last=last, high=high)


def _stamp(row: Row) -> str:
    at = moment(row.get("SystemModstamp"))
    if at is None or not isinstance(row.get("Id"), str):
        raise Drift("Salesforce's record has no id or no time of change.")
    return instant(at)


def decoded(text: str | None) -> Cursor:
    """A cursor from its text; None is the beginning. Raises `Invalid` for one that is none of ours."""
    try:
        cursor = Cursor() if text is None else msgspec.json.decode(text, type=Cursor)
        for value in (cursor.at, cursor.high, cursor.asked):
            at = moment(value)
            if value and (at is None or instant(at) != value):
                raise Drift("This is no time of ours.")
    except (msgspec.DecodeError, Drift):
        raise Invalid("The mark of the last sync with Salesforce cannot be read; a full sync is needed.") from None
    return cursor


def encoded(cursor: Cursor) -> str:
    """A cursor as text."""
    return msgspec.json.encode(cursor).decode()
