"""The rep of a day: logs touches, notes and next steps, edits, closes, changes their mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services.desk import Action
from callsheet.services.history import still_stopped

if TYPE_CHECKING:
    from tests.crm.days.day import Day

ZONE: Final = "Europe/London"

WAYS: Final[Sequence[tuple[ev.Channel, str]]] = (
    ("phone", "no_answer"), ("phone", "voicemail"), ("phone", "connected"), ("phone", "meeting"), ("phone", "busy"),
    ("email", "sent"), ("email", "replied"), ("linkedin", "invited"), ("post", "posted"), ("video", "sent"),
    ("sms", "sent"), ("meeting", "connected"),
)  # fmt: skip
"""Channels, and what may become of an attempt there."""


class Rep:
    """Works in the book alone; each text has a mark of its own, by which it is known in the CRM."""

    def __init__(self, day: Day) -> None:
        self.day, self.chance = day, day.chance
        self.told: list[str] = []
        self._said = 0

    def act(self) -> None:
        does = self.chance.choices(
            [self.log, self.undo, self.redo, self.remark, self.agree, self.edit, self.decide, self.capture],
            [10, 4, 2, 4, 4, 4, 3, 2],
        )[0]
        does()

    def said(self, words: str) -> str:
        """Words with a mark that no other words have."""
        self._said += 1
        return f"{words} r{self.day.tag}{self._said:03d}r"

    def do(self, label: str, lead: str, *bodies: ev.Body) -> None:
        day, action = self.day, self.day.fresh()
        events = tuple(ev.Event(day.fresh(), lead, action, day.now(), ZONE, day.now(), "rep", body) for body in bodies)
        with day.book.work() as work:
            work.append(Action(action, day.now(), label, events))
        day.note(f"rep: {label} {lead[:8]}")
        self.told += [event.id for event in events]

    def lead(self, *states: str) -> Lead | None:
        """One of the leads, in one of these states (none: any)."""
        with self.day.book.work() as work:
            found = [work.lead(one) for one in self.day.book.lead_ids()]
        some = [one for one in found if one is not None and not one.merged_into and (not states or one.state in states)]
        return self.chance.choice(some) if some else None

    # What is done -------------------------------------------------------------------------------------------------

    def log(self) -> None:
        lead = self.lead("name", "working", "nurture")
        if lead is None or lead.do_not_contact:
            return
        channel, outcome = self.chance.choice(WAYS)
        text = self.said(self.chance.choice(["Asked for Ann", "Is <away> & 'back' on Monday", "Line one\nline two"]))
        seconds = self.chance.randint(1, 900) if channel == "phone" else 0
        number = lead.profile.phones[0] if channel == "phone" and lead.profile.phones else ""
        step = self.chance.choice([None, 0, 1]) if lead.plan else None
        bodies: list[ev.Body] = [ev.Attempt(channel, outcome, number=number, seconds=seconds, note=text, step=step)]
        if outcome in ("connected", "meeting"):
            due = self.day.now() + timedelta(days=self.chance.randint(1, 9))
            bodies.append(ev.NextStepSet("advance", due, "phone", "talk about the price"))
        self.do(f"{channel} {outcome}", lead.id, *bodies)

    def remark(self) -> None:
        if (lead := self.lead()) is not None:
            self.do("note", lead.id, ev.Noted(self.said(self.chance.choice(["Likes tea", "Has <2> dogs & a cat"]))))

    def agree(self) -> None:
        lead = self.lead("working", "nurture")
        if lead is None:
            return
        if lead.commitment is not None and self.chance.random() < 0.4:
            self.do("drop step", lead.id, ev.NextStepDropped("no time"))
            return
        due = self.day.now() + timedelta(hours=self.chance.randint(1, 99))
        self.do("agree", lead.id, ev.NextStepSet("respond", due, self.chance.choice(["email", "phone"]), "send it"))

    def edit(self) -> None:
        if (lead := self.lead()) is not None:
            name = self.chance.choice(["title", "company"])
            value = f"{name.title()} of the rep {self.chance.randint(1, 99)}"
            self.do(f"edit {name}", lead.id, ev.ProfileEdited({name: value}))

    def decide(self) -> None:
        lead = self.lead()
        if lead is None or lead.do_not_contact or lead.state == "returned" or lead.closed in ("gone", "duplicate"):
            return
        if lead.state == "closed":
            self.do("reopen", lead.id, ev.Reopened("they called"))
            return
        bodies: list[ev.Body] = [
            ev.Closed("not_a_fit", "too small"), ev.Closed("lost"), ev.DoNotContact(lead.profile.points, "asked to"),
            ev.Nurtured(self.day.now() + timedelta(days=21), "later"),
        ]  # fmt: skip
        if "wins" in self.day.backend.traits:
            bodies.append(ev.Closed("won"))
        body = self.chance.choice(bodies)
        self.do(type(body).__name__, lead.id, body)

    def capture(self) -> None:
        """Somebody at a booth, with an address or with a number."""
        self._said += 1
        tag, now = f"{self.day.tag}{self._said}", self.day.now()
        emails = (f"booth{tag}@x.example",) if self.chance.random() < 0.7 else ()
        phones = () if emails else (self.day.manager.number(),)
        profile = Profile(name=f"Booth {tag}", company=f"Stand {tag}", emails=emails, phones=phones)
        plan = ev.PlanStarted("inbound-21", 1, now.date())
        self.do("capture", self.day.fresh(), ev.Captured(profile, now), ev.Promoted("lead", "met"), plan)

    # What is taken back -------------------------------------------------------------------------------------------

    def undo(self) -> None:
        with self.day.book.work() as work:
            self._take_back(work, work.last_done(), "undo")

    def redo(self) -> None:
        with self.day.book.work() as work:
            self._take_back(work, work.last_undone(), "redo")

    def _take_back(self, work: Any, last: Action | None, word: str) -> None:
        if last is None:
            return
        leads = work.leads_of(last.id)
        self._append(work, word, {lead: ev.Undone(last.id) for lead in leads}, "undo", last.id)
        stays = {lead: body for lead in leads if (body := still_stopped(work, lead)) is not None}
        if stays:
            self._append(work, "left alone as well", stays, "fact")
        self.day.note(f"rep: {word} {last.label} {', '.join(lead[:8] for lead in leads)}")

    def _append(
        self, work: Any, label: str, facts: Mapping[str, ev.Body], kind: Literal["undo", "fact"],
        target: str = "",
    ) -> None:  # fmt: skip
        day = self.day
        action, now = day.fresh(), day.now()
        events = [ev.Event(day.fresh(), lead, action, now, ZONE, now, "rep", body) for lead, body in facts.items()]
        work.append(Action(action, now, label, tuple(events), kind, target))
