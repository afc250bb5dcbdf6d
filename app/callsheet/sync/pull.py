"""Bringing the CRM's changes into the journal: page by page, each kept together with the cursor that follows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.sync import history, merge
from callsheet.sync.do_not_contact import points_of, sharers
from callsheet.sync.drafts import derived_key
from callsheet.sync.history import merged_note
from callsheet.sync.line import Fact, Line
from callsheet.sync.owed import cancelled
from callsheet.sync.port import (
    Account,
    Drift,
    Gone,
    Moved,
    NotVisible,
    Present,
    RemoteId,
    RemoteLead,
    Whereabouts,
)
from callsheet.sync.records import OPEN, Delivery, Link, SyncWork

CHUNK: Final = 100
"""Ids in one question to the CRM."""

CHECK_EVERY: Final = timedelta(hours=24)
"""How often every known lead is asked for, as leads that were given away or deleted do not show as changed."""

CHECK_MOST: Final = 5000
"""Leads that one sync asks for."""

FEW: Final = 2
"""So many leads may go at once without asking, however small the book."""

SETTLES: Final = timedelta(seconds=30)
"""For how long after our own write a list of changes may still show what was before it."""


class TooManyRemoved(Exception):
    """The CRM would take away more of the leads than is believable. The message is for the rep."""


class Pull:
    """One pull. `leads` are those that changed here, `new` and `changed` count them."""

    def __init__(self, line: Line, account: Account, *, force: bool = False) -> None:
        self.line = line
        self.account = account
        self.force = force
        self.leads: set[str] = set()
        self._gone: set[str] = set()
        self._points: set[str] = set()
        self._known: int | None = None
        self._pulled_at: datetime | None = None

    # Asking -------------------------------------------------------------------------------------------------------

    def changes(self) -> None:
        """Read what changed since the cursor, to the end.

        Raises:
            CrmError: the CRM cannot be read; what was read until then is kept.
            TooManyRemoved: it would take away too much at once.
        """
        line = self.line
        cursor_note, pulled_note = f"sync.{line.book.crm}.changes", f"sync.{line.book.crm}.pulled_at"
        started = line.now()
        with line.book.work() as work:
            cursor = work.note(cursor_note)
            noted = work.note(pulled_note)
        self._pulled_at = datetime.fromisoformat(noted) if noted else None
        more = True
        while more:
            page = line.crm.changes(cursor)
            if page.more and page.cursor == cursor:
                raise Drift(f"{self.name} gives the same page of changes again and again: nothing more was read.")
            where = self._whereabouts(page.leads, page.removed)
            with line.book.work() as work:
                self._guard(work, where)
                self._apply(work, where)
                work.put_note(cursor_note, page.cursor)
            cursor, more = page.cursor, page.more
        with line.book.work() as work:
            work.put_note(pulled_note, started.isoformat())

    def history(self) -> None:
        """Read what was done on the leads since the cursor, to the end.

        Raises:
            CrmError: the CRM cannot be read; what was read until then is kept.
        """
        line = self.line
        name = f"sync.{line.book.crm}.history"
        with line.book.work() as work:
            cursor = work.note(name)
        more = True
        while more:
            page = line.crm.history(cursor)
            if page.more and page.cursor == cursor:
                raise Drift(f"{self.name} gives the same page of its history again and again: nothing more was read.")
            with line.book.work() as work:
                self.leads |= history.absorb(work, line, page.touches, self.account)
                work.put_note(name, page.cursor)
            cursor, more = page.cursor, page.more

    def check(self, leads: Sequence[str] | None = None, *, thorough: bool = False) -> None:
        """Ask for leads whether they are still there: the given ones, else all that were not seen for a day.

        Raises:
            CrmError: the CRM cannot be asked.
            TooManyRemoved: it would take away too much at once.
        """
        now = self.line.now()
        with self.line.book.work() as work:
            if leads is not None:
                links = list(work.links(leads).values())
            else:
                links = list(work.links_unseen(now if thorough else now - CHECK_EVERY, CHECK_MOST))
        # Also those that went: one that is open here all the same was undone, and closes again.
        where = self._resolve([link.remote_id for link in links])
        if not where:
            return
        with self.line.book.work() as work:
            self._guard(work, where)
        every = list(where.items())
        for start in range(0, len(every), CHUNK):
            with self.line.book.work() as work:
                self._apply(work, dict(every[start : start + CHUNK]))

    @property
    def name(self) -> str:
        """The CRM's name."""
        return self.line.crm.capabilities.name

    def _whereabouts(self, leads: Sequence[RemoteLead], removed: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say where the leads of a page are; those of which a list may show an older state are asked for by id."""
        where: dict[RemoteId, Whereabouts] = {lead.id: Present(lead) for lead in leads}
        capabilities, now = self.line.crm.capabilities, self.line.now()
        settles = max(capabilities.cursor_overlap, capabilities.lookup_lag) + SETTLES
        with self.line.book.work() as work:
            links = work.linked([*where, *removed])
            rows = work.deliveries_of(link.lead for link in links.values())
        ask = [remote for remote in removed if remote in links and not links[remote].base.gone]
        for remote, link in links.items():
            base = link.base
            patched = base.patched_at is not None and now - base.patched_at < settles
            unsure = any(
                row.kind in ("patch", "take_back") and row.state in ("sending", "ambiguous")
                for row in rows.get(link.lead, ())
            )
            if remote in where and (base.gone or not base.mine or patched or unsure):
                ask.append(remote)
        return where | self._resolve(ask)

    def _resolve(self, ids: Iterable[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Ask where leads are; of merged ones also where the survivor is."""
        where: dict[RemoteId, Whereabouts] = {}
        wanted = list(dict.fromkeys(ids))
        for _ in range(3):
            for start in range(0, len(wanted), CHUNK):
                where |= self.line.crm.resolve(wanted[start : start + CHUNK])
            moved = {found.to for found in where.values() if isinstance(found, Moved)}
            wanted = sorted(moved - where.keys())
        return where

    def _guard(self, work: SyncWork, where: Mapping[RemoteId, Whereabouts]) -> None:
        """Refuse to believe that a good part of the leads went at once."""
        if self._known is None:
            self._known = work.count_links()
        going = [
            remote
            for remote, found in where.items()
            if not isinstance(found, Present) or not found.lead.mine
        ]  # fmt: skip
        links = work.linked(going)
        self._gone |= {link.lead for link in links.values() if not link.base.gone and link.base.mine}
        most = max(FEW, int(self.line.most_removed * self._known))
        if len(self._gone) > most and not self.force:
            raise TooManyRemoved(
                f"{self.name} no longer shows {len(self._gone)} of your {self._known} leads. Nothing was taken away: "
                "look there first; if that is right, sync with --force."
            )

    # Applying -----------------------------------------------------------------------------------------------------

    def _apply(self, work: SyncWork, where: Mapping[RemoteId, Whereabouts]) -> None:
        links = dict(work.linked(where))
        # Who is there first: the survivor of a merge has to be known before what was merged into it.
        new = [
            event
            for remote, found in where.items()
            if isinstance(found, Present) and remote not in links
            for event in self._meet(work, found.lead)
        ]
        self._record(work, "new leads from the CRM", new)
        met = work.linked(where).keys() - links.keys()
        for remote, found in where.items():
            if isinstance(found, Moved) and remote in links:
                self._moved(work, links[remote], found.to)
        for remote, link in work.linked(where).items():  # a merge may have changed which lead is which
            if remote in met:
                continue
            match where[remote]:
                case Present(lead=there):
                    self._look(work, link, there)
                case NotVisible(owner=owner):
                    self._lost_sight(work, link, owner)
                case Gone():
                    self._deleted(work, link)
        self._stop_sharers(work)

    def _stop_sharers(self, work: SyncWork) -> None:
        """Leave alone whoever shares a number or address with somebody who asked us to stop; the CRM is told."""
        now = self.line.now()
        facts: list[Fact] = [(lead, now, body) for lead, body in sharers(work, self._points)]
        if facts:
            self._record(work, "left alone as well", self._events(facts, ours=(ev.DoNotContact,)))
        self._points.clear()

    def _meet(self, work: SyncWork, there: RemoteLead) -> list[ev.Event]:
        """Take in a lead that was not known there: it may be known here."""
        if not there.mine:
            return []
        known = self._match(work, there)
        if known is not None:
            link = Link(known, there.id, self.line.now())
            work.save_link(link)
            self._settle_create(work, known, there.id)
            self._look(work, link, there)
            return []
        if there.closed is not None and not there.do_not_contact:
            return []  # it was decided before it was ever ours to work
        lead, now = self.line.fresh(), self.line.now()
        work.save_link(Link(lead, there.id, now, there.version, merge.base_of(there, Link(lead, there.id, now).base)))
        captured, newborn = self._captured(there, now)
        happened = self._happened(work, there, now)
        facts = self.line.intake.first(lead, captured, list(happened.values()), do_not_contact=there.do_not_contact)
        return _keyed(self._events(facts, ours=(ev.Promoted,) if newborn else ()), happened)

    def _captured(self, there: RemoteLead, now: datetime) -> tuple[ev.Captured, bool]:
        """Return the fact of getting a lead, and whether it is new there too.

        The rep got it when it was made; one that is older than the last pull was given to them since.
        """
        created = (there.created_at or there.modified_at) - self.account.skew
        newborn = self._pulled_at is not None and created >= self._pulled_at
        received = created if newborn or self._pulled_at is None else there.modified_at - self.account.skew
        captured = ev.Captured(
            there.profile, min(received, now), created_at=min(created, now), source=there.source,
            campaign=there.campaign,
        )  # fmt: skip
        return captured, newborn

    def _happened(self, work: SyncWork, there: RemoteLead, now: datetime) -> dict[str, tuple[ev.Interaction, datetime]]:
        """Return what the lead did that is not known here, by the key under which it will be."""
        keys = {derived_key(self.line.book.crm, one.remote_id): one for one in there.interactions}
        return {
            key: (ev.Interaction(one.kind, one.topic, one.text), min(one.at - self.account.skew, now))
            for key, one in keys.items()
            if not work.has_event(key)
        }

    def _match(self, work: SyncWork, there: RemoteLead) -> str | None:
        """Return the lead here that a record there is: by our key, by email, by number and name."""
        if there.key:
            row = work.deliveries([there.key]).get(there.key)
            if row is not None and row.kind == "lead" and work.link(row.lead) is None:
                return row.lead
        profile = there.profile
        points = work.with_points([*profile.emails, *profile.phones])
        named = work.with_name(profile.name, profile.company)
        found = {lead for email in profile.emails for lead in points.get(email, ())}
        found |= {lead for phone in profile.phones for lead in points.get(phone, ()) if lead in named}
        if not found:
            found = {lead for lead in named if self._may_be_made(work, lead)}
        free = found - work.links(found).keys()
        for lead in sorted(free):
            here = work.lead(lead)
            if here is not None and not here.merged_into:
                return lead
        return None

    def _may_be_made(self, work: SyncWork, lead: str) -> bool:
        """Tell whether we may have made this lead there already, without having heard back."""
        rows = work.deliveries_of([lead]).get(lead, ())
        return any(row.kind == "lead" and (row.maybe or row.state in ("sending", "ambiguous")) for row in rows)

    def _settle_create(self, work: SyncWork, lead: str, remote: RemoteId) -> None:
        rows = [row for row in work.deliveries_of([lead]).get(lead, ()) if row.kind == "lead"]
        met = [
            replace(row, state="delivered", remote_id=remote, maybe=False, detail={**row.detail, "sent": True})
            for row in rows
            if row.state in OPEN or row.state == "parked"
        ]
        work.save(met, self.line.now())

    def _look(self, work: SyncWork, link: Link, there: RemoteLead) -> None:
        """Compare a lead that both sides know."""
        now = self.line.now()
        lead = work.lead(link.lead)
        if lead is None and link.lead not in self._merged(work):
            # Taken back here: should it be put back, what changed there since is still to be compared.
            base = replace(link.base, mine=there.mine, owner=there.owner, gone=False)
            work.save_link(replace(link, version=there.version, base=base, seen_at=now))
            if there.closed is not None and there.closed != link.base.closed:
                events = work.events([link.lead])[link.lead]
                late = [row for row, _ in _pending(work, link.lead, events) if row.kind == "take_back" and row.unsent]
                ended = [row for row in late if row.detail.get("was") in ("lead", "patch") and not row.urgent]
                work.save([cancelled(row, "overtaken", "It was closed in the CRM meanwhile.") for row in ended], now)
            return
        if lead is None or lead.merged_into or link.lead in self._merged(work):
            work.save_link(replace(link, version=there.version, base=merge.base_of(there, link.base), seen_at=now))
            return
        events = work.events([link.lead])[link.lead]
        edited = frozenset(
            name
            for event in effective(events)
            if isinstance(event.body, ev.ProfileEdited) and event.origin == "rep"
            for name in event.body.changes
        )
        pending = _pending(work, link.lead, events)
        merged = merge.merge(lead, link, there, pending, work.conflicts(link.lead), edited, now, self.account.skew)
        self._keep(work, link, merged, there.version)
        facts: list[Fact] = [(lead.id, at, body) for at, body in merged.beneath]
        facts += [(lead.id, now, body) for body in merged.facts]
        self._record(work, "changed in the CRM", self._events(facts))
        ours: list[Fact] = [(lead.id, now, body) for body in merged.ours]
        self._record(work, "insisted on", self._events(ours, ours=(ev.DoNotContact,)))
        current = work.lead(link.lead)
        happened = self._happened(work, there, now)
        if current is not None and there.mine and happened:
            more = self.line.intake.more(current, list(happened.values()), now)
            decided = (ev.Promoted,) if current.state == "name" else (ev.Reopened,)
            self._record(work, "more from the CRM", _keyed(self._events(more, decided), happened))

    def _merged(self, work: SyncWork) -> dict[str, str]:
        return work.note(merged_note(self.line.book.crm)) or {}

    def _keep(self, work: SyncWork, link: Link, merged: merge.Merged, version: str = "") -> None:
        now = self.line.now()
        work.save_link(replace(link, version=version or link.version, base=merged.base, seen_at=now))
        work.save(merged.changed, now)
        work.add(merged.notes, now)
        for conflict in merged.conflicts:
            work.save_conflict(conflict)
            self.leads.add(conflict.lead)

    def _moved(self, work: SyncWork, link: Link, to: RemoteId) -> None:
        """Follow a lead that was merged into another one: its touches go on with the survivor."""
        now = self.line.now()
        if link.base.gone:
            return
        other = work.linked([to]).get(to)
        if other is not None and other.lead != link.lead and work.lead(other.lead) is None:
            work.drop_link(other.lead)  # it was taken back here, and is this one now
            other = None
        if other is None or other.lead == link.lead:
            work.save_link(replace(link, remote_id=to, seen_at=now))
            return
        work.save_link(replace(link, base=replace(link.base, gone=True), seen_at=now))
        self._join(work, link.lead, other.lead)

    def _join(self, work: SyncWork, loser: str, survivor: str) -> None:
        join(work, self.line, loser, survivor, self.account)
        self.leads |= {loser, survivor}

    def _lost_sight(self, work: SyncWork, link: Link, owner: str) -> None:
        """Let go of a lead that the rep may no longer see."""
        lead, merged = work.lead(link.lead), merge.Merged(base=replace(link.base, mine=False, owner=owner))
        if lead is not None and not lead.merged_into:
            events = work.events([link.lead])[link.lead]
            merge.let_go(merged, lead, link.base.profile, _pending(work, link.lead, events))
            if lead.state in merge.WORKED:
                merged.facts.append(ev.Returned("reassigned", owner, "reassigned in the CRM"))
        self._keep(work, link, merged)
        now = self.line.now()
        self._record(work, "reassigned in the CRM", self._events([(link.lead, now, body) for body in merged.facts]))

    def _deleted(self, work: SyncWork, link: Link) -> None:
        """Close a lead that was deleted there; what was done on it stays here."""
        lead, merged = work.lead(link.lead), merge.Merged(base=replace(link.base, gone=True))
        if lead is not None and not lead.merged_into:
            events = work.events([link.lead])[link.lead]
            merge.let_go(merged, lead, link.base.profile, _pending(work, link.lead, events))
            if lead.state != "closed":
                merged.facts.append(ev.Closed("gone", "deleted in the CRM"))
        self._keep(work, link, merged)
        now = self.line.now()
        self._record(work, "deleted in the CRM", self._events([(link.lead, now, body) for body in merged.facts]))

    def _events(self, facts: Sequence[Fact], ours: tuple[type[ev.Body], ...] = ()) -> list[ev.Event]:
        return make_events(self.line, facts, ours)

    def _record(self, work: SyncWork, label: str, events: Sequence[ev.Event]) -> None:
        work.record(label, events, self.line.now())
        self.leads |= {event.lead for event in events}
        self._points |= {point for event in events for point in points_of(event.body)}


def _keyed(events: Sequence[ev.Event], happened: Mapping[str, tuple[ev.Interaction, datetime]]) -> list[ev.Event]:
    """Give interactions the keys by which they are known when they come again."""
    left = dict(happened)
    keyed = []
    for event in events:
        key = next((key for key, (body, _) in left.items() if body == event.body), "")
        left.pop(key, None)
        keyed.append(replace(event, id=key) if key else event)
    return keyed


def make_events(line: Line, facts: Sequence[Fact], ours: tuple[type[ev.Body], ...] = ()) -> list[ev.Event]:
    """Return facts as events of one action: from the CRM, but for the kinds that are `ours` and have to go there."""
    now, zone, action = line.now(), line.rules.calendar.zone, line.fresh()
    return [
        ev.Event(line.fresh(), lead, action, at, zone, now, "system" if isinstance(body, ours) else "crm", body)
        for lead, at, body in facts
    ]


def join(work: SyncWork, line: Line, loser: str, survivor: str, account: Account) -> None:
    """Make two leads here one, as they are one there: the survivor counts what was done on the other."""
    name = merged_note(line.book.crm)
    work.put_note(name, {**(work.note(name) or {}), loser: survivor})
    lead, other = work.lead(loser), work.lead(survivor)
    if lead is None or other is None or lead.merged_into:
        return
    now, action, zone = line.now(), line.fresh(), line.rules.calendar.zone
    copies = []
    for event in effective(work.events([loser])[loser]):
        match event.body:
            case ev.Attempt() as body:
                kept: ev.Body = replace(body, step=None, author=body.author or account.name or "you, before the merge")
            case ev.Noted() | ev.Interaction() as body:
                kept = body
            case _:
                continue
        key = derived_key("merged", survivor, event.id)
        if not work.has_event(key):
            copies.append(
                replace(event, id=key, lead=survivor, action=action, recorded_at=now, origin="crm", body=kept)
            )
    events = work.events([loser])[loser]
    overtaken = [
        cancelled(row, "overtaken", "The lead was merged in the CRM.")
        for row, event in _pending(work, loser, events)
        if row.kind in ("patch", "plan_task", "lead") and not row.urgent and row.unsent
    ]
    work.save(overtaken, now)
    for conflict in work.conflicts(loser):
        work.save_conflict(replace(conflict, decided="theirs"))
    if lead.do_not_contact and not other.do_not_contact:
        points = tuple(dict.fromkeys((*lead.profile.points, *other.profile.emails)))
        facts: list[Fact] = [(survivor, now, ev.DoNotContact(points, "merged with one that asked us to stop"))]
        work.record("merged in the CRM", make_events(line, facts, (ev.DoNotContact,)), now)
    merged = ev.Event(line.fresh(), loser, action, now, zone, now, "crm", ev.Merged(survivor))
    work.record("merged in the CRM", [merged, *copies], now)


def _pending(work: SyncWork, lead: str, events: Sequence[ev.Event]) -> list[tuple[Delivery, ev.Event | None]]:
    by_id = {event.id: event for event in events}
    rows = work.deliveries_of([lead]).get(lead, ())
    return [(row, by_id.get(row.event)) for row in rows if row.state in OPEN or row.state == "parked"]
