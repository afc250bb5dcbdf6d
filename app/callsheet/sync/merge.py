"""A lead as the CRM has it now, against how it was and how it is here: what follows (pure).

Facts never conflict; profile fields merge three-way; do-not-contact only ever turns on; a status that changed there
after ours, or that ended the matter, stays (CRM.md §12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import PROFILE_FIELDS, flat
from callsheet.sync.drafts import ENDS, STATUS, derived_key
from callsheet.sync.owed import cancelled
from callsheet.sync.port import RemoteLead
from callsheet.sync.records import Base, Delivery, FieldConflict, Link

WORKED: Final = ("name", "working", "nurture")
"""States of a lead that is the rep's to work."""

_AWAY: Final = ("duplicate", "gone")


@dataclass(slots=True)
class Merged:
    """What follows from a look at a lead there: facts from the CRM, and `ours` that we insist on.

    `beneath` are facts that happened before something of ours which is not there yet.
    """

    facts: list[ev.Body] = field(default_factory=list)
    beneath: list[tuple[datetime, ev.Body]] = field(default_factory=list)
    ours: list[ev.Body] = field(default_factory=list)
    base: Base = Base()
    changed: list[Delivery] = field(default_factory=list)
    notes: list[Delivery] = field(default_factory=list)
    conflicts: list[FieldConflict] = field(default_factory=list)


def merge(
    lead: Lead,
    link: Link,
    remote: RemoteLead,
    pending: Sequence[tuple[Delivery, ev.Event | None]],
    disputes: Sequence[FieldConflict],
    edited: frozenset[str],
    now: datetime,
    skew: timedelta,
) -> Merged:
    """Return what follows from a look at a lead there.

    `pending` are its deliveries that are not settled, with their facts; `disputes` its open conflicts; `edited` the
    fields that the rep ever edited here; `skew` is the server's clock minus ours.
    """
    merged = Merged(base=base_of(remote, link.base))
    if not remote.mine:
        # What was changed on it meanwhile the rep has not seen: that is looked at when it comes again.
        was = link.base
        merged.base = replace(merged.base, profile=was.profile, status=was.status, closed=was.closed)
        _given_away(merged, lead, remote, pending)
    else:
        tried = {(name, value) for row, _ in pending if not row.unsent for name, value in row.detail.get("tried", ())}
        bodies = [event.body for row, event in pending if event is not None and row.sets]
        going = {name for body in bodies if isinstance(body, ev.ProfileEdited) for name in body.changes}
        _profile(merged, lead, _with_ours(link.base, remote, tried), remote, disputes, edited, going, now)
        _status(merged, lead, link.base, remote, pending, skew)
        _back(merged, lead, link.base, remote, pending)
    clearing = any(row.urgent and row.kind == "take_back" and row.state != "parked" for row, _ in pending)
    _do_not_contact(merged, lead, link.base, remote, clearing=clearing)
    _do_not_contact_of_both(merged, lead, link.base, remote, pending)
    _labels(merged, lead, link.base, remote)
    return merged


def base_of(remote: RemoteLead, before: Base) -> Base:
    """Return what we now know of a lead there."""
    return Base(
        profile=flat(remote.profile), status=remote.status, owner=remote.owner, mine=remote.mine,
        closed=remote.closed or "", do_not_contact=remote.do_not_contact, modified_at=remote.modified_at,
        patched_at=before.patched_at,
    )  # fmt: skip


def _with_ours(base: Base, remote: RemoteLead, tried: set[tuple[str, str]]) -> Base:
    """Return what we knew of a lead there, with those of our fields that may have arrived and show."""
    return replace(base, profile={**(base.profile or {}), **dict(flat(remote.profile).items() & tried)})


def _profile(
    merged: Merged, lead: Lead, base: Base, remote: RemoteLead, disputes: Sequence[FieldConflict],
    edited: frozenset[str], going: set[str], now: datetime,
) -> None:  # fmt: skip
    mine, theirs, known = flat(lead.profile), flat(remote.profile), base.profile or {}
    open_ones = {one.field: one for one in disputes}
    taken: dict[str, str] = {}
    # What was edited here, and was given up when the lead was let go, is asked about when it comes again; all else is
    # then as it is there, also what was undone meanwhile.
    again = frozenset(PROFILE_FIELDS) - going if base.gone or not base.mine else frozenset[str]()
    for name in PROFILE_FIELDS:
        before = known.get(name, "")
        here, there, dispute = mine[name], theirs[name], open_ones.get(name)
        if there == here:
            if dispute is not None:
                merged.conflicts.append(replace(dispute, decided="same"))
        elif there == before and name not in again:
            continue
        elif dispute is not None:
            merged.conflicts.append(replace(dispute, mine=here, theirs=there))
        elif here == before or (name not in edited and (name not in known or name in again)):
            taken[name] = there
        else:
            merged.conflicts.append(FieldConflict(lead.id, name, here, there, now))
    if taken:
        merged.facts.append(ev.ProfileEdited(taken))


def _status(
    merged: Merged,
    lead: Lead,
    base: Base,
    remote: RemoteLead,
    pending: Sequence[tuple[Delivery, ev.Event | None]],
    skew: timedelta,
) -> None:
    ours = [(row, event) for row, event in pending if event is not None and is_status(row, event)]
    if any(not row.unsent for row, _ in ours) or any(_closes_mistaken(row) and not row.unsent for row, _ in pending):
        # It may be our own change that shows: what of it is ours is known once that is settled.
        merged.base = replace(merged.base, status=base.status, closed=base.closed)
        return
    moved = _end(remote.closed) != _end(base.closed)
    touched = moved or (base.status is not None and remote.status != base.status)
    overtaken: list[tuple[Delivery, ev.Event]] = []
    standing: list[tuple[Delivery, ev.Event]] = []
    for row, event in ours:
        late = touched and row.unsent and (bool(remote.closed) or remote.modified_at - skew > event.at)
        (overtaken if late else standing).append((row, event))
    for row, event in overtaken:
        merged.changed.append(cancelled(row, "overtaken", "It was changed in the CRM meanwhile."))
        merged.notes += _intent(row, event, remote)
    ended = any(isinstance(event.body, ENDS) for _, event in overtaken)
    if standing and (moved or ended) and lead.closed not in _AWAY:
        # Ours came later and stays; undone, it is to be as it is there.
        merged.beneath.append((min(event.at for _, event in standing) - timedelta.resolution, _as_there(remote)))
    if standing or not (moved or overtaken):
        return
    _follow(merged, lead, remote, anyway=ended or (moved and (bool(overtaken) or lead.do_not_contact)))


def _follow(merged: Merged, lead: Lead, remote: RemoteLead, *, anyway: bool = False) -> None:
    """Take over whether the lead is open; `anyway` says it even where it is so here by what may yet be undone."""
    if lead.closed in _AWAY or (lead.do_not_contact and not anyway):
        return
    ended = remote.closed is not None and _end(lead.closed) == _end(remote.closed)
    if anyway or (lead.state == "closed") != (remote.closed is not None) or (lead.state == "closed" and not ended):
        merged.facts.append(_as_there(remote))


def _as_there(remote: RemoteLead) -> ev.Body:
    """Return the fact that the lead is open, or closed, as it is there."""
    if remote.closed is not None:
        return ev.Closed(remote.closed, remote.closed_note)
    return ev.Reopened("opened again in the CRM")


def _closes_mistaken(row: Delivery) -> bool:
    """Tell whether a delivery closes a lead there that was captured by mistake."""
    return row.kind == "take_back" and row.detail.get("was") == "lead"


def is_status(row: Delivery, event: ev.Event) -> bool:
    """Tell whether a delivery sets where a lead stands."""
    if row.kind == "patch":  # one that was taken back and is put back is where it stands by now
        return isinstance(event.body, (*STATUS, ev.Captured))
    return row.kind == "take_back" and row.detail.get("was") == "patch" and isinstance(event.body, STATUS)


def _end(closed: str | None) -> str:
    """Return how it ended as far as any CRM can tell: reasons are translated on the way, won and lost are not."""
    return "" if not closed else "won" if closed == "won" else "lost"


def _intent(row: Delivery, event: ev.Event, remote: RemoteLead) -> list[Delivery]:
    """Return the note that says what we would have set, where nothing else says it."""
    match event.body:
        case ev.Closed(reason=reason) if _end(reason) == _end(remote.closed):
            return []
        case ev.Reopened() if remote.closed is None:
            return []
        case ev.Closed(reason=reason, note=note):
            what = f"close it ({reason.replace('_', ' ')}{': ' if note else ''}{note})"
        case ev.Nurtured():
            what = "nurture it"
        case ev.Reopened():
            what = "reopen it"
        case _:
            return []
    text = f"Meant to {what} on {event.at:%Y-%m-%d %H:%M} UTC; it had been changed here meanwhile, which stays."
    return [Delivery(derived_key(row.op, "intent"), event.id, row.lead, "note", detail={"text": text})]


def _back(
    merged: Merged, lead: Lead, base: Base, remote: RemoteLead, pending: Sequence[tuple[Delivery, ev.Event | None]]
) -> None:
    """Take a lead up again that was deleted or given away, and is the rep's now: as it is there."""
    overtaken = {row.op for row in merged.changed}
    stands = any(event is not None and is_status(row, event) and row.op not in overtaken for row, event in pending)
    handing = any(row.kind == "owner" for row, _ in pending)
    away = lead.state == "returned" and lead.returned is not None and not handing
    # One that we handed over ourselves was seen as somebody else's before it is given to us again.
    reassigned = away and lead.returned is not None and (lead.returned.kind == "reassigned" or not base.mine)
    away_there = base.gone or not base.mine
    again = lead.closed == "gone"
    if remote.closed is None and (reassigned or again):
        merged.facts.append(ev.Reopened("assigned to you again" if reassigned else "there again in the CRM"))
        merged.changed += [
            cancelled(row, "gone", "It came again as it is there.")
            for row, event in pending
            if event is not None and is_status(row, event) and row.unsent and row.op not in overtaken
        ]
    elif remote.closed is not None and again and not stands:
        merged.facts.append(_as_there(remote))
    elif stands and away_there:
        merged.base = replace(merged.base, mine=False)  # what it is then is looked at once ours is settled
    elif away_there and not any(isinstance(fact, ENDS) for fact in merged.facts):
        _follow(merged, lead, remote)


def _given_away(
    merged: Merged, lead: Lead, remote: RemoteLead, pending: Sequence[tuple[Delivery, ev.Event | None]]
) -> None:
    """Let a lead go that is somebody else's now: touches and notes still go there, what we would set does not."""
    if coming_back(pending):
        return
    let_go(merged, lead, flat(remote.profile), pending)
    if lead.state in WORKED:
        merged.facts.append(ev.Returned("reassigned", remote.owner, "reassigned in the CRM"))


def coming_back(pending: Sequence[tuple[Delivery, ev.Event | None]]) -> bool:
    """Tell whether a lead that we gave away is being taken back: what it is then is looked at once that is settled."""
    return any(row.moves_owner and row.kind == "take_back" and row.state != "parked" for row, _ in pending)


def let_go(
    merged: Merged, lead: Lead, theirs: Mapping[str, str] | None, pending: Sequence[tuple[Delivery, ev.Event | None]]
) -> None:
    """Give up what is not to be set any more on a lead that went, and what of its profile was only ours."""
    only_ours: set[str] = set()
    unknown: set[str] = set()
    for row, event in pending:
        sets = row.kind in ("task", "plan_task") or (row.sets and not row.urgent)
        # Also what may have arrived, or came along with something: sent again it would be set on theirs.
        doubtful = row.sets and not row.moves_owner and row.state != "sending"
        if sets and (row.unsent or row.doubted or doubtful):
            merged.changed.append(cancelled(row, "gone", "The lead is no longer yours in the CRM."))
            if event is not None and isinstance(event.body, ev.ProfileEdited):
                (only_ours if row.unsent else unknown).update(event.body.changes)
    if unknown and merged.base.profile is not None:
        # Undone from now on it is not taken back there: what shows when the lead comes again is not known.
        known = {name: value for name, value in merged.base.profile.items() if name not in unknown}
        merged.base = replace(merged.base, profile=known)
    here, there = flat(lead.profile), theirs or {}
    back = {name: there[name] for name in only_ours - unknown if name in there and here.get(name) != there[name]}
    if back:
        merged.facts.append(ev.ProfileEdited(back))


def _do_not_contact(merged: Merged, lead: Lead, base: Base, remote: RemoteLead, *, clearing: bool) -> None:
    """Let it only ever turn on; a mark of ours that the rep took back and that is being cleared is no news."""
    points = lead.profile.points
    if remote.do_not_contact and not lead.do_not_contact:
        if clearing and base.do_not_contact:
            return
        merged.facts.append(ev.DoNotContact(points, "set in the CRM"))
    elif lead.do_not_contact and base.do_not_contact and not remote.do_not_contact:
        merged.ours.append(ev.DoNotContact(points, "was cleared in the CRM, holds all the same"))


def _do_not_contact_of_both(
    merged: Merged, lead: Lead, base: Base, remote: RemoteLead, pending: Sequence[tuple[Delivery, ev.Event | None]]
) -> None:
    """Keep theirs beneath ours that is not there yet: ours undone, theirs still holds."""
    ours = [
        event.at for row, event in pending if event is not None and row.urgent and row.unsent and row.kind == "patch"
    ]
    if ours and remote.do_not_contact and not base.do_not_contact and lead.do_not_contact:
        fact = ev.DoNotContact(lead.profile.points, "set in the CRM")
        merged.beneath.append((min(ours) - timedelta.resolution, fact))


def _labels(merged: Merged, lead: Lead, base: Base, remote: RemoteLead) -> None:
    there = (remote.status, remote.owner)
    if any(there) and there not in ((lead.status, lead.owner), (base.status, base.owner)):
        merged.facts.append(ev.StatusChanged(*there))
