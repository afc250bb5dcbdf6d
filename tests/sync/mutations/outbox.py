"""Bugs in what is owed to the CRM, and in what is said there."""

from __future__ import annotations

from callsheet.sync import ops, owed, parcels, results
from tests.sync.mutations.mutation import Mutation

OUTBOX = [
    Mutation(
        "what was delivered and undone is forgotten",
        owed._Books, "take_back", "if row.unsent:", "if True:", "native",
    ),
    Mutation(
        "what was undone and not sent goes over",
        owed._Books, "take_back", "if row.unsent:\n", "if row.unsent:\n                    continue\n",
    ),
    Mutation(
        "a redo is sent under the key that was taken back",
        owed._Books, "tell", "key = derived_key(event.id, kind, len(rows))", "continue",
    ),
    Mutation(
        "a task that was fulfilled stays open",
        owed._Books, "commitments", "if event.id != current:", "if False:",
    ),
    Mutation(
        "the task of a plan that pauses stays open",
        owed._Books, "plan", "                self.fulfil([row])", "                pass",
    ),
    Mutation(
        "do-not-contact is not marked to go first",
        owed, "is_urgent", 'kind == "patch" and', "False and",
    ),
    Mutation(
        "a note that says why is not sent",
        owed, "wanted", 'case ev.Nurtured(why=why) if event.origin != "import":\n'
        '            return ["patch", "note"] if why else ["patch"]',
        'case ev.Nurtured(why=why) if event.origin != "import":\n            return ["patch"]',
    ),
    Mutation(
        "fields in conflict are sent all the same",
        ops, "_fields", "and name not in disputed", "", "native",
    ),
    Mutation(
        "what is uncertain is sent again under another key",
        ops, "op", "Op(row.op,", 'Op(row.op + "x" * row.tries,', "native",
    ),
    Mutation(
        "an undone hand-off stays there",
        ops, "_take_back", 'LeadPatch(owner="", owner_from', 'LeadPatch(owner="Ann", owner_from',
    ),
    Mutation(
        "do-not-contact of ours is somebody else's because the lead was made with it",
        results.Results, "_arrived", ' and not row.detail.get("sent"):', ":",
    ),
    Mutation(
        "do-not-contact that nobody knows whose it is is cleared by an undo",
        parcels, "_not_to_take_back", 'not refers.detail.get("sent") or ', "",
    ),
    Mutation(
        "what the CRM decided later is set back by a redo",
        owed._Books, "tell", " or (rows and self.overtaken(event, kind))", "",
    ),
    Mutation(
        "a lead is closed there without our words",
        ops, "patch", "LeadPatch(closed=reason, closed_note=note)", "LeadPatch(closed=reason)",
    ),
    Mutation(
        "do-not-contact that the CRM had set itself is cleared by an undo",
        results.Results, "_arrived", 'detail["already"] = True', "pass",
    ),
    Mutation(
        "what the lead could not take in is sent to the one that it was merged into",
        parcels, "make", "if there != row.lead and row.sets and not row.urgent:", "if False:", "lookup",
    ),
    Mutation(
        "what was said at a call is lost",
        ops, "touch", 'text=edits.get("text", "\\n".join(line for line in lines if line))', 'text=""',
    ),
    Mutation(
        "a call is as many minutes as it was seconds",
        ops, "touch", "timedelta(seconds=attempt.seconds)", "timedelta(minutes=attempt.seconds)",
    ),
    Mutation(
        "what was done is dated when it was written down",
        ops, "op", "at = event.at if", "at = event.recorded_at if",
    ),
    Mutation(
        "a lead that was won is closed as lost",
        ops, "patch", 'case ev.Closed(reason="won", note=note):', 'case ev.Closed(reason="", note=note):',
    ),
    Mutation(
        "a lead that was captured by mistake stays open there",
        ops, "_take_back", "            return MISTAKEN", "            raise Nothing",
    ),
    Mutation(
        "what a do-not-contact closed there stays closed when it is undone",
        ops, "restored", "standing(lead, rules) if closed else LeadPatch()", "LeadPatch()",
    ),
    Mutation(
        "a closing that was undone while the lead is left alone stays there",
        ops, "restored", "opens=True", "opens=False",
    ),
    Mutation(
        "a lead that was perhaps made there and was taken back is left to the rep",
        ops, "_create", "if row.maybe else None", "if False else None", "lookup",
    ),
    Mutation(
        "what was undone with a lead that never arrived is left to the rep",
        parcels, "make", "gone = going_on is None", "gone = False", "lookup",
    ),
    Mutation(
        "a do-not-contact that may have been cleared before is cleared by an undo",
        parcels, "_not_to_take_back", ' or (each.kind == "take_back" and each.maybe)', "",
    ),
    Mutation(
        "a do-not-contact on what a lead was merged into is cleared by an undo",
        parcels, "_not_to_take_back", " or moved", "",
    ),
]  # fmt: skip
