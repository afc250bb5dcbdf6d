"""What is watched while a day runs: who looks at each call and after each sync whether it was as it has to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.sync.home import home
from callsheet.sync.records import Delivery
from callsheet.sync.run import SyncReport
from tests.sync import endings
from tests.sync.disk_book import CRM
from tests.sync.sentry import held_back
from tests.sync.server import ME
from tests.sync.timing import Run, states, unnamed, unsaid

if TYPE_CHECKING:
    from callsheet.store.sync_rows import SyncTransaction
    from tests.sync.world import World


@dataclass(frozen=True)
class Before:
    """How all stood before a sync: when, which leads and records were the rep's, how many are worked, each delivery.

    `crowded_until` is until when any window had been told not to call.
    """

    at: datetime
    held: set[str]
    records: set[str]
    worked: int
    known: Mapping[str, Delivery]
    crowded_until: datetime
    force: bool


class Watch:
    """Looks on, and adds what is wrong to the problems of the world."""

    def __init__(self, world: World) -> None:
        self.world, self.problems = world, world.problems
        self.left_to_rep: set[tuple[str, str]] = set()
        """What was seen to be parked, and for which reason: it is asked about once."""

    # A sync from its beginning to its end ------------------------------------------------------------------------

    def before(self, *, force: bool) -> Before:
        """Remember how all stands before a sync."""
        known = states(self.world.book.sync_rows(), self.world.ids()) if not self.world.windows else {}
        held = self.held()
        with self.world.book.sync_rows().work() as work:
            worked, links = work.count_links(), work.links(held)
        records = {link.remote_id for link in links.values()}
        return Before(self.world.at, held, records, worked, known, self.world.network.crowded_until, force=force)

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
        self.merged()
        if not report.stopped:
            self.finished(before.at)
        if not report.stopped and alone:
            self.nothing_left(before.at)
            self.read_on()
        if not before.force and alone:
            self.few_went(before)

    # What a sync leaves -------------------------------------------------------------------------------------------

    def held(self) -> set[str]:
        """The leads that are the rep's, as far as the book knows."""
        with self.world.book.sync_rows().work() as work:
            known = [(link, state) for link, state in work.states() if state in ("name", "working", "nurture")]
            return {link.lead for link, _ in known if link.base.mine and not link.base.gone}

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
        # Also of what was taken together with a call that slept nobody knows, once its lease has run out.
        self.world.network.answers.unsure |= {row.op for row in rows if "sender stopped" in row.reason}
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
        given = {
            event.lead
            for events in journal.values()
            for event in events
            if event.origin == "rep" and event.recorded_at >= before.at and isinstance(event.body, ev.Returned)
        }  # was not the rep's any more when it went
        if len(went - given) > max(2, before.worked // 5 + 1):  # some may have come since
            self.problems.append(f"{len(went)} of {before.worked} leads were taken away, and nobody was asked")

    def read_on(self) -> None:
        """A sync that came to its end has read all that there was to read."""
        with self.world.book.sync_rows().work() as work:
            changes, history = (work.note(f"sync.{CRM}.{one}") for one in ("changes", "history"))
            if not changes or not history or not changes.endswith("||") or history.endswith("more"):
                self.problems.append(f"a sync came to its end, and had not read to the end: {changes} {history}")

    def nothing_left(self, started: datetime) -> None:
        """A sync that came to its end has sent whatever could go, and looked after what a dead sender left."""
        first: dict[tuple[str, bool], Delivery] = {}
        with self.world.book.sync_rows().work() as work:
            rows = work.open_deliveries()
            parked = {row.op for row in rows if row.state == "parked"}
            for row in sorted(rows, key=lambda row: row.kind == "owner" and row.unsent):  # which waits for the others
                lead = home(work, CRM, row.lead)[0]
                if row.op not in parked and not held_back(self.world, work, row, parked, rows) and work.link(lead):
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
            waits = waits and not row.tries and not row.detail.get("sent")  # what may be there goes on with its lead
            if link is not None and not link.base.mine and sets and waits:
                yield f"{row.kind} {row.op} is {row.state}, and {row.lead} is {link.base.owner}'s"

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
            for link in work.links_unseen(started - timedelta(hours=24), self.world.now() + timedelta(days=1), 9):
                acted = any(event.recorded_at >= started for event in work.events([link.lead])[link.lead])
                again = link.seen_at.year == 1970  # what differs is asked for with the next sync
                if (
                    not acted and not again and (link.base.patched_at is None or link.base.patched_at < started)
                ):  # else just now
                    self.problems.append(f"{link.remote_id} was not asked for since {link.seen_at}")
            self.problems += self.fed(work, started - lag)
            for record in self.world.server.mine():
                past = self.world.server.snapshots[record.id]
                shown = [one for at, one in past if at <= started - lag][-1:]
                if not record.do_not_contact or not any(one.do_not_contact for one in shown):
                    continue  # set too late for the CRM's own index
                if any(
                    one.owner != ME or one.deleted for one in (*shown, *(one for at, one in past if at > started - lag))
                ):
                    continue  # it was another rep's, or gone, for a while
                link = work.linked([record.id]).get(record.id)
                lead = work.lead(link.lead) if link else None
                if lead is None or lead.do_not_contact or link is None:
                    continue
                if any(one.recorded_at >= started and one.origin == "rep" for one in work.events([lead.id])[lead.id]):
                    continue  # it was put back just now
                rows = work.deliveries_of([lead.id]).get(lead.id, ())
                if any(row.kind == "take_back" and row.urgent and row.state != "parked" for row in rows):
                    continue  # the rep's own slip, being cleared
                self.problems.append(f"{record.id} asked to be left alone and {lead.id} is {lead.state}")

    def merged(self) -> None:
        """Who asked to be left alone before they were merged is left alone after it too."""
        with self.world.book.sync_rows().work() as work:
            for one in self.world.ids():
                lead = work.lead(one)
                if lead is None or not lead.merged_into or not lead.do_not_contact:
                    continue
                other = home(work, CRM, one)[1]
                if other is not None and not other.do_not_contact:
                    self.problems.append(
                        f"{one} asked to be left alone, and goes on as {other.id}, which is {other.state}"
                    )

    def disputed(self, before: Before) -> None:
        """The rep is asked only about what somebody there changed too: not about what was there all along, or is ours.

        What a lead is called that was made here, merged, or let go meanwhile may differ from the first.
        """
        with self.world.book.sync_rows().work() as work:
            for one in work.conflicts():
                link, lead = work.link(one.lead), work.lead(one.lead)
                if lead is not None and lead.merged_into:
                    self.problems.append(f"the rep is asked about {one}, which goes on as {lead.merged_into}")
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
            if deleted and not link.base.gone and state in ("name", "working", "nurture"):  # else it is a finding
                yield f"{link.lead} is {state}, and {link.remote_id} is deleted since {past[-1][0]}"
