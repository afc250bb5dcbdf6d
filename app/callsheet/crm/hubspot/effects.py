"""Whether an op has happened already, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.crm.hubspot import activities
from callsheet.crm.hubspot.activities import Write
from callsheet.crm.hubspot.delivery import targets, was_written
from callsheet.crm.hubspot.keyed import Keyed
from callsheet.crm.hubspot.lead_objects import LeadObjects
from callsheet.crm.hubspot.patches import lead_values, patch_note
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Record
from callsheet.crm.hubspot.wire import Wire
from callsheet.sync.port import Applied, LeadCreate, LeadPatch, Note, Op, TakeBack, Task, TaskDone, Touch


def effect(wire: Wire, session: Session, keyed: Keyed, op: Op) -> Applied | None:
    """The op's effect when all of it is there, else None. Raises what a request raises."""
    keyed.remember(targets([op], session))
    objects = LeadObjects(wire, session.stages, session.me.id)
    if isinstance(op.body, Touch | Note | Task | LeadPatch):
        objects.look_at([op.lead])
    match op.body:
        case Touch() | Note() | Task():
            return _written(wire, keyed, objects, op, activities.writes(op, op.body, session.me.id, session.words))
        case TakeBack():
            left = [_find(keyed, write) for write in was_written(op, op.body, session)]
            return None if any(left) else Applied(replayed=True, how="deleted")
        case TaskDone():
            task = keyed.find("tasks", [op.body.task], ("hs_task_status",)).get(op.body.task)
            done = task is not None and task.get("hs_task_status") == "COMPLETED"
            return Applied(activities.remote_id("tasks", task.id), replayed=True) if task is not None and done else None
        case LeadCreate():
            contact = keyed.find("contacts", [op.id], ()).get(op.id)
            return None if contact is None else Applied(contact.id, contact.updated_at.isoformat(), replayed=True)
        case LeadPatch(owner=str()):
            return None  # sent again, it is looked at first whose the lead is
        case LeadPatch():
            return _patched(wire, session, keyed, objects, op, op.body)


def _written(wire: Wire, keyed: Keyed, objects: LeadObjects, op: Op, writes: Sequence[Write]) -> Applied | None:
    found = [(write, _find(keyed, write)) for write in writes]
    for write, record in found:
        if record is None:
            return None
        linked = wire.associations(write.kind, [record.id], "contacts").get(record.id, [])
        if op.lead not in linked:
            return None  # invisible there: sent again, it is associated
        if not objects.shown(write.kind, record, op.lead):
            return None
    write, first = found[0]
    if first is None:
        return None
    return Applied(activities.remote_id(write.kind, first.id), first.updated_at.isoformat(), replayed=True)


def _patched(
    wire: Wire, session: Session, keyed: Keyed, objects: LeadObjects, op: Op, patch: LeadPatch
) -> Applied | None:
    wanted = lead_values(patch, session, {})
    found = wire.read("contacts", [op.lead], [*wanted, "lifecyclestage", "hs_lead_status"]) if op.lead else []
    if not found:
        return None
    contact = found[0]
    wanted = lead_values(patch, session, {name: contact.get(name) for name in contact.properties})
    if any(contact.get(name) != value for name, value in wanted.items()) or objects.moves(op.lead, patch):
        return None
    said = patch_note(patch)
    writes = activities.writes(op, Note(said), session.me.id, session.words) if said else []
    if writes and _written(wire, keyed, objects, op, writes) is None:
        return None
    return Applied(contact.id, contact.updated_at.isoformat(), replayed=True)


def _find(keyed: Keyed, write: Write) -> Record | None:
    return keyed.find(write.kind, [write.key], ()).get(write.key)
