"""The line on top: the date, the next block, what was done today, and whether the CRM is in step."""

from __future__ import annotations

from textual.content import Content

from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, line, short
from callsheet.ui.present.times import Moment
from callsheet.ui.sync_control import Badge
from callsheet.ui.views import Head


def badge(shown: Badge, moment: Moment | None) -> Content:
    """Return the sync badge: `● synced 09:57`, `◌ 3 to sync`, `◌ offline · 3 to sync`, `! 1 needs you`."""
    at = f" {moment.clock(shown.at)}" if moment and shown.at else ""
    waiting = f"{shown.waiting} to sync"
    match shown.kind:
        case "none":
            return line(("no CRM connected", ink.QUIET))
        case "synced":
            return line(("● synced", ink.FINE), (at, ink.QUIET))
        case "waiting":
            return line((f"◌ {waiting}", ink.LATE))
        case "running":
            far = [f"{shown.pulled:,} in"] * bool(shown.pulled) + [f"{shown.delivered:,} out"] * bool(shown.delivered)
            return line((f"◌ syncing… {', '.join(far)}".rstrip(), ink.QUIET))
        case "offline":
            tail = f" · {waiting}" if shown.waiting else ""
            return line(("◌ offline", ink.LATE), (tail, ink.QUIET))
        case "paused":
            tail = f" · {waiting}" if shown.waiting else ""
            return line(("◌ sync paused", ink.LATE), (tail, ink.QUIET))
        case "needs_you":
            tail = f" · {waiting}" if shown.waiting else ""
            return line(
                (f"! {shown.needs} need{'s' if shown.needs == 1 else ''} you", ink.WARM_HEAD), (tail, ink.QUIET)
            )


def header(view: Head | None, shown: Badge, mantra: str, width: int) -> list[Content]:
    """Return the line for a width; what does not fit is left out, the mantra first."""
    right = line(badge(shown, view.moment if view else None), " ")
    name = line((" callsheet", ink.STRONG))
    if view is None:
        return [three(name, Content(""), right, width)]
    moment = view.moment
    left = line(name, "  ", (f"{moment.local(moment.now):%a} {moment.today.day} {moment.today:%b}", ink.QUIET),
                (f" · {moment.clock(moment.now)}", ink.QUIET))  # fmt: skip
    today = view.today
    done = line(
        *_figure(today.touches, "touch", "touches"), (" · ", ink.QUIET),
        *_figure(today.connects, "connect", "connects"),
        (" · ", ink.QUIET), *_figure(today.next_steps, "next step", "next steps"),
    )  # fmt: skip
    running = view.next_block is not None and view.next_block <= moment.now
    head = "block " if running else "next block "
    block = line((head, ink.QUIET), (_block(view), ink.STRONG)) if view.next_block else Content("")
    said = line((f"“{short(mantra, 60)}”", ink.QUIET)) if mantra else Content("")
    today_done = line(("today ", ink.QUIET), done)
    gap = "   "
    for middle in (
        line(block, gap, today_done, gap, said) if mantra else Content(""),
        line(block, gap, today_done), today_done, done,
    ):  # fmt: skip
        if middle and left.cell_length + middle.cell_length + right.cell_length + 4 <= width:
            return [three(left, middle, right, width)]
    return [three(left if left.cell_length + right.cell_length < width else name, Content(""), right, width)]


def _block(view: Head) -> str:
    start = view.next_block
    if start is None:
        return ""
    return f"since {view.moment.clock(start)}" if start <= view.moment.now else view.moment.when(start)


def _figure(count: int, one: str, many: str) -> list[Part]:
    return [(str(count), ink.STRONG), (f" {one if count == 1 else many}", ink.QUIET)]


def three(left: Content, middle: Content, right: Content, width: int) -> Content:
    """Put three pieces on a line: at its two ends and between them."""
    free = max(width - left.cell_length - middle.cell_length - right.cell_length, 0)
    before = free // 2
    return Content.assemble(left, " " * before, middle, " " * (free - before), right).truncate(width)
