"""The rep's leads as they change: every one of them once per round, however many share a moment, and late ones too.

A round takes what changed since the last one's newest change, or since a long one began, less the lag of HubSpot's
search index. It is walked by record id, which cannot loop and has no cap, as walking by time would.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from callsheet.crm.hubspot import contacts
from callsheet.crm.hubspot.contacts import COMPANY_PROPERTIES, MODIFIED, PROPERTIES
from callsheet.crm.hubspot.events import EVERY, UNTOLD, attended
from callsheet.crm.hubspot.interactions import FORM_HISTORY
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Found, Record, Version
from callsheet.crm.hubspot.times import at, milliseconds
from callsheet.crm.hubspot.wire import Missing, Wire, where
from callsheet.domain.text import one_line
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
    RemoteInteraction,
    RemoteLead,
    Throttled,
    Uncertain,
    Whereabouts,
)

OVERLAP: Final = timedelta(minutes=5)
"""How far a round reaches back before the newest change of the last one: HubSpot's index shows changes late."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a pull stands: changes since `since` (epoch ms); in a round that began at `high`, past record `last`.

    `met` is when it was asked last who came to the account's events.
    """

    since: int = 0
    last: int = 0
    high: int = 0
    met: int = 0


class Pull:
    """Reads contacts as leads."""

    def __init__(self, wire: Wire, session: Session) -> None:
        self._wire = wire
        self._session = session

    def changes(self, text: str | None) -> ChangePage:
        """A page of my leads changed since the cursor. Raises what `sync.port` lists."""
        cursor = decoded(text, Cursor)
        answer = self._search(cursor)
        found = answer.results
        whole = answer.total <= len(found)
        if whole and not cursor.last:
            high = max((_moment(one) for one in found), default=0)
        else:
            high = cursor.high or self._now()
        if whole:
            following = Cursor(since=_back(high, cursor), met=cursor.met)
            return self._with_who_came(self._page(found, following, more=False), following)
        following = Cursor(since=cursor.since, last=walked(answer, cursor.last), high=high, met=cursor.met)
        return self._page(found, following, more=True)

    def resolve(self, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Where leads are now. Raises what `sync.port` lists."""
        asked = [one for one in dict.fromkeys(ids) if one.isdecimal()]
        found = {one.id: one for one in self._wire.read("contacts", asked, PROPERTIES)} if asked else {}
        mine = [one for one in found.values() if one.get("hubspot_owner_id") == self._session.me.id]
        present = {one.id: one for one in self.leads(mine)}
        where_now: dict[RemoteId, Whereabouts] = {}
        for one in ids:
            if one in present:
                where_now[one] = Present(present[one])
            elif one in found:
                owner = found[one].get("hubspot_owner_id")
                where_now[one] = NotVisible(one_line(self._session.words.owners.get(owner, owner), 200))
            else:
                where_now[one] = self._vanished(one)
        return where_now

    def leads(self, found: Sequence[Record]) -> list[RemoteLead]:
        """Contacts as leads, with what their companies and their earlier forms add; oldest change first."""
        companies = self._companies(found)
        past = self._past_forms(found)
        whole = [msgspec.structs.replace(one, properties_with_history=past.get(one.id, {})) for one in found]
        me, words = self._session.me.id, self._session.words
        leads = [contacts.lead(one, me, words, companies.get(one.get("associatedcompanyid"))) for one in whole]
        return sorted(leads, key=lambda lead: (lead.modified_at, int(lead.id)))

    def _search(self, cursor: Cursor) -> Found:
        filters = [where("hubspot_owner_id", "EQ", self._session.me.id)]
        if cursor.since:
            filters.append(where(MODIFIED, "GTE", str(cursor.since)))
        if cursor.last:
            filters.append(where("hs_object_id", "GT", str(cursor.last)))
        return self._wire.search("contacts", filters, PROPERTIES)

    def _now(self) -> int:
        """The server's clock as a long round begins; 0 when it does not say, and all is walked again."""
        return 0 if self._wire.at is None else int(milliseconds(self._wire.at))

    def _page(self, found: Sequence[Record], cursor: Cursor, *, more: bool) -> ChangePage:
        return ChangePage(tuple(self.leads(found)), encoded(cursor), more=more)

    def _with_who_came(self, page: ChangePage, cursor: Cursor) -> ChangePage:
        """The last page of a round with my leads that came to an event: that is no change of theirs."""
        now = self._now()
        if self._wire.at is None or now - cursor.met < EVERY // timedelta(milliseconds=1):
            return page
        came: dict[str, list[RemoteInteraction]] = {}
        try:
            came = attended(self._wire, self._wire.at)
        except UNTOLD:
            pass
        except (Throttled, Uncertain):  # the leads themselves are here: who came is told with the next round
            return page
        leads = {lead.id: lead for lead in page.leads}
        others = [one for one in came if one.isdecimal() and one not in leads]
        read = self._wire.read("contacts", others, PROPERTIES) if others else []
        mine = [one for one in read if one.get("hubspot_owner_id") == self._session.me.id]
        leads |= {lead.id: lead for lead in self.leads(mine)}
        told = [replace(lead, interactions=(*lead.interactions, *came.get(lead.id, ()))) for lead in leads.values()]
        told.sort(key=lambda lead: (lead.modified_at, int(lead.id)))
        return ChangePage(tuple(told), encoded(msgspec.structs.replace(cursor, met=now)), more=False)

    def _companies(self, found: Sequence[Record]) -> dict[str, Record]:
        """The companies of contacts that leave something to be filled in."""
        blank = [one for one in found if not all(one.get(name) for name in ("company", "industry", "numemployees"))]
        ids = [one.get("associatedcompanyid") for one in blank if one.get("associatedcompanyid").isdecimal()]
        if not ids:
            return {}
        with suppress(Forbidden):  # a token without companies: a lead shows what its contact says
            return {one.id: one for one in self._wire.read("companies", ids, COMPANY_PROPERTIES)}
        return {}

    def _past_forms(self, found: Sequence[Record]) -> dict[str, dict[str, list[Version]]]:
        """Earlier forms of those who sent in several: a contact itself shows only the last."""
        several = [one.id for one in found if _count(one.get("num_conversion_events")) > 1]
        if not several:
            return {}
        past = self._wire.read("contacts", several, (), history=FORM_HISTORY)
        return {one.id: one.properties_with_history for one in past}

    def _vanished(self, one: RemoteId) -> Whereabouts:
        """A lead that is not found under its id: merged into another, or deleted."""
        if not one.isdecimal():
            return Gone()
        try:
            answer = self._wire.one("contacts", one)
        except Missing:
            merged = where("hs_merged_object_ids", "CONTAINS_TOKEN", one)
            page = self._wire.search("contacts", [merged], ("hs_merged_object_ids",), limit=10)
            kept = [row for row in page.results if one in row.get("hs_merged_object_ids").split(";")]
            return Moved(kept[0].id) if kept else Gone()
        return Gone() if answer.id == one else Moved(answer.id)


C = TypeVar("C", bound=msgspec.Struct)


def decoded(text: str | None, of: type[C]) -> C:
    """A cursor from its text; None is the beginning. Raises `Invalid` for one that is none of ours."""
    try:
        return of() if text is None else msgspec.json.decode(text, type=of)
    except msgspec.DecodeError:
        raise Invalid("The mark of the last sync with HubSpot cannot be read; a full sync is needed.") from None


def walked(page: Found, last: int) -> int:
    """The id past which a walk goes on after a page that is not the last. Raises `Drift` when it stands still."""
    reached = int(page.results[-1].id) if page.results else 0
    if reached <= last:
        raise Drift("HubSpot's search does not come to an end.")
    return reached


def encoded(cursor: msgspec.Struct) -> str:
    """A cursor as text."""
    return msgspec.json.encode(cursor).decode()


def _back(high: int, cursor: Cursor) -> int:
    return max(cursor.since, high - OVERLAP // timedelta(milliseconds=1))


def _moment(contact: Record) -> int:
    return int(milliseconds(at(contact.get(MODIFIED)) or contact.updated_at))


def _count(text: str) -> int:
    try:
        return int(float(text or "0"))
    except (ValueError, OverflowError):
        return 0
