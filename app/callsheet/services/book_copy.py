"""A whole book, given out and taken in: every action with its events, in the journal's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from callsheet.domain.lead import Lead
from callsheet.services.desk import Action


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A version of a plan that leads run on; `body` is its JSON."""

    name: str
    version: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Noted:
    """What the book keeps that is no fact about a lead: its name and its JSON."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Disputed:
    """A field that both sides had changed; `decided` is empty until the rep chose."""

    crm: str
    lead: str
    field: str
    mine: str
    theirs: str
    at: datetime
    decided: str = ""


Line = PlanVersion | Noted | Disputed | Action
"""What a copy of a book is made of; the actions come last, in the order of the journal."""

KEPT: Final = ("campaigns",)
"""The notes that belong into a copy: the others are of this machine."""


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

    def notes(self) -> Iterator[Noted]:
        """Yield the notes that belong into a copy."""
        ...

    def disputes(self) -> Iterator[Disputed]:
        """Yield every conflict with a CRM, in the order in which they came up."""
        ...

    def take_in(self, lines: Iterable[Line]) -> TakenIn:
        """Append what is not here yet, all of it or nothing, and make the derived rows anew."""
        ...
