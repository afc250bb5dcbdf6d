"""Networks with one thing wrong with them, or during whose calls something else happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from callsheet.sync.port import (
    Applied,
    ChangePage,
    CrmError,
    Drift,
    Op,
    Result,
    Retry,
    Unavailable,
    Uncertain,
)
from tests.sync.fake_crm import Cable
from tests.sync.faults import Died
from tests.sync.world import World

T = TypeVar("T")


class Broken:
    """A network with one thing wrong with it, that counts what is asked of it."""

    def __init__(self, world: World, error: CrmError) -> None:
        self.world, self.error, self.calls = world, error, 0
        world.crm.network = self

    def read(self, serve: Callable[[], T]) -> T:
        self.calls += 1
        raise self.error

    def look(self, op: Op, serve: Callable[[], Applied | None]) -> Applied | None:
        return self.read(serve)

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.calls += 1
        raise self.error

    def mend(self) -> None:
        self.world.crm.network = Cable()


class Deaf(Cable):
    """A network that lets no list of changes through."""

    def read(self, serve: Callable[[], T]) -> T:
        found = serve()
        return replace(found, leads=()) if isinstance(found, ChangePage) else found


class Mute(Cable):
    """A network that loses the answer to whatever is written."""

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        super().write(ops, serve)
        raise Uncertain("no answer")


class Busy(Cable):
    """A network at whose end everything is to wait two hours."""

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        return [Retry("busy", timedelta(hours=2)) for _ in ops]


class During(Cable):
    """A network during whose first request of a kind something else happens."""

    def __init__(self, what: Callable[[], object], *, reading: type | None = None) -> None:
        self.what: Callable[[], object] | None = what
        self.reading = reading

    def happen(self) -> None:
        what, self.what = self.what, None
        if what is not None:
            what()

    def read(self, serve: Callable[[], T]) -> T:
        found = serve()
        if self.reading is not None and isinstance(found, self.reading):
            self.happen()
        return found

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        if self.reading is None:
            self.happen()
        return super().write(ops, serve)


class Brief(Cable):
    """A network that is gone after one request that writes."""

    def __init__(self) -> None:
        self.writes = 0

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.writes += 1
        if self.writes > 1:
            raise Unavailable("no network")
        return super().write(ops, serve)


class Script(Cable):
    """A network that does with each request that writes what its turn says, and with the others nothing special."""

    def __init__(self, *turns: Callable[[Callable[[], object]], object]) -> None:
        self.turns = list(turns)
        self.sent: list[Op] = []

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.sent += ops
        if self.turns:
            self.turns.pop(0)(lambda: [serve(op) for op in ops])
        return super().write(ops, serve)


def swallowed(_serve: Callable[[], object]) -> None:
    raise Uncertain("no answer")


def unanswered(serve: Callable[[], object]) -> None:
    serve()
    raise Uncertain("no answer")


def garbled(serve: Callable[[], object]) -> None:
    serve()
    raise Drift("this is not the CRM")


def dies(_serve: Callable[[], object]) -> None:
    raise Died


def dies_of_the_answer(serve: Callable[[], object]) -> None:
    serve()
    raise Died
