"""Why a lead is on the sheet and since or until when, in words that the rep would use (RULES §4).

Plain text for the screens and for `today`: `why` is the reason, `when_label` the first column beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from callsheet.domain.agenda import Entry, Pane, at_moment, place
from callsheet.domain.rules import Rules
from callsheet.domain.when_words import MONTH_NAMES, WEEKDAY_NAMES

Tone = Literal["now", "broken", "soon", "normal", "dim"]

PANES: Final[dict[Pane, str]] = {"hot": "Hot", "due": "Due", "later": "Later"}
"""What the panes are called."""

ASKED: Final = {
    "contact_form": "asked to be contacted",
    "sales_email": "emailed sales",
    "inbound_call": "called in",
    "score": "showed interest",
    "event_form": "asked at an event",
}
"""What somebody did who wants to hear from us, by the kind of the interaction."""

_AFTER: Final = {
    "replied": "replied",
    "spoke": "spoke",
    "done": "sent as agreed",
    "dropped": "next step dropped",
    "declined": "invite declined",
    "reopened": "reopened",
    "refused": "said no",
}

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WhenLabel:
    """The first column of a row. The tone never says more than the words do."""

    text: str
    tone: Tone


def why(entry: Entry, now: datetime, rules: Rules) -> str:
    """Return why the lead is there: what it asked or what was agreed, what is due, and how far it has come."""
    entry = at_moment(entry, now, rules)
    match entry.kind:
        case "hot":
            parts = _hot(entry, now, rules)
        case "commitment":
            parts = _commitment(entry, now, rules)
        case "invite":
            parts = _invite(entry, now, rules)
        case "stale":
            spoken = moment(entry.happens_at, now, rules) if entry.happens_at else ""
            parts = iter((f"spoke {spoken}".strip(), "nothing sent since", entry.label))
        case "nurture":
            parts = iter(("nurture", entry.label))
        case "adrift":
            parts = iter(("no next step", entry.label))
        case "step":
            parts = _step(entry, now, rules)
    return " · ".join(part for part in parts if part)


def promised_by(entry: Entry, now: datetime, rules: Rules) -> str:
    """Return the open promise: `promised by Tue 10:00`, or how long it is broken; empty when there is none."""
    if entry.promise_at is None:
        return ""
    if entry.promise_at < now:
        return f"promise broken {ago(now - entry.promise_at)}"
    return f"promised by {moment(entry.promise_at, now, rules)}"


def _hot(entry: Entry, now: datetime, rules: Rules) -> Iterator[str]:
    asked = f"“{entry.asked}”" if entry.asked else ""
    if entry.due_at > now and entry.tried:
        yield f"tried, again at {moment(entry.due_at, now, rules)}"
        yield entry.label
        yield asked
        return
    if entry.tried:
        tried = f"tried {moment(entry.last_try_at, now, rules)}" if entry.last_try_at else "tried"
        yield tried
        yield entry.label
        yield f"{entry.unanswered} of {entry.cap} touches"
    else:
        yield f"asked {ago(now - (entry.asked_at or entry.received_at))}"
        yield promised_by(entry, now, rules)
    yield asked or ASKED.get(entry.asked_kind, "").replace(ASKED["contact_form"], "")


def _commitment(entry: Entry, now: datetime, rules: Rules) -> Iterator[str]:
    due = entry.due_at
    if due < now:
        yield f"promise broken {ago(now - due)}"
    else:
        same_day = rules.calendar.day_of(due) == rules.calendar.day_of(now)
        yield f"{clock(due, rules)} promised" if same_day else f"promised {moment(due, now, rules)}"
    yield entry.commitment_what or entry.label or "the next step you agreed"
    if entry.missed:
        yield f"missed {_times(entry.missed)}"
    yield promised_by(entry, now, rules)


def _invite(entry: Entry, now: datetime, rules: Rules) -> Iterator[str]:
    yield "invite not accepted"
    if entry.happens_at is not None:
        yield f"{entry.label or 'the meeting'} {moment(entry.happens_at, now, rules)}"
        if entry.channel == "phone" and entry.happens_at > now:
            yield f"{span(entry.happens_at - now)} to go: call"


def _step(entry: Entry, now: datetime, rules: Rules) -> Iterator[str]:
    late = (rules.calendar.day_of(now) - rules.calendar.day_of(entry.due_at)).days
    yield promised_by(entry, now, rules) if not entry.open_question else ""
    if entry.open_question:
        since = moment(entry.question_at, now, rules) if entry.question_at else ""
        yield f"{_AFTER.get(entry.open_question, entry.open_question)} {since}".strip()
        yield entry.label
        yield promised_by(entry, now, rules) if entry.decision == "" else ""
        return
    if late > 0 and not (entry.promise_at is not None and entry.promise_at < now):
        yield f"{late} day{'' if late == 1 else 's'} late"
    if entry.decision:
        if entry.unanswered:
            yield f"{entry.unanswered} of {entry.cap} touches, no answer"
        yield entry.label
        return
    if entry.retry:
        yield f"busy, again at {moment(entry.due_at, now, rules)}"
    yield f"day {entry.day}" if entry.step is not None else ""
    yield entry.label
    yield f"{entry.unanswered} of {entry.cap} touches"
    if entry.review:
        yield "go on, or record it and move on?"


def when_label(entry: Entry, now: datetime, rules: Rules) -> WhenLabel:
    """Return the first column of the sheet: how long they wait, how long is left, what is late, or when it comes."""
    entry = at_moment(entry, now, rules)
    section = place(entry, now, rules).section
    match section:
        case "golden":
            return WhenLabel(f"{span(now - entry.received_at, seconds=True)} waiting", "now")
        case "promised" | "promises":
            return _promise_label(entry, now)
        case "waiting":
            return WhenLabel(_later(entry.due_at, now, rules, timed=True), "dim")
        case "commitments":
            return _commitment_label(entry, now, rules)
        case "loose" if entry.kind == "stale":
            since = entry.happens_at or entry.due_at - rules.stale
            red = now - since >= rules.stale_red
            return WhenLabel(f"{span(now - since)} silent", "broken" if red else "soon")
        case "adrift":
            return WhenLabel("no date", "soon")
        case "later" if entry.kind == "commitment" and entry.due_at - now < _DAY:
            return WhenLabel(f"{clock(entry.due_at, rules)} promised", "normal")
        case "later":
            return WhenLabel(_later(entry.due_at, now, rules, timed=False), "dim")
    return _due_label(entry, now, rules)


def _promise_label(entry: Entry, now: datetime) -> WhenLabel:
    due = entry.promise_at
    if due is None:
        return WhenLabel("now", "now")
    if due < now:
        hours, minutes = divmod(int((now - due).total_seconds()) // 60, 60)
        return WhenLabel(f"breached {hours}:{minutes:02}" if hours < 48 else f"breached {hours // 24}d", "broken")
    return WhenLabel(f"{span(due - now)} left", "soon")


def _commitment_label(entry: Entry, now: datetime, rules: Rules) -> WhenLabel:
    late = (rules.calendar.day_of(now) - rules.calendar.day_of(entry.due_at)).days
    if late > 0:
        return WhenLabel(f"{late}d late", "broken")
    return WhenLabel(f"{clock(entry.due_at, rules)} promised", "broken" if entry.due_at < now else "now")


def _due_label(entry: Entry, now: datetime, rules: Rules) -> WhenLabel:
    late = (rules.calendar.day_of(now) - rules.calendar.day_of(entry.due_at)).days
    if late > 0:
        return WhenLabel(f"{late}d late", "soon")
    if entry.all_day or entry.due_at <= now:
        return WhenLabel("today", "normal")
    return WhenLabel(clock(entry.due_at, rules), "normal")


def _later(at: datetime, now: datetime, rules: Rules, *, timed: bool) -> str:
    day, today = rules.calendar.day_of(at), rules.calendar.day_of(now)
    if day == today:
        return clock(at, rules) if timed or at > now else "today"
    return "tomorrow" if day - today == _DAY else named_day(day, today)


def named_day(day: date, today: date) -> str:
    """Return a day as the sheet names it: `Thu 26` within a week, `Dec 15` further away, with the year when it is."""
    away = (day - today).days
    month = MONTH_NAMES[day.month - 1]
    if 0 < away < 7:
        return f"{WEEKDAY_NAMES[day.weekday()]} {day.day}"
    return f"{month} {day.day}" if abs(away) < 300 else f"{month} {day.day} {day.year}"


def clock(at: datetime, rules: Rules) -> str:
    """Return a time of day on the rep's clock: `10:30`."""
    local = rules.calendar.local(at)
    return f"{local.hour:02}:{local.minute:02}"


def moment(at: datetime, now: datetime, rules: Rules) -> str:
    """Return a moment as said today: `10:30`, `Tue 10:12` within six days, else `Dec 15 10:12`."""
    day, today = rules.calendar.day_of(at), rules.calendar.day_of(now)
    if day == today:
        return clock(at, rules)
    named = WEEKDAY_NAMES[day.weekday()] if abs((day - today).days) < 7 else named_day(day, today)
    return f"{named} {clock(at, rules)}"


def ago(length: timedelta) -> str:
    """Return how long something is over: `4 min ago`, `3 h ago`, `2 days ago`."""
    minutes = max(int(length.total_seconds()) // 60, 0)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    days = minutes // (24 * 60)
    return f"{minutes // 60} h ago" if days < 2 else f"{days} days ago"


def span(length: timedelta, *, seconds: bool = False) -> str:
    """Return a length in a few cells: `4m12s`, `45m`, `3h10`, `2d`."""
    total = max(int(length.total_seconds()), 0)
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s" if seconds else f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}" if hours < 48 else f"{hours // 24}d"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
