"""The entries of the sheet as JSON: made in this one place, for every command that prints one (DESIGN §5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from callsheet.bootstrap.office import Office
from callsheet.cli.output import stamp
from callsheet.domain.agenda import Entry
from callsheet.domain.why import why
from callsheet.services.calling import Callable, callable_lead, callable_now
from callsheet.services.views import Row


def _broken(entry: Entry, at: datetime) -> bool:
    """Tell whether what was promised is over: the answer, or what was agreed for a time."""
    agreed = entry.due_at if entry.kind == "commitment" else None
    return any(due is not None and due < at for due in (entry.promise_at, agreed))


def row_json(office: Office, row: Row, at: datetime) -> dict[str, Any]:
    """Return a row of the sheet as it stands at a moment."""
    entry, zone = row.entry, office.rules.calendar.tz
    return {
        "lead": entry.lead,
        "name": row.name,
        "company": row.company,
        # One kind for what was sent and has no answer (DESIGN §5); a conversation gone stale is told apart beside it.
        "kind": "invite" if entry.kind == "stale" else entry.kind,
        "stale": entry.kind == "stale",
        "channel": entry.channel,
        "due_at": stamp(entry.due_at, zone),
        "all_day": entry.all_day,
        "promise_at": stamp(entry.promise_at, zone),
        "broken": _broken(entry, at),
        "why": why(entry, at, office.rules),
        "what": entry.label,
        "decision": entry.decision or None,
        "plan": plan_json(entry),
        "attempts": attempts_json(entry),
        "callable": verdict_json(office, verdict(office, row, at)),
        "in_crm": row.in_crm and bool(office.book.crm),
        "title": row.title,
        "phone": row.phone,
        "email": row.email,
        "campaign": row.campaign,
        "incomplete": list(row.incomplete),
        "section": row.section,
    }


def entry_of(office: Office, lead: str, at: datetime) -> dict[str, Any] | None:
    """Return the entry of one lead, None when it has none."""
    row = office.book.rows([lead], at).get(lead)
    return None if row is None else row_json(office, row, at)


def plan_json(entry: Entry) -> dict[str, Any] | None:
    """Return the plan that an entry belongs to; `step` counts from 0, as in the plan's file."""
    if not entry.plan:
        return None
    day = entry.day if entry.step is not None else None
    return {"name": entry.plan, "version": entry.version, "day": day, "step": entry.step}


def attempts_json(entry: Entry) -> dict[str, int]:
    """Return how many attempts were made, how many are the least, and how many the most."""
    return {"counted": entry.counted, "unanswered": entry.unanswered, "floor": entry.floor, "cap": entry.cap}


def verdict(office: Office, row: Row, at: datetime) -> Callable:
    """Say whether a lead of the sheet may be called at a moment."""
    limited = any(
        rule.max_calls or rule.silence_after_refusal for rule in office.desk.hours.table.applying(row.regions)
    )
    if limited and (row.entry.counted or row.entry.tried):
        card = office.book.card(row.entry.lead)  # only these rules ask for the calls before
        if card is not None:
            return callable_lead(office.desk, card.lead, at)
    return callable_now(office.desk, at, row.zones, row.regions, phone=row.phone)


def verdict_json(office: Office, found: Callable) -> dict[str, Any]:
    """Return a verdict: times in the rep's zone, and the lead's own time beside them."""
    zone = office.rules.calendar.tz
    return {
        "now": found.now,
        "from": stamp(found.from_, zone),
        "until": stamp(found.until, zone),
        "rule": found.rule,
        "soft": found.soft,
        "zone": found.zone,
        "local": found.local.isoformat(timespec="seconds") if found.local else None,
        "flagged": found.flagged,
    }
