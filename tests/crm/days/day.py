"""A day at random, the same one for each seed: a rep, a manager, a real adapter, its CRM, and the weather between them.

The book and the sync core are the application's own; time goes by only as the day says.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID, uuid4

from callsheet.bootstrap.crm import Intake
from callsheet.services.rulebook import default_rules
from callsheet.sync.line import Line
from callsheet.sync.port import Crm
from callsheet.sync.run import SyncReport, sync
from tests.crm.days.clocks import Ahead, Clock, Travelling
from tests.crm.days.manager import Manager
from tests.crm.days.rep import Rep
from tests.crm.days.setups import SETUPS, undescribed
from tests.crm.days.weather import Weather
from tests.sync.memory_book import MemoryBook

CRM = "crm"
"""How the book calls the CRM."""

MOODS: Final = ((0.0, 0.0), (0.0, 0.3), (0.0, 0.7), (0.02, 0.2), (0.05, 0.5), (0.2, 0.2))
"""How bad the network may be while one sync lasts: which part of the reads, and of the writes, meets something."""


class Day:
    """All of it. `described` holds each request and answer to the description of the interface, which takes longer."""

    def __init__(self, name: str, seed: int, *, described: bool = False) -> None:
        self.name, self.seed = name, seed
        self.chance = random.Random(f"{name} {seed}")
        self.setup = SETUPS[name]
        self.clock: Clock = Ahead() if self.setup.real else Travelling()
        self.tag = secrets.token_hex(3) if self.setup.real else "x"
        self.log: list[str] = []
        self.problems: list[str] = []
        self.reports: list[SyncReport] = []
        self.pending: list[tuple[datetime, Callable[[], object]]] = []
        self.rules = default_rules()
        self.book: Any = MemoryBook(self.rules, CRM)
        self.backend = self.setup.make()
        if not described:
            undescribed(self.backend)
        self.crm = self.adapter()
        self.crm.whoami()
        self.weather = Weather(
            random.Random(f"weather {name} {seed}"), self.pass_time, self.later, self.note,
            harmless=self.crm.capabilities.idempotency == "native",
        )  # fmt: skip
        self.backend.faults.weather = self.weather
        self.rep, self.manager = Rep(self), Manager(self)

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Let the adapter's own waits be time of this day; stop the clock afterwards."""
        sleeps = self.setup.sleeps
        try:
            with patch(sleeps, self.pass_time) if sleeps else nullcontext():
                yield
        finally:
            self.backend.faults.weather = None
            self.crm.close()
            self.clock.stop()

    # Time ---------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while self.pending and (first := min(self.pending, key=lambda one: one[0]))[0] <= until:
            self.pending.remove(first)
            self._forward(first[0])
            self.note("    what was sent arrives now")
            first[1]()
        self._forward(until)

    def _forward(self, until: datetime) -> None:
        if (by := until - self.now()) > timedelta(0):
            self.clock.forward(by)
            self.backend.pass_time(by)

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        self.pending.append((self.now() + timedelta(seconds=seconds), do))

    def note(self, what: str) -> None:
        self.log.append(f"{self.now():%a %H:%M:%S} {what}")

    def fresh(self) -> str:
        """An id: the same ones for each seed, but where a real server still has what went by them the last time."""
        if self.setup.real:
            return str(uuid4())
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    # The process --------------------------------------------------------------------------------------------------

    def adapter(self) -> Crm:
        return self.clock.worn(self.backend.adapter())

    def line(self) -> Line:
        return Line(
            self.book.sync_rows(), self.crm, self.rules, Intake(self.rules), self.now, sleep=self.pass_time,
            chance=self.chance.random, fresh=self.fresh, owner="day",
        )  # fmt: skip

    def sync(self, *, force: bool = False, thorough: bool = False) -> SyncReport:
        started = self.now()
        report = sync(self.line(), force=force, thorough=thorough)
        self.note(
            f"sync: {report.stopped or 'done'} {report.problem} delivered {report.delivered} pulled {report.pulled} "
            f"waiting {report.waiting} parked {report.parked}"
        )
        self.reports.append(report)
        if not report.stopped:
            self.problems += self.manager.still_called(started)
        return report

    # Running ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        self.pass_time(self.chance.choice([0.5, 2, 20, 120, 900]))
        if self.chance.random() < 0.02:
            self.pass_time(25 * 3600)
        does = self.chance.choices([self.rep.act, self.manager.act, self.hiccup], [5, 3, 4])[0]
        does()

    def hiccup(self) -> None:
        """A sync in the middle of everything, with whatever the network is like."""
        if self.chance.random() < 0.2:
            self.crm.close()
            self.crm = self.adapter()
        faults = self.backend.faults
        faults.offline = self.chance.random() < 0.05
        self.weather.reads, self.weather.writes = self.chance.choice(MOODS)
        report = self.sync(thorough=self.chance.random() < 0.2, force=self.chance.random() < 0.2)
        self.mend()
        if report.stopped == "removals":
            self.sync(force=True)

    def mend(self) -> None:
        self.backend.faults.offline = False
        self.weather.reads = self.weather.writes = 0.0

    def run(self, steps: int) -> None:
        for _ in range(4):
            self.manager.new_lead(mine=True)
        self.sync()
        for _ in range(steps):
            self.step()
