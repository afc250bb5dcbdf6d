"""The sync beside the open sheet: a thread of its own, which the screens ask and which never keeps them waiting."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, Protocol

from callsheet.bootstrap.crm import Connecting, SyncRunning, adapter, line, only_one
from callsheet.bootstrap.office import Office
from callsheet.sync import decisions
from callsheet.sync.background import Schedule
from callsheet.sync.line import Line
from callsheet.sync.run import Left, SyncReport, sync
from callsheet.ui.sync_control import Badge, BadgeKind, Conflict, Run, SyncView

TICK: Final = 0.5
"""Seconds between two looks at the book and the clock."""

NOTHING_WAITS: Final = 0.5
"""Seconds for which a request is waited for when the sheet is left and nothing has to go over."""

RUNS: Final = 20
"""Runs that the sync screen can show."""

_log = logging.getLogger("callsheet.sync")


class Switch(Protocol):
    """A network that can be taken down: the demo's."""

    up: bool


@dataclass
class _Told:
    """What the last look at the book said, for the badge."""

    waiting: int = 0
    needs: int = 0
    offline: bool = False
    problem: str = ""
    paused: bool = False
    """Whether the problem goes away by itself, with time."""
    at: datetime | None = None
    pulled: int = 0
    delivered: int = 0


class BackgroundSync:
    """`ui.sync_control.SyncControl` over a thread. `start` it once, `stop` it in the end."""

    def __init__(
        self, office: Office, connecting: Connecting = adapter, network: Switch | None = None,
        changed: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._office, self._connecting, self._network, self._changed = office, connecting, network, changed
        self._schedule = Schedule.started(office.start.now())
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._told = _Told()
        self._running = False
        self._last = False
        """Whether the run that is under way began when the sheet was left: what still waits goes over in it."""
        self._believing = False
        """Whether the next run believes that many leads are gone."""
        self._runs: deque[Run] = deque(maxlen=RUNS)
        self._seen = -1
        self._thread = threading.Thread(target=self._work, name="sync", daemon=True)

    def start(self) -> BackgroundSync:
        """Begin; the first run is at once."""
        self._look()
        self._thread.start()
        return self

    def stop(self, seconds: float = 5.0) -> None:
        """End, after a last run for what still waits, if that is done within so many seconds.

        When nothing waits, there is only a request to end that is under way, and it may be one without an answer.
        """
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._look()
            self._thread.join(seconds if self._told.waiting else min(seconds, NOTHING_WAITS))

    # Asked by the screens -----------------------------------------------------------------------------------------

    def badge(self) -> Badge:
        """Say where the CRM stands, from memory."""
        told = self._told
        kind: BadgeKind = "synced"
        if self._running:
            kind = "running"
        elif told.offline:
            kind = "offline"
        elif told.needs or (told.problem and not told.paused):
            kind = "needs_you"
        elif told.paused:
            kind = "paused"
        elif told.waiting or told.at is None:
            kind = "waiting"
        needs = told.needs + (told.problem != "" and not told.paused)
        return Badge(kind, told.waiting, needs, told.at, told.pulled, told.delivered, told.problem)

    def request(self) -> None:
        """Ask for a run now."""
        with self._lock:
            self._schedule = self._schedule.asked(self._office.start.now())
        self._wake.set()

    def believe(self) -> None:
        """Take leads away here too of which the CRM says that they are gone, however many they are."""
        self._believing = True
        self.request()

    def network(self) -> bool | None:
        """Return whether the demo's network is up; None when it is not ours to switch."""
        return None if self._network is None else self._network.up

    def toggle_network(self) -> bool:
        """Take the demo's network down or up; what waited goes over at once when it is back."""
        if self._network is None:
            return True
        self._network.up = not self._network.up
        self.request()
        return self._network.up

    def view(self) -> SyncView:
        """Read what waits, what the CRM refused, the conflicts and the last runs."""
        # From the book alone: what is owed can be looked at without a key and without a network.
        with self._office.book.sync_rows().work() as work:
            found = work.conflicts()
        conflicts = tuple(
            Conflict(str(one.id), one.lead, one.name, one.field, one.mine, one.theirs) for one in found
        )  # fmt: skip
        book = self._office.book
        again = self._office.start.now() if self._running else self._schedule.due
        return SyncView(book.sync_status(), book.undelivered(), conflicts, tuple(self._runs), again)

    def retry(self, op: str) -> None:
        """Try a refused delivery again, as it is."""
        with self._line() as opened:
            decisions.retry(opened, op)
        self.request()

    def edit(self, op: str, value: str) -> None:
        """Give the field that the CRM refused another value, and try again."""
        field = next((one.editable for one in self._office.book.undelivered() if one.op == op), "") or "text"
        with self._line() as opened:
            decisions.edit(opened, op, {field: value})
        self.request()

    def drop(self, op: str) -> None:
        """Give a delivery up."""
        with self._line() as opened:
            decisions.drop(opened, op)
        self._look()

    def decide(self, conflict: str, kept: Literal["mine", "theirs"]) -> None:
        """Settle a conflict."""
        with self._line() as opened:
            decisions.decide(opened, int(conflict), kept)
        self.request()

    # In the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(TICK)
            self._wake.clear()
            try:
                self._tick()
            except Exception as error:  # noqa: BLE001 - the boundary of the thread: it says what went wrong and goes on
                _log.exception("sync")
                self._told.problem = str(error)
                with self._lock:
                    self._schedule = self._schedule.finished(
                        SyncReport(problem=str(error), stopped="drift"), self._office.start.now()
                    )  # fmt: skip

    def _tick(self) -> None:
        now = self._office.start.now()
        if self._office.book.version() != self._seen:
            self._look()
            with self._lock:
                self._schedule = self._schedule.acted(now)
        with self._lock:
            self._schedule = self._schedule.tick(now)
            due = self._schedule.is_due(now)
            if self._ended.is_set():
                due = self._told.waiting > 0 and self._schedule.may_end_with_one(now)
            if due:
                self._schedule = self._schedule.begun()
        if due:
            self._sync()

    def _sync(self) -> None:
        self._running, self._last = True, self._ended.is_set()
        self._told.pulled = self._told.delivered = 0
        force, self._believing = self._believing, False
        try:
            with only_one(self._office.paths.lock), self._line() as opened:
                report = sync(opened, force=force, progress=self._progress)
        except SyncRunning:
            report, self._believing = SyncReport(stopped="silent"), force
        finally:
            self._running = False
        now = self._office.start.now()
        self._keep(Run(now, report.pulled, report.delivered, report.problem, "; ".join(report.taken_back)))
        with self._lock:
            self._schedule = self._schedule.finished(report, now)
        self._look()
        self._told.offline = report.offline
        self._told.problem = "" if report.offline or not report.stopped else report.problem
        self._told.paused = report.stopped in ("throttled", "silent") and bool(report.problem)
        if not report.stopped:
            self._told.at = now
        if self._changed is not None:
            self._changed()

    def _keep(self, run: Run) -> None:
        """Keep a run that brought something, and of those that ended alike the last one."""
        if not (run.pulled or run.delivered or run.problem):
            return
        last = self._runs[0] if self._runs else None
        if last is not None and run.problem and replace(last, at=run.at, times=1) == run:
            self._runs.popleft()
            run = replace(run, times=last.times + 1)
        self._runs.appendleft(run)

    def _progress(self, pulled: int, delivered: int) -> None:
        """Let the badge say how far it is; a long first run ends when the sheet is left, and goes on the next time."""
        self._told.pulled, self._told.delivered = pulled, delivered
        if self._ended.is_set() and not self._last:
            raise Left

    def _look(self) -> None:
        """Count what waits, after somebody changed the book."""
        self._seen = self._office.book.version()
        status = self._office.book.sync_status()
        told = self._told
        told.waiting, told.needs = status.waiting, status.parked + status.conflicts
        told.at = status.last_ok or told.at

    @contextmanager
    def _line(self) -> Iterator[Line]:
        with line(self._office, self._connecting) as opened:
            yield opened
