"""A rep, a manager, a book on disk, a CRM and a clock: a day at random, the same one for each seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.services.intake import first_facts, more_facts
from callsheet.sync.line import Fact, Line, Send, nobody_else
from callsheet.sync.port import CrmError, Op, Result, Throttled
from callsheet.sync.run import Left, SyncReport, check_leads, sync
from tests.sync import fake_crm
from tests.sync.disk_book import CRM, new_book, open_book, remove_book, rules
from tests.sync.fake_crm import FakeCrm
from tests.sync.faults import Died, DiskFull, Faults, MortalBook
from tests.sync.manager import Manager
from tests.sync.memory_book import MemoryBook
from tests.sync.rep import Rep
from tests.sync.sentry import Sentry
from tests.sync.server import Record, Server
from tests.sync.sync_screen import attend
from tests.sync.watch import Watch

START = datetime(2026, 11, 23, 9, tzinfo=UTC)

THEMES: Final[Sequence[Collection[str]]] = (
    (),
    ("hand_over", "change_of_mind", "undo", "give_back", "reassign"),
    ("capture", "met_twice", "double", "number", "fair", "merge"),
    ("delete", "restore", "reassign", "give_back", "reorganise", "finish"),
    ("stop", "clear", "slip", "decide", "undo"),
    ("edit", "change", "second_thoughts", "undo", "redo"),
    ("agree", "log_attempt", "second_thoughts", "undo", "finish"),
    ("ask", "look_after", "hiccup", "away"),
)
"""What happens more often on a day than on others: what belongs together meets, as it seldom does by chance."""

OFTENER: Final = 4


class Intake:
    """`sync.line.Intake` by the services' own rules."""

    def first(self, lead: str, captured: ev.Captured, happened: Any, *, do_not_contact: bool) -> Sequence[Fact]:
        return first_facts(lead, captured, happened, rules(), do_not_contact=do_not_contact)

    def more(self, lead: Lead, happened: Any, now: datetime) -> Sequence[Fact]:
        return more_facts(lead, happened, now, rules())


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
            self.book = new_book(self.path)
        crm = fake_crm.capabilities(kind or self.chance.choice(["native", "lookup", "none"]), self.chance)
        self.native = crm.idempotency == "native"
        self.server = Server(
            self.now, crm, lag=crm.lookup_lag, skew=timedelta(seconds=self.chance.choice([0, 0, 40, -40])),
            whole_seconds=self.chance.random() < 0.5, private=self.giving.random() < 0.3,
            whole=self.odds.random() < 0.3,
        )  # fmt: skip
        self.server.open = not self.server.private and random.Random(f"shows {seed}").random() < 0.5
        self.server.closes_stopped = random.Random(f"closes {seed}").random() < 0.3
        self.network = Faults(self, rate)
        self.crm = FakeCrm(self.server, self.network)
        self.log: list[str] = []
        self.reports: list[SyncReport] = []
        self.problems: list[str] = []
        self.rep, self.manager, self.watch, self.sentry = Rep(self), Manager(self), Watch(self), Sentry(self)
        self.crm.about_to = self.sentry.sending
        self.server.watch = self.sentry.overwriting
        self.begun = START
        self.rate = rate
        self.death = self.chance.choice([0.0, 0.01, 0.03])
        self.knows_the_dead = self.chance.random() < 0.5
        self.process = self.begun_runs = 0
        self.windows: list[str] = []
        self.stir = 0.1
        self.impatient: Callable[[], object] | None = None
        self.merged = False
        self.interrupted = False
        self.left = False
        self.told = (0, 0)
        self.focus: str | None = None
        self.theme = random.Random(f"theme {seed}").choice(THEMES)

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

    def sleep(self, seconds: float) -> None:
        """Wait as the CRM asked for; when a day's limit is used up, the run ends instead."""
        if any(isinstance(error, Throttled) and error.scope == "daily" for error in self.network.run.errors):
            self.problems.append(f"a run waits {seconds} s although the limit of the day is used up")
        self.network.run.slept = max(self.network.run.slept, timedelta(seconds=seconds))
        self.pass_time(seconds)

    def later(self, at: datetime, do: Callable[[], object]) -> None:
        self.pending.append((at, do))

    def meanwhile(self) -> None:
        """While a request is under way, the rep goes on working, and another window syncs too."""
        if self.impatient is not None and self.chance.random() < 0.4:
            deed, self.impatient = self.impatient, None
            deed()
        if len(self.windows) > 1 or self.chance.random() > self.stir:
            return
        match self.chance.choice(["rep", "undo", "sync", "block"]):
            case "rep":
                self.rep.turn()
            case "undo":
                self.rep.undo()
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
        return self.windows[-1] if self.windows else f"p{self.process}-0"

    def line(self) -> Line:
        owner = self.owner()
        alive = nobody_else if not self.knows_the_dead else self.lives
        return Line(
            MortalBook(self.book.sync_rows(), self, self.death, self.network.steps), self.crm, rules(), Intake(),
            self.now, sleep=self.sleep, chance=self.chance.random, side_by_side=self.side_by_side, fresh=self.fresh,
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

    def begin(self) -> None:
        """A run begins, in the first window or beside it."""
        if not self.windows:
            self.begun = self.network.begun = self.at
            self.network.refused, self.interrupted = None, False
        self.interrupted = self.interrupted or bool(self.windows)  # what another found is known in the next round
        self.begun_runs += 1
        self.windows.append(f"p{self.process}-{self.begun_runs}")

    def sync(self, *, force: bool = False, thorough: bool = False) -> SyncReport | None:
        before = self.watch.before(force=force)
        if force:
            self.network.closed_until = None  # the rep has asked for it all the same
        self.begin()
        self.left, self.told = False, (0, 0)
        try:
            with self.network.running() as run:
                report = sync(self.line(), force=force, thorough=thorough, progress=self.progress)
        except Died:
            if len(self.windows) > 1:
                self.windows.pop()
                raise
            self.note("the process died")
            self.network.closed_until = self.network.denied_at = None  # it may not have been written down
            self.restart()
            self.watch.parking(before.at)
            return None
        except DiskFull:
            self.note("a run ended for want of room on the disk")
            self.network.closed_until = self.network.denied_at = self.network.refused = None
            self.forget()
            self.windows.pop()
            self.watch.parking(before.at)
            return None
        self.watch.ended(before, report, run)
        self.windows.pop()
        self.note(f"sync: {report.stopped or 'done'} {report.problem} delivered {report.delivered}")
        self.reports.append(report)
        self.watch.after(before, report, run)
        return report

    def forget(self) -> None:
        """Nobody knows what became of what is being sent, nor what was said of it."""
        self.network.told.clear()
        with self.book.sync_rows().work() as work:
            rows = work.open_deliveries()
        left = {row.op for row in rows if row.state == "sending" or "sender stopped" in row.reason}
        self.network.answers.unsure |= left

    def progress(self, pulled: int, delivered: int) -> None:
        """The rep may leave before the end, also when another window syncs meanwhile."""
        self.told = pulled, delivered
        if self.deadly and self.odds.random() < self.rate / 20:
            self.left = True
            raise Left

    def ask(self) -> None:
        """Ask for some leads whether they may still be called."""
        self.begin()
        leads, started = [lead.id for lead in self.rep.leads()], self.at
        with self.book.sync_rows().work() as work:
            linked = list(work.links(leads))
        try:
            with self.network.running():
                report = check_leads(self.line(), leads)
        except DiskFull:
            self.network.closed_until = self.network.denied_at = None  # nothing of it was written down
            return
        finally:
            self.windows.pop()
            self.network.refused = None  # the window that was told is this one
        if not report.stopped:
            self.watch.asked(linked, started)

    def restart(self) -> None:
        self.process += 1
        self.windows.clear()
        self.forget()
        if self.path is not None:
            self.book.close()
            self.book = open_book(self.path)

    def ids(self) -> list[str]:
        return list(self.book.lead_ids())

    # Running ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        self.pass_time(self.chance.choice([0.5, 2, 20, 120, 900]))
        if self.chance.random() < 0.01:
            self.pass_time(25 * 3600)  # a day off
        self.draw(self.chance, [
            (self.rep.turn, 5), (self.manager.turn, 3), (self.hiccup, 4), (self.away, 0.5), (self.second_thoughts, 0.5),
            (self.ask, 0.3), (self.crossing, 1), (self.look_after, 0.3),
            (self.change_of_mind, 0.3), (self.met_twice, 0.2),
        ])()  # fmt: skip

    def draw(self, chance: random.Random, deeds: Sequence[tuple[Callable[[], object], float]]) -> Callable[[], object]:
        """Return one of some deeds, each as often as it says; those of the day's theme oftener."""
        often = [weight * (OFTENER if does.__name__ in self.theme else 1) for does, weight in deeds]
        return chance.choices([does for does, _ in deeds], often)[0]

    def crossing(self) -> None:
        """Several things happen to one lead, on both sides, with bad syncs in between: most meet one or two a day."""
        with self.book.sync_rows().work() as work:
            known = sorted(link.lead for link, state in work.states() if state != "closed")
        new = not known or self.odds.random() < 0.3
        self.focus = self.rep.capture(mail=self.odds.random() < 0.5) if new else self.odds.choice(known)
        self.network.rate *= 2
        deeds: list[tuple[Callable[[], object], float]] = [
            (self.rep.turn, 2), (self.manager.turn, 2), (self.hiccup, 2), (self.rep.undo, 1), (self.rep.redo, 1),
            (self.rep.decide, 1), (self.rep.edit, 1), (self.rep.hand_over, 1), (self.rep.stop, 1),
            (self.rep.log_attempt, 1), (self.manager.stop, 1), (self.manager.change, 1), (self.manager.reassign, 1),
            (self.manager.finish, 1), (self.manager.label, 1), (self.manager.double, 1), (self.slip, 1),
        ]  # fmt: skip
        for _ in range(self.odds.randint(3, 7)):
            self.draw(self.odds, deeds)()
            self.pass_time(self.odds.choice([0.5, 20, 200]))
        self.network.rate /= 2
        self.focus = None

    def in_focus(self) -> Record | None:
        """The record of the lead in focus, which may be there before anybody here knows."""
        if self.focus is None:
            return None
        with self.book.sync_rows().work() as work:
            link, events = work.link(self.focus), work.events([self.focus])[self.focus]
        made = {event.id for event in events}
        found = (
            [link.remote_id]
            if link is not None
            else [one.id for one in self.server.records.values() if one.origin in made]
        )
        return self.server.alive(found[0]) if found else None

    def away(self) -> None:
        """A while without a network: the rep goes on, the manager clears up, and then all of it meets."""
        for _ in range(self.chance.randint(4, 12)):
            self.rep.turn()
            self.pass_time(20)
        self.chance.choice([self.manager.tidy if self.tidies else self.manager.merge, self.manager.turn])()
        self.hiccup()

    def look_after(self) -> None:
        """The rep decides what is left to them, when nothing is on its way any more."""
        if not self.pending:
            attend(self)

    def second_thoughts(self) -> None:
        """What was edited twice is undone once, or what was agreed is agreed anew, while it is on its way."""
        if self.odds.random() < 0.6:
            self.rep.edit(times=2)
            self.impatient = self.rep.undo
        else:
            self.focus = next((lead.id for lead in self.rep.leads()), None)
            self.rep.agree()
            self.impatient = self.rep.agree
        self.hiccup()
        self.impatient = self.focus = None

    def change_of_mind(self) -> None:
        """What ends the work on a lead is done there, and then it is taken back, or the lead is given back."""
        ends: list[Callable[[], object]] = [self.rep.hand_over, self.rep.decide, partial(self.rep.stop, slips=False)]
        self.odds.choices(ends, [2, 1, 1])[0]()
        self.hiccup()
        self.odds.choice([self.rep.undo, self.rep.undo, self.manager.give_back])()
        self.hiccup()

    def met_twice(self) -> None:
        """Whom the rep has just taken in comes in on the CRM's own way."""
        self.focus = self.rep.capture()
        self.manager.double()
        self.focus = None
        self.hiccup()

    def slip(self) -> None:
        """Both sides have somebody left alone; ours gets there, is taken back, and nothing was read in between."""
        self.manager.stop()
        self.rep.stop(slips=False)
        self.hiccup("blind")
        self.rep.undo()
        self.hiccup()

    def hiccup(self, mood: str = "") -> None:
        """A sync in the middle of everything, with whatever the network is like."""
        self.network.down = self.chance.random() < 0.1
        self.network.mood = mood or self.times.choices(["", "mute", "crowded", "strict", "blind"], [14, 2, 2, 2, 1])[0]
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
        for _ in range(self.chance.choice([3, 3, 9])):
            self.manager.new_lead(interactions=2)
        for _ in range(steps):
            self.step()

    def close(self) -> None:
        self.book.close()
        if self.path is not None:
            remove_book(self.path)
