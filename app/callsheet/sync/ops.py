"""What is sent: the body of an op by its delivery, the fact behind it and the lead as it is now (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from callsheet.domain import events as ev
from callsheet.domain.business_time import promise
from callsheet.domain.lead import LIVE, Lead
from callsheet.domain.outcome import Outcomes
from callsheet.domain.profile import Profile, changed, flat
from callsheet.domain.rules import Rules
from callsheet.sync.port import LeadCreate, LeadPatch, Note, Op, OpBody, RemoteId, TakeBack, Task, TaskDone, Touch
from callsheet.sync.records import Delivery, Link

_RETURNED: Final = {"kick_back": "Kicked back", "hand_off": "Handed off", "reassigned": "Reassigned"}
_PACKET: Final = {
    "who": "Who", "role": "Role", "need": "Need", "topic": "Agreed topic", "objections": "Objections",
    "best_time": "Best time",
}  # fmt: skip

MISTAKEN: Final = LeadPatch(closed="not_a_fit", closed_note="Captured by mistake and taken back")
"""What becomes of a lead there whose capturing was undone: it cannot be unmade."""


class Nothing(Exception):
    """There is nothing to send any more; the message says why."""


def op(
    row: Delivery, event: ev.Event | None, lead: Lead | None, rows: Mapping[str, Delivery], rules: Rules,
    link: Link | None, disputed: frozenset[str],
) -> Op:  # fmt: skip
    """Make the op of a delivery. `rows` are the lead's deliveries by key, `disputed` its fields in conflict.

    Raises:
        Nothing: there is nothing to send any more.
    """
    at = event.at if event is not None else row.updated_at or datetime.now(UTC)
    zone = event.zone if event is not None else rules.calendar.zone
    target = row.remote_id
    refers = rows.get(str(row.detail.get("task") or row.detail.get("of") or ""))
    if refers is not None:
        target = refers.remote_id
    remote = link.remote_id if link is not None and row.kind != "lead" else ""
    made = body(row, event, lead, refers, rules, disputed, remote)
    guarded = link is not None and isinstance(made, LeadPatch) and made.owner is None  # an owner has a guard of its own
    version = link.version if link is not None and guarded else ""
    return Op(row.op, remote, at.astimezone(UTC), zone, made, version, target)


def body(
    row: Delivery, event: ev.Event | None, lead: Lead | None, refers: Delivery | None, rules: Rules,
    disputed: frozenset[str] = frozenset(), remote: RemoteId = "",
) -> OpBody:  # fmt: skip
    """Return what a delivery says; `remote` is which record of the CRM the lead is.

    Raises:
        Nothing: there is nothing to say any more.
    """
    edits: Mapping[str, str] = row.detail.get("edit", {})
    match row.kind:
        case "lead":
            return _create(row, event, lead)
        case "touch" | "note" if event is not None:
            return _spoken(row, event, rules, edits)
        case "task" | "plan_task":
            return task(row.detail["want"], edits)
        case "task_done":
            return TaskDone(str(row.detail["task"]), str(row.detail.get("text", "")))
        case "patch" if event is not None:
            return patch(event, lead, rules, disputed)
        case "owner" if event is not None and isinstance(event.body, ev.Returned):
            return LeadPatch(owner=taker(row, event.body))
        case "take_back" if refers is not None and event is not None:
            return _take_back(refers, event, lead, rules, disputed, remote)
    raise Nothing("what it told of is gone")


def task(values: Mapping[str, Any], edits: Mapping[str, str] = {}) -> Task:
    """Return the task of the values that a delivery keeps."""
    due = datetime.fromisoformat(values["due"])
    return Task(edits.get("title", values["title"]), due, values["channel"], values["all_day"], edits.get("text", ""))


def _create(row: Delivery, event: ev.Event | None, lead: Lead | None) -> LeadCreate:
    # One that was taken back here and may be there is asked for once more as it was: to be closed, it has to be known.
    sent: Mapping[str, str] | None = row.detail.get("sending") if row.maybe else None
    if event is None or not isinstance(event.body, ev.Captured) or (lead is None and sent is None):
        raise Nothing("the lead was taken back")
    body = event.body
    profile = lead.profile if lead is not None else changed(Profile(), sent or {})
    stopped = lead is not None and lead.do_not_contact
    return LeadCreate(profile, body.received_at, source=body.source, campaign=body.campaign, do_not_contact=stopped)


def _spoken(row: Delivery, event: ev.Event, rules: Rules, edits: Mapping[str, str]) -> Touch | Note:
    if isinstance(event.body, ev.Attempt) and row.kind == "touch":
        return touch(event.body, rules.outcomes, edits)
    return Note(edits.get("text") or str(row.detail.get("text", "")) or _remark(event, rules))


def touch(attempt: ev.Attempt, outcomes: Outcomes, edits: Mapping[str, str] = {}) -> Touch:
    """Return an attempt as the CRM gets it: note, asset and reasons are in its text."""
    outcome = outcomes.of(attempt.outcome)
    lines = (
        attempt.note,
        attempt.asset and f"Brought: {attempt.asset}",
        attempt.hours_override and f"Called outside the hours: {attempt.hours_override}",
        attempt.automatic and "Sent automatically",
    )
    return Touch(
        channel=attempt.channel,
        direction="inbound" if outcome.response else "outbound",
        outcome=attempt.outcome,
        label=outcome.label_on(attempt.channel),
        reached=outcome.reached == "yes" and attempt.channel in LIVE,
        duration=timedelta(seconds=attempt.seconds),
        text=edits.get("text", "\n".join(line for line in lines if line)),
        number=edits.get("number", attempt.number),
    )


def _remark(event: ev.Event, rules: Rules) -> str:
    match event.body:
        case ev.Noted(text=text):
            return text
        case ev.Interaction() as body:
            return _said(body)
        case ev.DoNotContact(why=why):
            return f"Do not contact: {why}"
        case ev.Nurtured(why=why):
            return f"Not now: {why}"
        case ev.Returned() as body:
            return _returned(body, event.at, rules)
    raise Nothing("there is nothing to say")


def _said(body: ev.Interaction) -> str:
    """Say what a lead did, in their own words, with its answers to the qualifying questions (`S2`)."""
    bant = body.bant or ev.Bant()
    answers = {field.name.capitalize(): getattr(bant, field.name) for field in fields(ev.Bant)}
    said = [f"{name}: {'yes' if yes else 'no'}" for name, yes in answers.items() if yes is not None]
    head = ": ".join(part for part in (body.kind.replace("_", " ").capitalize(), body.topic) if part)
    return "\n".join(line for line in (head, body.text, ", ".join(said)) if line.strip())


def _returned(body: ev.Returned, at: datetime, rules: Rules) -> str:
    head = f"{_RETURNED[body.kind]} to {body.to}" if body.to else _RETURNED[body.kind]
    lines = [f"{head}: {body.why}" if body.why else head]
    if body.kind == "kick_back":  # their clock starts (RULES §10)
        owed = rules.calendar.local(promise(at, rules.calendar, rules.promise_mode, rules.grace))
        lines.append(f"Their answer is owed by {owed:%a %d %b %Y %H:%M} ({rules.calendar.zone})")
    if body.packet is not None:
        lines += [f"{name}: {value}" for part, name in _PACKET.items() if (value := getattr(body.packet, part))]
    return "\n".join(lines)


def patch(event: ev.Event, lead: Lead | None, rules: Rules, disputed: frozenset[str] = frozenset()) -> LeadPatch:
    """Return what a fact sets on the lead there; fields in conflict wait for the rep.

    Raises:
        Nothing: all of it waits for the rep.
    """
    match event.body:
        case ev.Attempt(outcome=name):
            return LeadPatch(stage="meeting" if rules.outcomes.of(name).ends_plan else "connected")
        case ev.Promoted():
            return LeadPatch(stage="working", reopen=event.origin == "crm")
        case ev.Nurtured():
            return LeadPatch(stage="nurture")
        case ev.Reopened():
            return LeadPatch(stage="working", reopen=True)
        case ev.Closed(reason="won", note=note):
            return LeadPatch(stage="won", closed="won", closed_note=note)
        case ev.Closed(reason=reason, note=note):
            return LeadPatch(closed=reason, closed_note=note)
        case ev.DoNotContact(points=points):
            return LeadPatch(do_not_contact=True, points=points)
        case ev.ProfileEdited(changes=changes):
            return _fields(changes, lead, disputed)
        case ev.ConflictDecided(field=name, mine=mine):
            return _fields({name: mine}, lead, disputed)
        case ev.Captured() if lead is not None:
            return standing(lead, rules)
    raise Nothing("there is nothing to set")


def _fields(changes: Mapping[str, str], lead: Lead | None, disputed: frozenset[str]) -> LeadPatch:
    """Return the fields as they are here now: a later edit has its own delivery, an earlier one must not undo it."""
    if lead is None:
        raise Nothing("the lead was taken back")
    here = flat(lead.profile)
    left = {name: here[name] for name in changes if name in here and name not in disputed}
    if not left:
        raise Nothing("both sides changed it: decide the conflict")
    return LeadPatch(profile=left)


def _take_back(
    refers: Delivery, event: ev.Event, lead: Lead | None, rules: Rules, disputed: frozenset[str], remote: RemoteId
) -> OpBody:
    match refers.kind:
        case "touch" | "note":
            return TakeBack(refers.op, _spoken(refers, event, rules, refers.detail.get("edit", {})))
        case "task":
            return TakeBack(refers.op, task(refers.detail.get("sent") or refers.detail["want"]))
        case "lead" | "patch" if isinstance(event.body, ev.Captured):
            return MISTAKEN
        case "owner" if isinstance(event.body, ev.Returned):
            return LeadPatch(owner="", owner_from=refers.remote_id or taker(refers, event.body))
        case "patch":
            return restored(event, lead, rules, disputed, closed=refers.detail.get("closed") == remote)
    raise Nothing("there is nothing to take back")


def taker(row: Delivery, body: ev.Returned) -> str:
    """Return who gets a lead there: as it was written, or corrected since."""
    return str(row.detail.get("edit", {}).get("owner", body.to))


def restored(
    event: ev.Event, lead: Lead | None, rules: Rules, disputed: frozenset[str], *, closed: bool = False
) -> LeadPatch:
    """Return what brings the lead there to how it is here, after a fact that set something on it was taken back.

    `closed` says that the CRM closed it along with that.

    Raises:
        Nothing: it holds by something else, or all of it waits for the rep.
    """
    if lead is None:
        raise Nothing("the lead was taken back")
    match event.body:
        case ev.ProfileEdited(changes=changes):
            return _fields(changes, lead, disputed)
        case ev.ConflictDecided(field=name):
            return _fields({name: ""}, lead, disputed)
        case ev.DoNotContact(points=points):
            if lead.do_not_contact:
                raise Nothing("it holds all the same")
            stands = standing(lead, rules) if closed else LeadPatch()
            return replace(stands, do_not_contact=False, points=points)
        case ev.Closed():
            return standing(lead, rules, opens=True)
    return standing(lead, rules)


def standing(lead: Lead, rules: Rules, *, opens: bool = False) -> LeadPatch:
    """Return where the lead stands here, as a patch; `opens` also one who asked to be left alone."""
    if lead.state == "closed" and lead.closed not in (None, "do_not_contact", "duplicate", "gone"):
        return LeadPatch(
            stage="won" if lead.closed == "won" else None, closed=lead.closed, closed_note=lead.closed_note
        )
    if lead.state == "nurture":
        return LeadPatch(stage="nurture", reopen=True)
    opens |= lead.state != "closed"  # who asked to be left alone may have ended there in any way
    spoke = [touch for touch in lead.touches if touch.reached and not touch.author]
    if any(rules.outcomes.of(touch.outcome).ends_plan for touch in spoke):
        return LeadPatch(stage="meeting", reopen=opens)
    return LeadPatch(stage="connected" if spoke else "working", reopen=opens)


_KINDS: Final[Mapping[str, str]] = {
    "lead": "the lead itself", "task_done": "task done", "take_back": "taken back", "note": "note",
}  # fmt: skip
_FACTS: Final[Mapping[type[ev.Body], str]] = {
    ev.DoNotContact: "do not contact", ev.Nurtured: "status: nurture", ev.Reopened: "reopened",
    ev.Promoted: "status: working",
}  # fmt: skip


def words(row: Delivery, event: ev.Event | None, outcomes: Outcomes) -> str:
    """Say in a few words what a delivery brings."""
    if row.kind in _KINDS:
        return _KINDS[row.kind]
    if row.kind in ("task", "plan_task"):
        return f"task: {row.detail.get('want', {}).get('title', '')}".rstrip(": ")
    match event.body if event is not None else None:
        case ev.Attempt(channel=channel, outcome=name):
            label = outcomes.of(name).label_on(channel)
            return f"{channel}: {label}" if row.kind == "touch" else f"status: {label}"
        case ev.ProfileEdited(changes=changes):
            return f"profile: {', '.join(sorted(changes)).replace('_', ' ')}"
        case ev.ConflictDecided(field=name):
            return f"profile: {name.replace('_', ' ')}"
        case ev.Closed(reason=reason):
            return f"closed: {reason.replace('_', ' ')}"
        case ev.Returned() as body if row.kind == "owner":
            return f"owner: {taker(row, body)}"
        case None:
            return row.kind
        case body:
            return _FACTS.get(type(body), row.kind)


def by_key(rows: Sequence[Delivery]) -> dict[str, Delivery]:
    """Return deliveries by their keys."""
    return {row.op: row for row in rows}
