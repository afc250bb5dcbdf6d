"""What a screen reads at once, in a worker: everything it shows of one moment, so that painting asks nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from callsheet.domain.agenda import Entry, Pane, at_moment, schedule_of
from callsheet.domain.classification import Fit, persona_fit
from callsheet.domain.events import Channel
from callsheet.domain.plan import Plan
from callsheet.domain.value import Asset, suggest
from callsheet.services.calling import Callable, callable_lead
from callsheet.services.desk import Desk, NotFound
from callsheet.services.views import Card, Counts, Filter, Row, Today
from callsheet.ui.present.times import Moment

PANES: tuple[Pane, ...] = ("hot", "due", "later")


@dataclass(frozen=True)
class Head:
    """What the line on top says at a moment."""

    moment: Moment
    today: Today
    next_block: datetime | None


@dataclass(frozen=True)
class SheetView(Head):
    """The sheet at a moment: how much there is, and the rows that are in sight, by pane and place in it."""

    counts: Counts
    rows: Mapping[Pane, Mapping[int, Row]]
    only: Filter

    def total(self, pane: Pane) -> int:
        """Return how many rows a pane has."""
        return {"hot": self.counts.hot, "due": self.counts.due, "later": self.counts.later}[pane]


def read_sheet(desk: Desk, only: Filter, wanted: Mapping[Pane, tuple[int, int]]) -> SheetView:
    """Read the counts, and of each pane the rows `[offset, offset + limit)` that are wanted."""
    head = read_head(desk)
    now = head.moment.now
    rows = {pane: read_rows(desk, pane, only, offset, limit, now) for pane, (offset, limit) in wanted.items()}
    return SheetView(head.moment, head.today, head.next_block, desk.book.counts(now, only=only), rows, only)


def read_head(desk: Desk) -> Head:
    """Read what the line on top says."""
    moment = Moment(desk.now(), desk.rules)
    return Head(moment, desk.book.today(*day_of(moment)), next_block(moment))


def read_rows(desk: Desk, pane: Pane, only: Filter, offset: int, limit: int, now: datetime) -> dict[int, Row]:
    """Read rows of a pane by their place in it."""
    found = desk.book.sheet(now, pane=pane, only=only, offset=offset, limit=limit) if limit else ()
    return {offset + index: row for index, row in enumerate(found)}


def day_of(moment: Moment) -> tuple[datetime, datetime]:
    """Return the rep's day as two instants."""
    start = datetime.combine(moment.today, time(0), moment.rules.calendar.tz)
    end = datetime.combine(moment.today + timedelta(days=1), time(0), moment.rules.calendar.tz)
    return start.astimezone(UTC), end.astimezone(UTC)


def next_block(moment: Moment) -> datetime | None:
    """Return the start of the block that is on or comes next, None without blocks."""
    rules, today = moment.rules, moment.today
    for start, end in sorted(rules.blocks):
        begins = datetime.combine(today, start, rules.calendar.tz)
        if begins <= moment.now < datetime.combine(today, end, rules.calendar.tz) and rules.calendar.is_working_day(
            today
        ):
            return begins.astimezone(UTC)
    return rules.next_block(moment.now) if rules.blocks else None


@dataclass(frozen=True, slots=True)
class Planned:
    """A step of the running plan: its day, and whether it is done or the one that is open."""

    label: str
    channel: Channel
    day: int
    on: date
    counts: bool
    done: bool
    current: bool


@dataclass(frozen=True)
class LeadView:
    """A lead at a moment with all that its card and its screen say."""

    moment: Moment
    card: Card
    entry: Entry | None
    calling: Callable
    numbers: tuple[tuple[str, str], ...] = ()
    """The numbers in use, as they are dialled and as they are shown."""
    fit: Fit | None = None
    plan: Plan | None = None
    steps: Sequence[Planned] = ()
    assets: Sequence[tuple[Asset, str]] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def read_lead(desk: Desk, lead: str, shelf: Sequence[Asset] = ()) -> LeadView:
    """Read a lead.

    Raises:
        NotFound: there is none of that id.
    """
    card = desk.book.card(lead)
    if card is None:
        raise NotFound("that lead is gone: the change that brought it was taken back")
    now = desk.now()
    entry = at_moment(card.entry, now, desk.rules) if card.entry else None
    topics = [part for one in card.lead.contacts for part in (one.interaction.topic, one.interaction.text)]
    running = card.lead.plan
    plan = desk.rules.plan(running.name, running.version) if running else None
    return LeadView(
        Moment(now, desk.rules), card, entry, callable_lead(desk, card.lead, now),
        tuple((number, _shown(number, desk.region)) for number in card.lead.phones),
        persona_fit(card.lead.profile, desk.rules.persona, desk.rules.persona_min_true),
        plan, _steps(desk, card, plan, entry),
        suggest(shelf, card.lead.given_assets, [*topics, card.lead.profile.industry]),
    )  # fmt: skip


def _steps(desk: Desk, card: Card, plan: Plan | None, entry: Entry | None) -> list[Planned]:
    running, rules = card.lead.plan, desk.rules
    if running is None or plan is None:
        return []
    days = schedule_of(card.lead, plan, running, rules)
    current = entry.step if entry else None
    return [
        Planned(step.label, step.channel, step.day, on, step.counts, index in running.done, index == current)
        for index, (step, on) in enumerate(zip(plan.steps, days, strict=True))
    ]


def _shown(number: str, region: str) -> str:
    from callsheet.services.phones import read_number

    read = read_number(number, region)
    return read.display if read else number
