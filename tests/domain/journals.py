"""A journal in memory, written as a rep's day goes, for tests of the fold, the plans and the sheet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from callsheet.domain import events as ev
from callsheet.domain.agenda import Entry, Place, next_action, place, step_of_attempt
from callsheet.domain.business_time import Calendar
from callsheet.domain.lead import Lead, fold
from callsheet.domain.profile import Profile
from callsheet.domain.rules import Rules
from callsheet.services.rulebook import default_rules

LONDON = default_rules("Europe/London")
PRIYA = Profile(
    name="Priya Raman", company="Northwind", title="VP Operations", phones=("+13125550142",),
    emails=("priya@northwind.example",), zip="60601", address="1 Main St",
)  # fmt: skip


def at(text: str, zone: str = "Europe/London") -> datetime:
    """Read `2026-11-23 09:30` as a wall-clock time in a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def with_calendar(rules: Rules, **changes: object) -> Rules:
    """Change the rep's calendar."""
    now = rules.calendar
    values: dict[str, object] = {
        "zone": now.zone, "open": now.open, "close": now.close, "days": now.days, "holidays": now.holidays,
        "days_off": now.days_off, "lunch": now.lunch,
    }  # fmt: skip
    return replace(rules, calendar=Calendar(**{**values, **changes}))  # type: ignore[arg-type]


@dataclass
class Journal:
    """The events of one lead; each `add` is one action, which `undo` takes back."""

    rules: Rules = LONDON
    lead_id: str = "lead-1"
    events: list[ev.Event] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def add(self, when: datetime, *bodies: ev.Body, origin: ev.Origin = "rep") -> str:
        action = f"action-{len(self.actions):05}"
        self.actions.append(action)
        for body in bodies:
            seq = len(self.events) + 1
            self.events.append(
                ev.Event(f"event-{seq:06}", self.lead_id, action, when, "Europe/London", when, origin, body, seq)
            )
        return action

    def undo(self, when: datetime, action: str, *, origin: ev.Origin = "rep") -> str:
        return self.add(when, ev.Undone(action), origin=origin)

    @property
    def lead(self) -> Lead:
        found = fold(self.lead_id, self.events, self.rules)
        assert found is not None
        return found

    @property
    def entry(self) -> Entry:
        found = next_action(self.lead, self.rules)
        assert found is not None
        return found

    def place(self, now: datetime) -> Place:
        return place(self.entry, now, self.rules)

    def local_due(self) -> str:
        """Return when the next action falls due on the rep's clock: `Mon 2026-11-23 09:30`."""
        return f"{self.rules.calendar.local(self.entry.due_at):%a %Y-%m-%d %H:%M}"

    def capture(
        self, when: datetime, profile: Profile = PRIYA, *, direction: ev.Direction = "inbound", origin: str = ""
    ) -> str:
        return self.add(when, ev.Captured(profile, when, when, direction, originator=origin))

    def start(
        self, when: datetime, plan: str = "inbound-21", profile: Profile = PRIYA, *, to: Literal["lead", "hot"] = "lead"
    ) -> Journal:
        """Bring in a lead and start its plan, as the services do."""
        newest = self.rules.newest(plan)
        assert newest is not None
        asked = ev.Interaction("contact_form", "Pricing", "Pricing for 40 seats", asks=True)
        did = [asked] if to == "hot" else [ev.Interaction("download", "A"), ev.Interaction("webinar", "B")]
        direction: ev.Direction = "outbound" if plan == "outbound" else "inbound"
        day0 = self.rules.calendar.day_of(when)
        self.add(
            when, ev.Captured(profile, when, when, direction), *did, ev.Promoted(to, "test"),
            ev.PlanStarted(newest.name, newest.version, day0),
        )  # fmt: skip
        return self

    def hot(self, when: datetime, profile: Profile = PRIYA) -> Journal:
        return self.start(when, "hot", profile, to="hot")

    def log(self, when: datetime, outcome: str, channel: ev.Channel | None = None, **more: object) -> str:
        """Log an attempt; it does the plan's step that it would do in the product."""
        lead = self.lead
        entry = next_action(lead, self.rules)
        used = channel or (entry.channel if entry else "phone")
        step = step_of_attempt(lead, used, when, self.rules)
        row = self.rules.outcomes.of(outcome)
        body = ev.Attempt(used, outcome, step=step if row.does_step else None)
        return self.add(when, replace(body, **more))  # type: ignore[arg-type]

    def do(self, when: datetime | None = None) -> tuple[str, str, str]:
        """Do the next step with nobody answering, at its time unless told; return when, channel and label."""
        entry = self.entry
        done_at = when or max(entry.due_at + timedelta(minutes=1), self.events[-1].at + timedelta(minutes=1))
        outcome = {
            "phone": "no_answer", "email": "sent", "linkedin": "invited", "post": "posted", "research": "researched",
        }[entry.channel]  # fmt: skip
        self.log(done_at, outcome, entry.channel)
        local = self.rules.calendar.local(done_at if when else entry.due_at)
        return f"{local:%a %Y-%m-%d %H:%M}", entry.channel, entry.label
