"""Which deliveries may go now: in order within a lead, many leads side by side, do-not-contact before all (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callsheet.sync.port import Capabilities
from callsheet.sync.records import Delivery

UNSURE = "It may or may not be in the CRM: look, then retry or drop it."


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do next with a delivery: send it, look whether it is there, note that its sender died, or park it."""

    row: Delivery
    act: Literal["send", "look", "expire", "park"]
    reason: str = ""


def turns(
    rows: Sequence[Delivery],
    now: datetime,
    crm: Capabilities,
    homes: Mapping[str, str],
    alive: Callable[[str], bool],
) -> list[Turn]:
    """Return the deliveries whose turn it is, one for each lead, the urgent ones alone if there are any.

    `rows` are all that are not settled, in the order of the outbox; `homes` says of each lead that the CRM
    has as which lead it goes on there: merged ones share a lane.
    """
    parked = {row.op for row in rows if row.state == "parked"}
    lanes: dict[str, tuple[list[Delivery], list[Delivery]]] = defaultdict(lambda: ([], []))
    for row in rows:
        lanes[homes.get(row.lead, row.lead)][not row.urgent].append(row)
    at_home = set(homes.values())
    urgent: list[Turn] = []
    normal: list[Turn] = []
    for lead, (first, rest) in lanes.items():
        if lead not in at_home:
            create = [row for row in rest if row.kind == "lead"]
            if not create:
                for row in (*first, *rest):
                    if row.state == "sending":
                        normal += _head([row], now, crm, parked, alive)
                    elif row.state != "parked":
                        normal.append(Turn(row, "send"))  # it turns out then whether there is anything to send
                continue
            (urgent if first else normal).extend(_head(create, now, crm, parked, alive))
            continue
        urgent += _head(first, now, crm, parked, alive)
        normal += _head(rest, now, crm, parked, alive)
    return urgent or normal


def same_turn(current: Delivery, row: Delivery) -> bool:
    """Tell whether a delivery is still as it was when it got its turn: else somebody else was faster."""
    return current.state == row.state and current.not_before == row.not_before


def _head(
    lane: Sequence[Delivery],
    now: datetime,
    crm: Capabilities,
    parked: Collection[str],
    alive: Callable[[str], bool],
) -> list[Turn]:
    """Return the turn of the first delivery of a lane that is not parked, nothing while it has to wait."""
    # A lead is handed over last: what was done on it may not be written any more when it is a colleague's.
    rows = sorted(lane, key=lambda row: row.kind == "owner" and row.unsent)
    back = any(row.kind == "take_back" and row.moves_owner and row.state != "parked" for row in rows)
    for row in rows:
        if row.state == "parked" or _held_back(row, crm, parked):
            continue
        if back and row.sets and not row.moves_owner and row.state != "sending":
            continue  # nothing is set on it until it is the rep's again
        if row.state == "sending":
            held = row.lease_until is not None and row.lease_until > now and alive(row.lease_by)
            return [] if held else [Turn(row, "expire")]
        if row.not_before is not None and row.not_before > now:
            return []
        if row.state != "ambiguous" or crm.idempotency == "native" or _repeats(row, crm):
            return [Turn(row, "send")]
        return [Turn(row, "look") if crm.idempotency == "lookup" else Turn(row, "park", UNSURE)]
    return []


def _held_back(row: Delivery, crm: Capabilities, parked: Collection[str]) -> bool:
    """Tell whether it depends on one that is parked: a task that never came cannot be done."""
    if row.kind == "task_done":
        return row.detail.get("task") in parked
    if row.kind != "take_back" or row.sets:  # what is set says how it is to be, whatever it was
        return False
    return row.detail.get("of") in parked and crm.idempotency == "none"


def _repeats(row: Delivery, crm: Capabilities) -> bool:
    """Tell whether sending it twice has one effect by itself."""
    match row.kind:
        case "take_back":
            return row.sets or crm.take_back == "delete"
        case "task" | "plan_task":
            return bool(row.remote_id)
    return row.kind in ("task_done", "patch", "owner")
