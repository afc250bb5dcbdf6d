"""The rep's own figures, drawn, each with its definition; and who is untouched, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from textual.content import Content

from callsheet.services import figures
from callsheet.services.desk import Desk
from callsheet.services.figure_rows import Named
from callsheet.services.figures import DEFINITIONS, Campaign, Coverage, Habit, Parts, PerLead, Share, Speed, Spread
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, fit, line, short, spread, wrapped
from callsheet.ui.present.times import Moment, spoken_span
from callsheet.ui.widgets.figures import bar, block_row, every_day, heat_map, sparkline

LABEL: Final = 17
"""Cells of a figure's name."""

BAR: Final = 20
BESIDE: Final = 100
"""Columns from which on a definition stands beside its figure, not after all of them."""

DRAWN: Final = 50
"""Columns of a figure that has its definition beside it."""

TABLE: Final = 52
"""Columns from which on a campaign shows its other figures beside its untouched."""

CAMPAIGNS: Final = 60
"""Campaigns that are read."""

SHADE: Final = (
    "The darker, the more of the calls of that hour reached a person; the number is how many did. A dot is an hour "
    "with calls and nobody reached."
)

NAMES: Final = 40
"""Untouched leads that are named."""


@dataclass(frozen=True, slots=True)
class Group:
    """Leads that belong together, and those of them that nobody tried."""

    title: str
    campaign: Campaign | None
    untouched: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """All figures at a moment, over so many days."""

    moment: Moment
    days: int
    coverage: Coverage
    speed: Speed
    habit: Habit
    groups: Sequence[Group]


def read_report(desk: Desk, days: int) -> ReportView:
    """Read all figures; the untouched of the period come first, then the campaigns with the most untouched."""
    reads, period = desk.book.figures(), figures.last_days(desk, days)
    covered = figures.coverage(desk, reads, period)
    found = [figures.campaign(desk, reads, name) for name in list(desk.book.campaigns())[:CAMPAIGNS]]
    found.sort(key=lambda one: -len(one.untouched))
    groups = [Group(f"received in {days} days", None, covered.untouched)]
    groups += [Group(one.name, one, one.untouched) for one in found if one.leads]
    return ReportView(
        Moment(desk.now(), desk.rules), days, covered, figures.speed(desk, reads, period),
        figures.habit(desk, reads, period), groups,
    )  # fmt: skip


def report_bar(view: ReportView | None, width: int) -> list[Content]:
    """Return the line on top."""
    if view is None:
        return [line((" Report", ink.STRONG), ("  reading…", ink.QUIET))]
    left = line((" Report", ink.STRONG), (f"  your last {view.days} days", ink.QUIET))
    streak = view.habit.blocks.streak
    return [spread(left, line(("block streak ", ink.QUIET), (f"{streak} ", ink.STRONG)), width)]


def figure_lines(view: ReportView, width: int) -> list[Content]:
    """Return the figures for a width, section by section."""
    habit, covered = view.habit, view.coverage
    room = min(width - 2, DRAWN) if width >= BESIDE else width - 2
    parts: list[tuple[str, list[Content], Sequence[str]]] = [
        ("Coverage", _coverage(covered, room), ("received", "coverage", "within_24h", "kept")),
        ("Speed", _speed(view.speed, room), ("system", "offline", "rep")),
        ("Day by day", _days(view, room), ("attempts", "connects", "next_steps", "connects_with_next_step")),
        ("Connects by hour", heat_map(habit.hours, room - 1), ()),
        ("Attempts per lead", _per_lead(habit.attempts_per_lead, room), ("attempts_per_lead", "stopped_at_one")),
        ("Call blocks", _blocks(habit, room), ("blocks",)),
        ("Invitations", _invites(habit), ("invites",)),
    ]  # fmt: skip
    lines: list[Content] = []
    for title, drawn, defined in parts:
        notes = _notes(title, defined, width - room - 6) if width >= BESIDE else []
        lines += [*([line("")] if lines else []), *_section(title, drawn, notes, room)]
    if width < BESIDE:
        said = [note for title, _, defined in parts for note in _notes(title, defined, width - 4)]
        lines += [line(""), line((" What the figures say", ink.HEAD)), *(line("   ", note) for note in said)]
    return lines


def _notes(title: str, defined: Sequence[str], width: int) -> list[Content]:
    """Return what the figures of a section mean."""
    said = [(name.replace("_", " "), DEFINITIONS[name]) for name in defined]
    if title == "Connects by hour":
        said = [("shade", SHADE)]
    return [line((row, ink.QUIET)) for name, words in said for row in wrapped(f"{name}: {words}", width)]


def _section(title: str, drawn: list[Content], notes: list[Content], room: int) -> list[Content]:
    """Put a section's notes beside its figures."""
    left = [line((f" {title}", ink.HEAD)), *(line(" ", one) for one in drawn)]
    if not notes:
        return left
    blank = line("")
    made = []
    for place in range(max(len(left), len(notes))):
        one = left[place] if place < len(left) else blank
        note = notes[place] if place < len(notes) else blank
        made.append(Content.assemble(one.truncate(room + 2, pad=True), "   ", note))
    return made


def _share(label: str, share: Share, width: int, style: str = ink.HEAD) -> Content:
    percent = "–" if share.percent is None else f"{share.percent}%"
    drawn = bar(share.part, share.of, min(BAR, max(width - LABEL - 20, 4)), style)
    return line(
        (fit(label, LABEL), ""), drawn, (f"{percent:>5}", ink.STRONG), (f"  {share.part} of {share.of}", ink.QUIET)
    )


def _number(label: str, number: int, tail: str = "") -> Content:
    return line((fit(label, LABEL), ""), (f"{number:,}", ink.STRONG), (f"  {tail}" if tail else "", ink.QUIET))


def _coverage(found: Coverage, width: int) -> list[Content]:
    late = f"{len(found.late)} past their promise" if found.late else ""
    lines = [
        _number("received", found.received, f"{found.touched} touched, {len(found.untouched)} not yet"),
        _share("coverage", found.coverage, width), _share("within 24 h", found.within_24h, width),
        _share("promise kept", found.kept, width),
    ]  # fmt: skip
    if late:
        lines.append(line((fit("", LABEL), ""), (f"! {late}", ink.BROKEN)))
    if found.decided_untouched:
        lines.append(_number("left out", found.decided_untouched, "closed or returned untouched"))
    return lines


def _speed(found: Speed, width: int) -> list[Content]:
    lines = [_number("answered", found.answered, f"{found.waiting} still wait")]
    if not found.answered:
        return [*lines, line(("nobody was answered in these days", ink.QUIET))]
    parts: Parts = found.elapsed
    worst = max((_seconds(one.median) for one in (parts.system, parts.offline, parts.rep)), default=0)
    for label, one in (("system", parts.system), ("offline", parts.offline), ("rep", parts.rep)):
        lines.append(_wait(label, one, worst, width))
    lines.append(_wait("working time", found.working.rep, worst, width))
    who = parts.total.worst_lead
    if who is not None and parts.total.worst is not None:
        name = short(who.name or who.company or "no name", max(width - LABEL - 16, 8))
        lines.append(
            line((fit("longest", LABEL), ""), (spoken_span(parts.total.worst), ink.STRONG), (f"  {name}", ink.QUIET))
        )
    return lines


def _wait(label: str, one: Spread, whole: int, width: int) -> Content:
    if one.median is None:
        return line((fit(label, LABEL), ""), ("–", ink.QUIET))
    drawn = bar(_seconds(one.median), max(whole, 1), min(BAR // 2, max(width - LABEL - 30, 3)))
    worst = f"  at most {brief(one.worst)}" if one.worst is not None else ""
    return line((fit(label, LABEL), ""), drawn, " ", (brief(one.median), ink.STRONG), (worst, ink.QUIET))


def brief(wait: timedelta) -> str:
    """Return a wait in few cells: `0 min`, `42 min`, `3 h 5 min`, `2 days`."""
    return "0 min" if wait < timedelta(minutes=1) else spoken_span(wait)


def _seconds(wait: timedelta | None) -> int:
    return int(wait.total_seconds()) if wait is not None else 0


def _days(view: ReportView, width: int) -> list[Content]:
    habit, moment = view.habit, view.moment
    first = moment.local(habit.period.since).date()
    every = every_day(habit.days, first, moment.today)[-max(width - LABEL - 8, 7) :]
    rows: list[tuple[str, list[int], int, str]] = [
        ("attempts", [one.attempts for one in every], habit.attempts, ink.HEAD),
        ("connects", [one.connects for one in every], habit.connects, ink.FINE),
    ]  # fmt: skip
    lines = [
        line((fit(label, LABEL), ""), sparkline(values, style), (f"  {total:,}", ink.STRONG))
        for label, values, total, style in rows
    ]
    if every:
        ends = f"{every[0].day:%d %b}".ljust(max(len(every), 8))
        lines.append(
            line(
                (fit("", LABEL), ""),
                (ends[: max(len(every), 6)], ink.QUIET),
                (f"  today {every[-1].attempts}", ink.QUIET),
            )
        )
    lines.append(_number("next steps", habit.next_steps))
    lines.append(_share("after a connect", habit.connects_with_next_step, width, ink.FINE))
    return lines


def _per_lead(found: PerLead, width: int) -> list[Content]:
    if not found.leads:
        return [line(("no leads in these days", ink.QUIET))]
    most = max(count for _, count in found.distribution)
    room = min(BAR, max(width - LABEL - 12, 4))
    lines = [
        line(
            (fit(f"{attempts} attempt{'' if attempts == 1 else 's'}", LABEL), ""), bar(count, most, room),
            (f" {count}", ink.STRONG),
        )
        for attempts, count in found.distribution[:12]
    ]  # fmt: skip
    if found.median is not None:
        lines.append(
            line((fit("median", LABEL), ""), (f"{found.median:g}", ink.STRONG), (f"  at most {found.most}", ink.QUIET))
        )
    if found.stopped_at_one:
        names = ", ".join(one.name or one.company for one in found.stopped_at_one[:20])
        count = f"{len(found.stopped_at_one)}  "
        said = short(names, max(width - LABEL - len(count), 8))
        lines.append(line((fit("stopped at one", LABEL), ""), (count, ink.LATE), (said, ink.QUIET)))
    return lines


def _blocks(habit: Habit, width: int) -> list[Content]:
    found = habit.blocks
    lines = [_share("kept", found.kept, width, ink.FINE)]
    if found.days:
        row = block_row((calls for _, calls in found.days), found.needed, max((width - LABEL) // 2, 4))
        lines.append(line((fit("each block", LABEL), ""), row))
    return [*lines, _number("streak", found.streak, "kept one after the other")]


def _invites(habit: Habit) -> list[Content]:
    one = habit.invites
    said = f"{one.accepted} accepted, {one.declined} declined, {one.unanswered} unanswered"
    return [_number("sent", one.sent, said if one.sent else "")]


def group_lines(view: ReportView, cursor: int, width: int) -> list[Content]:
    """Return the groups, and under the one at the cursor who of it is untouched."""
    name = max(width - 38, 12) if width >= TABLE else max(width - 18, 12)
    head: list[Part] = [(fit(" Untouched", name + 2), ink.HEAD)]
    if width >= TABLE:
        head.append((" leads  tried  24 h   CRM  met  open", ink.QUIET))
    lines = [line(*head)]
    for place, group in enumerate(view.groups):
        lines.append(_group(group, name, width, chosen=place == cursor))
        if place == cursor:
            lines += _names(group, width)
    return lines


def _group(group: Group, name: int, width: int, *, chosen: bool) -> Content:
    one, left = group.campaign, len(group.untouched)
    mark = ("▸ " if chosen else "  ", ink.WARM)
    title = (fit(group.title, name if one or width < TABLE else name + 30), ink.STRONG if chosen else "")
    open_ones = (f"{left:>6}", ink.WARM_HEAD if left else ink.QUIET)
    if width < TABLE:
        return line(mark, title, open_ones, (" untouched", ink.QUIET))
    if one is None:
        return line(mark, title, open_ones)
    crm = _percent(one.in_crm) if one.in_crm is not None else "–"
    row = f"{one.leads:>6}{_percent(one.touched):>7}{_percent(one.within_24h):>6}{crm:>6}{one.meetings:>5}"
    return line(mark, title, row, open_ones)


def _percent(share: Share) -> str:
    return "–" if share.percent is None else f"{share.percent}%"


def _names(group: Group, width: int) -> list[Content]:
    if not group.untouched:
        return [line(("    √ ", ink.FINE), ("everybody was tried", ink.QUIET))]
    named = [
        " · ".join(part for part in (one.name, one.company) if part) or "no name" for one in group.untouched[:NAMES]
    ]
    lines = [line(("    ", ""), short(one, width - 5)) for one in named]
    more = len(group.untouched) - len(named)
    if more:
        lines.append(line((f"    and {more:,} more", ink.QUIET)))
    return lines
