"""The line to the CRM: the adapter of the settings, the key, and one sync at a time on a home."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from callsheet.bootstrap.keys import KeptKey
from callsheet.bootstrap.office import Office
from callsheet.crm import registry
from callsheet.domain.events import Captured, Interaction
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.services import intake
from callsheet.services.desk import Fact
from callsheet.settings import Secret, find_token
from callsheet.settings import schema as settings_schema
from callsheet.sync.line import Line
from callsheet.sync.port import Crm
from callsheet.sync.run import Progress, SyncReport, nobody_waits, sync
from callsheet.sync.side_by_side import side_by_side

if TYPE_CHECKING:
    import httpx

_HOST: Final = socket.gethostname()

Connecting = Callable[[Office], Crm]
"""Makes the adapter of an office; the demo brings its own."""


class SyncRunning(Exception):
    """Another process brings this home and its CRM together at the moment."""


@dataclass(frozen=True, slots=True)
class Intake:
    """`sync.line.Intake`: how records come in, by these rules."""

    rules: Rules

    def first(
        self, lead: str, captured: Captured, happened: Sequence[tuple[Interaction, datetime]], *, do_not_contact: bool
    ) -> Sequence[Fact]:
        """Return the facts of a record that is new here."""
        return intake.first_facts(lead, captured, happened, self.rules, do_not_contact=do_not_contact, assigned=True)

    def more(self, lead: Lead, happened: Sequence[tuple[Interaction, datetime]], now: datetime) -> Sequence[Fact]:
        """Return the facts of something more that a known lead did."""
        return intake.more_facts(lead, happened, now, self.rules)


class NotConnected(Exception):
    """There is no CRM to work with yet."""


def require_connected(office: Office) -> None:
    """Refuse what only makes sense with a CRM.

    Raises:
        NotConnected: none is connected.
    """
    if not office.settings.crm.kind:
        raise NotConnected(
            "no CRM is connected: run `callsheet connect`; what you log until then is kept here and goes over then"
        )


def adapter(office: Office) -> Crm:
    """Make the adapter of the settings, with the key from where it is kept; nothing is asked of the network yet.

    Raises:
        NotConnected: no CRM is connected.
        callsheet.settings.TokenError: there is no key.
        callsheet.sync.port.Invalid: the settings name no CRM that there is, or cannot be right.
    """
    require_connected(office)
    crm = office.settings.crm
    return made(crm, find_token(crm, office.start.environ), key=kept_key(office))


def kept_key(office: Office) -> registry.Key:
    """Return the key of the settings' CRM as it is kept, for a CRM that replaces it."""
    return KeptKey(office.settings.crm, office.start.environ, key_lock(office))


def key_lock(office: Office) -> Path:
    """Return the file that whoever uses the key holds."""
    return office.paths.lock.with_suffix(".key.lock")


def made(
    crm: settings_schema.Crm, secret: Secret, transport: httpx.BaseTransport | None = None,
    *, key: registry.Key | None = None,
) -> Crm:  # fmt: skip
    """Make an adapter of settings and a secret; `transport` stands in for the network, `key` keeps what replaces it.

    Raises:
        callsheet.sync.port.Invalid: there is no such kind, or the settings cannot be right.
    """
    named = {f"outcome_{name}": label for name, label in crm.outcomes.items()}
    named |= {f"status_{name}": label for name, label in crm.statuses.items()}
    connection = registry.Connection(
        crm.url, secret, crm.database, crm.user, {**crm.options, **named}, transport, key
    )  # fmt: skip
    return registry.factory(crm.kind)(connection)


@contextmanager
def line(office: Office, connecting: Connecting = adapter) -> Iterator[Line]:
    """Open the line between the book and its CRM.

    Raises:
        what `adapter` raises.
    """
    crm = connecting(office)
    try:
        yield Line(
            office.book.sync_rows(),
            crm,
            office.rules,
            Intake(office.rules),
            office.start.now,
            side_by_side=side_by_side,
            owner=f"{_HOST} {os.getpid()}",
            alive=_alive,
            most_removed=office.settings.sync.max_removed_percent / 100,
        )
    finally:
        crm.close()


def sync_now(
    office: Office, *, force: bool = False, thorough: bool = False, progress: Progress = nobody_waits
) -> SyncReport:
    """Bring the book and the CRM together; `progress` is told how far it is.

    Raises:
        SyncRunning: another process does so already.
        what `adapter` raises.
    """
    require_connected(office)
    with only_one(office.paths.lock), line(office) as opened:
        return sync(opened, force=force, thorough=thorough, progress=progress)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the lock of a home while it is synced; a process that dies lets go of it.

    Raises:
        SyncRunning: another one holds it.
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        if not _locked(file):
            raise SyncRunning("another callsheet is syncing at the moment: try again in a minute")
        yield


def _locked(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has another kind of lock; the leases of the outbox keep two syncs apart as well
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _alive(owner: str) -> bool:
    """Tell whether the process of a lease still runs; one on another machine counts as alive until its lease ends."""
    host, _, number = owner.rpartition(" ")
    if host != _HOST or not number.isdecimal():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
