"""What a rep does in the book: logs, notes, agrees, edits, decides, hands over, captures, and takes it back again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services.desk import Action
from callsheet.services.history import still_stopped
from tests.sync.server import OTHER

if TYPE_CHECKING:
    from tests.sync.world import World


@dataclass
class Told:
    """What the rep was told is safe: an event that was acknowledged."""

    event: str
    lead: str


class Rep:
    """Works on the leads of the book of a world, whatever the sync is doing. `turn` does one thing at random."""

    def __init__(self, world: World) -> None:
        self.world, self.chance, self.giving, self.odds = world, world.chance, world.giving, world.odds
        self.told: list[Told] = []

    def act(self, label: str, *facts: tuple[str, ev.Body], ago: timedelta = timedelta(0)) -> None:
        action = self._action(label, facts, ago)
        with self.world.book.work() as work:
            work.append(action)
        self.world.note(f"rep: {label}")
        self.told += [Told(event.id, event.lead) for event in action.events]

    def _action(self, label: str, facts: Sequence[tuple[str, ev.Body]], ago: timedelta = timedelta(0)) -> Action:
        """Return facts, each with its lead, as one action of this moment; they may have happened some time `ago`."""
        action, at = self.world.fresh(), self.world.at
        events = tuple(
            ev.Event(self.world.fresh(), lead, action, at - ago, "Europe/London", at, "rep", body)
            for lead, body in facts
        )
        return Action(action, at, label, events)

    def leads(self) -> list[Lead]:
        with self.world.book.work() as work:
            found = self.chance.sample(ids, min(len(ids), 4)) if (ids := self.world.ids()) else []
            found = [self.world.focus] if self.world.focus is not None else found
            made = [work.lead(one) for one in found]
        return [one for one in made if one is not None and not one.merged_into]

    def turn(self) -> None:
        """Do one thing at random."""
        self.world.draw(self.chance, [
            (self.log_attempt, 10), (self.undo, 4), (self.redo, 2), (self.remark, 3), (self.agree, 4), (self.edit, 3),
            (self.decide, 3), (self.capture, 2), (self.hand_over, 1.3), (self.stop, 0.5),
        ])()  # fmt: skip

    def log_attempt(self) -> None:
        leads = [lead for lead in self.leads() if lead.state in ("working", "nurture") and not lead.do_not_contact]
        if not leads:
            return
        lead, at = leads[0], self.world.at + timedelta(days=self.chance.randint(1, 9))
        ways: list[tuple[ev.Channel, str]] = [
            ("phone", "no_answer"), ("phone", "voicemail"), ("phone", "connected"), ("email", "sent"),
            ("phone", "meeting"), ("email", "replied"), ("linkedin", "invited"),
        ]  # fmt: skip
        channel, outcome = self.chance.choice(ways)
        text = self.chance.choice(["", "", "Asked for Ann", "poison"]) if self.chance.random() < 0.5 else ""
        step = self.chance.choice([None, 0, 1])
        facts: list[tuple[str, ev.Body]] = [
            (lead.id, ev.Attempt(
                channel, outcome, self.odds.choice(["", "+442079460123"]), self.chance.randint(0, 99), text,
                asset=self.odds.choice(["", "White paper"]), step=step,
            ))
        ]  # fmt: skip
        if outcome in ("connected", "meeting"):
            facts.append((lead.id, ev.NextStepSet("advance", at, "phone", "pricing")))
        ago = timedelta(minutes=self.odds.choice([0, 0, 0, 7]))  # some are logged later than they were
        self.act(f"{outcome} {lead.id}", *facts, ago=ago)

    def remark(self) -> None:
        for lead in self.leads()[:1]:
            self.act(f"note {lead.id}", (lead.id, ev.Noted(f"Likes tea {self.chance.randint(1, 999)}")))

    def agree(self) -> None:
        for lead in self.leads()[:1]:
            if lead.state not in ("working", "nurture"):
                continue
            at = self.world.at + timedelta(hours=self.chance.randint(1, 99))
            if lead.commitment is not None and self.chance.random() < 0.4:
                self.act(f"drop step {lead.id}", (lead.id, ev.NextStepDropped("no time")))
            else:
                self.act(f"agree {lead.id}", (lead.id, ev.NextStepSet("respond", at, "email", "send the offer")))

    def edit(self, times: int = 1) -> None:
        for lead in self.leads()[:1]:
            name = self.chance.choice(["title", "company", "city"])
            for _ in range(times):
                value = f"{name} of the rep {self.chance.randint(1, 99)}"
                self.act(f"edit {name} {lead.id}", (lead.id, ev.ProfileEdited({name: value})))

    def decide(self) -> None:
        for lead in self.leads()[:1]:
            if lead.state in ("closed", "returned"):
                if lead.do_not_contact or lead.closed in ("gone", "duplicate") or lead.state == "returned":
                    continue
                self.act(f"reopen {lead.id}", (lead.id, ev.Reopened("they called")))
                continue
            bodies: list[ev.Body] = [
                ev.Closed("not_a_fit", "too small"),
                ev.Closed("lost"),
                ev.Closed("won", "signed"),
                ev.Nurtured(self.world.at + timedelta(days=21), "later"),
                ev.DoNotContact(lead.profile.emails, "asked to"),
            ]
            body = self.chance.choice(bodies)
            self.act(f"{type(body).__name__} {lead.id}", (lead.id, body))

    def stop(self, *, slips: bool = True) -> None:
        """They asked to be left alone; sometimes that was a slip of the finger."""
        for lead in self.leads()[:1]:
            if lead.state in ("working", "nurture") and not lead.do_not_contact:
                self.act(f"stop {lead.id}", (lead.id, ev.DoNotContact(lead.profile.emails, "asked to")))
                if slips and self.odds.random() < 0.5:
                    self.world.pass_time(self.odds.choice([0.5, 20]))
                    self.undo()

    def hand_over(self) -> None:
        """Give a lead to a colleague, or back to where it came from; some names are no user's, or two users'."""
        for lead in self.leads()[:1]:
            if lead.state not in ("name", "working", "nurture") or lead.do_not_contact:
                continue
            to = self.giving.choice(["Ann", "ann lee", "Tom", "Tom Two", "Nobody", OTHER])
            bodies = [ev.Returned("hand_off", to), ev.Returned("kick_back", "marketing", "no budget")]
            body = self.giving.choice([*bodies, ev.Returned("kick_back", to, "not ours")])
            self.act(f"{body.kind} {lead.id} {to}", (lead.id, body))

    def capture(self, *, mail: bool | None = None) -> str:
        """Take somebody in at a booth; most have an address."""
        lead, number = self.world.fresh(), self.chance.randint(1, 10**12)
        mail = self.chance.random() < 0.8 if mail is None else mail
        emails = (f"new{number}@x.example",) if mail else ()
        phones = (self.world.manager.office(),) if self.odds.random() < 0.3 else ()
        with self.world.book.work() as work:
            phones = () if work.suppressed(phones) else phones  # the form refuses them
        profile = Profile(name=f"New {number}", company="Booth & Co", phones=phones, emails=emails)
        body = ev.Captured(profile, self.world.at)
        plan = ev.PlanStarted("inbound-21", 1, self.world.at.date())
        self.act(f"capture {lead}", (lead, body), (lead, ev.Promoted("lead", "met")), (lead, plan))
        return lead

    def undo(self) -> None:
        with self.world.book.work() as work:
            last = work.last_done()
            leads = work.leads_of(last.id) if last else ()
            self._take_back(work, last, leads, "undo")

    def redo(self) -> None:
        with self.world.book.work() as work:
            last = work.last_undone()
            leads = work.leads_of(last.id) if last else ()
            self._take_back(work, last, leads, "redo")

    def _take_back(self, work: Any, last: Action | None, leads: Sequence[str], word: str) -> None:
        if last is None:
            return
        undone = self._action(word, [(lead, ev.Undone(last.id)) for lead in leads])
        work.append(replace(undone, kind="undo", target=last.id))
        stays = [(lead, body) for lead in leads if (body := still_stopped(work, lead)) is not None]
        if stays:
            work.append(replace(self._action("left alone as well", stays), kind="fact"))
        self.world.note(f"rep: {word} {last.label}")
