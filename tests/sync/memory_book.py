"""A book in memory for the simulator: all that a sync asks of one, without the file, which takes most of the time.

That it is a book like the real one is itself held by a test: a seed plays the same day over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective, fold
from callsheet.domain.profile import folded
from callsheet.domain.rules import Rules
from callsheet.services.desk import Action
from callsheet.sync.owed import owed
from callsheet.sync.records import OPEN, Delivery, FieldConflict, Link

ACTIVE = ("name", "working", "nurture")
UNSETTLED = OPEN | {"parked"}


@dataclass
class Pages:
    """What would be on disk; every value is immutable, so that a shallow copy keeps it as it was."""

    actions: list[Action]
    events: dict[str, tuple[ev.Event, ...]]
    known: set[str]
    folds: dict[str, Lead | None]
    deliveries: dict[str, Delivery]
    links: dict[str, Link]
    conflicts: dict[int, FieldConflict]
    notes: dict[str, Any]

    def copy(self) -> Pages:
        return Pages(
            list(self.actions), dict(self.events), set(self.known), dict(self.folds), dict(self.deliveries),
            dict(self.links), dict(self.conflicts), dict(self.notes),
        )  # fmt: skip


class MemoryBook:
    """The book of a rep who is connected to one CRM."""

    def __init__(self, rules: Rules, crm: str) -> None:
        self.rules, self.crm = rules, crm
        self.pages = Pages([], {}, set(), {}, {}, {}, {}, {})
        self._open = False

    @contextmanager
    def work(self) -> Iterator[MemoryWork]:
        """Open a transaction; nothing of it stays when an error, or death, leaves it."""
        assert not self._open, "one transaction inside another would wait for itself"
        before, self._open = self.pages.copy(), True
        try:
            yield MemoryWork(self)
        except BaseException:
            self.pages = before
            raise
        finally:
            self._open = False

    def sync_rows(self) -> MemoryBook:
        return self

    def lead_ids(self) -> list[str]:
        return sorted(self.pages.events)

    def size(self) -> int:
        """Count the events."""
        return len(self.pages.known)

    def close(self) -> None:
        pass


class MemoryWork:
    """One transaction: `services.desk.Work` as far as a simulated rep needs it, and `sync.records.SyncWork`."""

    def __init__(self, book: MemoryBook) -> None:
        self._book = book
        self._rules = book.rules

    @property
    def _pages(self) -> Pages:
        return self._book.pages

    # The journal --------------------------------------------------------------------------------------------------

    def lead(self, lead: str) -> Lead | None:
        return self._pages.folds.get(lead)

    def events(self, leads: Iterable[str]) -> dict[str, Sequence[ev.Event]]:
        return {lead: self._pages.events.get(lead, ()) for lead in leads}

    def has_event(self, event: str) -> bool:
        return event in self._pages.known

    def append(self, action: Action) -> None:
        pages = self._pages
        pages.actions.append(replace(action, events=()))
        leads = list(dict.fromkeys(event.lead for event in action.events))
        for event in action.events:
            assert event.id not in pages.known, f"{event.id} is in the journal already"
            pages.known.add(event.id)
            numbered = replace(event, seq=len(pages.known))
            pages.events[event.lead] = (*pages.events.get(event.lead, ()), numbered)
        for lead in leads:
            events = pages.events[lead]
            made = pages.folds[lead] = fold(lead, events, self._rules)
            rows = self.deliveries_of([lead]).get(lead, ())
            due = owed(lead, made, events, rows, self._rules, known=lead in pages.links)
            self.save(due.changed, action.at)
            last = self._last()
            self.save([replace(row, seq=last + place) for place, row in enumerate(due.moved, 1)], action.at)
            self.add(due.new, action.at)

    def record(self, label: str, events: Sequence[ev.Event], now: datetime) -> None:
        if events:
            self.append(Action(events[0].action, now, label, tuple(events), "fact"))

    def with_points(self, points: Iterable[str]) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        wanted = set(points)
        for lead in self._leads():
            for point in wanted & {*lead.profile.phones, *lead.profile.emails}:
                found.setdefault(point, set()).add(lead.id)
        return {point: frozenset(leads) for point, leads in found.items()}

    def suppressed(self, points: Iterable[str]) -> frozenset[str]:
        stopped = [lead for lead in self._leads() if lead.do_not_contact]
        on_list = {point for lead in stopped for point in (*lead.profile.phones, *lead.profile.emails)}
        bodies = [event.body for lead in stopped for event in effective(self._pages.events[lead.id])]
        on_list |= {point for body in bodies if isinstance(body, ev.DoNotContact) for point in body.points}
        return frozenset(on_list & set(points))

    def with_name(self, name: str, company: str) -> frozenset[str]:
        key = folded(name), folded(company)
        return frozenset(
            lead.id for lead in self._leads() if (folded(lead.profile.name), folded(lead.profile.company)) == key
        )

    def _leads(self) -> list[Lead]:
        return [lead for lead in self._pages.folds.values() if lead is not None]

    # What the rep may take back -----------------------------------------------------------------------------------

    def last_done(self) -> Action | None:
        return next((one for one in reversed(self._pages.actions) if one.kind == "do" and self._holds(one)), None)

    def last_undone(self) -> Action | None:
        done = {one.id for one in self._pages.actions if one.kind == "do"}
        for one in reversed(self._pages.actions):
            if one.kind == "do":
                return None
            if one.kind == "undo" and one.target in done and self._holds(one):
                return one
        return None

    def _holds(self, action: Action) -> bool:
        undoings = (one for one in self._pages.actions if one.kind == "undo" and one.target == action.id)
        return not any(self._holds(one) for one in undoings)

    def leads_of(self, action: str) -> tuple[str, ...]:
        return tuple(
            lead for lead, events in self._pages.events.items() if any(event.action == action for event in events)
        )

    # Deliveries ---------------------------------------------------------------------------------------------------

    def open_deliveries(self) -> Sequence[Delivery]:
        return self._in_order(row for row in self._pages.deliveries.values() if row.state in UNSETTLED)

    def deliveries(self, ops: Iterable[str]) -> Mapping[str, Delivery]:
        return {op: self._pages.deliveries[op] for op in sorted(set(ops)) if op in self._pages.deliveries}

    def deliveries_by_remote(self, remotes: Iterable[str]) -> Mapping[str, Delivery]:
        wanted = set(remotes)
        return {
            row.remote_id: row for row in self._in_order(self._pages.deliveries.values()) if row.remote_id in wanted
        }

    def deliveries_of(self, leads: Iterable[str]) -> Mapping[str, Sequence[Delivery]]:
        wanted, found = set(leads), dict[str, list[Delivery]]()
        for row in self._in_order(row for row in self._pages.deliveries.values() if row.lead in wanted):
            found.setdefault(row.lead, []).append(row)
        return found

    def unverified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        return [row for row in self._touches(before) if not row.verified][::-1][:limit]

    def verified(self, before: datetime, limit: int) -> Sequence[Delivery]:
        rows = [(row.updated_at, row.seq, row) for row in self._touches(before) if row.verified]
        return [row for *_, row in sorted(rows, key=lambda one: one[:2])][:limit]

    def _touches(self, before: datetime) -> list[Delivery]:
        return self._in_order(
            row for row in self._pages.deliveries.values()
            if row.state == "delivered" and row.kind == "touch" and row.updated_at and row.updated_at < before
        )  # fmt: skip

    def missing(self) -> Sequence[Delivery]:
        return [row for row in self._pages.deliveries.values() if (row.state, row.verified) == ("delivered", "missing")]

    def add(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        last = self._last()
        for place, row in enumerate(deliveries, 1):
            assert row.op not in self._pages.deliveries, f"{row.op} is in the outbox already"
            self._pages.deliveries[row.op] = replace(row, seq=last + place, updated_at=now)

    def save(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        for row in deliveries:
            self._pages.deliveries[row.op] = replace(row, updated_at=now)

    def _last(self) -> int:
        return max((row.seq for row in self._pages.deliveries.values()), default=0)

    @staticmethod
    def _in_order(rows: Iterable[Delivery]) -> list[Delivery]:
        return sorted(rows, key=lambda row: row.seq)

    # Links --------------------------------------------------------------------------------------------------------

    def link(self, lead: str) -> Link | None:
        return self._pages.links.get(lead)

    def links(self, leads: Iterable[str]) -> Mapping[str, Link]:
        return {lead: self._pages.links[lead] for lead in sorted(set(leads)) if lead in self._pages.links}

    def linked(self, remotes: Iterable[str]) -> Mapping[str, Link]:
        wanted = set(remotes)
        found = (link for link in self._pages.links.values() if link.remote_id in wanted)
        return {link.remote_id: link for link in sorted(found, key=lambda link: (link.remote_id, link.lead))}

    def links_unseen(self, since: datetime, ahead: datetime, limit: int) -> Sequence[Link]:
        unseen = ((link, state) for link, state in self.states() if not since <= link.seen_at <= ahead)
        found = [link for link, state in unseen if state in ACTIVE]
        return sorted(found, key=lambda link: (link.seen_at, link.lead))[:limit]

    def count_links(self) -> int:
        return sum(state in ACTIVE for _, state in self.states())

    def states(self) -> Sequence[tuple[Link, str]]:
        links, folds = self._pages.links, self._pages.folds
        return [(links[one], lead.state) for one in sorted(links) if (lead := folds.get(one)) is not None]

    def save_link(self, link: Link) -> None:
        twice = [one.lead for one in self._pages.links.values() if one.remote_id == link.remote_id]
        assert set(twice) <= {link.lead}, f"{link.remote_id} is two leads: {link.lead} and {twice}"
        self._pages.links[link.lead] = link

    def drop_link(self, lead: str) -> None:
        self._pages.links.pop(lead, None)

    # Conflicts and notes ------------------------------------------------------------------------------------------

    def conflicts(self, lead: str = "") -> Sequence[FieldConflict]:
        return [one for one in self._pages.conflicts.values() if not one.decided and lead in ("", one.lead)]

    def conflict(self, number: int) -> FieldConflict | None:
        found = self._pages.conflicts.get(number)
        return found if found is not None and not found.decided else None

    def save_conflict(self, conflict: FieldConflict) -> None:
        number = conflict.id or len(self._pages.conflicts) + 1
        self._pages.conflicts[number] = replace(conflict, id=number)

    def note(self, name: str) -> Any:
        return self._pages.notes.get(name)

    def put_note(self, name: str, value: object) -> None:
        self._pages.notes[name] = value

    def backfill(self, now: datetime) -> int:
        raise NotImplementedError("this rep was connected from the start")
