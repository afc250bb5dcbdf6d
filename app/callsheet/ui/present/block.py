"""A call block: one lead at a time, large; the outcomes with their keys; how far it is, and who is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content

from callsheet.domain.why import why
from callsheet.services.blocks import Block, Summary, Waits, number_of_day
from callsheet.services.views import Row, Today
from callsheet.ui.present import call_plan, history, ink, person
from callsheet.ui.present.cells import Part, closer, line, plain, short, under, wrapped
from callsheet.ui.present.header import badge, three
from callsheet.ui.present.times import Moment, spoken_span, stopwatch
from callsheet.ui.sync_control import Badge
from callsheet.ui.views import LeadView

LABEL: Final = 11
BAR: Final = "━"


@dataclass(frozen=True)
class BlockView:
    """A block at a moment: who is open, who is next, and what it brought so far."""

    moment: Moment
    block: Block
    lead: LeadView | None
    coming: Sequence[Row] = ()
    today: Today = Today()
    waits: Sequence[Waits] = field(default_factory=tuple)


def bar(view: BlockView, now: datetime, shown: Badge, width: int) -> Content:
    """Return the line on top: which block, how far, what it brought, how long it still is; less where it is narrow."""
    block, rules = view.block, view.moment.rules
    day = number_of_day(block, rules)
    name = f"block {day[0]} of {day[1]}" if day else f"block since {view.moment.clock(block.started)}"
    hours = f" · {day[2]:%H:%M}–{day[3]:%H:%M}" if day else ""
    total = len(block.order)
    how_far = line("  ", (str(block.place), ink.STRONG), (" of ", ink.QUIET), str(total), "  ")
    clock = line(*_clock(block, now))
    connects = line("  ", (str(view.today.connects), ink.STRONG), (" connected · ", ink.QUIET), clock)
    right = line(badge(shown, view.moment), " ")
    titles = [line((" callsheet", ink.STRONG), (f"  {name}{hours}", ink.QUIET)), line((f" {name}", ink.QUIET))]
    for left, brought, end in (
        (titles[0], connects, right), (titles[1], connects, right), (titles[1], line("  ", clock), right),
        (titles[1], line("  ", clock), Content("")),
    ):  # fmt: skip
        free = width - left.cell_length - how_far.cell_length - brought.cell_length - end.cell_length - 2
        if free >= 0:
            break
    cells = min(free, 36)
    done = cells * min(len(block.done), total) // max(total, 1)
    track = line((BAR * done, ink.WARM), (BAR * (cells - done), ink.RULE)) if cells >= 6 else Content("")
    return three(Content.assemble(left, how_far, track, brought), Content(""), end, width)


def _clock(block: Block, now: datetime) -> list[Part]:
    if block.paused_at is not None:
        return [("paused", ink.LATE), (f" {stopwatch(block.elapsed(now))}", ink.QUIET)]
    left = block.left(now)
    if left is None:
        return [(stopwatch(block.elapsed(now)), ink.STRONG), (" so far", ink.QUIET)]
    if left == timedelta():
        return [("over time", ink.LATE)]
    return [(stopwatch(left), ink.STRONG), (" left", ink.QUIET)]


def lead_lines(view: LeadView, width: int, rep: str, height: int = 100) -> list[Content]:
    """Return all that is needed on the line, from the reason to what to ask for; closer together in few rows."""
    lines = [*_banner(view, width), Content(""), *person.identity(view, width), Content("")]
    lines += _number(view, width)
    words = call_plan.call_plan(view, rep)
    room = width - LABEL
    lines += [Content(""), *under("Reason", person.reason(view, room, 2), ink.HEAD, LABEL)]
    for label, text in (("Bring", words.bring), ("Voicemail", words.voicemail), ("Ask for", words.ask)):
        lines += [Content(""), *under(label, [line(row) for row in wrapped(text, room, 5)], ink.HEAD, LABEL)]
    lines += [Content(""), *under("So far", history.so_far(view, room, 4), ink.HEAD, LABEL)]
    return closer(lines, height)


def _banner(view: LeadView, width: int) -> list[Content]:
    entry, moment = view.entry, view.moment
    if entry is None:
        return [line(("not on the sheet", ink.QUIET))]
    if entry.kind == "hot":
        waited = spoken_span(moment.ago(entry.asked_at or entry.received_at))
        parts: list[Part] = [("HOT", ink.WARM_HEAD), (f" · waiting {waited}", ink.QUIET)]
        if entry.promise_at is not None:
            due = moment.when(entry.promise_at)
            broken = entry.promise_at < moment.now
            said, brief = (f"promise broken, it was {due}", "broken") if broken else (f"promised by {due}", f"by {due}")
            free = width - line(*parts).cell_length - 3
            parts.append((f" · {said if len(said) <= free else brief}", ink.BROKEN if broken else ink.QUIET))
        return [line(*parts).truncate(width, ellipsis=True)]
    if entry.kind == "commitment":
        return [line(("PROMISED", ink.WARM_HEAD), (f" for {moment.when(entry.due_at)}", ink.QUIET))]
    return [line((text, ink.QUIET)) for text in wrapped(why(entry, moment.now, moment.rules), width, 2)]


def _number(view: LeadView, width: int) -> list[Content]:
    if not view.numbers:
        return [line(("no number known", ink.LATE))]
    number = line((plain(view.numbers[0][1], 40), ink.STRONG))
    verdict = person.calling_words(view.calling, view.moment)
    style = person.calling_style(view.calling)
    if number.cell_length + 3 + len(verdict) <= width:
        return [line(number, "   ", (verdict, style))]
    return [number, *(line((row, style)) for row in wrapped(verdict, width, 2))]


def coming_line(view: BlockView, hot: Row | None, width: int) -> Content:
    """Return who is next, and then; before them who has just asked and was not taken yet."""
    asks = (
        line((" ! ", ink.KEY_BOX), (f" {short(hot.name, 28)}", ink.STRONG), (" hot    ", ink.WARM)) if hot else line()
    )
    parts: list[Part] = [asks, " "]
    used = asks.cell_length + 1
    for index, row in enumerate(view.coming):
        head = "next" if index == 0 else "then"
        about = _about(row, view.moment)
        name = short(row.name, 28)
        piece = line(
            (f"{head}  ", ink.QUIET), (name, ink.STRONG if index == 0 else ""), (f" {about}", ink.QUIET), "    "
        )
        if used + piece.cell_length > width:
            break
        parts.append(piece)
        used += piece.cell_length
    if not view.coming:
        parts.append(("this is the last one", ink.QUIET))
    return line(*parts)


def _about(row: Row, moment: Moment) -> str:
    if row.entry.kind == "commitment":
        return f"promised {moment.when(row.entry.due_at)}"
    if row.entry.kind == "hot":
        return "hot"
    return f"day {row.entry.day}" if row.entry.step is not None else short(row.company, 24)


def hot_line(row: Row, moment: Moment, width: int) -> Content:
    """Return the one line that interrupts; the key for it is never cut."""
    asked = spoken_span(moment.ago(row.entry.received_at))
    who = " · ".join(part for part in (plain(row.name, 40), plain(row.company, 40)) if part)
    words = f" “{plain(row.entry.asked, 60)}”" if row.entry.asked else ""
    said = line((" ! ", ink.KEY_BOX), (f" {who}", ink.STRONG), (f" asked {asked} ago{words}", ink.WARM))
    takes = line(("   ! takes it, your place is kept", ink.QUIET))
    return line(said.truncate(max(width - takes.cell_length, 0), ellipsis=True), takes)


def summary_lines(summary: Summary, moment: Moment, width: int) -> list[Content]:
    """Return what the block brought, and who is left."""
    lines = [
        line(("Block done", ink.STRONG), (f"  {spoken_span(summary.took)}", ink.QUIET)), Content(""),
        _figure(summary.attempts, "attempt", "attempts"), _figure(summary.connects, "connect", "connects"),
        _figure(summary.next_steps, "next step with a date", "next steps with a date"), Content(""),
    ]  # fmt: skip
    if not summary.left:
        return [*lines, line(("√ nobody is left", ink.FINE))]
    lines.append(line((f"{len(summary.left)} left", ink.LATE), (" for the next block, or for the sheet", ink.QUIET)))
    lines += [line("  ", (short(name, width - 2), "")) for name in summary.left[:12]]
    if len(summary.left) > 12:
        lines.append(line((f"  and {len(summary.left) - 12} more", ink.QUIET)))
    block = moment.rules.next_block(moment.now) if moment.rules.blocks else None
    return [*lines, Content(""), line((f"next block {moment.when(block)}", ink.QUIET))] if block else lines


def _figure(count: int, one: str, many: str) -> Content:
    return line((f"{count:>4}", ink.STRONG), (f"  {one if count == 1 else many}", ""))


def waits_lines(waits: Sequence[Waits], moment: Moment, width: int, most: int = 10) -> list[Content]:
    """Return who may not be called now, each with the time from which they may."""
    lines = []
    for one in waits[:most]:
        opens = f"opens at {moment.when(one.from_)}" if one.from_ else plain(one.rule, 80)
        lines.append(line("  ", short(one.name, 30), (f"  {opens}", ink.QUIET)).truncate(width, ellipsis=True))
    if len(waits) > most:
        lines.append(line((f"  and {len(waits) - most} more", ink.QUIET)))
    return lines
