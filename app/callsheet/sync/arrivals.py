"""What a look at leads in the CRM brings here: new ones, changed ones, and those that were merged, moved or deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, cast

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.domain.profile import Profile, changed, flat, folded
from callsheet.sync import merge
from callsheet.sync.do_not_contact import points_of, stop_sharers
from callsheet.sync.drafts import derived_key
from callsheet.sync.home import came_home, join, merged, take_over, with_merged
from callsheet.sync.line import Fact, Line
from callsheet.sync.owed import cancelled
from callsheet.sync.parcels import fields_of
from callsheet.sync.port import Account, Gone, Moved, NotVisible, Present, RemoteId, RemoteLead, Whereabouts
from callsheet.sync.records import GONE_ALREADY, Base, Delivery, Link, SyncWork, unsettled

NOT_OURS: Final = "It is somebody else's in the CRM meanwhile."
"""Why a lead that was taken back here is not closed there: until it is given to the rep again."""


def pulled_note(crm: str) -> str:
    """Return the name of the note that says when the last pull began that came to its end."""
    return f"sync.{crm}.pulled_at"


class Arrivals:
    """Takes in what a pull was shown. `leads` are those that changed here."""

    def __init__(self, line: Line, account: Account) -> None:
        self.line = line
        self.account = account
        self.leads: set[str] = set()
        self._points: set[str] = set()
        self._made: dict[tuple[str, str], set[str]] = {}

    def take_in(self, work: SyncWork, where: Mapping[RemoteId, Whereabouts]) -> None:
        """Bring the book to what was shown of some leads."""
        links = dict(work.linked(where))
        self._made = _perhaps_made(work) if any(remote not in links for remote in where) else {}
        # Who is there first: the survivor of a merge has to be known before what was merged into it.
        new = [
            event
            for remote, found in where.items()
            if isinstance(found, Present) and remote not in links
            for event in self._meet(work, found.lead)
        ]
        self._record(work, "new leads from the CRM", new)
        met = {remote: link.lead for remote, link in work.linked(where).items() if remote not in links}
        for remote, found in where.items():
            if isinstance(found, Moved) and remote in links:
                self._moved(work, links[remote], _end(where, found))
        for remote, link in work.linked(where).items():  # a merge may have changed which lead is which
            if met.get(remote) == link.lead:
                continue  # unless it goes on as another one here by now
            match where[remote]:
                case Present(lead=there):
                    self._look(work, link, there)
                case NotVisible(owner=owner):
                    self._look(work, link, self._unseen(work, link, owner))
                case Gone():
                    self._deleted(work, link)
        self.leads |= stop_sharers(work, self.line, self._points)
        self._points.clear()

    # Who was not known there ----------------------------------------------------------------------------------------

    def _meet(self, work: SyncWork, there: RemoteLead) -> list[ev.Event]:
        """Take in a lead that was not known there: it may be known here."""
        if not there.mine:
            return []
        known = self._match(work, there)
        if known is not None:
            link = Link(known, there.id, self.line.now())
            work.save_link(link)
            self._settle_create(work, known, there)
            self.leads |= came_home(work, self.line, known)
            self._look(work, link, there)
            return []
        if there.closed is not None and not there.do_not_contact:
            return []  # it was decided before it was ever ours to work
        lead, now = self.line.fresh(), self.line.now()
        work.save_link(Link(lead, there.id, now, there.version, merge.base_of(there, Base())))
        captured, newborn = self._captured(work, there, now)
        happened = self._happened(work, there, now)
        facts = self.line.intake.first(lead, captured, list(happened.values()), do_not_contact=there.do_not_contact)
        return _keyed(self.line.events(facts, ours=(ev.Promoted,) if newborn else ()), happened)

    def _captured(self, work: SyncWork, there: RemoteLead, now: datetime) -> tuple[ev.Captured, bool]:
        """Return the fact of getting a lead, and whether it is new there too.

        The rep got it when it was made; one that is older than the last pull was given to them since.
        """
        noted = work.note(pulled_note(self.line.book.crm))
        pulled_at = datetime.fromisoformat(noted) if noted else None
        created = (there.created_at or there.modified_at) - self.account.skew
        newborn = pulled_at is not None and created >= pulled_at
        received = created if newborn or pulled_at is None else there.modified_at - self.account.skew
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
            found = self._made.get((folded(profile.name), folded(profile.company)), set())
        free = found - work.links(found).keys()
        for lead in sorted(free):
            here = work.lead(lead)
            if here is not None and not here.merged_into:
                return lead
        return None

    def _settle_create(self, work: SyncWork, lead: str, there: RemoteLead) -> None:
        """Take our making of a lead for done, with the edits in it that show: undone later, they are taken back."""
        events = {event.id: event.body for event in work.events([lead])[lead]}
        rows = [
            row for row in work.deliveries_of([lead]).get(lead, ()) if row.kind == "lead" and row.pending
        ]  # fmt: skip
        carried = work.deliveries(op for row in rows for op in row.detail.get("carries", ()))
        rows += [
            each for each in carried.values()
            if each.untried and each.kind == "patch" and isinstance(body := events.get(each.event), ev.ProfileEdited)
            and body.changes.items() <= flat(there.profile).items()
        ]  # fmt: skip
        met = [
            replace(row, state="delivered", remote_id=there.id, maybe=False, detail={**row.detail, "sent": True})
            for row in rows
        ]
        work.save(met, self.line.now())
        self.leads |= {row.lead for row in met}

    # Who is known on both sides -------------------------------------------------------------------------------------

    def _look(self, work: SyncWork, link: Link, there: RemoteLead) -> None:
        lead = work.lead(link.lead)
        if link.lead in merged(work, self.line.book.crm) or (lead is not None and lead.merged_into):
            base = merge.base_of(there, link.base)
            work.save_link(replace(link, version=there.version, base=base, seen_at=self.line.now()))
        elif lead is None:
            self._look_at_undone(work, link, there)
        else:
            self._compare(work, link, lead, there)

    def _look_at_undone(self, work: SyncWork, link: Link, there: RemoteLead) -> None:
        """Look at a lead that was taken back here; put back, it is compared with what it was there before."""
        now = self.line.now()
        every = work.deliveries_of([link.lead]).get(link.lead, ())
        rows = [row for row in every if row.sets and not row.urgent]
        # It may be our own change that shows: then it is no news.
        ours = any((row.maybe or row.state == "sending") and row.detail.get("ends") for row in every)
        closed = (there.closed or "") if ours else link.base.closed
        base = replace(link.base, mine=there.mine, owner=there.owner, closed=closed, gone=False)
        work.save_link(replace(link, version=there.version, base=base, seen_at=now))
        if link.base.gone:
            self._came_back(work, link.lead)
        if not there.mine:
            self._not_ours_to_undo(work, link.lead)
            return
        ended = [
            cancelled(row, "overtaken", "It was closed or reopened in the CRM meanwhile.")
            for row in rows
            if row.kind == "take_back" and row.unsent and (there.closed or "") != closed
        ]
        again = [
            _anew(row)
            for row in rows
            if row.detail.get("was") == "lead" and there.closed is None and _let_be(row, link.base)
        ]
        work.save([*ended, *again], now)
        self.leads |= {row.lead for row in (*ended, *again)}

    def _not_ours_to_undo(self, work: SyncWork, lead: str) -> None:
        """Leave a lead that was taken back here, and is somebody else's there by now, as it is."""
        pending = unsettled(work, lead, work.events([lead])[lead])
        if any(row.moves_owner for row, _ in pending):
            return  # whose it is then is looked at once that is settled
        # Also what may have arrived: sent again it would be set on theirs.
        left = [
            cancelled(row, "gone", NOT_OURS)
            for row, _ in pending
            if row.sets and not row.urgent and row.state != "sending"
        ]
        work.save(left, self.line.now())
        self.leads |= {row.lead for row in left}

    def _compare(self, work: SyncWork, link: Link, lead: Lead, there: RemoteLead) -> None:
        now = self.line.now()
        events = work.events([lead.id])[lead.id]
        edited = frozenset(
            name
            for event in effective(events)
            if isinstance(event.body, ev.ProfileEdited) and event.origin == "rep"
            for name in event.body.changes
        )
        if link.base.gone:
            self._came_back(work, lead.id)
        pending = unsettled(work, lead.id, events)
        if link.base.profile is None and there.mine:
            sent = _as_sent(work.deliveries_of([lead.id]).get(lead.id, ()), there)
            going = {name for _, event in pending if event is not None for name in fields_of(event)}
            here = flat(lead.profile).items()
            # What was undone before it went and shows all the same is somebody else's.
            known = {name: value for name, value in sent if name in going or (name, value) in here}
            link = replace(link, base=replace(link.base, profile=known))
        found = merge.merge(lead, link, there, pending, work.conflicts(lead.id), edited, now, self.account.skew)
        self._keep(work, link, found, there.version)
        facts: list[Fact] = [(lead.id, at, body) for at, body in found.beneath]
        facts += [(lead.id, now, body) for body in found.facts]
        self._record(work, "changed in the CRM", self.line.events(facts))
        ours: list[Fact] = [(lead.id, now, body) for body in found.ours]
        self._record(work, "insisted on", self.line.events(ours, ours=(ev.DoNotContact,)))
        current = work.lead(lead.id)
        happened = self._happened(work, there, now)
        if current is not None and there.mine and happened:
            more = self.line.intake.more(current, list(happened.values()), now)
            if any(isinstance(body, ev.Closed) for body in found.facts):  # what it did before that opens it no more
                more = [fact for fact in more if isinstance(fact[2], ev.Interaction)]
            decided = (ev.Promoted,) if current.state == "name" else (ev.Reopened,)
            self._record(work, "more from the CRM", _keyed(self.line.events(more, decided), happened))

    def _came_back(self, work: SyncWork, lead: str) -> None:
        """Take back after all, and do, what was deleted with its lead before that was there again."""
        every = work.deliveries_of(with_merged(work, self.line.book.crm, lead))
        rows = [row for some in every.values() for row in some]
        again = [
            _anew(row)
            for row in rows
            if row.state == "delivered" and row.detail.get("how") == GONE_ALREADY and (row.urgent or not row.sets)
        ]
        of = {row.detail.get("of") for row in again}
        there = [replace(row, state="delivered") for row in rows if row.op in of and row.state == "compensated"]
        work.save([*there, *again], self.line.now())
        self.leads |= {row.lead for row in (*there, *again)}

    def _moved(self, work: SyncWork, link: Link, to: RemoteId) -> None:
        """Follow a lead that was merged into another one: its touches go on with the survivor."""
        now = self.line.now()
        if link.lead in merged(work, self.line.book.crm):
            return
        other = work.linked([to]).get(to)
        if other is not None and other.lead != link.lead and work.lead(other.lead) is None:
            take_over(work, self.line.book.crm, link.lead, other.lead)
            link = self._taken_back_both(work, link, other)
            other = None
        if other is None or other.lead == link.lead:
            lead, base = work.lead(link.lead), link.base
            if lead is not None and lead.state != "closed":
                base = replace(base, closed="")  # of another record nothing is known: how it ended is news
            work.save_link(replace(link, remote_id=to, base=base, seen_at=now))
            return
        work.save_link(replace(link, base=replace(link.base, gone=True), seen_at=now))
        if link.base.gone:  # it was there again before it was merged
            self._came_back(work, link.lead)
        join(work, self.line, link.lead, other.lead, self.account)
        self.leads |= {link.lead, other.lead}

    def _taken_back_both(self, work: SyncWork, link: Link, other: Link) -> Link:
        """Let a lead that was taken back here too close what it was merged into, where that is still to be closed."""
        if work.lead(link.lead) is not None:
            return link
        rows = work.deliveries_of([link.lead, other.lead])
        open_there = any(row.detail.get("was") == "lead" and row.pending for row in rows.get(other.lead, ()))
        again = [_anew(row) for row in rows.get(link.lead, ()) if row.detail.get("was") == "lead"] if open_there else []
        work.save(again, self.line.now())
        return replace(link, base=replace(link.base, closed=other.base.closed))

    # Who went -------------------------------------------------------------------------------------------------------

    def _unseen(self, work: SyncWork, link: Link, owner: str) -> RemoteLead:
        """Return a lead that the rep may no longer see, as it was when it was seen last: it is somebody else's."""
        lead, base = work.lead(link.lead), link.base
        fields = {**(flat(lead.profile) if lead is not None else {}), **(base.profile or {})}
        return RemoteLead(
            link.remote_id, link.version, base.modified_at or link.seen_at, changed(Profile(), fields), owner=owner,
            mine=False, status=base.status or "", closed=cast("ev.CloseReason | None", base.closed or None),
            do_not_contact=base.do_not_contact,
        )  # fmt: skip

    def _deleted(self, work: SyncWork, link: Link) -> None:
        """Close a lead that was deleted there, and give up what would be set on it; what was done on it stays here."""
        lead, found = work.lead(link.lead), merge.Merged(base=replace(link.base, gone=True))
        if lead is not None and not lead.merged_into:
            pending = unsettled(work, lead.id, work.events([lead.id])[lead.id])
            merge.let_go(found, lead, link.base.profile, pending)
            if lead.state in (*merge.WORKED, "returned"):
                found.facts.append(ev.Closed("gone", "deleted in the CRM"))
        self._keep(work, link, found)
        facts: list[Fact] = [(link.lead, self.line.now(), body) for body in found.facts]
        self._record(work, "deleted in the CRM", self.line.events(facts))

    # What all of it comes to ----------------------------------------------------------------------------------------

    def _keep(self, work: SyncWork, link: Link, found: merge.Merged, version: str = "") -> None:
        now = self.line.now()
        work.save_link(replace(link, version=version or link.version, base=found.base, seen_at=now))
        work.save(found.changed, now)
        work.add(found.notes, now)
        for conflict in found.conflicts:
            work.save_conflict(conflict)
            self.leads.add(conflict.lead)
        self.leads |= {row.lead for row in (*found.changed, *found.notes)}

    def _record(self, work: SyncWork, label: str, events: Sequence[ev.Event]) -> None:
        work.record(label, events, self.line.now())
        self.leads |= {event.lead for event in events}
        self._points |= {point for event in events for point in points_of(event.body)}


def _anew(row: Delivery) -> Delivery:
    """Return what takes something back as if it had never gone."""
    return replace(row, state="waiting", tries=0, reason="", detail={**row.detail, "how": "", "sent": False})


def _let_be(row: Delivery, base: Base) -> bool:
    """Tell whether the closing of a lead was given up as it was somebody else's there, or was gone, as is known."""
    gone = base.gone and (row.state, row.detail.get("how")) == ("delivered", GONE_ALREADY)
    return gone or (not base.mine and (row.state, row.reason) == ("cancelled", NOT_OURS))


def _perhaps_made(work: SyncWork) -> dict[tuple[str, str], set[str]]:
    """Return the leads that we may have made there without having heard back, by name and company as they were sent."""
    made: dict[tuple[str, str], set[str]] = {}
    for row in work.open_deliveries():
        if row.kind == "lead" and (row.maybe or row.state in ("sending", "ambiguous")):
            for name, company in row.detail.get("named", ()):
                made.setdefault((name, company), set()).add(row.lead)
    return made


def _as_sent(rows: Iterable[Delivery], there: RemoteLead) -> set[tuple[str, str]]:
    """Return the fields of a lead that show as we sent them when we made it, if we did."""
    made = next((row.detail for row in rows if row.kind == "lead" and "sending" in row.detail), {})
    sent: Mapping[str, str] = made.get("sending", {})
    return flat(there.profile).items() & sent.items()


def _end(where: Mapping[RemoteId, Whereabouts], moved: Moved) -> RemoteId:
    """Return where a lead that was merged several times is in the end."""
    for _ in where:
        following = where.get(moved.to)
        if not isinstance(following, Moved):
            break
        moved = following
    return moved.to


def _keyed(events: Sequence[ev.Event], happened: Mapping[str, tuple[ev.Interaction, datetime]]) -> list[ev.Event]:
    """Give interactions the keys by which they are known when they come again."""
    left = dict(happened)
    keyed = []
    for event in events:
        key = next((key for key, (body, _) in left.items() if body == event.body), "")
        left.pop(key, None)
        keyed.append(replace(event, id=key) if key else event)
    return keyed
