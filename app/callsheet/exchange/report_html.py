"""The figures as one HTML page that stands by itself: inline SVG, no scripts, fit for print and for a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.domain.text import one_line
from callsheet.exchange import report_charts as charts
from callsheet.services.figure_rows import Named
from callsheet.services.figures import DEFINITIONS, Campaign, Coverage, Habit, Period, Report, Share, Speed, Spread

LISTED: Final = 200
"""Names in one list; how many more there are is said below it."""

_STYLE: Final = """
:root { --ink: #7a4b12; --text: #1f1d1a; --quiet: #6b665e; --ground: #efece6; --page: #fff; --rule: #d9d4ca }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem; max-width: 60rem; background: var(--page); color: var(--text);
  font: 16px/1.45 system-ui, "Segoe UI", "Liberation Sans", sans-serif }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem } p { margin: .25rem 0 .75rem }
.when, .key, .none, dl.said, .more { color: var(--quiet); font-size: .875rem }
section { border-top: 1px solid var(--rule); margin-top: 1.5rem }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .75rem; margin: .75rem 0 }
.numbers div { background: var(--ground); padding: .6rem .75rem; border-radius: 6px; break-inside: avoid;
  display: grid; grid-template-columns: auto 1fr; align-content: start; column-gap: .6rem; align-items: baseline }
.numbers b { font-size: 1.4rem; font-variant-numeric: tabular-nums; line-height: 1.2; white-space: nowrap }
.numbers span { font-size: .9rem; line-height: 1.25 }
.numbers small { font-size: .85rem }
.numbers p { color: var(--quiet); font-size: .8rem; line-height: 1.35; margin: .3rem 0 0 }
.numbers small, .numbers p, .numbers svg { grid-column: 1 / -1 }
svg { display: block; width: 100%; height: auto; overflow: visible } svg.share { height: 5px; margin-top: .4rem }
.chart { margin: .75rem 0 } .pair { display: flex; flex-wrap: wrap; gap: 0 2rem }
.pair svg { flex: 1 1 16rem }
svg text { font-size: 11px; fill: var(--text); text-anchor: middle }
svg .tick { fill: var(--quiet) } svg .start { text-anchor: start } svg .dark { fill: #fff }
svg .ink { fill: var(--ink) } svg .soft { fill-opacity: .45 } svg .ground { fill: var(--ground) }
.share .ground { fill: var(--rule) } svg .line { fill: none; stroke: var(--quiet) }
.key i { display: inline-block; width: .7rem; height: .7rem; background: var(--ink) } .key i.soft { opacity: .45 }
ol.names { columns: 16rem; column-gap: 1.5rem; padding: 0; margin: .25rem 0 }
ol.names li { break-inside: avoid; margin-left: 2.2rem }
ol.names span { color: var(--quiet) } li, b, h1, h2 { overflow-wrap: anywhere }
dl.said { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .1rem .75rem; margin: 1rem 0 0 }
dl.said dt { font-weight: 600 } dl.said dd { margin: 0 }
@media screen and (max-width: 32rem) { .wide { overflow-x: auto } .wide svg { min-width: 34rem } }
@media (max-width: 32rem) { body { padding: 1rem } dl.said { grid-template-columns: 1fr }
  dl.said dd { margin: 0 0 .4rem } .numbers { grid-template-columns: 1fr } }
@media print { @page { margin: 15mm } body { max-width: none; padding: 0; font-size: 11pt }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
  .pair { flex-wrap: nowrap } .chart, .numbers, dl.said, h2, h3 { break-inside: avoid } h2, h3 { break-after: avoid } }
"""


def page(reports: Iterable[Report], *, rep: str, now: datetime, zone: ZoneInfo) -> str:
    """Return the page with the given reports, in their order. `rep` is whose figures they are."""
    whose = one_line(rep, 100)
    title = f"Follow-up figures · {whose}" if whose else "Follow-up figures"
    sections = "".join(f"<section>{_section(report, zone)}</section>" for report in reports)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="when">As of {charts.moment(now, zone)} ({escape(zone.key)}). '
        "Every figure follows from what was logged; its definition stands with it.</p>"
        f"{sections}</body></html>\n"
    )


def _section(report: Report, zone: ZoneInfo) -> str:
    match report:
        case Coverage():
            return _coverage(report, zone)
        case Speed():
            return _speed(report, zone)
        case Habit():
            return _habit(report, zone)
        case Campaign():
            return _campaign(report)


def _coverage(report: Coverage, zone: ZoneInfo) -> str:
    numbers = [
        _number(str(report.received), "leads received", f"{report.touched} touched", said="received"),
        _share(report.coverage, "of the due were touched", said="coverage"),
        _share(report.within_24h, "within 24 hours", said="within_24h"),
        _share(report.kept, "promises kept", said="kept"),
        _number(str(len(report.untouched)), "untouched", f"{len(report.late)} with the promise over", said="untouched"),
    ]
    if report.decided_untouched:
        barred = f"{report.barred} may not be contacted" if report.barred else ""
        numbers.append(_number(str(report.decided_untouched), "closed or returned untried", barred, said="left_out"))
    return (
        _head("Coverage", report.period, zone)
        + _numbers(numbers)
        + _names("Promise over, nobody tried", report.late)
        + _names("Open and untouched", report.untouched)
    )


def _speed(report: Speed, zone: ZoneInfo) -> str:
    worst = report.elapsed.rep.worst_lead
    numbers = [
        _number(str(report.answered), "leads answered", f"{report.waiting} still waiting", said="answered"),
        _number(
            _wait(report.elapsed.rep), "your median response", f"worst {_wait(report.elapsed.rep, worst=True)}",
            said="rep",
        ),
        _number(
            _wait(report.working.rep), "the same in working time", f"worst {_wait(report.working.rep, worst=True)}",
            said="working_time",
        ),
    ]  # fmt: skip
    if report.longest_waiting is not None:
        who, waited = report.longest_waiting
        numbers.append(_number(charts.span(waited), "longest still waiting", _who(who), said="longest_waiting"))
    slowest = f'<p class="key">Your slowest response was to {escape(_who(worst))}.</p>' if worst else ""
    return (
        _head("Speed", report.period, zone)
        + _numbers(numbers)
        + "<h3>As it passed for the lead</h3>"
        + charts.delay_bars(report.elapsed)
        + "<h3>In your working time</h3>"
        + charts.delay_bars(report.working)
        + slowest
        + _said("system", "offline", "rep")
    )


def _habit(report: Habit, zone: ZoneInfo) -> str:
    lead, invites, blocks = report.attempts_per_lead, report.invites, report.blocks
    numbers = [
        _number(str(report.attempts), "attempts", said="attempts"),
        _number(str(report.connects), "connects", said="connects"),
        _number(str(report.next_steps), "next steps agreed", said="next_steps"),
        _share(
            report.connects_with_next_step, "of the connects have a next step", said="connects_with_next_step"
        ),
        _number(
            f"{invites.accepted} of {invites.sent}", "invitations accepted",
            f"{invites.declined} declined, {invites.unanswered} open", said="invites",
        ),
        _share(blocks.kept, "blocks kept", f"streak: {blocks.streak}", said="blocks"),
        _number(
            "–" if lead.median is None else f"{lead.median:g}", "attempts a lead (median)", f"most {lead.most}",
            said="attempts_per_lead",
        ),
        _number(str(len(lead.stopped_at_one)), "stopped at one attempt", said="stopped_at_one"),
    ]  # fmt: skip
    return (
        _head("Habit", report.period, zone)
        + _numbers(numbers)
        + "<h3>Day by day</h3>"
        + charts.day_bars(report.days)
        + "<h3>When people answer</h3>"
        + charts.heat_map(report.hours)
        + "<h3>Call blocks</h3>"
        + charts.block_strip(blocks, zone)
        + "<h3>Attempts on the leads received</h3>"
        + charts.distribution(lead.distribution)
        + _names("Stopped at one attempt", lead.stopped_at_one)
    )


def _campaign(report: Campaign) -> str:
    numbers = [
        _number(str(report.leads), "leads", _beside(report), said="received"),
        _share(report.touched, "touched", said="touched"),
        _share(report.within_24h, "touched within 24 hours", said="within_24h"),
        _share(report.in_crm, "in the CRM", said="in_crm") if report.in_crm
        else _number("–", "in the CRM", "no CRM is connected", said="in_crm"),
        _number(
            _wait(report.response), "median response", f"worst {_wait(report.response, worst=True)}", said="response"
        ),
        _number(str(report.meetings), "meetings booked", said="meetings"),
        _number(str(len(report.untouched)), "untouched", said="untouched"),
    ]  # fmt: skip
    return (
        f"<h2>Campaign: {escape(one_line(report.name, 200))}</h2>"
        + _numbers(numbers)
        + _names("Untouched", report.untouched)
    )


def _beside(report: Campaign) -> str:
    counted = ((report.names, "names"), (report.handed_on, "handed on"), (report.barred, "may not be contacted"))
    return "; ".join(f"{count} {words}" for count, words in counted if count)


def _head(title: str, period: Period, zone: ZoneInfo) -> str:
    since = "the beginning" if period.since.year < 1990 else charts.moment(period.since, zone)
    return f'<h2>{title}</h2><p class="when">From {since} to {charts.moment(period.until, zone)}</p>'


def _number(value: str, label: str, beside: str = "", below: str = "", *, said: str) -> str:
    small = f"<small>{escape(beside)}</small>" if beside else ""
    definition = f"<p>{escape(DEFINITIONS[said])}</p>"
    return f"<div><b>{escape(value)}</b><span>{escape(label)}</span>{small}{below}{definition}</div>"


def _share(share: Share, label: str, beside: str = "", *, said: str) -> str:
    of = f"{share.part} of {share.of}"
    return _number(
        "–" if share.percent is None else f"{share.percent} %",
        label,
        f"{of}; {beside}" if beside else of,
        charts.share_bar(share.percent),
        said=said,
    )


def _numbers(numbers: Sequence[str]) -> str:
    return f'<div class="numbers">{"".join(numbers)}</div>'


def _names(title: str, names: Sequence[Named]) -> str:
    if not names:
        return ""
    items = "".join(
        f"<li>{escape(one_line(who.name, 120) or who.lead)} <span>{escape(one_line(who.company, 120))}</span></li>"
        for who in names[:LISTED]
    )
    more = len(names) - LISTED
    rest = f'<p class="more">and {more} more</p>' if more > 0 else ""
    return f'<h3>{escape(title)} ({len(names)})</h3><ol class="names">{items}</ol>{rest}'


def _said(*names: str) -> str:
    said = "".join(f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(DEFINITIONS[name])}</dd>" for name in names)
    return f'<dl class="said">{said}</dl>'


def _who(who: Named) -> str:
    return one_line(f"{who.name}, {who.company}" if who.company else who.name or who.lead, 160)


def _wait(spread: Spread, *, worst: bool = False) -> str:
    wait = spread.worst if worst else spread.median
    return "–" if wait is None else charts.span(wait)
