"""The derived rows that the figures are read from: touches, what was received, invitations (RULES §14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from callsheet.domain import events as ev
from callsheet.domain.business_time import DAY, delays, promise
from callsheet.domain.lead import LIVE, Lead, Touch, effective
from callsheet.domain.rules import Rules


def touch_rows(lead: Lead, agreed: Sequence[Mapping[str, Any]], rules: Rules) -> Iterable[dict[str, Any]]:
    """Yield the attempts of a lead; `agreed` are the rows of its next steps."""
    for touch in lead.touches:
        outcome = rules.outcomes.of(touch.outcome)
        reached = touch.reached and touch.channel in LIVE
        followed = reached and any(touch.at <= step["at"] <= touch.at + DAY for step in agreed)
        yield {
            "event": touch.event, "lead": lead.id, "at": touch.at, "channel": touch.channel,
            "outcome": touch.outcome, "reached": reached, "counts": touch.counts, "mine": not touch.author,
            "acted": not touch.author and not outcome.skips and not outcome.response, "followed": followed,
        }  # fmt: skip


def receipt_rows(lead: Lead, events: Sequence[ev.Event], rules: Rules) -> Iterable[dict[str, Any]]:
    """Yield the row of a lead that the rep received; a name has none."""
    received = lead.received_at
    if received is None or lead.state == "name":
        return
    noticed = [event for event in events if event.at == received and isinstance(event.body, ev.Captured | ev.Promoted)]
    if not noticed:
        return
    touched = min((touch.at for touch in lead.touches if touch.at >= received and _human(touch, rules)), default=None)
    outcomes = [rules.outcomes.of(touch.outcome) for touch in lead.touches]
    yield {
        "received_at": received, "lead": lead.id, "campaign": lead.campaign, "state": lead.state,
        "promise_at": promise(received, rules.calendar, rules.promise_mode, rules.grace), "touched_at": touched,
        "counted": lead.tally.counted,
        "reached": any(touch.reached and touch.channel in LIVE for touch in lead.touches),
        "met": any(outcome.ends_plan and outcome.reached == "yes" for outcome in outcomes),
        "barred": lead.do_not_contact, **_waits(noticed, received, touched, rules),
    }  # fmt: skip


def invited_rows(lead: Lead, events: Iterable[ev.Event]) -> Iterable[dict[str, Any]]:
    """Yield the invitations that a lead was sent, each with its last answer."""
    rows: dict[str, dict[str, Any]] = {}
    for event in effective(events):
        match event.body:
            case ev.InviteSent(uid=uid, start=start):
                before = rows.get(uid)  # moved: it went out once, and asks for an answer again
                sent = before["sent_at"] if before else event.at
                rows[uid] = {"uid": uid, "lead": lead.id, "sent_at": sent, "start": start, "status": "needs-action"}
            case ev.InviteAnswered(uid=uid, status=status) if uid in rows:
                rows[uid]["status"] = status
            case _:
                pass
    return rows.values()


def _human(touch: Touch, rules: Rules) -> bool:
    """Tell whether a person tried: one that should count and did not is a mail that nobody wrote (RULES §3)."""
    outcome = rules.outcomes.of(touch.outcome)
    return outcome.stops_clock and (touch.counts or not outcome.counts)


def _waits(noticed: Sequence[ev.Event], received: datetime, touched: datetime | None, rules: Rules) -> dict[str, Any]:
    parts = ("system", "offline", "rep")
    if touched is None:
        return dict.fromkeys((*parts, *(f"{part}_worked" for part in parts)))
    created = next((event.body.created_at for event in noticed if isinstance(event.body, ev.Captured)), None)
    seen = min(event.recorded_at for event in noticed)
    split = delays(rules.calendar, created=created, received=received, seen=seen, touched=touched)
    tick = timedelta(seconds=1)  # numbers this small are compared twice as fast, by the hundred thousand
    return {
        "system": split.system.elapsed // tick, "offline": split.offline.elapsed // tick,
        "rep": split.rep.elapsed // tick, "system_worked": split.system.working // tick,
        "offline_worked": split.offline.working // tick, "rep_worked": split.rep.working // tick,
    }  # fmt: skip
