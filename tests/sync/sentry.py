"""Who looks at each call that writes: whether it may be made now, by whom, before what else, and over what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.domain.profile import flat
from callsheet.sync.home import home
from callsheet.sync.port import LeadCreate, LeadPatch, Op
from callsheet.sync.records import Delivery
from tests.sync.disk_book import CRM
from tests.sync.said import SLACK
from tests.sync.server import ME, Record
from tests.sync.timing import HELD, SETTLED

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


def held_back(
    world: World, work: SyncTransaction, row: Delivery, parked: Collection[str], every: Sequence[Delivery]
) -> bool:
    """Whether a delivery depends on one that is left to the rep, or on that its lead is the rep's again."""
    lead = home(work, CRM, row.lead)[0]
    coming = (one for one in every if one.kind == "take_back" and one.moves_owner and one.op not in parked)
    if (
        row.sets
        and not row.urgent
        and not row.moves_owner
        and any(home(work, CRM, one.lead)[0] == lead for one in coming)
    ):
        return True
    keyless = world.server.capabilities.idempotency == "none"
    added = keyless and row.detail.get("was") not in ("patch", "owner", "lead")
    return row.detail.get("task") in parked or (added and row.detail.get("of") in parked)


class Sentry:
    """Looks at what is sent, and adds what is wrong to the problems of the world."""

    def __init__(self, world: World) -> None:
        self.world, self.problems = world, world.problems
        self.taken: dict[tuple[str, str], datetime] = {}
        """Since when a delivery is held by who sends it, by both."""

    def still_held(self, ops: Sequence[Op]) -> None:
        """Nobody took what is being sent, whatever another window did meanwhile, for as long as nobody may."""
        owner = self.world.owner()
        if any(self.world.at - self.taken.get((op.id, owner), self.world.at) > HELD for op in ops):
            return
        with self.world.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops).values()
        # It may have arrived earlier: then the other window may have seen that it is there.
        held = ("delivered", "cancelled", "compensated")
        taken = [row for row in rows if row.state not in held and (row.state, row.lease_by) != ("sending", owner)]
        self.problems += [f"{row.kind} {row.op} is {row.state} while it is being sent" for row in taken]

    def sending(self, ops: Sequence[Op]) -> None:
        """Look at what is about to be sent; and, while no other window does anything, at what should go before it."""
        self.undecided(ops)
        with self.world.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops)
        self.taken |= {(op, self.world.owner()): row.updated_at or self.world.at for op, row in rows.items()}
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
        self.not_ours(ops)
        if not any(isinstance(op.body, LeadPatch | LeadCreate) for op in ops):
            self.marks_first(ops)

    def in_order(self, ops: Sequence[Op]) -> None:
        """What was done on a lead goes over in the order in which it was done; a lead is given away at the end.

        It comes back before all else.
        """
        with self.world.book.sync_rows().work() as work:
            every = [row for row in work.open_deliveries() if row.kind not in ("owner", "lead")]
            rows = {row.op: row for row in every}
            parked = {row.op for row in every if row.state == "parked"}
            for row in [rows[op.id] for op in ops if op.id in rows and not rows[op.id].moves_owner]:
                first = [
                    one
                    for one in every
                    if one.seq < row.seq and one.lead == row.lead and one.urgent == row.urgent
                    and one.op not in parked and not held_back(self.world, work, one, parked, every)
                    and one.updated_at and one.updated_at < self.world.begun
                ]  # fmt: skip
                if first:
                    found = f"{row.kind} {row.op} goes before {first[0].kind} {first[0].op} of the same lead"
                    self.problems.append(found)

    def not_ours(self, ops: Sequence[Op]) -> None:
        """Nothing but do-not-contact is set on a lead that is known to be somebody else's."""
        with self.world.book.sync_rows().work() as work:
            links = work.linked(op.lead for op in ops if isinstance(op.body, LeadPatch))
        for op in ops:
            link = links.get(op.lead)
            sets = isinstance(op.body, LeadPatch) and op.body.owner is None and op.body.do_not_contact is None
            if sets and link is not None and not link.base.mine and not link.base.gone and link.base.owner != ME:
                self.problems.append(f"{op.id} is set on {op.lead}, which is known to be {link.base.owner}'s")

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

    def seen_closed(self, lead: str, row: Delivery) -> bool:
        """Whether the rep knew, when they did something, that it had ended; who ends it once more changes nothing."""
        events = self.events_of(lead)
        said = [one.seq for one in events if one.id == row.event]
        if row.op != row.event:  # put back since: that is when it was said
            said += [one.seq for one in events if isinstance(one.body, ev.Undone)]
        return not said or any(isinstance(one.body, ev.Closed) and one.seq < max(said) for one in events)

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
        hidden = labelled <= max([*made, link.base.patched_at or labelled - 3 * SLACK]) + 2 * SLACK
        # What is put back is said when that is done; what is logged later than it was, by one who may have looked.
        back = [one.at for one in self.events_of(row.lead) if isinstance(one.body, ev.Undone) and row.op != row.event]
        later = event is not None and labelled > max([event.recorded_at, *back]) + SLACK and not hidden
        # A closing says more than how a lead is called: it is given up only for what is known to have changed.
        called = isinstance(op.body, LeadPatch) and op.body.closed is None and not op.body.reopen
        if (
            "status" in over
            and called
            and row.kind == "patch"
            and later
            and event is not None
            and event.origin == "rep"
        ):
            unseen.append("status")
        ended = over.get("closed", "")
        if ended and (ended == "won") == (link.base.closed == "won") and link.base.closed and "closed" in unseen:
            unseen.remove("closed")  # it had ended so before, as is known: reasons are told in other words there
        elif ended and not self.seen_closed(link.lead, row):
            unseen.append("its end")
        if unseen:
            self.problems.append(f"{op.id} overwrites {unseen} of {record.id}, which the manager set, unseen")
