"""When the next sync is due: a value that the screen's worker asks and tells; it has no thread and no clock.

At the start, two seconds after something was done, every five minutes, at once after a sleep, at the end; with growing
pauses while there is no network; and not at all once the credentials failed, until the rep asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from callsheet.sync.run import SyncReport

AFTER_ACTION: Final = timedelta(seconds=2)
EVERY: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = timedelta(seconds=10)
ASLEEP: Final = timedelta(seconds=90)
"""A gap between two ticks that is longer than this means that the machine slept."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to sync next. `due` is None when nothing but the rep can start one."""

    due: datetime | None
    failures: int = 0
    not_before: datetime | None = None
    ticked: datetime | None = None
    running: bool = False

    @classmethod
    def started(cls, now: datetime) -> Self:
        """The app starts: sync at once."""
        return cls(now, ticked=now)

    def is_due(self, now: datetime) -> bool:
        """Tell whether a sync is to start now."""
        return not self.running and self.due is not None and self.due <= now

    def tick(self, now: datetime) -> Schedule:
        """Time goes by; after a sleep of the machine the network may be another one."""
        slept = self.ticked is not None and now - self.ticked > ASLEEP
        ticked = replace(self, ticked=now)
        if not slept or self.due is None:
            return ticked
        return replace(ticked, due=self._allowed(now, patient=False), failures=0)

    def acted(self, now: datetime) -> Schedule:
        """The rep did something: bring it over soon, unless the CRM cannot be reached anyway."""
        if self.due is None:
            return self
        soon = self._allowed(now + AFTER_ACTION, patient=self.failures > 0)
        return replace(self, due=min(self.due, soon) if not self.failures else self.due)

    def asked(self, now: datetime) -> Schedule:
        """The rep asks for a sync: nothing stands against it."""
        return replace(self, due=now, failures=0, not_before=None)

    def may_end_with_one(self, now: datetime) -> bool:
        """Tell whether it makes sense to sync once more when the app ends: nothing is known to stand against it."""
        waits = self.not_before is not None and self.not_before > now
        return self.due is not None and not self.failures and not waits and not self.running

    def begun(self) -> Schedule:
        """A sync starts: what is done meanwhile asks for the next one."""
        return replace(self, running=True, due=datetime.max.replace(tzinfo=self.due.tzinfo) if self.due else None)

    def finished(self, report: SyncReport, now: datetime) -> Schedule:
        """A sync ended."""
        ended = replace(self, running=False)
        match report.stopped:
            case "credentials":
                return replace(ended, due=None, failures=0)
            case "" | "removals":  # what the rep does goes over all the same; taking away waits for an answer
                due = now + EVERY
                if report.retry_at is not None:
                    due = min(due, report.retry_at)
                if self.due is not None:
                    due = min(due, self.due)
                return replace(ended, due=due, failures=0, not_before=None)
        failures = self.failures + 1
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), EVERY)
        until = report.retry_at
        return replace(
            ended, due=max(now + pause, until) if until else now + pause, failures=failures, not_before=until
        )

    def _allowed(self, at: datetime, *, patient: bool) -> datetime:
        """Return the first moment from `at` on at which the CRM lets us try."""
        if self.not_before is not None and self.not_before > at:
            return self.not_before
        return max(at, self.due) if patient and self.due is not None else at
