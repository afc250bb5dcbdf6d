"""What arrived against what the rep logged, and what came in against what is there: each part of it, word for word.

What an attempt comes to in a CRM is told once more here, so that the core's own telling is compared with something.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.sync.drafts import derived_key
from callsheet.sync.home import with_merged
from callsheet.sync.port import Touch
from callsheet.sync.records import Delivery
from tests.sync.disk_book import CRM
from tests.sync.server import ME, Effect

if TYPE_CHECKING:
    from tests.sync.judge import Court

SLACK: Final = timedelta(seconds=1)
"""What whole seconds take away from a time."""

LABELS: Final = {
    "no_answer": "No answer", "voicemail": "Left voicemail", "connected": "Connected", "meeting": "Meeting booked",
    "sent": "Sent", "replied": "They replied", "invited": "Invited",
}  # fmt: skip
"""What the outcomes that the simulated rep logs are called."""

SPOKEN: Final = ("connected", "meeting")


def arrived(court: Court) -> Iterator[str]:
    """What the rep logged is there as it was logged: when, on whom, how, what came of it, and in which words."""
    for rows in court.rows.values():
        for row in rows:
            event = court.by_id.get(row.event)
            if row.kind not in ("touch", "note") or event is None:
                continue
            for effect in court.by_origin.get(row.op, ()):
                if wrong := [what for what, right in _parts(row, event, effect) if not right]:
                    yield f"{event.kind} {event.id} arrived with another {wrong}: {effect} for {event}"


def _parts(row: Delivery, event: ev.Event, effect: Effect) -> Iterator[tuple[str, bool]]:
    """Each part of an effect, and whether it is as it was logged."""
    edited = "edit" in row.detail
    if row.detail.get("text") and not edited:  # what the sync says of itself
        yield "text", effect.text == row.detail["text"]
        return
    yield "time", abs(effect.at - event.at) < SLACK
    match event.body, effect.body:
        case ev.Attempt() as logged, Touch() as sent:
            yield "channel", effect.channel == logged.channel == sent.channel
            yield "outcome", effect.outcome == logged.outcome
            yield "label", sent.label == LABELS[logged.outcome]
            yield "direction", sent.direction == ("inbound" if logged.outcome == "replied" else "outbound")
            yield "length", sent.duration == timedelta(seconds=logged.seconds)
            yield "reach", sent.reached == (logged.outcome in SPOKEN)
            yield "number", sent.number == logged.number
            brought = f"Brought: {logged.asset}" if logged.asset else ""
            words = "\n".join(one for one in (logged.note, brought) if one)
            yield "text", sent.text == ("mended" if edited else words)
        case ev.Noted(text=text), _:
            yield "text", effect.text == text
        case ev.DoNotContact(why=why) | ev.Nurtured(why=why), _:
            yield "text", why in effect.text
        case ev.Returned(to=to, why=why), _:
            yield "text", to in effect.text and why in effect.text


def came(court: Court) -> Iterator[str]:
    """What others did there came in as it is there: who did it, when, how, and in which words."""
    effects = {derived_key(CRM, one.id): one for one in court.world.server.effects.values()}
    asked = {
        derived_key(CRM, one.remote_id): one
        for record in court.world.server.records.values()
        for one in record.interactions
    }
    for record in court.world.server.mine():
        lead = next((lead for lead, link in court.links.items() if link.remote_id == record.id), "")
        for one in record.interactions if lead and court.folds[lead] is not None else ():
            if not court.work.has_event(derived_key(CRM, one.remote_id)):
                yield f"{one} of {record.id} never came in on {lead}"
    for event in court.by_id.values():
        if event.origin != "crm":
            continue
        did = asked.get(event.id)
        if did is not None and event.body != ev.Interaction(did.kind, did.topic, did.text):
            yield f"{event.id} came in as {event.body}, and was {did}"
        effect = effects.get(event.id)
        if effect is None or effect.author == ME:
            continue
        match event.body:
            case ev.Attempt(channel=channel, outcome=outcome, note=text, author=author):
                same = (channel, outcome, text, author) == (effect.channel, effect.outcome, effect.text, effect.author)
            case ev.Noted(text=text, author=author):
                same = (text, author) == (effect.text, effect.author) and effect.kind == "note"
            case _:
                same = False
        if not same or abs(event.at - effect.at) > SLACK + abs(court.world.server.skew):
            yield f"{event.id} came in as {event.body} at {event.at}, and is {effect}"


def stands(court: Court) -> Iterator[str]:
    """Where the lead stands there is what the rep decided last, or what is so by now."""
    for lead, fold in court.folds.items():
        record = court.record(lead)
        if fold is None or record is None or record.owner != ME or fold.merged_into or record.do_not_contact:
            continue
        if {
            (record.id, "closed"),
            (record.id, "status"),
        } & court.world.server.by_hand.keys() or fold.state == "returned":
            continue
        if (fold.state == "closed" and fold.closed != "won") or court.was_merged(lead):
            continue  # where it stood before does not matter then
        rows = [row for row in court.rows.get(lead, ()) if row.kind in ("patch", "take_back")]
        if any(row.state in ("parked", "cancelled") or row.detail.get("why") for row in rows):
            continue  # one that was given up is told of elsewhere
        held = sorted(effective(court.journal_of[lead]), key=lambda event: event.seq)
        said = [stage for event in held if (stage := _stage(event)) is not None]
        if said and record.status not in {said[-1], _stage_now(fold)}:
            yield f"{lead} is {fold.state} and was said to be {said[-1]}, and {record.id} is {record.status}"


def labelled(court: Court) -> Iterator[str]:
    """What the manager came to call where a lead stands is what the rep is shown."""
    server = court.world.server
    for lead, fold in court.folds.items():
        record, link = court.record(lead), court.links.get(lead)
        if fold is None or record is None or link is None or fold.merged_into or record.owner != ME:
            continue
        came = min((event.recorded_at for event in court.journal_of[lead]), default=court.world.at)
        if (
            server.labelled.get(record.id, came) > came
            and fold.status != record.status == server.by_hand[record.id, "status"]
        ):
            yield f"{lead} is shown as {fold.status!r}, and {record.id} is {record.status!r}"


def _stage(event: ev.Event) -> str | None:
    """Where a fact of ours puts a lead there."""
    if event.origin == "crm":
        return None
    match event.body:
        case ev.Attempt(outcome=outcome) if outcome in SPOKEN:
            return outcome
        case ev.Nurtured():
            return "nurture"
        case ev.Closed(reason="won"):
            return "won"
        case ev.Promoted() | ev.Reopened():
            return "working"
    return None


def _stage_now(fold: Lead) -> str:
    if fold.state == "nurture":
        return "nurture"
    if fold.closed == "won":
        return "won"
    spoken = [one.outcome for one in fold.touches if one.outcome in SPOKEN and not one.author]
    return "meeting" if "meeting" in spoken else "connected" if spoken else "working"


def mistakes(court: Court) -> Iterator[str]:
    """A lead that we made there, and whose capturing was undone, is closed there: it cannot be unmade."""
    for lead, fold in court.folds.items():
        record, rows = court.record(lead), court.rows.get(lead, ())
        made = any(row.kind == "lead" and row.state in ("delivered", "compensated") for row in rows)
        by_hand = record is not None and (record.id, "closed") in court.world.server.by_hand
        if fold is not None or record is None or record.owner != ME or not made or by_hand:
            continue
        if record.closed is None and not any(row.state == "parked" for row in rows):
            yield f"{lead} was taken back, and {record.id} is open there: {[row for row in rows if not row.live]}"


def left_open(court: Court) -> Iterator[str]:
    """The plan of a lead that goes on as another one has no step open there."""
    for lead, fold in court.folds.items():
        if fold is None or not fold.merged_into:
            continue
        for row in court.rows.get(lead, ()):
            known = row.kind == "plan_task" and row.state != "parked" and not row.maybe
            for effect in court.by_origin.get(row.op, ()) if known else ():
                record = court.world.server.alive(effect.lead)
                if court.restored(effect.first_lead):
                    continue  # it came back with its lead, when nobody could tell that it would
                if court.live(effect) and not effect.done and record is not None and record.owner == ME:
                    yield f"{effect.id} of {lead} is open on {effect.lead}, which it was merged into"


def stopped(court: Court) -> Iterator[str]:
    """Who the CRM is said to have set do-not-contact for was left alone there by somebody: not by the rep's own slip.

    Of what had no answer, came twice, or was said of several that are one by now, nobody can tell whose it is.
    """
    world = court.world
    for event in court.by_id.values():
        told = isinstance(event.body, ev.DoNotContact) and event.body.why == "set in the CRM"
        if not told or event.origin != "crm" or event.lead not in court.links:
            continue
        same = [past[-1][1].id for past in court.pasts(event.lead)]
        rows = [row for lead in with_merged(court.work, CRM, event.lead) for row in court.rows.get(lead, ())]
        marks = {row.op for row in rows if row.urgent and row.kind == "patch"}
        sent = marks | {row.op for row in rows if row.kind == "lead"}
        own = {row.op for row in court.rows.get(event.lead, ())}
        others = {op for one in same for op in world.server.marks.get(one, ())} - own
        several = len(marks) > 1 or len(same) > 1
        doubtful = others or several or sent & (world.network.answers.unsure | world.network.answers.twice)
        if not world.server.stopped.intersection(same) and not doubtful:
            yield f"{event.lead} is said to be left alone in the CRM, and nobody there said so"


def introduced(court: Court) -> Iterator[str]:
    """A lead that came from there came with what stood there."""
    shown = {one.profile for past in court.world.server.snapshots.values() for _, one in past}
    for event in court.by_id.values():
        if isinstance(event.body, ev.Captured) and event.origin == "crm" and event.body.profile not in shown:
            yield f"{event.lead} came in as {event.body.profile}, which nobody ever was"


def finished(court: Court) -> Iterator[str]:
    """Who the CRM is said to have closed was closed there by somebody, or by the rep: not by a mark that was a slip.

    Of one that had no answer, came twice, was set for several that are one by now, or on a colleague's lead, nobody can
    tell what it closed.
    """
    world = court.world
    for event in court.by_id.values():
        if event.origin != "crm" or not isinstance(event.body, ev.Closed) or event.lead not in court.links:
            continue
        leads = with_merged(court.work, CRM, event.lead)
        rows = [row for lead in leads for row in court.rows.get(lead, ())]
        bodies = [one.body for lead in leads for one in court.journal_of[lead] if one.origin == "rep"]
        ours = any(isinstance(body, ev.Closed) for body in bodies) or any(
            row.detail.get("was") == "lead" for row in rows
        )
        marks = {row.op for row in rows if row.urgent}
        away = any(one.owner != ME for past in court.pasts(event.lead) for _, one in past)
        doubtful = away or len(leads) > 1 or marks & (world.network.answers.unsure | world.network.answers.twice)
        theirs = world.server.finished & {past[-1][1].id for past in court.pasts(event.lead)}
        if event.body.reason != "gone" and not ours and not theirs and not doubtful:
            yield f"{event.lead} is said to be closed in the CRM, and nobody there closed it"
