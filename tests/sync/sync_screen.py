"""What the rep does in the Sync screen: decides what only they can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from callsheet.domain.profile import flat
from callsheet.sync.run import conflicts, decide, drop, edit, retry

if TYPE_CHECKING:
    from tests.sync.world import World


def attend(world: World) -> int:
    """Look at what is parked, then retry, drop or correct it; decide conflicts. Return how many there were."""
    line, handled = world.line(), 0
    for conflict in conflicts(line):
        kept: Literal["mine", "theirs"] = world.chance.choice(["mine", "theirs"])
        with world.book.sync_rows().work() as work:
            mine = flat(lead.profile)[conflict.field] if (lead := work.lead(conflict.lead)) is not None else ""
        decide(line, conflict.id, kept)
        with world.book.sync_rows().work() as work:
            lead = work.lead(conflict.lead)
        chosen = mine if kept == "mine" else conflict.theirs
        if lead is not None and flat(lead.profile)[conflict.field] != chosen:
            world.problems.append(f"{conflict.field} of {lead.id} is not {chosen!r}, as the rep decided")
        handled += 1
    with world.book.sync_rows().work() as work:
        parked = [row for row in work.open_deliveries() if row.state == "parked"]
    mended: set[str] = set()
    for row in parked:
        if row.field == "owner" and row.reason in mended:
            continue  # corrected with another lead's: it is the same name
        if "may or may not" in row.reason:
            there = any(one.origin == row.op for one in world.server.effects.values())
            made = any(row.op in entry for entry in world.server.log)
            world.network.answers.mend(row.op)
            (drop if there or made else retry)(line, row.op)
        elif row.field == "owner":
            if world.chance.random() < 0.8:
                edit(line, row.op, {"owner": "Tom One"})
                mended.add(row.reason)
            else:
                drop(line, row.op)
        elif "allowed" in row.reason:
            with world.book.sync_rows().work() as work:
                said = [str(one.body) for one in work.events([row.lead])[row.lead] if one.id == row.event]
            if not any("poison" in one for one in said):
                world.problems.append(f"{row.kind} {row.op} is parked for another one's text")
            edit(line, row.op, {"text": "mended"})
        elif "tries" in row.reason:
            world.network.answers.mend(row.op)
            retry(line, row.op)
        else:
            continue
        handled += 1
    return handled
