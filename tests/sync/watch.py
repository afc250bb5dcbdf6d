"""What is watched while a day runs: who looks at each call and after each sync whether it was as it has to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.domain.profile import flat
from callsheet.sync.home import home
from callsheet.sync.port import LeadCreate, LeadPatch, Op
from callsheet.sync.records import Delivery
from callsheet.sync.run import SyncReport
from tests.sync import endings
from tests.sync.disk_book import CRM
from tests.sync.said import SLACK
from tests.sync.server import ME, Record
from tests.sync.timing import HELD, SETTLED, Run, states, unnamed, unsaid

if TYPE_CHECKING:
    from callsheet.store.sync_rows import SyncTransaction
    from tests.sync.world import World


def shows(body: ev.Body, name: str, value: str) -> bool:
    """Whether a fact brought a value of the CRM before the rep's eyes."""
    match body:
        case ev.ProfileEdited(changes=changes):
            return changes.get(name) == value
        case ev.ConflictDecided(field=field, theirs=theirs):
            return (field, theirs) == (name, value)
        case ev.Captured(profile=profile):
            return flat(profile)[name] == value
    return False


@dataclass(frozen=True)
class Before:
    """How all stood before a sync: when, which leads were the rep's, how many of them are worked, each delivery.

    `crowded_until` is until when any window had been told not to call.
    """

    at: datetime
    held: set[str]
    worked: int
    known: Mapping[str, Delivery]
    crowded_until: datetime
    force: bool


class Watch:
    """Looks on, and adds what is wrong to the problems of the world."""

    def __init__(self, world: World) -> None:
        self.world, self.problems = world, world.problems
        self.taken: dict[str, datetime] = {}
        """Since when a delivery is held by who sends it."""
        self.left_to_rep: set[tuple[str, str]] = set()
        """What was seen to be parked, and for which reason: it is asked about once."""

    # A sync from its beginning to its end ------------------------------------------------------------------------

    def before(self, *, force: bool) -> Before:
        """Remember how all stands before a sync."""
        known = states(self.world.book.sync_rows(), self.world.ids()) if not self.world.windows else {}
        with self.world.book.sync_rows().work() as work:
            worked = work.count_links()
        return Before(self.world.at, self.held(), worked, known, self.world.network.crowded_until, force=force)

    def ended(self, before: Before, report: SyncReport, run: Run) -> None:
        """Look at a run that has just ended, with or without another window beside it."""
        if self.world.crm.network is self.world.network:  # else nothing is known of what was told
            self.parking(before.at)
            self.problems += endings.ended(self.world, report, run, before)
        self.waiting()

    def after(self, before: Before, report: SyncReport, run: Run) -> None:
        """Look at all that a run changed, and at what it says of that."""
        network, alone = self.world.network, not self.world.windows and not self.world.interrupted
        if self.world.windows:
            network.refused = None  # the window that was told is this one
        if alone:
            if report.stopped == "throttled" and run.until is not None:
                network.closed_at, network.closed_until = self.world.at, run.until
            self.reported(report, run)
            known = states(self.world.book.sync_rows(), self.world.ids())
            self.problems += unnamed(before.known, known, report.leads)
            self.problems += unsaid(before.known, known, report.taken_back)
        self.disputed(before)
        if not report.stopped:
            self.finished(before.at)
        if not report.stopped and alone:
            self.nothing_left(before.at)
        if not before.force and alone:
            self.few_went(before)

    # What a sync leaves -------------------------------------------------------------------------------------------

    def held(self) -> set[str]:
        """The leads that are the rep's, as far as the book knows."""
        with self.world.book.sync_rows().work() as work:
            return {link.lead for link, _ in work.states() if link.base.mine and not link.base.gone}

    def parking(self, started: datetime) -> None:
        """What a run leaves to the rep, also one that dies, it leaves for a reason."""
        with self.world.book.sync_rows().work() as work:
            rows = [row for row in work.open_deliveries() if row.state == "parked"]
            for row in rows:
                if (row.op, row.reason) not in self.left_to_rep:
                    self.problems += endings.parked(self.world, work, row, started)
        self.left_to_rep = {(row.op, row.reason) for row in rows}

    def waiting(self) -> None:
        """What a run leaves is nobody's, and waits as long as it should."""
        with self.world.book.sync_rows().work() as work:
            rows = work.open_deliveries()
        for row in rows:
            self.problems += self.world.network.answers.waits(
                row, self.world.process, self.world.server.capabilities.lookup_lag
            )
            if row.state == "sending" and row.lease_by in ("", self.world.owner()):
                self.problems.append(f"{row.kind} {row.op} is being sent by a run that is over")

    def few_went(self, before: Before) -> None:
        """A pull that nobody agreed to does not take away a good part of the leads."""
        with self.world.book.sync_rows().work() as work:
            journal = work.events(self.world.ids())
        went = {
            event.lead
            for events in journal.values()
            for event in events
            if event.origin == "crm" and event.recorded_at >= before.at and event.lead in before.held and (
                (isinstance(event.body, ev.Returned) and event.body.kind == "reassigned")
                or (isinstance(event.body, ev.Closed) and event.body.reason == "gone")
            )
        }  # fmt: skip
        if len(went) > max(2, before.worked // 5 + 1):  # some may have come since
            self.problems.append(f"{len(went)} of {before.worked} leads were taken away, and nobody was asked")

    def nothing_left(self, started: datetime) -> None:
        """A sync that came to its end has sent whatever could go, and looked after what a dead sender left."""
        first: dict[tuple[str, bool], Delivery] = {}
        with self.world.book.sync_rows().work() as work:
            rows = work.open_deliveries()
            parked = {row.op for row in rows if row.state == "parked"}
            for row in sorted(rows, key=lambda row: row.kind == "owner" and row.unsent):  # which waits for the others
                lead = home(work, CRM, row.lead)[0]
                if row.op not in parked and not self.held_back(row, parked) and work.link(lead):
                    first.setdefault((lead, row.urgent), row)
            self.problems += self.let_go(work, list(first.values()), started)
        for row in first.values():
            if row.updated_at is None or row.updated_at >= started:
                continue
            if row.state != "sending" and (row.not_before is None or row.not_before < started):
                self.problems.append(f"{row.kind} {row.op} is {row.state}, could go and was not sent")
            if row.state == "sending" and self.over(row, started):
                self.problems.append(f"{row.kind} {row.op} is left to {row.lease_by}, which is dead")

    def let_go(self, work: SyncTransaction, rows: Sequence[Delivery], started: datetime) -> Iterator[str]:
        """On a lead that is not the rep's any more nothing waits to be set, but for do-not-contact and whose it is."""
        for row in rows:
            link = work.link(row.lead)
            sets = row.kind in ("task", "plan_task") or (row.kind == "patch" and not row.urgent)
            waits = row.state in ("waiting", "retry") and row.updated_at is not None and row.updated_at < started
            if link is not None and not link.base.mine and sets and waits:
                yield f"{row.kind} {row.op} is {row.state}, and {row.lead} is {link.base.owner}'s"

    def held_back(self, row: Delivery, parked: Collection[str]) -> bool:
        """Whether a delivery depends on one that is left to the rep."""
        keyless = self.world.server.capabilities.idempotency == "none"
        added = keyless and row.detail.get("was") not in ("patch", "owner", "lead")
        return row.detail.get("task") in parked or (added and row.detail.get("of") in parked)

    def over(self, row: Delivery, started: datetime) -> bool:
        """Whether it was known, when a run started, that the sender of a delivery does not go on."""
        dead = self.world.knows_the_dead and not self.world.lives(row.lease_by)
        return dead or row.lease_until is None or row.lease_until < started

    def reported(self, report: SyncReport, run: Run) -> None:
        """What a run says is left is left."""
        with self.world.book.sync_rows().work() as work:
            rows = work.open_deliveries()
            disputed = len(work.conflicts())
        parked = sum(row.state == "parked" for row in rows)
        left = (len(rows) - parked, parked, disputed)
        if (report.waiting, report.parked, report.conflicts) != left:
            self.problems.append(f"a run says {report}, and what waits, is parked and disputed is {left}")
        if report.delivered < run.applied:
            self.problems.append(f"{run.applied} effects were taken, and {report.delivered} are reported")
        told = (report.pulled, report.delivered)
        if not report.stopped and told != self.world.told:
            self.problems.append(f"a run brought {told}, and said last while it went on {self.world.told}")

    def asked(self, leads: Collection[str], started: datetime) -> None:
        """Who was asked for before a call block is not called if they may not be, by what was so when it began."""
        with self.world.book.sync_rows().work() as work:
            for link in work.links(leads).values():
                past = [one for at, one in self.world.server.snapshots[link.remote_id] if at <= started]
                lead, last = work.lead(link.lead), past[-1] if past else None
                now = self.world.server.records[link.remote_id]
                if lead is None or last is None or lead.state not in ("name", "working", "nurture"):
                    continue
                if any(row.moves_owner for row in work.deliveries_of([lead.id]).get(lead.id, ())):
                    continue
                away = all(one.deleted or one.owner != ME for one in (last, now))
                rows = work.deliveries_of([lead.id]).get(lead.id, ())
                clearing = any(row.urgent and row.kind == "take_back" for row in rows)
                stop = last.do_not_contact and now.do_not_contact and not lead.do_not_contact and not clearing
                if (away or stop) and not last.merged_into and not now.merged_into:
                    self.problems.append(f"{lead.id} was asked for and is {lead.state}, and {link.remote_id} is {now}")

    def finished(self, started: datetime) -> None:
        """No lead that asked to be left alone before a sync may be called after it."""
        lag = self.world.server.capabilities.cursor_overlap
        with self.world.book.sync_rows().work() as work:
            if not all(work.note(f"sync.{CRM}.{one}") for one in ("changes", "history")):
                self.problems.append("how far it was read is not known after a sync")
            for link in work.links_unseen(started - timedelta(hours=24), self.world.now() + timedelta(days=1), 9):
                acted = any(event.recorded_at >= started for event in work.events([link.lead])[link.lead])
                if not acted and (link.base.patched_at is None or link.base.patched_at < started):  # else just now
                    self.problems.append(f"{link.remote_id} was not asked for since {link.seen_at}")
            self.problems += self.fed(work, started - lag)
            for record in self.world.server.mine():
                shown = [one for at, one in self.world.server.snapshots[record.id] if at <= started - lag]
                if not record.do_not_contact or not shown or not shown[-1].do_not_contact or shown[-1].owner != ME:
                    continue  # set too late for the CRM's own index, or while it was another rep's
                link = work.linked([record.id]).get(record.id)
                lead = work.lead(link.lead) if link else None
                if lead is None or lead.do_not_contact or link is None:
                    continue
                rows = work.deliveries_of([lead.id]).get(lead.id, ())
                if any(row.kind == "take_back" and row.urgent and row.state != "parked" for row in rows):
                    continue  # the rep's own slip, being cleared
                self.problems.append(f"{record.id} asked to be left alone and {lead.id} is {lead.state}")

    def disputed(self, before: Before) -> None:
        """The rep is asked only about what somebody there changed too: not about what was there all along, or is ours.

        What a lead is called that was made here, merged, or let go meanwhile may differ from the first.
        """
        with self.world.book.sync_rows().work() as work:
            for one in work.conflicts():
                link, lead = work.link(one.lead), work.lead(one.lead)
                if one.at < before.at or link is None or lead is None:
                    continue
                born = [event.origin for event in work.events([one.lead])[one.lead] if event.kind == "captured"]
                went = any(row.detail.get("why") == "gone" for row in work.deliveries_of([one.lead]).get(one.lead, ()))
                plain = born == ["crm"] and not self.world.merged and not went
                if plain and "of the manager" not in one.theirs and one.field != "phones":
                    self.problems.append(f"the rep is asked about {one}, which nobody there had changed")

    def fed(self, work: SyncTransaction, until: datetime) -> Iterator[str]:
        """A lead of which the CRM says of itself that it was deleted is not worked on."""
        if self.world.server.capabilities.removals != "feed":
            return
        for link, state in work.states():
            past = self.world.server.snapshots[link.remote_id]
            deleted = past[-1][1].deleted and past[-1][0] <= until
            if deleted and state in ("name", "working", "nurture"):
                yield f"{link.lead} is {state}, and {link.remote_id} is deleted since {past[-1][0]}"

    # What is sent -----------------------------------------------------------------------------------------------

    def still_held(self, ops: Sequence[Op]) -> None:
        """Nobody took what is being sent, whatever another window did meanwhile, for as long as nobody may."""
        if any(self.world.at - self.taken.get(op.id, self.world.at) > HELD for op in ops):
            return
        with self.world.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops).values()
        # It may have arrived earlier: then the other window may have seen that it is there.
        held = ("delivered", "cancelled", "compensated")
        taken = [
            row
            for row in rows
            if row.state not in held and (row.state, row.lease_by) != ("sending", self.world.owner())
        ]
        self.problems += [f"{row.kind} {row.op} is {row.state} while it is being sent" for row in taken]

    def sending(self, ops: Sequence[Op]) -> None:
        """Look at what is about to be sent; and, while no other window does anything, at what should go before it."""
        self.undecided(ops)
        with self.world.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops)
        self.taken |= {op: row.updated_at or self.world.at for op, row in rows.items()}
        self.problems += [
            f"{row.kind} {row.op} is sent by {self.world.owner()}, and {row.lease_by or 'nobody'} has it as {row.state}"
            for row in rows.values()
            if row.state not in SETTLED and (row.state, row.lease_by) != ("sending", self.world.owner())
        ]
        if len(self.world.windows) != 1 or self.world.interrupted:
            return
        for op in ops:
            if isinstance(op.body, LeadPatch) and op.body.owner:
                self.last_of(op)
        self.unknown_first(ops)
        self.in_order(ops)
        if not any(isinstance(op.body, LeadPatch | LeadCreate) for op in ops):
            self.marks_first(ops)

    def in_order(self, ops: Sequence[Op]) -> None:
        """What was done on a lead goes over in the order in which it was done; a lead is given away at the end."""
        with self.world.book.sync_rows().work() as work:
            every = [row for row in work.open_deliveries() if row.kind not in ("owner", "lead")]
        rows = {row.op: row for row in every}
        parked = {row.op for row in every if row.state == "parked"}
        for row in [rows[op.id] for op in ops if op.id in rows]:
            first = [
                one
                for one in every
                if one.seq < row.seq and one.lead == row.lead and one.urgent == row.urgent
                and one.op not in parked and not self.held_back(one, parked)
                and one.updated_at and one.updated_at < self.world.begun
            ]  # fmt: skip
            if first:
                self.problems.append(f"{row.kind} {row.op} goes before {first[0].kind} {first[0].op} of the same lead")

    def undecided(self, ops: Sequence[Op]) -> None:
        """What both sides changed waits for the rep."""
        with self.world.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops)
            for op in ops:
                row = rows.get(op.id)
                known = work.conflicts(row.lead) if row is not None else ()
                # One that another window found since this was taken up is the next one's.
                disputed = {one.field for one in known if row and row.updated_at and one.at < row.updated_at}
                if isinstance(op.body, LeadPatch) and (both := disputed & op.body.profile.keys()):
                    self.problems.append(f"{op.id} decides {sorted(both)} of {op.lead}, which is the rep's to decide")

    def marks_first(self, ops: Sequence[Op]) -> None:
        """Do-not-contact goes before all else."""
        with self.world.book.sync_rows().work() as work:
            every = work.open_deliveries()
            events = {one.id: one.body for some in work.events({row.lead for row in every}).values() for one in some}
            urgent = [
                (home(work, CRM, row.lead)[0], row)
                for row in every
                if isinstance(events.get(row.event), ev.DoNotContact) and row.detail.get("was", row.kind) == "patch"
            ]
            # Another mark of the same lead whose sender died goes before, and is waited for.
            busy = {lead for lead, row in urgent if row.state not in {"waiting", "parked"}}
            rows = [row for lead, row in urgent if lead not in busy and row.state == "waiting" and not row.not_before]
            first = [
                row for row in rows if row.updated_at and row.updated_at < self.world.begun and work.link(row.lead)
            ]
        if first and not self.told_before(first):
            self.problems.append(f"{type(ops[0].body).__name__} goes before the do-not-contact {first[0].op}")

    def unknown_first(self, ops: Sequence[Op]) -> None:
        """Do-not-contact of a lead that is not in the CRM yet has that lead go before all else."""
        with self.world.book.sync_rows().work() as work:
            every = work.open_deliveries()
            urgent = {row.lead: row for row in every if row.urgent and row.kind == "patch" and row.state == "waiting"}
            first = [
                row
                for row in every
                if row.kind == "lead"
                and row.state == "waiting"
                and not row.not_before
                and row.lead in urgent
                and all(one.updated_at and one.updated_at < self.world.begun for one in (row, urgent[row.lead]))
                and work.link(row.lead) is None
            ]
        wanted = {row.op for row in every if row.urgent} | {row.op for row in every if row.lead in urgent}
        if first and not self.told_before(first) and not wanted & {op.id for op in ops}:
            self.problems.append(f"{type(ops[0].body).__name__} goes before the lead of do-not-contact {first[0].lead}")

    def last_of(self, op: Op) -> None:
        """A lead is handed over when all that was done on it is there: a CRM may take no more of it then."""
        with self.world.book.sync_rows().work() as work:
            given = work.deliveries([op.id])[op.id]
            rows = work.deliveries_of([given.lead]).get(given.lead, ())
        first = [
            row for row in rows if row.state in ("waiting", "retry", "ambiguous") and row.kind in ("touch", "note")
        ]
        if given.tries == 1 and any(row.updated_at and row.updated_at < self.world.begun for row in first):
            self.problems.append(f"{given.lead} is handed over before {first[0].kind} {first[0].op}")

    def events_of(self, lead: str) -> Sequence[ev.Event]:
        with self.world.book.sync_rows().work() as work:
            events: Sequence[ev.Event] = work.events([lead])[lead]
        return events

    def seen_closed(self, lead: str, event: str) -> bool:
        """Whether the rep knew, when they did something, that it had ended; who ends it once more changes nothing."""
        events = self.events_of(lead)
        own = next((one for one in events if one.id == event), None)
        return own is None or any(isinstance(one.body, ev.Closed) and one.seq < own.seq for one in events)

    def told_before(self, rows: Sequence[Delivery]) -> bool:
        """Whether these wait because their sending failed in this run."""
        return any(row.tries or row.maybe for row in rows)

    def overwriting(self, record: Record, op: Op, over: Mapping[str, str]) -> None:
        """What the manager set and we have not seen may not be overwritten in silence."""
        if self.world.network.late or self.world.server.capabilities.stale_guard:
            return
        with self.world.book.sync_rows().work() as work:
            link = work.linked([record.id]).get(record.id)
            row = work.deliveries([op.id]).get(op.id)
            rows = work.deliveries_of([row.lead])[row.lead] if row is not None else ()
        if link is None or row is None or row.maybe:
            return
        known = {**(link.base.profile or {}), "closed": link.base.closed, "do_not_contact": ""}
        bodies = [event.body for event in self.events_of(link.lead)]
        for name, value in over.items():
            if name in (link.base.profile or {}) and not any(shows(body, name, value) for body in bodies):
                known.pop(name)  # the sync has seen it, and told nobody
        unseen = [name for name, value in over.items() if name != "status" and known.get(name) != value]
        event = next((one for one in self.events_of(row.lead) if one.id == row.event), None)
        labelled = self.world.server.labelled.get(record.id, event.at if event is not None else self.world.at)
        # Before our own last change, or while we did not know that we had made it: nobody can tell what was first.
        made = [one.updated_at for one in rows if one.kind == "lead" and one.updated_at is not None]
        hidden = labelled <= max([*made, link.base.patched_at or labelled - SLACK])
        later = event is not None and labelled > event.at + SLACK and not hidden
        if "status" in over and row.kind == "patch" and later and event is not None and event.origin == "rep":
            unseen.append("status")
        if over.get("closed") and not self.seen_closed(link.lead, row.event):
            unseen.append("its end")
        if unseen:
            self.problems.append(f"{op.id} overwrites {unseen} of {record.id}, which the manager set, unseen")
