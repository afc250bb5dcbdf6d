"""A whole book, given out and taken in: every action with its events, in the journal's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from callsheet.domain.lead import Lead
from callsheet.services.desk import Action


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A version of a plan that leads run on; `body` is its JSON."""

    name: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a journal that was taken in: actions that are new here, and those that were here already."""

    actions: int
    events: int
    known: int


class BookCopy(Protocol):
    """The book, as far as copying it goes."""

    def plans(self) -> Iterator[PlanVersion]:
        """Yield every version of a plan that a lead was ever started on."""
        ...

    def actions(self) -> Iterator[Action]:
        """Yield every action with its events, in the order of the journal."""
        ...

    def leads(self) -> Iterator[Lead]:
        """Yield every lead as its events make it."""
        ...

    def take_in(self, plans: Iterable[PlanVersion], actions: Iterable[Action]) -> TakenIn:
        """Append what is not here yet, all of it or nothing, and make the derived rows anew."""
        ...
