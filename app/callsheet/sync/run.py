"""A sync from end to end: push first, then do-not-contact and owners, then pull, then compare (CRM.md §12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callsheet.sync.line import Line
from callsheet.sync.records import FieldConflict

Stopped = Literal["", "offline", "credentials", "throttled", "drift", "removals", "silent"]
"""Why a sync ended early."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did and what is left.

    `pulled` counts the leads that changed here, `delivered` the effects that the CRM took in this run; `waiting`,
    `parked` and `conflicts` are what is left. `problem` is one plain line, `findings` are differences found at the end.
    `leads` are those to look at again, `retry_at` when it makes sense to try again.
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


def sync(line: Line, *, force: bool = False, thorough: bool = False) -> SyncReport:
    """Bring the book and the CRM together; never raises for anything that the CRM or the network does.

    `force` lets a pull take away more leads than `line.most_removed`, and tries again with credentials that failed;
    `thorough` asks for every known lead whether it is still there, as before a call block.
    """
    raise NotImplementedError


def check_leads(line: Line, leads: Sequence[str]) -> SyncReport:
    """Ask for some leads whether they may still be called: before a call block, and before a call."""
    raise NotImplementedError


def backfill(line: Line) -> int:
    """Put what the rep did before the CRM was connected into the outbox; return how many deliveries that makes."""
    raise NotImplementedError


def conflicts(line: Line) -> Sequence[FieldConflict]:
    """Return the fields that both sides changed, the oldest first."""
    raise NotImplementedError


def decide(line: Line, conflict: int, kept: Literal["mine", "theirs"]) -> None:
    """Decide a conflict: ours goes out, or theirs is taken.

    Raises:
        KeyError: there is no such conflict, or it is decided.
    """
    raise NotImplementedError


def retry(line: Line, op: str) -> None:
    """Send a parked delivery once more; the rep has looked, so that it is taken for not there."""
    raise NotImplementedError


def drop(line: Line, op: str) -> None:
    """Give up a parked delivery."""
    raise NotImplementedError


def edit(line: Line, op: str, values: Mapping[str, str]) -> None:
    """Change what a parked delivery says and send it again: `text`, `title`, `number`, or fields of the profile."""
    raise NotImplementedError
