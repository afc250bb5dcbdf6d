"""Where an entry stands at a moment, and what comes before what: a total order (RULES §4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal

from callsheet.domain.agenda.entry import Entry
from callsheet.domain.rules import Rules

Pane = Literal["hot", "due", "later"]

SECTIONS: Final[tuple[tuple[Pane, str], ...]] = (
    ("hot", "golden"), ("hot", "promised"), ("hot", "waiting"),
    ("due", "commitments"), ("due", "promises"), ("due", "steps"), ("due", "loose"), ("due", "adrift"),
    ("later", "later"),
)  # fmt: skip
"""The sheet from top to bottom: each pane holds its sections in this order."""

FLAGS: Final = frozenset({"invite", "stale"})
"""Kinds that only matter once their time has come: before it, what was agreed is what is next."""

_RANK: Final = {section: index for index, (_, section) in enumerate(SECTIONS)}
_PANE: Final[dict[str, Pane]] = {section: pane for pane, section in SECTIONS}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands at a moment; `key` orders the sheet, the same for no two leads."""

    pane: Pane
    section: str
    key: tuple[int, float, float, int, float, str]


def end_of_day(now: datetime, rules: Rules) -> datetime:
    """Return the first instant (UTC) of tomorrow in the rep's zone: what falls due before it is due today."""
    tomorrow = rules.calendar.day_of(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), rules.calendar.tz).astimezone(UTC)


def place(entry: Entry, now: datetime, rules: Rules) -> Place:
    """Return where an entry stands at a moment: panes, sections and ties of RULES §4, in a total order.

    What takes over from it (`at_moment`) stands in the same pane; a step that took over, at the place of the first.
    """
    section, primary = _section(entry, now, rules)
    promised = entry.promise_at.timestamp() if entry.promise_at else float("inf")
    received = entry.received_at.timestamp()
    key = (_RANK[section], promised if primary is None else primary, promised, entry.counted, received, entry.lead)
    return Place(_PANE[section], section, key)


def _section(entry: Entry, now: datetime, rules: Rules) -> tuple[str, float | None]:
    """Return the section, and what orders it; None stands for the promise."""
    due, promised = entry.due_at.timestamp(), entry.promise_at
    soon = promised is not None and promised <= now + rules.soon
    if entry.commitment_at is not None and entry.commitment_at <= now + rules.commitment_lead:
        return "commitments", entry.commitment_at.timestamp()
    if entry.kind == "hot":
        if entry.due_at > now:
            return "waiting", due
        golden = promised is not None and entry.received_at > now - rules.golden
        return ("golden", -entry.received_at.timestamp()) if golden else ("promised", None)
    if soon:
        return "promises", None
    if entry.kind in ("step", "nurture") and entry.due_at < end_of_day(now, rules):
        return "steps", due
    if entry.kind in FLAGS:
        if entry.due_at <= now:
            return "loose", due
        return "later", entry.commitment_at.timestamp() if entry.commitment_at else due
    return ("adrift" if entry.kind == "adrift" else "later"), due


def at_moment(entry: Entry, now: datetime, rules: Rules) -> Entry:
    """Return the entry as it stands now: what was agreed takes over from five minutes before its time (RULES §4).

    It also stands there as long as an invitation need not be chased yet, nor a conversation has gone stale. A step
    that nothing has to wait for gives way to the next one on that one's day (RULES §5: no effect on the rest), and an
    invitation that was not chased by mail to the call four hours before the meeting (RULES §9).
    """
    then = entry.takes_over
    if then is not None and (then.due_at <= now or (then.all_day and then.due_at < end_of_day(now, rules))):
        return at_moment(then, now, rules)
    if entry.commitment_at is None or entry.kind == "commitment":
        return entry
    if entry.commitment_at > now + rules.commitment_lead and not (entry.kind in FLAGS and entry.due_at > now):
        return entry
    return replace(
        entry, kind="commitment", channel=entry.commitment_channel, due_at=entry.commitment_at,
        label=entry.commitment_what, all_day=False, step=None, decision="", open_question="", retry=False,
    )  # fmt: skip
