"""The clocks of a day: the machine's, which time travels with, or for a real server one that runs ahead of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import time_machine

from callsheet.sync.port import Account, Crm

START = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
"""A Monday morning in July, when a CRM that reads a time in the rep's zone is an hour off."""


class Clock(Protocol):
    """Tells the time, and is put forward by hand."""

    def now(self) -> datetime: ...

    def forward(self, by: timedelta) -> None: ...

    def worn(self, crm: Crm) -> Crm:
        """The adapter as one that goes by this clock."""
        ...

    def stop(self) -> None: ...


class Travelling:
    """The machine's own clock stands at `START`, and moves only when it is put forward: adapters go by it too."""

    def __init__(self) -> None:
        self._travel = time_machine.travel(START, tick=False)
        self._traveller = self._travel.start()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def forward(self, by: timedelta) -> None:
        self._traveller.shift(by)

    def worn(self, crm: Crm) -> Crm:
        return crm

    def stop(self) -> None:
        self._travel.stop()


class Ahead:
    """A clock that is put forward while the server's is not: the adapter is told how far it is ahead."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by

    def forward(self, by: timedelta) -> None:
        self.by += by

    def worn(self, crm: Crm) -> Crm:
        whoami = crm.whoami

        def account() -> Account:
            found = whoami()
            return replace(found, skew=found.skew - self.by)

        crm.whoami = account  # type: ignore[method-assign]
        return crm

    def stop(self) -> None:
        pass
