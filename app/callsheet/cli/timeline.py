"""A lead's history in words: each fact of the journal that holds, newest last, and whether the CRM has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callsheet.bootstrap.office import Office
from callsheet.cli.output import stamp
from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.services.views import Card
from callsheet.sync.drafts import wanted


def timeline(office: Office, card: Card, events: Sequence[ev.Event]) -> list[dict[str, Any]]:
    """Return the facts, oldest first. `in_crm` is None for what no CRM is told."""
    zone, told = office.rules.calendar.tz, []
    touches = {touch.event: touch for touch in card.lead.touches}
    for event in effective(events):
        told_to_crm = event.id in card.deliveries or bool(
            wanted(event, office.rules.outcomes, known=bool(card.remote_id))
        )
        one: dict[str, Any] = {
            "event": event.id, "action": event.action, "kind": event.kind, "at": stamp(event.at, zone),
            "recorded_at": stamp(event.recorded_at, zone), "origin": event.origin,
            "says": _says(office, event),
            "in_crm": card.deliveries.get(event.id) == "delivered" if told_to_crm else None,
        }  # fmt: skip
        touch = touches.get(event.id)
        if touch is not None:
            one |= {
                "channel": touch.channel, "outcome": touch.outcome, "reached": touch.reached, "counts": touch.counts,
                "note": touch.note, "asset": touch.asset, "seconds": touch.seconds, "number": touch.number,
                "author": touch.author,
            }  # fmt: skip
        told.append(one)
    return told


def _says(office: Office, event: ev.Event) -> str:  # noqa: C901, PLR0912 - the closed set of events, a line each
    def when(at: Any) -> str:
        return f"{office.rules.calendar.local(at):%a %d %b %H:%M}"

    match event.body:
        case ev.Captured() as body:
            return " · ".join(filter(None, ("received", body.source, body.campaign, body.originator)))
        case ev.Interaction() as body:
            said = f"{body.kind.replace('_', ' ')}{f': {body.topic}' if body.topic else ''}"
            return said + (f" · “{body.text}”" if body.text else "")
        case ev.Promoted(to=to, why=why):
            return f"became {'hot' if to == 'hot' else 'a lead'}: {why}"
        case ev.PlanStarted(plan=plan, version=version):
            return f"plan {plan} (version {version}) started"
        case ev.PlanMoved(version=version):
            return f"plan moved to version {version}"
        case ev.PlanResumed(on=on):
            return f"plan goes on {on:%a %d %b}"
        case ev.StepMoved(step=step, on=on):
            return f"step {step} moved to {on:%a %d %b}"
        case ev.Attempt() as body:
            outcome = office.rules.outcomes.of(body.outcome).label_on(body.channel)
            parts = (
                f"{body.channel}: {outcome}",
                body.note,
                f"brought {body.asset}" if body.asset else "",
                f"outside the hours: {body.hours_override}" if body.hours_override else "",
                body.author,
            )
            return " · ".join(filter(None, parts))
        case ev.Researched(item=item, finding=finding, done=done):
            return f"{'found out' if done else 'unticked'} {item.replace('_', ' ')}{f': {finding}' if finding else ''}"
        case ev.NextStepSet() as body:
            return f"next step: {when(body.due)} · {body.channel}{f' · {body.what}' if body.what else ''}"
        case ev.NextStepDropped(why=why):
            return f"next step dropped{f': {why}' if why else ''}"
        case ev.Snoozed(until=until):
            return f"put off until {when(until)}"
        case ev.InviteSent(start=begins, title=title):
            return f"invited for {when(begins)}: {title}"
        case ev.InviteAnswered(status=status):
            return f"invitation {status}"
        case ev.CapRaised(by=by, reason=reason):
            return f"{by} more attempts{f': {reason}' if reason else ''}"
        case ev.Nurtured(until=until, why=why):
            return f"nurture until {when(until)}{f': {why}' if why else ''}"
        case ev.Returned(kind=kind, to=to, why=why):
            return f"{kind.replace('_', ' ')} to {to}{f': {why}' if why else ''}"
        case ev.Closed(reason=reason, note=note):
            return f"closed: {reason.replace('_', ' ')}{f' · {note}' if note else ''}"
        case ev.Reopened(why=why):
            return f"opened again{f': {why}' if why else ''}"
        case ev.DoNotContact(why=why):
            return f"do not contact{f': {why}' if why else ''}"
        case ev.ProfileEdited(changes=changes):
            return "changed: " + ", ".join(f"{name} {value or '–'}" for name, value in changes.items())
        case ev.StatusChanged(status=status, owner=owner):
            return "in the CRM: " + " · ".join(filter(None, (status, owner)))
        case ev.Merged(into=into):
            return f"a duplicate of {into}"
        case ev.Noted(text=text, author=author):
            return f"note{f' by {author}' if author else ''}: {text}"
        case ev.ConflictDecided(field=field, kept=kept):
            return f"{field}: {kept} kept"
        case ev.Undone():
            return "taken back"
