"""Why a lead stands where it stands: each answer with its rule and the setting that changes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callsheet.bootstrap.office import Office
from callsheet.cli.entries import plan_json, verdict_json
from callsheet.cli.output import stamp
from callsheet.domain.agenda import at_moment, place, schedule_of
from callsheet.domain.attempts import review_due
from callsheet.domain.classification import classify
from callsheet.domain.lead import Lead
from callsheet.domain.plan import open_step
from callsheet.domain.why import why as why_line
from callsheet.services.calling import callable_lead
from callsheet.services.views import Card

_SECTIONS = {
    "golden": "asked within the golden window: newest first",
    "promised": "asked to be contacted: by promise, soonest first",
    "waiting": "asked to be contacted, was tried, waits for its next try",
    "commitments": "an agreed next step, up from five minutes before its time",
    "promises": "a promise that is broken or about to be",
    "steps": "overdue, then due today",
    "loose": "an invitation not accepted, or a conversation gone stale",
    "adrift": "open without a next action",
    "later": "what comes next, by date",
}


def reasons(office: Office, card: Card, now: datetime) -> dict[str, Any]:
    """Return rank, classification, clocks, plan, attempts and calling verdict; None where one does not apply."""
    lead = card.lead
    return {
        "rank": _rank(office, card, now),
        "is": _classified(office, lead),
        "target": _target(office, lead, now),
        "promise": _promise(office, lead, now),
        "plan": _plan(office, card),
        "attempts": _attempts(office, card),
        "callable": _callable(office, lead, now),
    }


def _rank(office: Office, card: Card, now: datetime) -> dict[str, Any] | None:
    if card.entry is None:
        return None
    entry = at_moment(card.entry, now, office.rules)
    where = place(card.entry, now, office.rules)
    return {
        "pane": where.pane, "section": where.section, "why": why_line(entry, now, office.rules),
        "key": list(where.key), "due_at": stamp(entry.due_at, office.rules.calendar.tz),
        "says": f"{where.pane} · {_SECTIONS.get(where.section, where.section)} · {why_line(entry, now, office.rules)}",
        "rule": "RULES §4: ties by promise, fewest attempts, oldest",
        "setting": "promise.golden_minutes, promise.soon_hours",
    }  # fmt: skip


def _classified(office: Office, lead: Lead) -> dict[str, Any]:
    found = classify(lead.profile, [one.interaction for one in lead.contacts], lead.direction, office.rules)
    return {
        "state": lead.state, "why": lead.why or found.why, "distinct": found.distinct, "needed": found.needed,
        "persona": dict(found.fit.criteria), "persona_why": found.fit.why,
        "says": f"{lead.state} · {lead.why or found.why}", "rule": "RULES §2: who is a lead",
        "setting": "leads.interactions, leads.persona_min_true, [persona]",
    }  # fmt: skip


def _target(office: Office, lead: Lead, now: datetime) -> dict[str, Any] | None:
    """Return the clock that nobody is promised: how soon we aim to try those who came to us."""
    if lead.promised_at is None or lead.received_at is None or lead.direction == "outbound":
        return None
    tried = lead.first_try_at
    if tried is None and lead.promise_at is None:
        return None  # it ended before anybody tried
    due = office.rules.target_due(lead.received_at, hot=lead.asked is not None)
    missed = (tried or now) > due
    said = ("missed" if missed else "open") if tried is None else ("late" if missed else "kept")
    return {
        "due_at": stamp(due, office.rules.calendar.tz), "first_try_at": stamp(tried, office.rules.calendar.tz),
        "missed": missed, "says": f"a first try by {office.rules.calendar.local(due):%a %d %b %H:%M}: {said}",
        "rule": "RULES §3: five minutes for who asked to be contacted, an hour for others inbound, in working time",
        "setting": "promise.hot_target_minutes, promise.target_minutes",
    }  # fmt: skip


def _promise(office: Office, lead: Lead, now: datetime) -> dict[str, Any] | None:
    if lead.promised_at is None:
        return None
    rules, zone = office.rules, office.rules.calendar.tz
    broken = lead.promise_at is not None and lead.promise_at < now
    if lead.promise_at is not None:
        said = "broken" if broken else "open"
    elif lead.first_try_at is not None:
        said = "kept" if lead.first_try_at <= lead.promised_at else "late"
    else:
        said = f"{lead.state} before anybody tried"
    due = rules.calendar.local(lead.promised_at)
    return {
        "promised_at": stamp(lead.promised_at, zone), "open": lead.promise_at is not None, "broken": broken,
        "first_try_at": stamp(lead.first_try_at, zone), "mode": rules.promise_mode,
        "says": f"an answer by {due:%a %d %b %H:%M}: {said}",
        "rule": "RULES §3: 24 hours, or the close of the next business day",
        "setting": "promise.mode, promise.grace_minutes",
    }  # fmt: skip


def _plan(office: Office, card: Card) -> dict[str, Any] | None:
    lead, rules = card.lead, office.rules
    running = lead.plan
    if running is None:
        return None
    plan = rules.plan(running.name, running.version)
    days = schedule_of(lead, plan, running, rules)
    current = None if running.paused or lead.plan_ended else open_step(plan, running)
    steps = [
        {"step": index, "day": step.day, "date": days[index].isoformat(), "channel": step.channel, "label": step.label,
         "counts": step.counts, "done": index in running.done, "open": index == current}
        for index, step in enumerate(plan.steps)
    ]  # fmt: skip
    paused = (
        "paused: they answered"
        if running.paused
        else "through"
        if current is None
        else f"{len(running.done)} steps done"
    )
    return {
        **((plan_json(card.entry) if card.entry else None) or {"name": plan.name, "version": running.version}),
        "label": plan.label, "day0": running.day0.isoformat(), "paused": running.paused, "steps": steps,
        "says": f"{plan.name} version {running.version}, day 0 was {running.day0:%a %d %b}, {paused}",
        "rule": "RULES §5: days roll forward over days off, later steps keep their anchor",
        "setting": "plans.profile, plans.anchor",
    }  # fmt: skip


def _attempts(office: Office, card: Card) -> dict[str, Any]:
    rules, lead, entry = office.rules, card.lead, card.entry
    cap = entry.cap if entry else rules.cap(lead.plan.name if lead.plan else "inbound-21") + lead.cap_raised
    tally = lead.tally
    goes_back = lead.plan is not None and rules.plan(lead.plan.name, lead.plan.version).then == "kick_back"
    bounds = (
        f"at most {cap}, then back to whoever generated it" if goes_back else f"at least {rules.floor}, at most {cap}"
    )
    return {
        "counted": tally.counted, "unanswered": tally.unanswered, "floor": rules.floor, "review": rules.review,
        "cap": cap, "review_due": review_due(tally, rules.review, cap),
        "says": f"{tally.counted} counted, {tally.unanswered} without an answer · {bounds}",
        "rule": "RULES §6: one per channel and ten minutes; a response starts again",
        "setting": "attempts.floor, attempts.cap",
    }  # fmt: skip


def _callable(office: Office, lead: Lead, now: datetime) -> dict[str, Any]:
    found = callable_lead(office.desk, lead, now)
    local = f" · {found.local:%a %H:%M} there" if found.local else ""
    said = "may be called now" if found.now else "may not be called now"
    return {
        **verdict_json(office, found), "says": f"{said}: {found.rule}{local}",
        "setting": "calling.hard, calling.soft, calling_hours.toml",
    }  # fmt: skip
