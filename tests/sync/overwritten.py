"""Nothing that the rep edited is overwritten in silence, nor by what was there before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.domain.profile import flat
from tests.sync.server import ME

if TYPE_CHECKING:
    from tests.sync.judge import Court


def edits(court: Court) -> Iterator[str]:
    """What the rep edited and the CRM had not got yet is not overwritten in silence."""
    for lead, events in court.journal_of.items():
        if court.folds[lead] is None:
            continue
        rows = {row.event: row for row in court.rows.get(lead, ()) if row.kind == "patch"}
        mine: dict[str, tuple[ev.Event, str]] = {}
        for event in sorted(effective(events), key=lambda one: one.seq):
            if isinstance(event.body, ev.ConflictDecided):
                mine.pop(event.body.field, None)  # the rep has seen both
            if not isinstance(event.body, ev.ProfileEdited) or event.origin == "system":
                continue
            if event.origin == "rep":
                mine |= {name: (event, value) for name, value in event.body.changes.items()}
                continue
            then = {one.id for one in effective([one for one in events if one.seq < event.seq])}
            for name in event.body.changes:
                edit, value = mine.pop(name, (None, ""))
                if edit is None or edit.id not in then:
                    continue  # it was undone just then, and a redo puts it back before what came since
                row = rows.get(edit.id)
                late = row is not None and row.state == "delivered" and row.updated_at is not None
                if row is None or not late or not row.updated_at or row.updated_at <= event.recorded_at:
                    continue
                if away(court, lead, event.recorded_at):
                    continue  # what is edited on somebody else's lead is let go
                if not court.had({row.remote_id, court.links[lead].remote_id}, name, value, event.recorded_at):
                    yield f"{name} of {lead}, edited by {row.event}, was overwritten before it went over"


def away(court: Court, lead: str, at: datetime) -> bool:
    """Whether a lead was somebody else's at a time."""
    past = [one for when, one in court.world.server.snapshots[court.links[lead].remote_id] if when <= at]
    return bool(past) and past[-1].owner != ME


def stale(court: Court) -> Iterator[str]:
    """A list that lags did not bring back what was there before our own change."""
    merged = {
        one
        for record in court.world.server.records.values()
        for one in (record.merged_into and record.id, record.merged_into)
    }
    for lead, events in court.journal_of.items():
        link = court.links.get(lead)
        if link is None or not link.base.mine or link.base.gone or link.remote_id in merged:
            continue  # what was only ours on a lead that went is let go
        past = [(at, flat(one.profile)) for at, one in court.world.server.snapshots[link.remote_id]]
        # An edit that was let go with the lead is theirs again, also when it had arrived and the lead comes back.
        let_go = {row.event for row in court.rows.get(lead, ()) if row.detail.get("why") == "gone"}
        mine: dict[str, str] = {}
        for event in events:
            if not isinstance(event.body, ev.ProfileEdited):
                continue
            if event.origin == "rep":
                mine |= {} if event.id in let_go else event.body.changes
                continue
            for name, value in event.body.changes.items() if event.origin == "crm" else ():
                until = [(at, one[name]) for at, one in past if at <= event.recorded_at]
                ours = [at for at, there in until if name in mine and there == mine[name]]
                if (
                    ours
                    and value != mine[name]
                    and not [at for at, there in until if there == value and at > min(ours)]
                ):
                    yield f"{name} of {lead} went back to {value!r}, which was there before {mine[name]!r}"
