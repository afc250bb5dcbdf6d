"""Parcels: deliveries taken by this process, each with its op, made of the facts as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.domain.profile import flat, folded
from callsheet.sync import ops
from callsheet.sync.do_not_contact import stop_sharers
from callsheet.sync.home import HOMELESS, home
from callsheet.sync.lanes import Turn, same_turn
from callsheet.sync.line import LEASE, Line
from callsheet.sync.merge import is_status
from callsheet.sync.owed import cancelled
from callsheet.sync.port import LeadCreate, LeadPatch, Op
from callsheet.sync.records import Delivery, Link, SyncWork, unsettled

NEVER: Final = "It never reached the CRM."
"""Why something is not taken back there."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is leased, with its op."""

    row: Delivery
    op: Op


def lease(line: Line, sends: Sequence[Turn]) -> tuple[list[Parcel], list[Delivery]]:
    """Take deliveries for this process, on disk; return also those of which there is nothing to send after all."""
    now = line.now()
    parcels: list[Parcel] = []
    settled: list[Delivery] = []
    with line.book.work() as work:
        current = work.deliveries(turn.row.op for turn in sends)
        for turn in sends:
            row = current.get(turn.row.op)
            if row is None or not same_turn(row, turn.row):
                continue
            made = make(work, line, row)
            if isinstance(made, Delivery):
                work.save([made], now)
                settled.append(made)
                continue
            if made.lead and made.lead in {parcel.op.lead for parcel in parcels}:
                continue  # merged meanwhile: one at a time for each lead there
            behind = _behind(work, row, made)
            work.save([replace(each, detail={**each.detail, "along": True}) for each in behind], now)
            leased = replace(
                _packed(row, made, behind), state="sending", tries=row.tries + 1, lease_until=now + LEASE,
                lease_by=line.owner, not_before=None,
            )  # fmt: skip
            work.save([leased], now)
            parcels.append(Parcel(leased, made))
    return parcels, settled


def _packed(row: Delivery, op: Op, behind: Sequence[Delivery]) -> Delivery:
    """Return a delivery with what is to be known of its sending when the answer comes."""
    # What takes this one back again is still to go: it may have been sent before as it was first.
    detail, carries = {**row.detail}, [each.op for each in behind if each.detail.get("of") != row.op]
    if "want" in detail:
        detail["sending"] = detail["want"]
    if isinstance(op.body, LeadCreate):
        detail.setdefault("sending", flat(op.body.profile))  # the first one is what was made, if any was
        detail["carries"] = list(dict.fromkeys([*detail.get("carries", ()), *carries]))
        profile = op.body.profile  # by what it is known when it comes in before the answer, whichever try made it
        detail["named"] = [*detail.get("named", ()), [folded(profile.name), folded(profile.company)]]
    elif isinstance(op.body, LeadPatch):
        detail["carries"], detail["ends"], detail["on"] = carries, bool(op.body.closed or op.body.reopen), op.lead
        detail["tried"] = [*detail.get("tried", ()), *map(list, op.body.profile.items())]
    return replace(row, detail=detail)


def _behind(work: SyncWork, row: Delivery, op: Op) -> list[Delivery]:
    """Return the deliveries behind this one that it brings as well, as it says how the lead is by now."""
    if not isinstance(body := op.body, LeadCreate | LeadPatch):
        return []
    events = work.events([row.lead])[row.lead]
    event = next((one for one in events if one.id == row.event), None)
    # What takes a status back, puts a lead back, or opens it with its mark says where it stands by now.
    taken_back = row.kind == "take_back" and event is not None and is_status(row, event)
    put_back = row.kind == "patch" and event is not None and isinstance(event.body, ev.Captured)
    with_mark = row.urgent and isinstance(body, LeadPatch) and (body.reopen or body.closed is not None)
    stands = taken_back or put_back or with_mark
    behind = [
        (each, fact)
        for each, fact in unsettled(work, row.lead, events)
        if each.sets and each.untried and each.state != "parked" and each.op != row.op
        and (not each.urgent or isinstance(body, LeadCreate))
    ]  # fmt: skip
    return [
        each for each, fact in behind if fact is not None and ((stands and is_status(each, fact)) or _is_in(fact, body))
    ]


def _is_in(event: ev.Event, body: LeadCreate | LeadPatch) -> bool:
    """Tell whether what is sent sets all that a fact set."""
    if isinstance(event.body, ev.DoNotContact):
        return bool(body.do_not_contact)
    fields = fields_of(event)
    return bool(fields) and (isinstance(body, LeadCreate) or fields <= body.profile.keys())


def fields_of(event: ev.Event) -> frozenset[str]:
    """Return the fields of the profile that a fact of ours sets there."""
    match event.body:
        case ev.ProfileEdited(changes=changes):
            return frozenset(changes)
        case ev.ConflictDecided(field=name):
            return frozenset([name])
    return frozenset()


def make(work: SyncWork, line: Line, row: Delivery) -> Op | Delivery:
    """Return the op of a delivery; or the delivery as it is when there is nothing to send."""
    events = work.events([row.lead])[row.lead]
    event = next((one for one in events if one.id == row.event), None)
    there, going_on = home(work, line.book.crm, row.lead)
    link = work.link(there)
    if row.kind == "lead":
        if link is not None:
            return replace(row, state="delivered", remote_id=link.remote_id)
        if not line.crm.capabilities.creates_leads:
            name = line.crm.capabilities.name
            return replace(row, state="parked", reason=f"{name} takes no new leads from here: make it there.")
    if row.moves_owner and not line.crm.capabilities.hands_over:
        return cancelled(row, "overtaken", f"{line.crm.capabilities.name} keeps it yours; the note says who has it.")
    if there != row.lead and row.sets and not row.urgent:
        return cancelled(row, "overtaken", "The lead was merged in the CRM.")
    holds = any(one.id == row.event for one in effective(events))
    rows = ops.by_key(work.deliveries_of([row.lead]).get(row.lead, ()))
    if _is_off(row, holds=holds):
        _doubt_what_puts_back(work, line, row, rows.values())
        return cancelled(row, "undone")
    refers = rows.get(str(row.detail.get("of", "")))
    if refers is not None and (why := _not_to_take_back(row, refers, rows.values(), events, link)):
        return _given_up(work, line, row, going_on, why)
    if link is None and row.kind != "lead":
        gone = going_on is None  # here too: put back, it is made there with all that holds then
        return cancelled(row, "undone", NEVER) if gone else replace(row, state="parked", reason=HOMELESS)
    if refers is not None and refers.kind in ("touch", "note", "task") and not _reachable(line, refers):
        if refers.maybe:
            return replace(row, state="parked", reason="It may be in the CRM: take it back there.")
        return cancelled(row, "overtaken", NEVER)
    disputed = frozenset(one.field for one in work.conflicts(row.lead))
    lead = work.lead(row.lead) if row.kind == "lead" else going_on
    try:
        return ops.op(row, event, lead, rows, line.rules, link, disputed)
    except ops.Nothing as nothing:
        return _given_up(work, line, row, lead, str(nothing))


def _doubt_what_puts_back(work: SyncWork, line: Line, row: Delivery, rows: Iterable[Delivery]) -> None:
    """Where a lead may have been closed that is put back, let what puts it back say how it stands, come what may."""
    puts_back = [each for each in rows if each.event == row.event and each.kind == "patch" and each.pending]
    work.save([replace(each, maybe=True) for each in puts_back if row.maybe], line.now())


def _is_off(row: Delivery, *, holds: bool) -> bool:
    """Tell whether a delivery is not to go any more, by whether the fact behind it holds."""
    if row.kind == "take_back":  # another thing that holds again has gone once more by then, and the first has to go
        return row.detail.get("was") == "lead" and holds
    # What may be there by half is taken back without being made whole.
    return (row.untried or row.doubted) and not holds and row.kind not in ("task_done", "plan_task")


def _not_to_take_back(
    row: Delivery, refers: Delivery, rows: Iterable[Delivery], events: Sequence[ev.Event], link: Link | None
) -> str:
    """Return why a delivery is not to be taken back; nothing where it is. `rows` are all of its lead."""
    if refers.never_left:  # undone while a call had it that did not get through
        return NEVER
    others = [each for each in rows if each.urgent and each.op != row.op]
    # One that may have been cleared by us already, and is there, may be somebody else's by now.
    doubtful = any(each.detail.get("already") or (each.kind == "take_back" and each.maybe) for each in others)
    # On another record, into which its own was merged since, there may have been one before.
    moved = link is not None and refers.detail.get("on", link.remote_id) != link.remote_id
    if row.urgent and (not refers.detail.get("sent") or doubtful or moved):
        return "Somebody else may have said so too."
    captured = any(one.id == refers.event and isinstance(one.body, ev.Captured) for one in events)
    ended = any(isinstance(one.body, ev.Closed) and one.origin == "crm" for one in events)
    if captured and ended and not row.maybe and link is not None and link.base.closed:
        return "It was closed in the CRM meanwhile."  # by somebody there: that stays
    return ""


def _given_up(work: SyncWork, line: Line, row: Delivery, lead: Lead | None, why: str) -> Delivery:
    """Return a delivery of which there is nothing to send, with what follows from that here."""
    if row.kind in ("take_back", "lead") and lead is None:
        # With the lead gone here there is nothing to put right or to make there; put back, there is after all.
        return cancelled(row, "undone", why)
    if row.kind == "take_back" and row.urgent and lead is not None and lead.do_not_contact:
        return cancelled(row, "undone", why)  # it holds by something else, until that is taken back too
    link = work.link(lead.id) if lead is not None else None
    theirs = link is not None and link.base.do_not_contact
    if row.kind == "take_back" and row.urgent and theirs and lead is not None:
        # Somebody there had said so before us: what is not cleared there holds here too.
        fact, now = ev.DoNotContact(lead.profile.points, "set in the CRM"), line.now()
        work.record("left alone in the CRM", line.events([(lead.id, now, fact)]), now)
        stop_sharers(work, line, fact.points)
    return cancelled(row, "overtaken", why)


def _reachable(line: Line, row: Delivery) -> bool:
    """Tell whether the CRM can find what a delivery made, by our key or by its own."""
    return bool(row.remote_id) or line.crm.capabilities.idempotency != "none"
