"""What stands in the rep's calendar: the call blocks, every agreed next step, and the meetings (RULES §9, §12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, Protocol

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.domain.text import one_line, safe_text
from callsheet.services.desk import Desk

CALL: Final = timedelta(minutes=15)
"""How long a next step stands in the calendar."""

REMEMBERED: Final = timedelta(days=30)
"""How long one that was called off is still told to calendar programs."""

MOVES: Final = (
    ev.NextStepSet, ev.NextStepDropped, ev.InviteSent, ev.InviteAnswered, ev.Attempt, ev.Nurtured, ev.Returned,
    ev.Closed, ev.Reopened, ev.DoNotContact, ev.Merged, ev.Undone,
)  # fmt: skip
"""Facts that can move a next step or call it off."""

Status = Literal["confirmed", "tentative", "cancelled"]

_VERBS: Final[dict[ev.Channel, str]] = {
    "phone": "Call", "email": "Mail", "linkedin": "LinkedIn", "post": "Card", "video": "Video", "sms": "Text",
    "meeting": "Meet", "research": "Research",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the calendar. `uid` stays the same when it is moved, `sequence` grows with every change."""

    uid: str
    start: datetime
    end: datetime
    title: str
    text: str
    status: Status
    sequence: int
    changed: datetime
    alarm: timedelta


@dataclass(frozen=True, slots=True)
class BlockSeries:
    """A daily call block on the rep's clock: on these weekdays (Monday is 0) from `first` on, but for `skipped`."""

    uid: str
    first: date
    start: time
    end: time
    weekdays: frozenset[int]
    skipped: tuple[date, ...]
    title: str = "Call block"
    text: str = ""
    alarm: timedelta = timedelta(minutes=5)


class DatedReads(Protocol):
    """Where the leads with something in the calendar are found."""

    def dated(self, since: datetime) -> Sequence[tuple[Lead, Sequence[ev.Event]]]:
        """Return the leads with a next step or a meeting, or that agreed one since then, with their events."""
        ...


def items(desk: Desk, reads: DatedReads) -> list[Item]:
    """Return every next step and meeting, by time; those called off lately among them, as cancelled."""
    since = desk.now() - REMEMBERED
    found = [item for lead, events in reads.dated(since) for item in items_of(lead, events, desk.rules, since)]
    return sorted(found, key=lambda item: (item.start, item.uid))


def items_of(lead: Lead, events: Sequence[ev.Event], rules: Rules, since: datetime) -> Iterable[Item]:
    """Yield the next step and the meeting of one lead."""
    moves = [event for event in events if isinstance(event.body, MOVES)]
    if not moves:
        return
    changed = moves[-1].recorded_at
    meeting = lead.invite
    sent = [event.body for event in events if isinstance(event.body, ev.InviteSent)]
    if meeting is not None and meeting.end >= since:
        off = meeting.status in ("declined", "cancelled")
        status: Status = "cancelled" if off else "confirmed" if meeting.status == "accepted" else "tentative"
        yield _meeting(lead, ev.InviteSent(meeting.uid, meeting.start, meeting.end, meeting.title), events, status)
    elif meeting is None and sent and sent[-1].start > changed:
        yield _meeting(lead, sent[-1], events, "cancelled")
    step = lead.commitment
    agreed = [event.body for event in events if isinstance(event.body, ev.NextStepSet)]
    if step is not None and not (meeting is not None and step.due == meeting.start):
        yield _step(lead, step.due, step.channel, step.what, "confirmed", len(moves) - 1, changed, rules)
    elif agreed and agreed[-1].due > changed and not any(one.start == agreed[-1].due for one in sent):
        last = agreed[-1]  # called off before its time
        yield _step(lead, last.due, last.channel, last.what, "cancelled", len(moves) - 1, changed, rules)


def version_of(events: Sequence[ev.Event], uid: str) -> int:
    """Count the versions of an invitation that ever went out, from 0; undone ones too, as it never counts back."""
    versions = sum(isinstance(event.body, ev.InviteSent) and event.body.uid == uid for event in events)
    off = sum(
        isinstance(event.body, ev.InviteAnswered) and event.body.uid == uid and event.body.status == "cancelled"
        for event in events
    )
    return versions + off - 1


def points(lead: Lead) -> str:
    """Return the salient points of a lead (`S4`): what was agreed, what they need and asked, how to reach them."""
    packet = lead.packet
    step = lead.commitment
    asked = lead.asked.interaction if lead.asked is not None else None
    said = [
        ("Who", ", ".join(filter(None, (lead.profile.name, lead.profile.title, lead.profile.company)))),
        ("What for", step.what if step else ""),
        ("Role", packet.role if packet else ""),
        ("Need, in their words", packet.need if packet else ""),
        ("Agreed", packet.topic if packet else ""),
        ("Objections", packet.objections if packet else ""),
        ("Best time", packet.best_time if packet else ""),
        ("They asked", (asked.text or asked.topic) if asked else ""),
        ("Phone", next(iter(lead.phones), "")),
        ("Email", next(iter(lead.emails), "")),
    ]
    return "\n".join(f"{name}: {one_line(value, 500)}" for name, value in said if value.strip())


def block_series(desk: Desk, mantra: str = "") -> list[BlockSeries]:
    """Return the daily blocks of this year and the next, without holidays and days off."""
    calendar = desk.rules.calendar
    first = date(calendar.day_of(desk.now()).year, 1, 1)
    while first.weekday() not in calendar.days:
        first += timedelta(days=1)
    last = date(first.year + 1, 12, 31)
    every = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    skipped = tuple(day for day in every if day.weekday() in calendar.days and not calendar.is_working_day(day))
    return [
        BlockSeries(
            f"call-block-{number}@callsheet", first, start, end, calendar.days, skipped,
            text=safe_text(mantra, 500),
        )
        for number, (start, end) in enumerate(sorted(desk.rules.blocks), 1)
    ]  # fmt: skip


def _step(
    lead: Lead, due: datetime, channel: ev.Channel, what: str, status: Status, sequence: int, changed: datetime,
    rules: Rules,
) -> Item:  # fmt: skip
    who = lead.profile.name or lead.profile.company or lead.id
    title = one_line(f"{_VERBS[channel]} {who}" + (f": {what}" if what else ""), 200)
    return Item(
        f"next-step-{lead.id}@callsheet", due, due + CALL, title, points(lead), status, sequence, changed,
        rules.commitment_lead,
    )  # fmt: skip


def _meeting(lead: Lead, sent: ev.InviteSent, events: Sequence[ev.Event], status: Status) -> Item:
    title = one_line(sent.title or f"Meeting with {lead.profile.name}", 200)
    changed = max(event.recorded_at for event in events if isinstance(event.body, MOVES))
    return Item(
        sent.uid, sent.start, sent.end, title, points(lead), status, version_of(events, sent.uid), changed,
        timedelta(minutes=15),
    )  # fmt: skip
