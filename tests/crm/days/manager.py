"""The manager of a day, and other reps: they work in the CRM itself, past the adapter and its network."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from callsheet.sync.port import RemoteId

if TYPE_CHECKING:
    from tests.crm.days.day import Day


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody else wrote on a lead; `mark` is in no other text."""

    lead: RemoteId
    mark: str
    at: datetime


class Manager:
    """Does what a `Backend` lets a manager do, and remembers what the judge has to know of it."""

    def __init__(self, day: Day) -> None:
        self.day, self.chance = day, day.chance
        self.made: list[RemoteId] = []
        self.theirs: set[RemoteId] = set()
        """Leads of the other rep."""
        self.moved: set[RemoteId] = set()
        """Leads that were given to somebody else at some time."""
        self.gone: set[RemoteId] = set()
        self.merged: dict[RemoteId, RemoteId] = {}
        self.stopped: dict[RemoteId, datetime] = {}
        """Leads that were noted as to be left alone while they were not yet, and when."""
        self.remarks: list[Remark] = []
        self._numbers = random.Random(secrets.token_hex(8) if day.setup.real else "numbers")
        self._count = 0

    def act(self) -> None:
        does = self.chance.choices(
            [self.new_lead, self.change, self.reassign, self.delete, self.stop, self.lose, self.remark, self.merge],
            [4, 6, 3, 1, 2, 2, 5, 1],
        )[0]
        does()

    def number(self) -> str:
        """A phone number in London that nobody had before."""
        return f"+44207{self._numbers.randint(2_000_000, 9_999_999)}"

    def new_lead(self, *, mine: bool | None = None) -> None:
        self._count += 1
        tag = f"{self.day.tag}{self._count}"
        ours = mine if mine is not None else self.chance.random() < 0.8
        lead = self.day.backend.make_lead(
            f"Lead {tag}", email=f"lead{tag}@x.example", phone=self.number(), company=f"Firm {tag}", title="Boss",
            mine=ours,
        )  # fmt: skip
        self.made.append(lead)
        if not ours:
            self.theirs.add(lead)
            self.moved.add(lead)
        self.day.note(f"manager: made {lead} ({tag}) for {'the rep' if ours else 'the other'}")

    def leads(self) -> list[RemoteId]:
        """All that are there, also those that the rep made."""
        with self.day.book.sync_rows().work() as work:
            known = [link.remote_id for link in work.links(self.day.book.lead_ids()).values()]
        return [one for one in dict.fromkeys([*self.made, *known]) if one not in self.gone]

    def pick(self) -> RemoteId | None:
        found = self.leads()
        return self.chance.choice(found) if found else None

    def change(self) -> None:
        if (lead := self.pick()) is not None:
            name = self.chance.choice(["title", "company"])
            value = f"{name.title()} of the manager {self.chance.randint(1, 99)}"
            self.day.backend.edit_lead(lead, **{name: value})
            self.day.note(f"manager: {name} of {lead} is {value}")

    def reassign(self) -> None:
        if (lead := self.pick()) is not None:
            mine = lead in self.theirs
            self.day.backend.reassign(lead, mine=mine)
            self.theirs ^= {lead}
            self.moved.add(lead)
            self.day.note(f"manager: {lead} is {'the rep' if mine else 'the other'}'s")

    def delete(self) -> None:
        if (lead := self.pick()) is not None:
            self.day.backend.delete(lead)
            self.gone.add(lead)
            self.day.note(f"manager: deleted {lead}")

    def merge(self) -> None:
        """Not on a real server, which has its own mind about which one stays."""
        found = [] if self.day.setup.real else [lead for lead in self.leads() if lead not in self.moved]
        if len(found) > 1:
            loser, winner = self.chance.sample(found, 2)
            self.day.backend.merge(loser, winner)
            self.gone.add(loser)
            self.merged[loser] = winner
            self.day.note(f"manager: {loser} is {winner}")

    def stop(self) -> None:
        """Only those that have a number, where it is the number that is to be left alone."""
        backend = self.day.backend
        lead = self.pick()
        if lead is not None and (lead in self.made or "points" not in backend.traits):
            if not self.day.backend.state(lead).do_not_contact:
                self.stopped[lead] = self.day.now()
            self.day.backend.set_do_not_contact(lead)
            self.day.note(f"manager: leave {lead} alone")

    def lose(self) -> None:
        if (lead := self.pick()) is not None:
            self.day.backend.lose(lead)
            self.day.note(f"manager: {lead} is lost")

    def remark(self) -> None:
        if (lead := self.pick()) is not None:
            mark = f"m{self.day.tag}{len(self.remarks):03d}m"
            self.day.backend.remark(lead, f"Was <here> & said {mark}")
            self.remarks.append(Remark(lead, mark, self.day.now()))
            self.day.note(f"manager: {mark} on {lead}")

    def still_called(self, started: datetime) -> Iterator[str]:
        """Name the leads that asked the CRM to be left alone before a sync and may be called after it."""
        overlap = self.day.crm.capabilities.cursor_overlap
        with self.day.book.sync_rows().work() as work:
            for remote, link in work.linked(self.stopped).items():
                late = self.stopped[remote] > started - overlap
                lead = work.lead(link.lead)
                if late or lead is None or lead.do_not_contact or remote in self.gone | self.theirs:
                    continue
                if lead.state in ("name", "working", "nurture"):
                    yield f"{remote} asked to be left alone, and {link.lead} is {lead.state} after a sync"
