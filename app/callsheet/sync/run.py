"""A sync from end to end: push first, then do-not-contact and owners, then pull, then compare (CRM.md §12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from callsheet.sync import sanity
from callsheet.sync.decisions import conflicts, decide, drop, edit, retry
from callsheet.sync.deliver import Push
from callsheet.sync.line import Line
from callsheet.sync.port import AuthBroken, CrmError, Forbidden, Invalid, Throttled, Unavailable, Uncertain
from callsheet.sync.pull import Pull, TooManyRemoved
from callsheet.sync.records import REPORT

__all__ = ["SyncReport", "backfill", "check_leads", "conflicts", "decide", "drop", "edit", "retry", "sync"]

Stopped = Literal["", "offline", "credentials", "throttled", "drift", "removals", "silent", "left"]
"""Why a sync ended early."""

Progress = Callable[[int, int], None]
"""Is told how many leads changed here and how many effects the CRM took so far, whenever more of it is in the book.

It may raise `Left`.
"""

UNKNOWN_PAUSE: Final = timedelta(hours=1)
"""How long a daily limit is taken to last where the CRM does not say."""


REFUSED_PAUSE: Final = timedelta(seconds=10)
"""How long a refused key is not shown again, whoever asks: some CRMs lock a whole office out after ten in a minute."""


class Left(Exception):
    """Nobody wants to wait for the rest of the sync: it goes on with the next one."""


def nobody_waits(_pulled: int, _delivered: int) -> None:
    """Tell nobody how far it is."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did and what is left.

    `pulled` counts the leads that changed here, `delivered` the effects that the CRM took in this run; `waiting`,
    `parked` and `conflicts` are what is left. `problem` is one plain line, `findings` are differences found at the end.
    `leads` are those to look at again, `retry_at` when it makes sense to try again, `taken_back` a line for each thing
    that was undone here and is made good there.
    """

    pulled: int = 0
    delivered: int = 0
    waiting: int = 0
    parked: int = 0
    conflicts: int = 0
    offline: bool = False
    problem: str = ""
    findings: tuple[str, ...] = ()
    stopped: Stopped = ""
    retry_at: datetime | None = None
    leads: frozenset[str] = frozenset()
    taken_back: tuple[str, ...] = ()


def sync(line: Line, *, force: bool = False, thorough: bool = False, progress: Progress = nobody_waits) -> SyncReport:
    """Bring the book and the CRM together; never raises for anything that the CRM or the network does.

    `force` lets a pull take away more leads than `line.most_removed`, and does not wait for a limit to end;
    `thorough` asks for every known lead whether it is still there, as before a call block; `progress` is told how far
    it is, and may end it there.
    """

    def everything(run: _Run) -> None:
        run.pull.rejoin()
        run.push.run()
        run.pull.check(thorough=thorough)
        run.pull.changes()
        run.history()
        run.push.run()  # what the pull left to do: a note of what we meant, do-not-contact that holds
        run.findings += sanity.compare(line)

    return _run(line, everything, force=force, progress=progress)


def check_leads(line: Line, leads: Sequence[str]) -> SyncReport:
    """Ask for some leads whether they may still be called: before a call block, and before a call."""
    return _run(line, lambda run: run.pull.check(leads))


class _Run:
    def __init__(self, line: Line, *, force: bool, progress: Progress) -> None:
        self.line = line
        self.pull = Pull(line, line.crm.whoami(), force=force, kept=self._kept)
        self.push = Push(line, self.pull, kept=self._kept)
        self.findings: list[str] = []
        self._progress = progress

    def _kept(self) -> None:
        self._progress(len(self.pull.leads), self.push.results.delivered)

    def history(self) -> None:
        try:
            self.pull.history()
        except (Forbidden, Invalid) as error:
            self.findings.append(f"What others did could not be read: {error}")


def _run(
    line: Line, act: Callable[[_Run], None], *, force: bool = False, progress: Progress = nobody_waits
) -> SyncReport:
    paused = _paused(line)
    if paused is not None and not force:
        return _report(line, None, _wait(line, *paused), "throttled", paused[0])
    if (refused := _refused(line)) is not None:
        return _report(line, None, refused, "credentials", None)
    run: _Run | None = None
    try:
        run = _Run(line, force=force, progress=progress)
        act(run)
        if paused is not None:
            _go_on(line, *paused)
    except TooManyRemoved as error:
        return _report(line, run, str(error), "removals", None)
    except Left:
        return _report(line, run, "The sync was left before its end; the next one goes on.", "left", None)
    except CrmError as error:
        return _stopped(line, run, error)
    return _report(line, run, "", "", None)


def _stopped(line: Line, run: _Run | None, error: CrmError) -> SyncReport:
    now = line.now()
    match error:
        case Unavailable():
            return _report(line, run, str(error), "offline", None)
        case AuthBroken():
            with line.book.work() as work:
                work.put_note(refused_note(line.book.crm), [now.isoformat(), str(error)])
            return _report(line, run, str(error), "credentials", None)
        case Throttled(scope="daily" as scope, after=after) | Throttled(scope=scope, after=timedelta() as after):
            told: tuple[datetime, str] = (now + (after if after is not None else UNKNOWN_PAUSE), scope)
            until, kind = max(told, _paused(line) or told)  # another window may have been told more
            with line.book.work() as work:
                work.put_note(_pause_note(line), [until.isoformat(), kind])
            return _report(line, run, _wait(line, until, kind), "throttled", until)
        case Throttled():
            return _report(line, run, str(error), "throttled", None)
        case Uncertain():
            return _report(line, run, str(error), "silent", None)
    return _report(line, run, str(error), "drift", None)


def refused_note(crm: str) -> str:
    """Return the name of the note that says when a key was refused, and in which words."""
    return f"sync.{crm}.refused"


def _refused(line: Line) -> str | None:
    """Return what was said of the key when it was refused just now; None when it may be tried."""
    with line.book.work() as work:
        noted = work.note(refused_note(line.book.crm))
    just_now = noted and abs(line.now() - datetime.fromisoformat(noted[0])) < REFUSED_PAUSE
    return noted[1] if just_now else None


def _pause_note(line: Line) -> str:
    return f"sync.{line.book.crm}.paused_until"


def _paused(line: Line) -> tuple[datetime, str] | None:
    """Return until when the CRM wants no calls, and of which kind its limit is: kept, so that a restart obeys too."""
    with line.book.work() as work:
        noted = work.note(_pause_note(line))
    if not noted:
        return None
    until = datetime.fromisoformat(noted[0])
    return (until, noted[1]) if until > line.now() else None


def _go_on(line: Line, until: datetime, scope: str) -> None:
    """Forget a pause: it was not used up after all. What another window was told meanwhile holds."""
    with line.book.work() as work:
        if work.note(_pause_note(line)) == [until.isoformat(), scope]:
            work.put_note(_pause_note(line), None)


def _wait(line: Line, until: datetime, scope: str) -> str:
    local, today = until.astimezone(line.rules.calendar.tz), line.now().astimezone(line.rules.calendar.tz)
    name = line.crm.capabilities.name
    if scope != "daily":
        return f"{name} wants a pause until {local:%H:%M:%S}."
    when = f"{local:%H:%M}" if local - today < timedelta(hours=24) else f"{local:%a %d %b %H:%M}"
    return f"{name}'s daily limit is used up until {when}."


def _report(line: Line, run: _Run | None, problem: str, stopped: Stopped, retry_at: datetime | None) -> SyncReport:
    now = line.now()
    findings = tuple(run.findings) if run is not None else ()
    with line.book.work() as work:
        rows = work.open_deliveries()
        parked = sum(row.state == "parked" for row in rows)
        disputed = len(work.conflicts())
        before = work.note(REPORT) or {}
        good = now.isoformat() if not problem else before.get("last_ok")
        noted = {
            "last_run": now.isoformat(), "last_ok": good, "problem": problem, "offline": stopped == "offline",
            "asks": stopped == "removals", "findings": list(findings) if not problem else before.get("findings", []),
        }  # fmt: skip
        work.put_note(REPORT, noted)
    return SyncReport(
        pulled=len(run.pull.leads) if run is not None else 0,
        delivered=run.push.results.delivered if run is not None else 0,
        waiting=len(rows) - parked, parked=parked, conflicts=disputed, offline=stopped == "offline", problem=problem,
        findings=findings, stopped=stopped, retry_at=retry_at,
        leads=frozenset(run.pull.leads | run.push.results.leads) if run is not None else frozenset(),
        taken_back=tuple(run.push.results.taken_back) if run is not None else (),
    )  # fmt: skip


def backfill(line: Line) -> int:
    """Put what the rep did before the CRM was connected into the outbox; return how many deliveries that makes."""
    with line.book.work() as work:
        return work.backfill(line.now())
