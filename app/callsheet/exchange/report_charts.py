"""Drawings for the report as inline SVG: each with its numbers as text, so that colour is never the only sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.services.figures import Blocks, Day, Hour, Parts, Spread

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
A_ROW: Final = 10
"""Blocks in a row of the drawing: a week of two a day."""

WIDE: Final = 480
"""Units from which on a drawing is moved sideways on a phone, rather than made too small to read."""

PARTS: Final = ("system", "offline", "rep")


def share_bar(percent: int | None) -> str:
    """Draw how much of the whole it is."""
    width = 0 if percent is None else max(0, min(100, percent))
    return (
        '<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="ground" width="100" height="4"/>'
        f'<rect class="ink" width="{width}" height="4"/></svg>'
    )


def day_bars(days: Sequence[Day]) -> str:
    """Draw attempts by day, with the connects among them."""
    if not days:
        return _nothing("no attempts in the period")
    last = days[-30:]
    most = max(*(day.attempts for day in last), 1)
    step, height = 24, 96
    bars = []
    for index, day in enumerate(last):
        x, tall, reached = index * step + 3, day.attempts * height / most, day.connects * height / most
        label = f"{day.day:%a %d %b}: {day.attempts} attempts, {day.connects} connects"
        bars.append(
            f"<g><title>{label}</title>"
            f'<rect class="ink soft" x="{x}" y="{18 + height - tall:.1f}" width="18" height="{tall:.1f}"/>'
            f'<rect class="ink" x="{x}" y="{18 + height - reached:.1f}" width="18" height="{reached:.1f}"/>'
            f'<text class="number" x="{x + 9}" y="{14 + height - tall:.1f}">{day.attempts}</text>'
            f'<text class="tick" x="{x + 9}" y="{32 + height}">{day.day:%d}</text>'
            f'<text class="tick" x="{x + 9}" y="{43 + height}">{day.day:%a}</text></g>'
        )
    width = len(last) * step
    legend = '<p class="key"><i class="soft"></i> attempts <i></i> of which connects</p>'
    return _svg(width, height + 48, "Attempts and connects by day", bars, grow=width) + legend


def heat_map(hours: Sequence[Hour]) -> str:
    """Draw connects by weekday and hour: the darker the more connects a call, `connects/calls` in each field."""
    if not hours:
        return _nothing("no calls in the period")
    first, last = min(one.hour for one in hours), max(one.hour for one in hours)
    rows = sorted({*range(5), *(one.weekday for one in hours)})
    fields = {(one.weekday, one.hour): one for one in hours}
    wide, tall = 46, 26
    drawn = [
        f'<text class="tick" x="{40 + (hour - first) * wide + wide / 2}" y="12">{hour:02}</text>'
        for hour in range(first, last + 1)
    ]
    for place, weekday in enumerate(rows):
        y = 18 + place * tall
        drawn.append(f'<text class="tick start" x="0" y="{y + 17}">{WEEKDAYS[weekday]}</text>')
        for hour in range(first, last + 1):
            drawn.append(_field(fields.get((weekday, hour)), 40 + (hour - first) * wide, y, wide, tall))  # noqa: PERF401
    width = 40 + (last - first + 1) * wide
    key = '<p class="key">connects / calls in each hour; the darker, the more of the calls were connects</p>'
    return _svg(width, 22 + len(rows) * tall, "Connects by weekday and hour", drawn, grow=width) + key


def _field(one: Hour | None, x: int, y: int, wide: int, tall: int) -> str:
    box = f'x="{x}" y="{y}" width="{wide - 2}" height="{tall - 2}"'
    if one is None or not one.calls:
        return f'<rect class="ground" {box}/>'
    rate = min(one.connects / one.calls, 1.0)
    said = f"{WEEKDAYS[one.weekday]} {one.hour:02}:00: {one.connects} connects in {one.calls} calls"
    dark = " dark" if rate > 0.5 else ""
    return (
        f'<g><title>{said}</title><rect class="ground" {box}/>'
        f'<rect class="ink" fill-opacity="{0.08 + rate * 0.92:.2f}" {box}/>'
        f'<text class="number{dark}" x="{x + wide / 2 - 1}" y="{y + 16}">{one.connects}/{one.calls}</text></g>'
    )


def delay_bars(parts: Parts) -> str:
    """Draw the median and the worst of each part of the response time, on one scale each."""
    spreads: list[tuple[str, Spread]] = [(name, getattr(parts, name)) for name in (*PARTS, "total")]
    if parts.total.worst is None:
        return _nothing("no lead was answered in the period")
    charts = []
    for which in ("median", "worst"):
        waits: list[timedelta] = [getattr(spread, which) for _, spread in spreads]
        longest = max(*(wait.total_seconds() for wait in waits), 1.0)
        drawn = [f'<text class="tick start" x="60" y="12">{which}</text>']
        for row, ((name, _), wait) in enumerate(zip(spreads, waits, strict=True)):
            y, length = 20 + row * 24, wait.total_seconds() * 120 / longest
            tone = "" if name == "total" else " soft"
            drawn.append(
                f'<text class="tick start" x="0" y="{y + 13}">{name}</text>'
                f'<rect class="ink{tone}" x="60" y="{y}" width="{max(length, 1):.1f}" height="17"/>'
                f'<text class="number start" x="{66 + length:.1f}" y="{y + 13}">{span(wait)}</text>'
            )
        charts.append(_svg(270, 122, f"Response time by its parts, {which}", drawn, grow=270))
    return f'<div class="pair">{"".join(charts)}</div>'


def distribution(pairs: Sequence[tuple[int, int]]) -> str:
    """Draw how many leads got how many attempts."""
    if not pairs:
        return _nothing("no leads in the period")
    most = max(leads for _, leads in pairs)
    drawn = []
    for row, (attempts, leads) in enumerate(pairs):
        y, length = row * 22, leads * 300 / most
        said = "1 attempt" if attempts == 1 else f"{attempts} attempts" if attempts else "none yet"
        drawn.append(
            f'<text class="tick start" x="0" y="{y + 14}">{said}</text>'
            f'<rect class="ink soft" x="84" y="{y}" width="{length:.1f}" height="17"/>'
            f'<text class="number start" x="{90 + length:.1f}" y="{y + 14}">{leads}</text>'
        )
    return _svg(440, len(pairs) * 22, "Leads by the number of attempts", drawn, grow=440)


def block_strip(blocks: Blocks, zone: ZoneInfo) -> str:
    """Draw each block as kept (full, with a tick) or missed (empty), with the calls in it."""
    if not blocks.days:
        return _nothing("no block is over yet in the period")
    shown = blocks.days[-40:]
    drawn = []
    for index, (start, calls) in enumerate(shown):
        x, y = 10 + index % A_ROW * 46, index // A_ROW * 46
        kept = calls >= blocks.needed
        local = start.astimezone(zone)
        drawn.append(
            f"<g><title>{local:%a %d %b %H:%M}: {calls} calls, {'kept' if kept else 'missed'}</title>"
            f'<rect class="{"ink" if kept else "line"}" x="{x + 1}" y="{y + 1}" width="24" height="24" rx="4"/>'
            f'<text class="number{" dark" if kept else ""}" x="{x + 13}" y="{y + 17}">{"✓" if kept else calls}</text>'
            f'<text class="tick" x="{x + 13}" y="{y + 38}">{local:%a %d}</text></g>'
        )
    width = 10 + min(len(shown), A_ROW) * 46
    return _svg(width, -(-len(shown) // A_ROW) * 46, "Call blocks kept", drawn, grow=width)


def span(wait: timedelta) -> str:
    """Say a wait in its two largest units: `2 d 3 h`, `45 min`, `30 s`."""
    seconds = int(wait.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds // 60, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Say a time on the rep's clock."""
    return f"{at.astimezone(zone):%a %d %b %Y %H:%M}"


def _svg(width: float, height: float, title: str, drawn: Iterable[str], grow: int = 0) -> str:
    style = f' style="max-width:{grow * 1.25:.0f}px"' if grow else ""
    wide = width > WIDE
    return (
        ('<div class="wide">' if wide else "")
        + f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}"{style}>'
        + "".join(drawn)
        + ("</svg></div>" if wide else "</svg>")
    )


def _nothing(why: str) -> str:
    return f'<p class="none">{escape(why)}</p>'
