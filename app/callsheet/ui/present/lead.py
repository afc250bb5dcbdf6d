"""The two columns of the lead screen."""

from __future__ import annotations

from textual.content import Content

from callsheet.domain.events import Packet
from callsheet.ui.present import call_plan, findings, history, ink, person
from callsheet.ui.present.cells import closer, line, short, under, wrapped
from callsheet.ui.present.person import section
from callsheet.ui.views import LeadView


def left(view: LeadView, width: int, rep: str, height: int = 100) -> list[Content]:
    """Return who it is, why now, the reason to call and the call plan; closer together in few rows."""
    lead = view.card.lead
    lines = [*person.identity(view, width), *_where(view, width)]
    if view.fit is not None and view.fit.needed:
        lines += findings.persona(view.fit, width)
    lines += [Content(""), *person.reach(view, width)]
    lines += section("Why now", person.why_now(view, width), style=ink.WARM_HEAD)
    lines += section("Reason to call", person.reason(view, width))
    lines += section("Call plan", call_plan.plan_lines(view, width, rep))
    if lead.packet is not None:
        lines += section("Handed over", _packet(lead.packet, width))
    lines += section("Budget, authority, need, timeframe", findings.bant(lead.bant))
    return closer(lines, height)


def _where(view: LeadView, width: int) -> list[Content]:
    lead = view.card.lead
    parts = (
        lead.campaign, f"source: {lead.source}" if lead.source else "",
        f"from {lead.originator}" if lead.originator else "", lead.status,
    )  # fmt: skip
    links = (_bare(link) for link in (lead.profile.website, lead.profile.linkedin))
    told = (" · ".join(part for part in some if part) for some in (parts, links))
    return [line((row, ink.QUIET)) for text in told if text for row in wrapped(text, width, 2)]


def _bare(link: str) -> str:
    """Return a link as people write it, without `https://www.`."""
    return link.strip().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def _packet(packet: Packet, width: int) -> list[Content]:
    lines: list[Content] = []
    for label, text in (
        ("who", packet.who), ("role", packet.role), ("need", packet.need), ("topic", packet.topic),
        ("objections", packet.objections), ("best time", packet.best_time),
    ):  # fmt: skip
        if text:
            lines += under(label, [line(row) for row in wrapped(text, width - 12, 3)], ink.QUIET, 12)
    return lines


def research(view: LeadView, width: int) -> list[Content]:
    """Return the checklist with the digits that tick it."""
    return [
        line(("Research", ink.HEAD), (f"  {findings.progress(view)}", ink.QUIET)),
        *findings.checklist(view, width, numbered=True),
    ]


def right(view: LeadView, width: int) -> list[Content]:
    """Return what happened, newest first, and the plan with its steps and days."""
    plan = view.plan
    entry = view.entry
    counted = f"{entry.counted} counted, at most {entry.cap}" if entry is not None else ""
    name = short(f"{plan.label} · version {plan.version}", width - len("Plan  ")) if plan is not None else ""
    return [
        *section("So far", history.timeline(view, width), note=counted),
        *section("Plan", history.plan_steps(view, width), note=name),
    ]
