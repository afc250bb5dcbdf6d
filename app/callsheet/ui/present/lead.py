"""The two columns of the lead screen."""

from __future__ import annotations

from textual.content import Content

from callsheet.domain.events import Channel, Packet
from callsheet.domain.outcome import Outcome
from callsheet.ui.present import call_plan, findings, history, ink, person
from callsheet.ui.present.cells import Part, line, short, under, wrapped
from callsheet.ui.present.person import section
from callsheet.ui.views import LeadView


def left(view: LeadView, width: int, rep: str) -> list[Content]:
    """Return who it is, why now, the reason to call and the call plan."""
    lead = view.card.lead
    lines = [*person.identity(view, width), *_where(view, width), findings.persona(view)]
    lines += [Content(""), *person.reach(view, width)]
    lines += section("Why now", person.why_now(view, width), style=ink.WARM_HEAD)
    lines += section("Reason to call", person.reason(view, width))
    lines += section("Call plan", call_plan.plan_lines(view, width, rep))
    if lead.packet is not None:
        lines += section("Handed over", _packet(lead.packet, width))
    lines += section("Budget, authority, need, timeframe", findings.bant(lead.bant))
    return lines


def _where(view: LeadView, width: int) -> list[Content]:
    lead = view.card.lead
    parts = (lead.campaign, lead.source, f"from {lead.originator}" if lead.originator else "", lead.status)
    known = " · ".join(part for part in parts if part)
    links = " · ".join(part for part in (lead.profile.website, lead.profile.linkedin) if part)
    return [line((short(text, width), ink.QUIET)) for text in (known, links) if text]


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
    name = f"{plan.label} · version {plan.version}" if plan is not None else ""
    return [
        *section("So far", history.timeline(view, width), note=counted),
        *section("Plan", history.plan_steps(view, width), note=name),
    ]


def outcomes(rows: tuple[Outcome, ...], channel: Channel, width: int) -> list[Content]:
    """Return the outcomes on a channel with their keys and what each will do."""
    lines = [line(("How did it go?", ink.STRONG), (f"  {channel}", ink.QUIET)), Content("")]
    for row in rows:
        key = row.key.replace(" ", "") or "·"
        parts: list[Part] = [
            (f" {key} ".center(4), ink.KEY_BOX),
            "  ",
            (short(row.label_on(channel), width - 6), ink.STRONG),
        ]
        lines.append(line(*parts))
        if row.then:
            lines.append(line(" " * 6, (short(row.then, width - 6), ink.QUIET)))
    return lines
