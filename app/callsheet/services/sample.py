"""The sample book of the demo: some 120 leads around now, each with a believable past.

Everything in it is made up: companies, names, addresses at example domains, and numbers from ranges that are kept for
fiction. The past is worked with the same services as a rep's day, so that it is one that can really come about. For a
given moment and rules the book is always the same.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from callsheet.domain import events as ev
from callsheet.domain.agenda import Entry
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services import decisions, next_steps, outreach, research
from callsheet.services.calling import callable_lead
from callsheet.services.desk import Action, Changes, Desk, Work
from callsheet.services.intake import Happened, first_facts
from callsheet.services.next_steps import Agreed
from callsheet.services.outreach import Report

NAME: Final = "sample_leads.csv"
CAMPAIGN: Final = "Transport & Logistics Expo"

_ASSETS: Final = ("Fleet ROI guide", "Five ways to cut empty miles", "What drivers say about route apps")
_TOPICS: Final = ("Fleet ROI guide", "Route planning live", "Cold chain checklist", "Pricing page")
_HOURS: Final = (10, 14, 11, 15, 9, 16, 13, 12, 17)
_FINDINGS: Final = (
    ("website", "twelve depots, a new one announced for spring"),
    ("linkedin", "in the role for two years, was with a carrier before"),
    ("fact_1", "hired three planners last month"),
    ("reason", "their trucks run empty on every fourth trip, says their annual report"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the sample: who, and which past they have: `scenario` names it, `number` is its argument."""

    scenario: str
    number: float
    profile: Profile
    said: str
    source: str
    nth: int


def fill(desk: Desk) -> int:
    """Bring the sample into an empty book, in one transaction; return how many leads it has."""
    people = sample()
    with desk.book.work() as work:
        past = _Past(desk, work)
        for person in people:
            past.add(person)
    return len(people)


@cache
def sample() -> tuple[Person, ...]:
    """Return the people of the sample."""
    text = files("callsheet.services").joinpath(NAME).read_text(encoding="utf-8")
    return tuple(_person(row, nth) for nth, row in enumerate(csv.DictReader(text.splitlines())))


def _person(row: Mapping[str, str], nth: int) -> Person:
    scenario, _, number = row["scenario"].partition(":")
    slug = "".join(char for char in row["company"].lower() if char.isascii() and char.isalnum())
    local = row["email"] or ".".join(row["name"].lower().replace("'", "").split())
    ascii_local = "".join(char for char in local if char.isascii() and (char.isalnum() or char in ".@-"))
    email = "" if row["email"] == "-" else ascii_local if "@" in ascii_local else f"{ascii_local}@{slug}.example.com"
    profile = Profile(
        name=row["name"], company=row["company"], title=row["title"],
        phones=(row["phone"].replace(" ", ""),) if row["phone"] else (), emails=(email,) if email else (),
        website=f"https://{slug}.example.com", linkedin=f"https://linkedin.example.com/in/{slug}-{nth}",
        industry=row["industry"], company_size=int(row["size"]) if row["size"] else None,
        city=row["city"], state=row["state"], country=row["country"], zip=row["zip"], timezone=row["timezone"],
    )  # fmt: skip
    return Person(scenario, float(number or 0), profile, row["said"], row["source"], nth)


class _Within:
    """A book that is in the middle of one transaction: what the services do goes into it, and is no rep's to undo."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Go on in the same transaction."""
        yield cast("Work", self)

    def append(self, action: Action) -> Changes:
        """Append as history: undo starts with what is done in the demo."""
        return self._work.append(replace(action, kind="fact"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


class _Past:
    """The past of the sample in the making: a desk whose clock is turned back."""

    def __init__(self, desk: Desk, work: Work) -> None:
        self.now = desk.now()
        self.at = self.now
        self.work = work
        self.desk = replace(desk, book=cast("Any", _Within(work)), now=lambda: self.at)
        self.calendar = desk.rules.calendar
        self.scenarios: Mapping[str, Callable[[Person], None]] = {
            "hot": self.hot, "tried": self.tried, "plan": self.plan, "event": self.event, "outbound": self.outbound,
            "agreed": self.agreed, "invite": self.invite, "stale": self.stale, "nurture": self.nurture,
            "name": self.name, "closed": self.closed, "returned": self.returned, "stop": self.stop,
            "answered": self.answered, "voicemail": self.voicemail,
        }  # fmt: skip

    def add(self, person: Person) -> None:
        self.scenarios[person.scenario](person)

    # The scenarios ------------------------------------------------------------------------------------------------

    def hot(self, person: Person) -> None:
        """They asked so many minutes ago."""
        self._asked(person, self.now - timedelta(minutes=person.number))

    def tried(self, person: Person) -> None:
        """They asked, were called at once and missed; the next try waits."""
        lead = self._asked(person, self.now - timedelta(minutes=person.number))
        self._do(lead, "no_answer", self.now - timedelta(minutes=person.number - 4), "phone", "rang out")

    def plan(self, person: Person) -> None:
        """Two interactions so many days ago, worked as planned since then; what is due is left."""
        lead = self._captured(person, self._days_ago(person.number, person.nth))
        self._work_through(lead, until=self._kept_up(person))

    def event(self, person: Person) -> None:
        """They filled in the form at the stand so many days ago."""
        at = self._days_ago(person.number, person.nth)
        bant = ev.Bant(budget=person.nth % 2 == 0, authority=None, need=True, timeframe=person.nth % 3 == 0)
        form = ev.Interaction("event_form", CAMPAIGN, person.said, bant=bant, campaign=CAMPAIGN)
        lead = self._captured(person, at, (form, at), campaign=CAMPAIGN)
        self._work_through(lead, until=self._kept_up(person))

    def outbound(self, person: Person) -> None:
        """A teleprospector qualified them so many days ago and handed them over."""
        packet = ev.Packet(person.profile.name, person.profile.title, person.said, "a first call about routes",
                           "has a contract until summer", "mornings")  # fmt: skip
        lead = self._captured(person, self._days_ago(person.number, person.nth), direction="outbound", packet=packet)
        self._work_through(lead, until=self._kept_up(person))

    def agreed(self, person: Person) -> None:
        """They were reached two days ago, and something was agreed for so many minutes from now."""
        lead = self._talked(person, timedelta(days=2))
        due = self.now + timedelta(minutes=person.number)
        self._agree(lead, due, person.said)

    def invite(self, person: Person) -> None:
        """A meeting was booked; the invitation is not accepted."""
        lead = self._captured(person, self._days_ago(6, person.nth))
        self._work_through(lead, until=self.now - timedelta(days=3))
        at = self._reachable(lead, self.now - timedelta(hours=54))
        start = self.calendar.opening(self.calendar.next_working_day(self.calendar.day_of(self.now)))
        due = start + timedelta(hours=person.number)
        self._log(lead, Report("meeting", "phone", note=person.said, agreed=Agreed(due, person.said, "meeting"),
                               seconds=412), at)  # fmt: skip

    def stale(self, person: Person) -> None:
        """They were reached three days ago and nothing was sent since; a call is agreed for next week."""
        lead = self._talked(person, timedelta(days=3))
        self._agree(lead, self.now + timedelta(days=person.number), person.said)

    def nurture(self, person: Person) -> None:
        """Not now, they said; the next value touch is due in so many days, or overdue."""
        lead = self._captured(person, self._days_ago(40, person.nth))
        self._work_through(lead, until=self.now - timedelta(days=30))
        at = self._reachable(lead, self.now - timedelta(days=21))
        until = self.calendar.opening(
            self.calendar.roll_forward(self.calendar.day_of(self.now + timedelta(days=person.number)))
        )
        self.at = at
        decisions.decide(self.desk, lead, decisions.Decision("nurture", note=person.said, until=until))

    def name(self, person: Person) -> None:
        """One interaction so far."""
        at = self._days_ago(person.number, person.nth)
        kind: ev.InteractionKind = "scan" if person.nth % 2 else "download"
        topic = CAMPAIGN if kind == "scan" else _TOPICS[person.nth % 3]
        self._captured(person, at, (ev.Interaction(kind, topic), at), campaign=CAMPAIGN if kind == "scan" else "")

    def closed(self, person: Person) -> None:
        """Decided so many days ago; how is what they said."""
        lead = self._captured(person, self._days_ago(person.number + 21, person.nth))
        self._work_through(lead, until=self.now - timedelta(days=person.number))
        self.at = self._reachable(lead, self.now - timedelta(days=person.number))
        reason, _, note = person.said.partition(": ")
        decisions.decide(self.desk, lead, decisions.Decision("close", cast("ev.CloseReason", reason), note))

    def returned(self, person: Person) -> None:
        """Kicked back to whoever generated it."""
        self.outbound(person)
        self.at = self.now - timedelta(hours=20)
        decisions.kick_back(self.desk, self._id, person.said)

    def stop(self, person: Person) -> None:
        """They asked to be left alone."""
        lead = self._captured(person, self._days_ago(person.number, person.nth))
        self.at = self.now - timedelta(days=person.number - 1)
        decisions.do_not_contact(self.desk, lead, person.said)

    def answered(self, person: Person) -> None:
        """They wrote back so many hours ago: a next step has to be agreed."""
        lead = self._captured(person, self._days_ago(10, person.nth))
        self._work_through(lead, until=self.now - timedelta(days=3))
        at = self.now - timedelta(hours=person.number)
        facts = [(lead, at, ev.Interaction("reply", "", person.said))]
        self.at = at
        self.work.append(self.desk.action("reply", facts, origin="crm", kind="fact"))

    def voicemail(self, person: Person) -> None:
        """The plan is through, or nearly: the decision is due."""
        lead = self._captured(person, self._days_ago(person.number, person.nth))
        self._work_through(lead, until=self.now - timedelta(hours=2))

    # What they are made of ----------------------------------------------------------------------------------------

    def _captured(
        self, person: Person, at: datetime, *happened: Happened, direction: ev.Direction = "inbound",
        packet: ev.Packet | None = None, campaign: str = "",
    ) -> str:  # fmt: skip
        nth = person.nth
        done = happened or (
            (ev.Interaction("download", _TOPICS[nth % 3]), at - timedelta(days=2 + nth % 4)),
            (ev.Interaction("webinar" if nth % 2 else "visit", _TOPICS[1 + nth % 3]), at),
        )
        self._id = _lead_id(at, nth)
        captured = ev.Captured(
            person.profile, at, at - timedelta(minutes=3 + 7 * (nth % 6)), direction, person.source, campaign,
            "Dana (teleprospecting)" if packet else "", packet,
        )  # fmt: skip
        facts = first_facts(self._id, captured, done if direction == "inbound" else (), self.desk.rules)
        self.at = at
        self.work.append(self.desk.action("sample", facts, origin="import", kind="fact"))
        return self._id

    def _asked(self, person: Person, at: datetime) -> str:
        asked = ev.Interaction("contact_form", "Contact form", person.said, asks=True)
        seen = ev.Interaction("visit", "Pricing page")
        return self._captured(person, at, (seen, at - timedelta(minutes=6)), (asked, at))

    def _talked(self, person: Person, ago: timedelta) -> str:
        lead = self._captured(person, self._days_ago(9, person.nth))
        self._work_through(lead, until=self.now - timedelta(days=4))
        at = self._reachable(lead, self.now - ago)
        later = self.calendar.opening(self.calendar.next_working_day(self.calendar.day_of(self.now)))
        self._log(lead, Report("connected", "phone", note="wants to see it with their own routes",
                               agreed=Agreed(later, person.said), seconds=290 + 7 * person.nth), at)  # fmt: skip
        return lead

    def _agree(self, lead: str, due: datetime, what: str) -> None:
        self.at = min(self.now - timedelta(hours=3), due - timedelta(hours=1))
        channel: ev.Channel = "email" if what.startswith("send") else "phone"
        next_steps.set_next_step(self.desk, lead, Agreed(due, what, channel))

    def _work_through(self, lead: str, *, until: datetime) -> None:
        """Do each step of the plan on its day, as long as that lies before `until`."""
        for _ in range(30):
            entry = self.work.entry(lead)
            if entry is None or entry.decision or entry.kind not in ("step", "hot"):
                return
            at = self._when(lead, entry)
            if at is None or at >= until or at >= self.now:
                return
            self._step(lead, entry, at)

    def _step(self, lead: str, entry: Entry, at: datetime) -> None:
        if entry.channel == "research":
            self.at = at
            for item, finding in _FINDINGS[: 2 + int(lead[-1], 16) % 3]:
                research.tick(self.desk, lead, item, finding)
        outcome = {"research": "researched", "email": "sent", "linkedin": "invited", "post": "posted"}.get(
            entry.channel
        )
        spoke = "voicemail" if int(lead[-2], 16) % 3 == 0 else "no_answer"
        asset = _ASSETS[entry.nth % 3] if entry.channel in ("email", "post") else ""
        self._log(lead, Report(outcome or spoke, entry.channel, asset=asset), at)

    def _when(self, lead: str, entry: Entry) -> datetime | None:
        """Return when a step was done: on its day, at a time at which they may be called."""
        if not entry.all_day:
            found = self.work.lead(lead)
            due = (
                max(entry.due_at, found.last_touch + timedelta(minutes=11))
                if found and found.last_touch
                else entry.due_at
            )
            return due if entry.channel != "phone" else self._first(lead, (due,))
        day = self.calendar.day_of(entry.due_at)
        hours = _HOURS[int(lead[-3], 16) % 4 :]
        times = (datetime.combine(day, time(hour, int(lead[-4:-2], 16) % 60), self.calendar.tz) for hour in hours)
        found = self.work.lead(lead)
        after = found.received_at if found and found.received_at else entry.due_at
        later = [one for one in times if one > after]
        return self._first(lead, later) if entry.channel == "phone" else next(iter(later), None)

    def _first(self, lead: str, times: Iterable[datetime]) -> datetime | None:
        found = cast("Lead", self.work.lead(lead))
        return next((at for at in times if callable_lead(self.desk, found, at).now), None)

    def _reachable(self, lead: str, near: datetime) -> datetime:
        """Return a time of the working day before `near` at which the lead may be called, after all else with it."""
        found = cast("Lead", self.work.lead(lead))
        day = self.calendar.day_of(near)
        floor = max(filter(None, (found.last_touch, found.received_at)))
        for back in (0, 1, 2, 3, -1, -2):
            one = day - timedelta(days=back)
            if not self.calendar.is_working_day(one):
                continue
            times = (
                datetime.combine(one, time(hour, 5 * (int(lead[-1], 16) % 12)), self.calendar.tz) for hour in _HOURS
            )
            at = self._first(lead, (at for at in times if floor < at < self.now))
            if at is not None:
                return at
        return max(near, floor + timedelta(minutes=30))

    def _kept_up(self, person: Person) -> datetime:
        """Return until when a lead was worked: until this morning, a few of them only until some days ago."""
        if person.nth % 6 == 0:
            return self.now - timedelta(days=2 + person.nth % 3)
        return self.calendar.opening(self.calendar.day_of(self.now))

    def _days_ago(self, days: float, nth: int) -> datetime:
        """Return a moment in working hours so many calendar days ago."""
        day = self.calendar.day_of(self.now) - timedelta(days=int(days))
        at = datetime.combine(day, time(9 + nth % 7, (nth * 17) % 60), self.calendar.tz)
        return min(at, self.now - timedelta(hours=2, minutes=nth))

    def _do(self, lead: str, outcome: str, at: datetime, channel: ev.Channel, note: str = "") -> None:
        self._log(lead, Report(outcome, channel, note=note), at)

    def _log(self, lead: str, report: Report, at: datetime) -> None:
        self.at = at
        found = cast("Lead", self.work.lead(lead))
        unusual = report.channel == "phone" and not callable_lead(self.desk, found, at).now
        override = "they had asked for a call" if unusual else ""
        outreach.log(self.desk, lead, replace(report, at=at, override=override))


def _lead_id(at: datetime, nth: int) -> str:
    """Make an id of the time and the row, where others have chance: the same book every time."""
    chance = uuid5(NAMESPACE_URL, f"callsheet:sample:{nth}").int
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | (chance & 0xFFF) << 64 | 0b10 << 62 | chance >> 66))
