"""Plans on many leads: moving them to a new version with a preview, and late work asked once for all (RULES §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.agenda import Entry, Pane, next_action, schedule_of
from callsheet.domain.lead import Lead
from callsheet.domain.plan import moved_to, open_step
from callsheet.services.desk import Changes, Desk, Fact, NotFound, Refused
from callsheet.services.intake import start_plan
from callsheet.services.leads import any_lead
from callsheet.services.views import Filter, Row

LateChoice = Literal["resume", "spread", "restart", "retire"]

MANY: Final = 1000
"""Late leads from which on nobody asks for the exact number."""

PAGE: Final = 500
"""Rows that are read at a time."""


@dataclass(frozen=True, slots=True)
class Move:
    """What moving one lead to the newest version of its plan would change: the next step and its day."""

    lead: str
    name: str
    version: int
    to: int
    before: tuple[str, date] | None
    after: tuple[str, date] | None

    @property
    def changes_next(self) -> bool:
        """Whether the next step is another one, or falls on another day."""
        return self.before != self.after


def moves(desk: Desk, plan: str) -> list[Move]:
    """Preview moving all running leads of a plan to its newest version.

    Raises:
        NotFound: no plan has that name.
    """
    newest = desk.rules.newest(plan)
    if newest is None:
        raise NotFound(f"no plan is called “{plan}”: see `callsheet plan list`")
    found = []
    with desk.book.work() as work:
        for row in _all(desk, Filter(plan=plan)):
            lead = work.lead(row.entry.lead)
            if lead is not None and lead.plan is not None and lead.plan.version != newest.version:
                before = _next(desk, lead, lead.plan.version)
                after = _next(desk, lead, newest.version)
                found.append(Move(lead.id, lead.profile.name, lead.plan.version, newest.version, before, after))
    return found


def move(desk: Desk, plan: str) -> Changes:
    """Move all running leads of a plan to its newest version, as previewed; steps done stay done, one undo for all.

    Raises:
        NotFound: no plan has that name.
        Refused: every lead is on the newest version.
    """
    planned = moves(desk, plan)
    if not planned:
        raise Refused(f"every lead on {plan} has its newest version", rule="plan")
    now = desk.now()
    facts: list[Fact] = [(one.lead, now, ev.PlanMoved(one.to)) for one in planned]
    with desk.book.work() as work:
        return work.append(desk.action(f"{len(facts)} leads moved to {plan} version {planned[0].to}", facts))


def _next(desk: Desk, lead: Lead, version: int) -> tuple[str, date] | None:
    running, rules = lead.plan, desk.rules
    if running is None:
        return None
    plan = rules.plan(running.name, version)
    if version != running.version:
        running = moved_to(running, rules.plan(running.name, running.version), plan)
    index = open_step(plan, running)
    if index is None:
        return None
    days = schedule_of(lead, plan, running, rules)
    return plan.steps[index].label, days[index]


@dataclass(frozen=True, slots=True)
class Late:
    """A lead whose work is overdue by more than a week: after a leave or an illness the rep is asked once for all."""

    lead: str
    name: str
    company: str
    label: str
    due: datetime
    days: int
    hot: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an answer for all late leads would do: who is kept on top, and how many fall on which day.

    Leads that are retired fall on no day.
    """

    hot: tuple[Late, ...]
    moved: tuple[tuple[Late, date | None], ...]

    @property
    def days(self) -> tuple[tuple[date, int], ...]:
        """How many leads fall on each day, the first day first."""
        return tuple(sorted(Counter(day for _, day in self.moved if day is not None).items()))


def late(desk: Desk, now: datetime | None = None) -> list[Late]:
    """Return the leads whose next action is more than seven days (⚙) late, the longest overdue first."""
    at = now or desk.now()
    found = []
    for row in (*_all(desk, Filter(), at, "hot"), *_all(desk, Filter(), at, "due")):
        days = _late_days(desk, row.entry, at)
        if days > desk.rules.late_days and row.entry.kind in ("hot", "step", "nurture"):
            hot = row.entry.kind == "hot"
            found.append(Late(row.entry.lead, row.name, row.company, row.entry.label, row.entry.due_at, days, hot))
    return sorted(found, key=lambda one: (one.due, one.lead))


def late_count(desk: Desk) -> int:
    """Count the leads that the rep is to be asked about, those who asked to be contacted left out.

    A look at the counts of then says whether there can be any, without reading a row; of very many it is about right.
    """
    long_ago = desk.now() - timedelta(days=desk.rules.late_days + 1)
    due = desk.book.counts(long_ago).due
    if not due or due > MANY:
        return due
    return sum(not one.hot for one in late(desk))


def _late_days(desk: Desk, entry: Entry, now: datetime) -> int:
    calendar = desk.rules.calendar
    return (calendar.day_of(now) - calendar.day_of(entry.due_at)).days


def backlog(
    desk: Desk, choice: LateChoice, leads: Sequence[str] | None = None, *, per_day: int = 20
) -> Backlog:  # fmt: skip
    """Preview an answer for all late leads, or for some of them.

    Raises:
        Refused: a number a day is missing.
    """
    if choice == "spread" and per_day < 1:
        raise Refused("how many a day they are spread over is missing", rule="late work", hint="give a number like 20")
    found, calendar = late(desk), desk.rules.calendar
    overdue = [one for one in found if not one.hot and (leads is None or one.lead in leads)]
    day = calendar.roll_forward(calendar.day_of(desk.now()))
    moved: list[tuple[Late, date | None]] = []
    for index, one in enumerate(overdue):
        if choice == "spread" and index and index % per_day == 0:
            day = calendar.next_working_day(day)
        moved.append((one, None if choice == "retire" else day))
    return Backlog(tuple(one for one in found if one.hot), tuple(moved))


def resolve_late(
    desk: Desk, choice: LateChoice, leads: Sequence[str] | None = None, *, per_day: int = 20, reason: str = ""
) -> Changes:
    """Answer for all late leads at once; hot ones stay where they are, on top. One undo takes all of it back.

    `resume` goes on with the next step today; `spread` lays them over the coming working days, so many a day, the
    longest overdue first; `restart` begins their plan anew; `retire` closes them with a reason.

    Raises:
        Refused: nothing is late, a number a day is missing, or retiring has no reason.
    """
    planned = backlog(desk, choice, leads, per_day=per_day).moved
    if not planned:
        raise Refused(f"nothing is more than {desk.rules.late_days} days late", rule="late work")
    if choice == "retire" and not reason.strip():
        raise Refused("retiring leads needs a reason", rule="late work", hint="type the reason")
    now = desk.now()
    facts: list[Fact] = []
    with desk.book.work() as work:
        for one, day in planned:
            facts += _answer(desk, any_lead(work, one.lead), choice, day, now, reason)
        return work.append(desk.action(f"{len(planned)} late leads: {choice}", facts))


def _answer(desk: Desk, lead: Lead, choice: LateChoice, day: date | None, now: datetime, reason: str) -> list[Fact]:
    if day is None:
        return [(lead.id, now, ev.Closed("exhausted", reason))]
    if lead.state == "nurture":
        return [(lead.id, now, ev.Nurtured(desk.rules.calendar.opening(day), lead.why))]
    if lead.plan is None or (choice == "restart" and lead.awaiting is None):
        name = lead.plan.name if lead.plan else "inbound-21"
        return start_plan(lead.id, name, now, desk.rules)
    entry = next_action(lead, desk.rules)
    if lead.awaiting is not None or (entry is not None and entry.decision):
        return [(lead.id, now, ev.Snoozed(max(desk.rules.calendar.opening(day), now + timedelta(minutes=1))))]
    return [(lead.id, now, ev.PlanResumed(day))]


def _all(desk: Desk, only: Filter, now: datetime | None = None, pane: Pane | None = None) -> list[Row]:
    at, rows = now or desk.now(), list[Row]()
    while True:
        page = desk.book.sheet(at, pane=pane, only=only, offset=len(rows), limit=PAGE)
        rows += page
        if len(page) < PAGE:
            return rows
