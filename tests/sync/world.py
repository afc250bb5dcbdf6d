"""A rep, a manager, a book on disk, a CRM and a clock: a day at random, the same one for each seed."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.util import LRUCache

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile, changed, flat
from callsheet.domain.rules import Rules
from callsheet.services.desk import Action
from callsheet.services.history import still_stopped
from callsheet.services.intake import first_facts, more_facts
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from callsheet.sync.home import home
from callsheet.sync.line import Fact, Line, Send, nobody_else
from callsheet.sync.port import CrmError, LeadCreate, LeadPatch, Op, RemoteInteraction, Result
from callsheet.sync.records import Delivery
from callsheet.sync.run import SyncReport, check_leads, sync
from tests.sync import fake_crm
from tests.sync.fake_crm import ME, OTHER, FakeCrm, Record, Server
from tests.sync.faults import Died, Faults, MortalBook
from tests.sync.memory_book import MemoryBook
from tests.sync.timing import HELD, states, unnamed

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
CRM = "fake"
Idempotency = str


@cache
def rules() -> Rules:
    return default_rules()


class Intake:
    """`sync.line.Intake` by the services' own rules."""

    def first(self, lead: str, captured: ev.Captured, happened: Any, *, do_not_contact: bool) -> Sequence[Fact]:
        return first_facts(lead, captured, happened, rules(), do_not_contact=do_not_contact)

    def more(self, lead: Lead, happened: Any, now: datetime) -> Sequence[Fact]:
        return more_facts(lead, happened, now, rules())


def nowhere(_lead: Lead) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (), ()


@cache
def empty_book(folder: Path) -> Path:
    """A book with nothing in it, made once: migrating is slow."""
    path = folder / "empty.db"
    path.unlink(missing_ok=True)
    book = SqliteBook(path, rules(), nowhere)
    book.put_note("crm", CRM)
    with book.writing() as connection:
        connection.exec_driver_sql("DELETE FROM event")
    book.close()
    return path


class DiskBook(SqliteBook):
    """The real book in a file; what a simulated rep asks beyond that of a book in memory."""

    def lead_ids(self) -> list[str]:
        with self.reading() as connection:
            return sorted(row[0] for row in connection.exec_driver_sql("SELECT DISTINCT lead FROM event"))

    def size(self) -> int:
        with self.reading() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one())


COMPILED: Any = LRUCache(1000)
"""Statements compiled once for all books: each engine has a cache of its own, and a simulation opens very many."""


def open_book(path: Path) -> DiskBook:
    book = DiskBook(path, rules(), nowhere)
    for engine in (book._engine, book._writing):
        engine._compiled_cache = COMPILED

    @sqlalchemy_event.listens_for(book._engine, "connect")
    def fast(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # the simulated death is of the process, not of the machine

    return book


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


@dataclass
class Told:
    """What the rep was told is safe: an event that was acknowledged."""

    event: str
    lead: str


class World:
    """All of it, with the book in memory, or on disk where a folder is given. `step` does one thing at random.

    On a day that `tidies` the manager also merges leads into leads that go on to be merged, while nobody looks.
    """

    def __init__(
        self, seed: int, folder: Path | None = None, kind: str = "", *, rate: float = 0.15, tidies: bool = False
    ) -> None:
        self.seed, self.tidies = seed, tidies
        self.chance, self.giving = random.Random(seed), random.Random(f"gives {seed}")
        self.odds, self.times = random.Random(f"odd {seed}"), random.Random(f"times {seed}")
        self.at = START
        self.deadly = False
        self.pending: list[tuple[datetime, Callable[[], object]]] = []
        self.path: Path | None = None
        self.book: Any = MemoryBook(rules(), CRM)  # a double of the part of a book that is used here
        if folder is not None:
            self.path = folder / f"sim{seed}.db"
            for old in folder.glob(f"sim{seed}.db*"):
                old.unlink()
            shutil.copy(empty_book(folder), self.path)
            self.book = open_book(self.path)
        crm = fake_crm.capabilities(kind or self.chance.choice(["native", "lookup", "none"]), self.chance)
        self.native = crm.idempotency == "native"
        self.server = Server(
            self.now, crm, lag=crm.lookup_lag, skew=timedelta(seconds=self.chance.choice([0, 0, 40, -40])),
            whole_seconds=self.chance.random() < 0.5, private=self.giving.random() < 0.3,
            whole=self.odds.random() < 0.3,
        )  # fmt: skip
        self.network = Faults(self, rate)
        self.crm = FakeCrm(self.server, self.network)
        self.crm.about_to = self.sending
        self.server.watch = self.overwriting
        self.begun = START
        self.rate = rate
        self.death = self.chance.choice([0.0, 0.01, 0.03])
        self.knows_the_dead = self.chance.random() < 0.5
        self.process = 0
        self.busy = 0
        self.stir = 0.1
        self.impatient = False
        self.log: list[str] = []
        self.told: list[Told] = []
        self.reports: list[SyncReport] = []
        self.problems: list[str] = []
        self.merged = False
        self.interrupted = False

    # The wire -----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.at

    def pass_time(self, seconds: float) -> None:
        until = self.at + timedelta(seconds=seconds)
        while self.pending and (first := min(self.pending, key=lambda one: one[0]))[0] <= until:
            self.pending.remove(first)
            self.at = max(self.at, first[0])
            first[1]()
        self.at = until

    def later(self, at: datetime, do: Callable[[], object]) -> None:
        self.pending.append((at, do))

    def meanwhile(self) -> None:
        """While a request is under way, the rep goes on working, and another window syncs too."""
        if self.impatient and self.chance.random() < 0.4:
            self.impatient = False
            self.undo()
        if self.busy > 1 or self.chance.random() > self.stir:
            return
        match self.chance.choice(["rep", "undo", "sync", "block"]):
            case "rep":
                self.rep()
            case "undo":
                self.undo()
            case "sync":
                self.note("another window syncs meanwhile")
                self.sync()
            case "block":
                self.note("another window asks for leads before a call block")
                self.ask()

    def note(self, what: str) -> None:
        self.log.append(f"{self.at:%H:%M:%S} {what}")

    def fresh(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    # The processes ------------------------------------------------------------------------------------------------

    def owner(self) -> str:
        return f"p{self.process}-{self.busy}"

    def line(self) -> Line:
        owner = self.owner()
        alive = nobody_else if not self.knows_the_dead else self.lives
        return Line(
            MortalBook(self.book.sync_rows(), self, self.death), self.crm, rules(), Intake(), self.now,
            sleep=self.pass_time, chance=self.chance.random, side_by_side=self.side_by_side, fresh=self.fresh,
            owner=owner, alive=alive,
        )  # fmt: skip

    def side_by_side(self, send: Send, calls: Sequence[Sequence[Op]]) -> Iterator[Sequence[Result] | CrmError]:
        """One call after the other; those that may be made at once are for different leads."""
        self.network.goes_on()
        leads = [op.lead for call in calls for op in call if op.lead]
        if len(set(leads)) < len(leads):
            self.problems.append(f"two deliveries of one lead at once: {calls}")
        return map(send, calls)

    def lives(self, owner: str) -> bool:
        return owner.startswith(f"p{self.process}-")

    def sync(self, *, force: bool = False, thorough: bool = False) -> SyncReport | None:
        started, held = self.at, self.held()
        before = states(self.book.sync_rows(), self.ids()) if not self.busy else {}
        if force:
            self.network.closed_until = None  # the rep has asked for it all the same
        self.network.begun = started if not self.busy else self.network.begun
        if not self.busy:
            self.begun, self.network.refused, self.interrupted = started, None, False
        self.interrupted = self.interrupted or self.busy > 0  # what another window found is known in the next round
        self.busy += 1
        try:
            with self.network.running() as run:
                report = sync(self.line(), force=force, thorough=thorough)
        except Died:
            if self.busy > 1:
                self.busy -= 1
                raise
            self.note("the process died")
            self.network.closed_until = self.network.denied_at = None  # it may not have been written down
            self.restart()
            return None
        self.waiting()
        self.busy -= 1
        if self.busy:
            self.network.refused = None  # the window that was told is this one
        elif not self.interrupted:
            if report.stopped == "throttled" and run.until is not None:
                self.network.closed_at, self.network.closed_until = self.at, run.until
            self.problems += unnamed(before, states(self.book.sync_rows(), self.ids()), report.leads)
        self.note(f"sync: {report.stopped or 'done'} {report.problem} delivered {report.delivered}")
        self.reports.append(report)
        if not report.stopped:
            self.finished(started)
            if not self.interrupted:
                self.nothing_left(started)
        if not force and not self.interrupted:
            self.few_went(started, held)
        return report

    def ask(self) -> None:
        """Ask for some leads whether they may still be called."""
        self.interrupted = self.interrupted or self.busy > 0
        self.busy += 1
        try:
            with self.network.running():
                check_leads(self.line(), [lead.id for lead in self.leads()])
        finally:
            self.busy -= 1
        self.network.refused = None  # the window that was told is this one

    def waiting(self) -> None:
        """What a run leaves is nobody's, and waits as long as it should."""
        with self.book.sync_rows().work() as work:
            rows = work.open_deliveries()
        for row in rows:
            self.problems += self.network.answers.waits(row, self.process)
            if row.state == "sending" and row.lease_by in ("", self.owner()):
                self.problems.append(f"{row.kind} {row.op} is being sent by a run that is over")

    def still_held(self, ops: Sequence[Op], since: datetime) -> None:
        """Nobody took what is being sent, whatever another window did meanwhile."""
        if self.at - since > HELD:
            return
        with self.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops).values()
        # It may have arrived earlier: then the other window may have seen that it is there.
        held = ("delivered", "cancelled", "compensated")
        taken = [
            row for row in rows if row.state not in held and (row.state, row.lease_by) != ("sending", self.owner())
        ]
        self.problems += [f"{row.kind} {row.op} is {row.state} while it is being sent" for row in taken]

    def held(self) -> set[str]:
        """The leads that are the rep's, as far as the book knows."""
        with self.book.sync_rows().work() as work:
            return {link.lead for link, _ in work.states() if link.base.mine and not link.base.gone}

    def few_went(self, started: datetime, held: set[str]) -> None:
        """A pull that nobody agreed to does not take away a good part of the leads."""
        with self.book.sync_rows().work() as work:
            journal = work.events(self.ids())
            links = len(work.states())
        went = {
            event.lead
            for events in journal.values()
            for event in events
            if event.origin == "crm" and event.recorded_at >= started and event.lead in held and (
                (isinstance(event.body, ev.Returned) and event.body.kind == "reassigned")
                or (isinstance(event.body, ev.Closed) and event.body.reason == "gone")
            )
        }  # fmt: skip
        if len(went) > max(2, links // 5):
            self.problems.append(f"{len(went)} of at most {links} leads were taken away, and nobody was asked")

    def nothing_left(self, started: datetime) -> None:
        """A sync that came to its end has sent whatever could go."""
        first: dict[tuple[str, bool], Delivery] = {}
        with self.book.sync_rows().work() as work:
            rows = work.open_deliveries()
            parked = {row.op for row in rows if row.state == "parked"}
            for row in sorted(rows, key=lambda row: row.kind == "owner" and row.unsent):  # which waits for the others
                lead = home(work, CRM, row.lead)[0]
                added = (
                    row.detail.get("was") not in ("patch", "owner", "lead")
                    and self.server.capabilities.idempotency == "none"
                )
                held = row.detail.get("task") in parked or (added and row.detail.get("of") in parked)
                if row.op not in parked and not held and work.link(lead):
                    first.setdefault((lead, row.urgent), row)
        for row in first.values():
            if row.state == "waiting" and row.not_before is None and row.updated_at and row.updated_at < started:
                self.problems.append(f"{row.kind} {row.op} could go and was not sent")

    def restart(self) -> None:
        self.process += 1
        self.busy = 0
        if self.path is not None:
            self.book.close()
            self.book = open_book(self.path)

    def sending(self, ops: Sequence[Op]) -> None:
        """Do-not-contact goes before all else; what both sides changed waits for the rep."""
        with self.book.sync_rows().work() as work:
            rows = work.deliveries(op.id for op in ops)
            for op in ops:
                row = rows.get(op.id)
                known = work.conflicts(row.lead) if row is not None else ()
                # One that another window found since this was taken up is the next one's.
                disputed = {one.field for one in known if row and row.updated_at and one.at < row.updated_at}
                if isinstance(op.body, LeadPatch) and (both := disputed & op.body.profile.keys()):
                    self.problems.append(f"{op.id} decides {sorted(both)} of {op.lead}, which is the rep's to decide")
        for op in ops:
            if isinstance(op.body, LeadPatch) and op.body.owner and self.busy == 1 and not self.interrupted:
                self.last_of(rows[op.id])
        if self.busy == 1 and not self.interrupted:
            self.unknown_first(ops)
        if self.busy != 1 or any(isinstance(op.body, LeadPatch | LeadCreate) for op in ops):
            return
        with self.book.sync_rows().work() as work:
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
            first = [row for row in rows if row.updated_at and row.updated_at < self.begun and work.link(row.lead)]
        if first and not self.told_before(first) and not self.interrupted:
            self.problems.append(f"{type(ops[0].body).__name__} goes before the do-not-contact {first[0].op}")

    def unknown_first(self, ops: Sequence[Op]) -> None:
        """Do-not-contact of a lead that is not in the CRM yet has that lead go before all else."""
        with self.book.sync_rows().work() as work:
            every = work.open_deliveries()
            urgent = {row.lead: row for row in every if row.urgent and row.kind == "patch" and row.state == "waiting"}
            first = [
                row
                for row in every
                if row.kind == "lead"
                and row.state == "waiting"
                and not row.not_before
                and row.lead in urgent
                and all(one.updated_at and one.updated_at < self.begun for one in (row, urgent[row.lead]))
                and work.link(row.lead) is None
            ]
        wanted = {row.op for row in every if row.urgent} | {row.op for row in every if row.lead in urgent}
        if first and not self.told_before(first) and not wanted & {op.id for op in ops}:
            self.problems.append(f"{type(ops[0].body).__name__} goes before the lead of do-not-contact {first[0].lead}")

    def last_of(self, given: Delivery) -> None:
        """A lead is handed over when all that was done on it is there: a CRM may take no more of it then."""
        with self.book.sync_rows().work() as work:
            rows = work.deliveries_of([given.lead]).get(given.lead, ())
        first = [
            row for row in rows if row.state in ("waiting", "retry", "ambiguous") and row.kind in ("touch", "note")
        ]
        if given.tries == 1 and any(row.updated_at and row.updated_at < self.begun for row in first):
            self.problems.append(f"{given.lead} is handed over before {first[0].kind} {first[0].op}")

    def told_before(self, rows: Sequence[Delivery]) -> bool:
        """Whether these wait because their sending failed in this run."""
        return any(row.tries or row.maybe for row in rows)

    def overwriting(self, record: Record, op: Op, over: Mapping[str, str]) -> None:
        """What the manager set and we have not seen may not be overwritten in silence."""
        if self.network.late or self.server.capabilities.stale_guard:
            return
        with self.book.sync_rows().work() as work:
            link = work.linked([record.id]).get(record.id)
            row = work.deliveries([op.id]).get(op.id)
        if link is None or row is None or row.maybe:
            return
        known = {**(link.base.profile or {}), "closed": link.base.closed, "do_not_contact": ""}
        with self.book.sync_rows().work() as work:
            bodies = [event.body for event in work.events([link.lead])[link.lead]]
        for name, value in over.items():
            if name in (link.base.profile or {}) and not any(shows(body, name, value) for body in bodies):
                known.pop(name)  # the sync has seen it, and told nobody
        unseen = [name for name, value in over.items() if known.get(name) != value]
        if unseen:
            self.problems.append(f"{op.id} overwrites {unseen} of {record.id}, which the manager set, unseen")

    def finished(self, started: datetime) -> None:
        """No lead that asked to be left alone before a sync may be called after it."""
        lag = self.server.capabilities.cursor_overlap
        with self.book.sync_rows().work() as work:
            if not all(work.note(f"sync.{CRM}.{one}") for one in ("changes", "history")):
                self.problems.append("how far it was read is not known after a sync")
            for link in work.links_unseen(started - timedelta(hours=24), self.now() + timedelta(days=1), 9):
                acted = any(event.recorded_at >= started for event in work.events([link.lead])[link.lead])
                if not acted and (link.base.patched_at is None or link.base.patched_at < started):  # else just now
                    self.problems.append(f"{link.remote_id} was not asked for since {link.seen_at}")
            for record in self.server.mine():
                shown = [one for at, one in self.server.snapshots[record.id] if at <= started - lag]
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

    # The rep ------------------------------------------------------------------------------------------------------

    def act(self, label: str, *facts: tuple[str, ev.Body]) -> None:
        action = self.fresh()
        events = tuple(
            ev.Event(self.fresh(), lead, action, self.at, "Europe/London", self.at, "rep", body) for lead, body in facts
        )
        with self.book.work() as work:
            work.append(Action(action, self.at, label, events))
        self.note(f"rep: {label}")
        self.told += [Told(event.id, event.lead) for event in events]

    def leads(self) -> list[Lead]:
        with self.book.work() as work:
            found = self.chance.sample(ids, min(len(ids), 4)) if (ids := self.ids()) else []
            made = [work.lead(one) for one in found]
        return [one for one in made if one is not None and not one.merged_into]

    def ids(self) -> list[str]:
        return list(self.book.lead_ids())

    def rep(self) -> None:
        if self.giving.random() < 0.04:
            self.hand_over()
            return
        does = self.chance.choices(
            [self.log_attempt, self.undo, self.redo, self.remark, self.agree, self.edit, self.decide, self.capture],
            [10, 4, 2, 3, 4, 3, 3, 2],
        )[0]
        does()

    def log_attempt(self) -> None:
        leads = [lead for lead in self.leads() if lead.state in ("working", "nurture") and not lead.do_not_contact]
        if not leads:
            return
        lead, at = leads[0], self.at + timedelta(days=self.chance.randint(1, 9))
        ways: list[tuple[ev.Channel, str]] = [
            ("phone", "no_answer"), ("phone", "voicemail"), ("phone", "connected"), ("email", "sent"),
            ("phone", "meeting"), ("email", "replied"), ("linkedin", "invited"),
        ]  # fmt: skip
        channel, outcome = self.chance.choice(ways)
        text = self.chance.choice(["", "", "Asked for Ann", "poison"]) if self.chance.random() < 0.5 else ""
        step = self.chance.choice([None, 0, 1])
        facts: list[tuple[str, ev.Body]] = [
            (lead.id, ev.Attempt(channel, outcome, seconds=self.chance.randint(0, 99), note=text, step=step))
        ]
        if outcome in ("connected", "meeting"):
            facts.append((lead.id, ev.NextStepSet("advance", at, "phone", "pricing")))
        self.act(f"{outcome} {lead.id}", *facts)

    def remark(self) -> None:
        for lead in self.leads()[:1]:
            self.act(f"note {lead.id}", (lead.id, ev.Noted(f"Likes tea {self.chance.randint(1, 999)}")))

    def agree(self) -> None:
        for lead in self.leads()[:1]:
            if lead.state not in ("working", "nurture"):
                continue
            at = self.at + timedelta(hours=self.chance.randint(1, 99))
            if lead.commitment is not None and self.chance.random() < 0.4:
                self.act(f"drop step {lead.id}", (lead.id, ev.NextStepDropped("no time")))
            else:
                self.act(f"agree {lead.id}", (lead.id, ev.NextStepSet("respond", at, "email", "send the offer")))

    def edit(self, times: int = 1) -> None:
        for lead in self.leads()[:1]:
            name = self.chance.choice(["title", "company", "city"])
            for _ in range(times):
                value = f"{name} of the rep {self.chance.randint(1, 99)}"
                self.act(f"edit {name} {lead.id}", (lead.id, ev.ProfileEdited({name: value})))

    def decide(self) -> None:
        for lead in self.leads()[:1]:
            if lead.state in ("closed", "returned"):
                if lead.do_not_contact or lead.closed in ("gone", "duplicate") or lead.state == "returned":
                    continue
                self.act(f"reopen {lead.id}", (lead.id, ev.Reopened("they called")))
                continue
            bodies: list[ev.Body] = [
                ev.Closed("not_a_fit", "too small"),
                ev.Closed("lost"),
                ev.Nurtured(self.at + timedelta(days=21), "later"),
                ev.DoNotContact(lead.profile.emails, "asked to"),
            ]
            body = self.chance.choice(bodies)
            self.act(f"{type(body).__name__} {lead.id}", (lead.id, body))

    def hand_over(self) -> None:
        """Give a lead to a colleague, or back to where it came from; some names are no user's, or two users'."""
        for lead in self.leads()[:1]:
            if lead.state not in ("name", "working", "nurture") or lead.do_not_contact:
                continue
            to = self.giving.choice(["Ann", "ann lee", "Tom", "Tom Two", "Nobody", OTHER])
            bodies = [ev.Returned("hand_off", to), ev.Returned("kick_back", "marketing", "no budget")]
            body = self.giving.choice([*bodies, ev.Returned("kick_back", to, "not ours")])
            self.act(f"{body.kind} {lead.id} {to}", (lead.id, body))

    def capture(self) -> None:
        lead, number = self.fresh(), self.chance.randint(1, 10**6)
        emails = (f"new{number}@x.example",) if self.chance.random() < 0.8 else ()
        profile = Profile(name=f"New {number}", company="Booth & Co", emails=emails)
        body = ev.Captured(profile, self.at)
        plan = ev.PlanStarted("inbound-21", 1, self.at.date())
        self.act(f"capture {lead}", (lead, body), (lead, ev.Promoted("lead", "met")), (lead, plan))

    def undo(self) -> None:
        with self.book.work() as work:
            last = work.last_done()
            leads = work.leads_of(last.id) if last else ()
            self._take_back(work, last, leads, "undo")

    def redo(self) -> None:
        with self.book.work() as work:
            last = work.last_undone()
            leads = work.leads_of(last.id) if last else ()
            self._take_back(work, last, leads, "redo")

    def _take_back(self, work: Any, last: Action | None, leads: Sequence[str], word: str) -> None:
        if last is None:
            return
        action = self.fresh()
        events = tuple(
            ev.Event(self.fresh(), lead, action, self.at, "Europe/London", self.at, "rep", ev.Undone(last.id))
            for lead in leads
        )
        work.append(Action(action, self.at, word, events, "undo", last.id))
        stays = [(lead, body) for lead in leads if (body := still_stopped(work, lead)) is not None]
        if stays:
            action = self.fresh()
            work.append(Action(action, self.at, "left alone as well", tuple(
                ev.Event(self.fresh(), lead, action, self.at, "Europe/London", self.at, "rep", body)
                for lead, body in stays
            ), "fact"))  # fmt: skip
        self.note(f"rep: {word} {last.label}")

    # The manager --------------------------------------------------------------------------------------------------

    def manager(self) -> None:
        deeds: list[tuple[Callable[[], object], float]] = [
            (self.new_lead, 4), (self.fair, 1), (self.change, 5), (self.reassign, 2), (self.merge, 2),
            (self.delete, 1), (self.stop, 2), (self.clear, 1), (self.finish, 2), (self.other_rep, 4),
            (self.reorganise, 0.5), (self.tidy, 2 if self.tidies else 0),
        ]  # fmt: skip
        if self.odds.random() < 0.15:
            deeds = [(self.restore, 1), (self.number, 1), (self.give_back, 2)]
        self.chance.choices([does for does, _ in deeds], [often for _, often in deeds])[0]()

    def new_lead(self, interactions: int | None = None) -> Record:
        number = self.chance.randint(1, 10**6)
        profile = Profile(
            name=f"Lead {number}", company=f"Firm {number % 7}", title="Boss", emails=(f"lead{number}@x.example",),
            phones=(self.office(),) if self.odds.random() < 0.3 else (),
        )  # fmt: skip
        count = self.chance.randint(0, 2) if interactions is None else interactions
        done = tuple(
            RemoteInteraction(
                f"I{number}{place}", self.server.clock(), self.chance.choice(["contact_form", "download"]), f"t{place}"
            )
            for place in range(count)
        )
        record = self.server.make(profile, owner=self.chance.choice([ME, ME, ME, OTHER]), interactions=done)
        self.server.by_hand[record.id, "owner"] = record.owner
        self.note(f"manager: made {record.id} for {record.owner}")
        return record

    def records(self) -> list[Record]:
        alive = [one for one in self.server.records.values() if not one.deleted and not one.merged_into]
        return self.chance.sample(alive, min(2, len(alive)))

    def change(self) -> None:
        for record in self.records()[:1]:
            name = self.chance.choice(["title", "company", "name"])
            value = f"{name} of the manager {self.chance.randint(1, 99)}"
            record.profile = changed(record.profile, {name: value})
            self.server.by_hand[record.id, name] = value
            self.server.touch(record)
            self.note(f"manager: {name} of {record.id}")

    def reassign(self) -> None:
        for record in self.records()[:1]:
            record.owner = OTHER if record.owner == ME else ME
            self.server.by_hand[record.id, "owner"] = record.owner
            self.server.touch(record)
            self.note(f"manager: {record.id} is {record.owner}'s")

    def fair(self) -> None:
        """Several leads one after the other, so that the index shows them in another order."""
        for _ in range(3):
            self.new_lead()
            self.pass_time(self.chance.choice([0.2, 5]))
        self.hiccup()

    def reorganise(self) -> None:
        for record in self.server.mine()[::2]:
            record.owner = self.server.by_hand[record.id, "owner"] = OTHER
            self.server.touch(record)
            self.note(f"manager: {record.id} is {record.owner}'s, as many are")

    def merge(self) -> None:
        found = [record for record in self.records() if record.owner == ME]
        if len(found) == 2:
            self.note(f"manager: {found[0].id} is {found[1].id}")
            self.server.merge(*found)
            self.merged = True

    def tidy(self) -> None:
        """Several leads are one: each is merged into the next, or all into the last."""
        found = self.server.mine()
        found = self.chance.sample(found, min(self.chance.randint(2, 5), len(found)))
        last = self.chance.random() < 0.3
        for loser, winner in itertools.pairwise(found) if not last else [(one, found[-1]) for one in found[:-1]]:
            self.note(f"manager: {loser.id} is {winner.id}")
            self.server.merge(loser, winner)
            self.merged = True

    def delete(self) -> None:
        for record in self.records()[:1]:
            record.deleted = True
            self.server.touch(record)
            self.note(f"manager: deleted {record.id}")
            if self.odds.random() < 0.4:
                self.later(self.at + timedelta(seconds=self.odds.choice([5, 600])), self.restore)

    def restore(self) -> None:
        """What was deleted is there again, as it was."""
        deleted = [one for one in self.server.records.values() if one.deleted and not one.merged_into]
        for record in self.odds.sample(deleted, min(1, len(deleted))):
            record.deleted = False
            self.server.restored.add(record.id)
            self.server.touch(record)
            self.note(f"manager: {record.id} is there again")

    def office(self) -> str:
        return f"+44207946000{self.odds.randint(0, 2)}"

    def give_back(self) -> None:
        """A lead that was given away is the rep's again."""
        away = [one for one in self.server.records.values() if one.owner != ME and not (one.deleted or one.merged_into)]
        was_mine = [one for one in away if any(each.owner == ME for _, each in self.server.snapshots[one.id])]
        for record in self.odds.sample(was_mine, min(1, len(was_mine))):
            record.owner = self.server.by_hand[record.id, "owner"] = ME
            self.server.touch(record)
            self.note(f"manager: {record.id} is {record.owner}'s again")

    def number(self) -> None:
        """A lead has the number of an office, which others may have too."""
        for record in self.records()[:1]:
            number = self.office()
            record.profile = changed(record.profile, {"phones": number})
            self.server.by_hand[record.id, "phones"] = number
            self.server.touch(record)
            self.note(f"manager: {number} of {record.id}")

    def stop(self) -> None:
        for record in self.records()[:1]:
            if not record.do_not_contact:
                self.server.by_hand[record.id, "do_not_contact"] = "set"
            self.server.set_do_not_contact(record)
            self.note(f"manager: leave {record.id} alone")

    def clear(self) -> None:
        for record in self.server.records.values():
            if record.do_not_contact and not record.deleted and not record.merged_into:
                self.server.set_do_not_contact(record, on=False)
                self.server.by_hand.pop((record.id, "do_not_contact"), None)
                self.note(f"manager: {record.id} may be called again")
                return

    def finish(self) -> None:
        for record in self.records()[:1]:
            record.closed = None if record.closed else self.chance.choice(["lost", "won"])
            self.server.touch(record)
            self.server.by_hand[record.id, "closed"] = record.closed or ""
            self.note(f"manager: {record.id} {record.closed or 'reopened'}")

    def other_rep(self) -> None:
        for record in self.records()[:1]:
            if self.chance.random() < 0.5:
                self.server.add(record.id, "note", self.at, "Seen at the fair", author="Olga")
            else:
                self.server.add(
                    record.id, "touch", self.at, "Called", author="Olga", channel="phone", outcome="no_answer"
                )
            self.note(f"other rep: on {record.id}")

    # Running ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        self.pass_time(self.chance.choice([0.5, 2, 20, 120, 900]))
        if self.chance.random() < 0.01:
            self.pass_time(25 * 3600)  # a day off
        does = self.chance.choices(
            [self.rep, self.manager, self.hiccup, self.away, self.second_thoughts], [5, 3, 4, 0.5, 0.5]
        )[0]
        does()

    def away(self) -> None:
        """A while without a network: the rep goes on, the manager clears up, and then all of it meets."""
        for _ in range(self.chance.randint(4, 12)):
            self.rep()
            self.pass_time(20)
        self.chance.choice([self.tidy if self.tidies else self.merge, self.manager])()
        self.hiccup()

    def second_thoughts(self) -> None:
        """A field is edited twice, and the second edit undone while the first sync after it is under way."""
        self.edit(times=2)
        self.impatient = True
        self.hiccup()
        self.impatient = False

    def hiccup(self) -> None:
        """A sync in the middle of everything, with whatever the network is like."""
        self.network.down = self.chance.random() < 0.1
        self.network.mood = self.times.choices(["", "mute", "crowded", "strict"], [17, 1, 1, 1])[0]
        self.deadly = True
        report = self.sync(thorough=self.chance.random() < 0.2, force=self.chance.random() < 0.2)
        self.deadly = False
        self.network.down, self.network.mood = False, ""
        if report is not None and report.stopped == "removals":
            self.sync(force=True)
        if report is not None and report.stopped == "credentials" and self.odds.random() < 0.5:
            self.pass_time(2)
            self.sync()  # somebody asks for it again at once

    def run(self, steps: int) -> None:
        for _ in range(self.chance.choice([3, 3, 3, 12])):
            self.new_lead(interactions=2)
        for _ in range(steps):
            self.step()

    def close(self) -> None:
        self.book.close()
        if self.path is None:
            return
        for left in self.path.parent.glob(f"{self.path.name}*"):
            left.unlink()
