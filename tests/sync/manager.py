"""What a manager does in the CRM: makes, changes, reassigns, merges and deletes leads, while a rep works on them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from callsheet.domain.events import InteractionKind
from callsheet.domain.profile import Profile, changed
from callsheet.sync.port import RemoteInteraction
from tests.sync.server import ME, OTHER, Record

if TYPE_CHECKING:
    from tests.sync.world import World


class Manager:
    """Works on the server of a world by hand, and other reps with them. `turn` does one thing at random."""

    def __init__(self, world: World) -> None:
        self.world, self.server, self.chance, self.odds = world, world.server, world.chance, world.odds
        self.cleared: set[str] = set()

    def turn(self) -> None:
        """Do one thing at random."""
        deeds: list[tuple[Callable[[], object], float]] = [
            (self.new_lead, 4), (self.fair, 1), (self.change, 5), (self.reassign, 2), (self.merge, 2),
            (self.delete, 1), (self.stop, 2), (self.clear, 1), (self.finish, 2), (self.other_rep, 4),
            (self.label, 2), (self.asked, 2), (self.double, 1),
            (self.reorganise, 2), (self.tidy, 2 if self.world.tidies else 0),
            (self.restore, 1.5), (self.number, 1.5), (self.give_back, 3),
        ]  # fmt: skip
        self.world.draw(self.chance, deeds)()

    def new_lead(self, interactions: int | None = None) -> Record:
        number = self.chance.randint(1, 10**6)
        profile = Profile(
            name=f"Lead {number}", company=f"Firm {number % 7}", title="Boss", emails=(f"lead{number}@x.example",),
            phones=(self.office(),) if self.odds.random() < 0.3 else (),
        )  # fmt: skip
        count = self.chance.randint(0, 2) if interactions is None else interactions
        done = tuple(
            RemoteInteraction(
                self.server.next_id("I"),
                self.server.clock(),
                self.chance.choice(["contact_form", "download"]),
                f"t{place} of {number}",
            )
            for place in range(count)
        )
        record = self.server.make(profile, owner=self.chance.choice([ME, ME, ME, OTHER]), interactions=done)
        self.server.by_hand[record.id, "owner"] = record.owner
        self.world.note(f"manager: made {record.id} for {record.owner}")
        return record

    def records(self) -> list[Record]:
        """Two records that are there, in the world's focus the one in it and another one."""
        alive = [one for one in self.server.records.values() if not one.deleted and not one.merged_into]
        found = self.chance.sample(alive, min(2, len(alive)))
        there = self.world.in_focus()
        return found if there is None else [there, *(one for one in found if one.id != there.id)][:2]

    def change(self) -> None:
        for record in self.records()[:1]:
            name = self.chance.choice(["title", "company", "name"])
            value = f"{name} of the manager {self.chance.randint(1, 99)}"
            record.profile = changed(record.profile, {name: value})
            self.server.by_hand[record.id, name] = value
            self.server.touch(record)
            self.world.note(f"manager: {name} of {record.id}")

    def reassign(self) -> None:
        for record in self.records()[:1]:
            record.owner = OTHER if record.owner == ME else ME
            self.server.by_hand[record.id, "owner"] = record.owner
            self.server.touch(record)
            self.world.note(f"manager: {record.id} is {record.owner}'s")

    def fair(self) -> None:
        """Several leads one after the other, so that the index shows them in another order."""
        for _ in range(3):
            self.new_lead()
            self.world.pass_time(self.chance.choice([0.2, 5]))
        self.world.hiccup()

    def reorganise(self) -> None:
        """Many of the leads are somebody else's, or gone, all at once: by mistake perhaps, so that it is asked."""
        gone, mine = self.odds.random() < 0.3, self.server.mine()
        for record in mine[::2] if self.odds.random() < 0.5 else mine[1:]:
            record.deleted = gone
            record.owner = record.owner if gone else OTHER
            self.server.by_hand[record.id, "owner"] = record.owner
            self.server.touch(record)
            self.world.note(
                f"manager: {record.id} is {'deleted' if gone else record.owner + chr(39) + 's'}, as many are"
            )
        if self.odds.random() < 0.5:
            self.world.pass_time(200)
            self.world.hiccup()

    def merge(self) -> None:
        found = [record for record in self.records() if record.owner == ME]
        if len(found) == 2:
            self.world.note(f"manager: {found[0].id} is {found[1].id}")
            self.server.merge(*found)
            self.world.merged = True

    def tidy(self) -> None:
        """Several leads are one: each is merged into the next, or all into the last."""
        found = self.server.mine()
        found = self.chance.sample(found, min(self.chance.randint(2, 5), len(found)))
        last = self.chance.random() < 0.3
        for loser, winner in itertools.pairwise(found) if not last else [(one, found[-1]) for one in found[:-1]]:
            self.world.note(f"manager: {loser.id} is {winner.id}")
            self.server.merge(loser, winner)
            self.world.merged = True

    def delete(self) -> None:
        for record in self.records()[:1]:
            record.deleted = True
            self.server.touch(record)
            self.world.note(f"manager: deleted {record.id}")
            if self.odds.random() < 0.4:
                self.world.later(self.world.at + timedelta(seconds=self.odds.choice([5, 600])), self.restore)

    def restore(self) -> None:
        """What was deleted is there again, as it was."""
        deleted = [one for one in self.server.records.values() if one.deleted and not one.merged_into]
        for record in self.odds.sample(deleted, min(1, len(deleted))):
            record.deleted = False
            self.server.restored.add(record.id)
            self.server.touch(record)
            self.world.note(f"manager: {record.id} is there again")

    def office(self) -> str:
        return f"+44207946000{self.odds.randint(0, 2)}"

    def give_back(self) -> None:
        """A lead that was given away is the rep's again."""
        away = [one for one in self.server.records.values() if one.owner != ME and not (one.deleted or one.merged_into)]
        was_mine = [one for one in away if any(each.owner == ME for _, each in self.server.snapshots[one.id])]
        for record in self.odds.sample(was_mine, min(1, len(was_mine))):
            record.owner = self.server.by_hand[record.id, "owner"] = ME
            self.server.touch(record)
            self.world.note(f"manager: {record.id} is {record.owner}'s again")

    def number(self) -> None:
        """A lead has the number of an office, which others may have too."""
        for record in self.records()[:1]:
            number = self.office()
            record.profile = changed(record.profile, {"phones": number})
            self.server.by_hand[record.id, "phones"] = number
            self.server.touch(record)
            self.world.note(f"manager: {number} of {record.id}")

    def stop(self) -> None:
        for record in self.records()[:1]:
            if not record.do_not_contact and record.id not in self.cleared:  # else it may look as it did before
                self.server.by_hand[record.id, "do_not_contact"] = "set"
            self.server.stopped.add(record.id)
            self.server.set_do_not_contact(record)
            self.world.note(f"manager: leave {record.id} alone")

    def clear(self) -> None:
        for record in self.server.records.values():
            if record.do_not_contact and not record.deleted and not record.merged_into:
                self.server.set_do_not_contact(record, on=False)
                self.server.by_hand.pop((record.id, "do_not_contact"), None)
                self.cleared.add(record.id)
                self.world.note(f"manager: {record.id} may be called again")
                return

    def finish(self) -> None:
        for record in self.records()[:1]:
            record.closed = None if record.closed else self.chance.choice(["lost", "won"])
            if record.closed:
                self.server.finished.add(record.id)
            self.server.touch(record)
            self.server.by_hand[record.id, "closed"] = record.closed or ""
            self.world.note(f"manager: {record.id} {record.closed or 'reopened'}")

    def asked(self) -> None:
        """A lead that is known does something more."""
        for record in self.records()[:1]:
            kind: InteractionKind = self.odds.choice(["contact_form", "download"])
            number = self.server.next_id("I")
            one = RemoteInteraction(number, self.server.clock(), kind, f"more of {number}")
            record.interactions = (*record.interactions, one)
            self.server.touch(record)
            self.world.note(f"manager: {record.id} {kind}")

    def double(self) -> None:
        """Whom the rep took in at a booth comes in on the CRM's own way too."""
        with self.world.book.work() as work:
            leads = [work.lead(one) for one in ([self.world.focus] if self.world.focus else self.world.ids())]
        known = {record.profile.name for record in self.server.records.values()}
        new = [one.profile for one in leads if one is not None and one.profile.points and one.profile.name not in known]
        for profile in self.odds.sample(new, min(1, len(new))):
            emails = () if profile.phones and self.odds.random() < 0.5 else profile.emails
            record = self.server.make(replace(profile, title="", city="", emails=emails))
            self.server.by_hand[record.id, "owner"] = ME
            self.world.note(f"manager: made {record.id}, who is {profile.name}")

    def label(self) -> None:
        """Where a lead stands is said in the CRM's own words."""
        for record in self.records()[:1]:
            record.status = f"status of the manager {self.server.next_id('')}"
            self.server.by_hand[record.id, "status"] = record.status
            with self.world.book.sync_rows().work() as work:
                link = work.linked([record.id]).get(record.id)
            if link is not None and link.base.status is not None:
                self.server.labelled[record.id] = self.world.at
            else:  # what it was called before, after our own last change, nobody has seen: then it cannot be told apart
                self.server.labelled.pop(record.id, None)
            self.server.touch(record)
            self.world.note(f"manager: {record.id} is {record.status}")

    def other_rep(self) -> None:
        for record in self.records()[:1]:
            if self.chance.random() < 0.5:
                self.server.add(record.id, "note", self.world.at, "Seen at the fair", author="Olga")
            else:
                self.server.add(
                    record.id, "touch", self.world.at, "Called", author="Olga", channel="phone", outcome="no_answer"
                )
            self.world.note(f"other rep: on {record.id}")
