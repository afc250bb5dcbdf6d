"""What the screens ask of whoever keeps the CRM in step. The sync runs in a thread of its own, never on a screen's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from callsheet.services.views import SyncStatus, Undelivered

BadgeKind = Literal["none", "synced", "waiting", "offline", "paused", "needs_you", "running"]


@dataclass(frozen=True, slots=True)
class Badge:
    """Where the CRM stands, in one glance: `at` is when it was last in step.

    `pulled` and `delivered` tell how far a run is: leads that came in or changed, and what went over. `problem` is the
    one line about what stands against the sync, other than that there is no network.
    """

    kind: BadgeKind = "none"
    waiting: int = 0
    needs: int = 0
    at: datetime | None = None
    pulled: int = 0
    delivered: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A profile field that both sides changed; `key` names it to `decide`."""

    key: str
    lead: str
    name: str
    field: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Run:
    """One sync that is over, or `times` that ended alike; `said` is what was taken back there, and how."""

    at: datetime
    pulled: int = 0
    delivered: int = 0
    problem: str = ""
    said: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class SyncView:
    """All that the sync screen shows."""

    status: SyncStatus = SyncStatus()
    undelivered: Sequence[Undelivered] = ()
    conflicts: Sequence[Conflict] = ()
    runs: Sequence[Run] = ()
    again: datetime | None = None
    """When the next run begins by itself; None when only the rep can start one."""


class SyncControl(Protocol):
    """Keeps the CRM in step. Only `badge`, `request` and `network` may be called on the event loop: they do no IO."""

    def badge(self) -> Badge:
        """Say where the CRM stands, from memory."""
        ...

    def request(self) -> None:
        """Ask for a run now; it happens in the background."""
        ...

    def believe(self) -> None:
        """Take leads away here too of which the CRM says that they are gone, however many they are."""
        ...

    def network(self) -> bool | None:
        """Return whether the demo's network is up; None when it is not ours to switch."""
        ...

    def toggle_network(self) -> bool:
        """Take the demo's network down or up, and return whether it is up now."""
        ...

    def view(self) -> SyncView:
        """Read what waits, what the CRM refused, the conflicts and the last runs."""
        ...

    def retry(self, op: str) -> None:
        """Try a refused delivery again, as it is."""
        ...

    def edit(self, op: str, value: str) -> None:
        """Give the field that the CRM refused another value, and try again."""
        ...

    def drop(self, op: str) -> None:
        """Give a delivery up: it stays in the journal and never reaches the CRM."""
        ...

    def decide(self, conflict: str, kept: Literal["mine", "theirs"]) -> None:
        """Settle a conflict."""
        ...


class NoSync:
    """Stands in where no CRM is connected."""

    def badge(self) -> Badge:
        """Have nothing to say."""
        return Badge()

    def request(self) -> None:
        """Have nothing to run."""

    def believe(self) -> None:
        """Have nothing to believe."""

    def network(self) -> bool | None:
        """Have no network to switch."""
        return None

    def toggle_network(self) -> bool:
        """Have no network to switch."""
        return False

    def view(self) -> SyncView:
        """Have nothing to show."""
        return SyncView()

    def retry(self, op: str) -> None:
        """Have nothing to retry."""

    def edit(self, op: str, value: str) -> None:
        """Have nothing to edit."""

    def drop(self, op: str) -> None:
        """Have nothing to drop."""

    def decide(self, conflict: str, kept: Literal["mine", "theirs"]) -> None:
        """Have nothing to decide."""
