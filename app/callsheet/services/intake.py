"""How records come in: captured, classified, and given a plan; and how more that they do makes a name a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.classification import Verdict, classify, is_contact_me
from callsheet.domain.do_not_contact import stop
from callsheet.domain.lead import Lead
from callsheet.domain.rules import Rules
from callsheet.services.desk import Fact

Happened = tuple[ev.Interaction, datetime]

MARKED: Final = "marked so where it came from"
"""Why somebody is left alone whom the list or the CRM marks so."""


def first_facts(
    lead: str, captured: ev.Captured, happened: Sequence[Happened], rules: Rules, *,
    do_not_contact: bool = False, assigned: bool = False,
) -> list[Fact]:  # fmt: skip
    """Return the facts of a record that is new here: who it is, what it did, and what that makes it (RULES §2).

    A record that has to be left alone, or that brings a number or address on the do-not-contact list, is closed. One
    that the CRM has `assigned` to the rep is a lead whatever it did: somebody there decided so.
    """
    at = captured.received_at
    facts: list[Fact] = [(lead, at, captured)]
    facts += [(lead, min(when, at), interaction) for interaction, when in happened]
    if do_not_contact:
        return [
            *facts,
            (lead, at, stop(captured.profile.points, MARKED)),
        ]
    verdict = classify(captured.profile, [one for one, _ in happened], captured.direction, rules)
    if assigned and verdict.to == "name":
        verdict = replace(verdict, to="lead", why="assigned to you", plan="inbound-21")
    return facts + promotion(lead, verdict, at, rules)


def more_facts(lead: Lead, happened: Sequence[Happened], now: datetime, rules: Rules) -> list[Fact]:
    """Return the facts of something more that a known lead did; the same thing again adds nothing.

    The second distinct interaction makes a name a lead, at the moment it arrives; asking to be contacted makes
    anybody hot again, closed ones too, but for do-not-contact.
    """
    known = {(one.at, one.interaction.kind, one.interaction.topic) for one in lead.contacts}
    new = [(one, at) for one, at in happened if (at, one.kind, one.topic) not in known]
    facts: list[Fact] = [(lead.id, min(at, now), one) for one, at in new]
    if not new or lead.do_not_contact:
        return facts
    interactions = [one.interaction for one in lead.contacts] + [one for one, _ in new]
    asks = any(is_contact_me(one, score_promotes=rules.score_promotes) for one, _ in new)
    if lead.state == "name":
        return facts + promotion(lead.id, classify(lead.profile, interactions, lead.direction, rules), now, rules)
    if asks:
        verdict = classify(lead.profile, interactions, lead.direction, rules)
        reopened: list[Fact] = [] if lead.state == "working" else [(lead.id, now, ev.Reopened("asked to be contacted"))]
        return facts + reopened + promotion(lead.id, verdict, now, rules)
    return facts


def reclassified(lead: Lead, now: datetime, rules: Rules) -> list[Fact]:
    """Return the facts that make a name a lead now that its profile or the persona says more."""
    if lead.state != "name":
        return []
    verdict = classify(lead.profile, [one.interaction for one in lead.contacts], lead.direction, rules)
    return promotion(lead.id, verdict, now, rules)


def promotion(lead: str, verdict: Verdict, at: datetime, rules: Rules) -> list[Fact]:
    """Return the facts of becoming a lead: the promise starts, and the plan with today as its day 0."""
    if verdict.to == "name":
        return []
    return [(lead, at, ev.Promoted(verdict.to, verdict.why)), *start_plan(lead, verdict.plan, at, rules)]


def start_plan(lead: str, plan: str, at: datetime, rules: Rules) -> list[Fact]:
    """Return the fact of starting the newest version of a plan."""
    newest = rules.newest(plan) or rules.newest("inbound-21")
    if newest is None:
        return []
    return [(lead, at, ev.PlanStarted(newest.name, newest.version, rules.calendar.day_of(at)))]
