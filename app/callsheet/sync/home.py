"""Where a lead is at home after the CRM merged it: as which one it goes on, and how two become one here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.sync.do_not_contact import stop_sharers
from callsheet.sync.drafts import derived_key
from callsheet.sync.line import Line
from callsheet.sync.owed import cancelled
from callsheet.sync.port import Account
from callsheet.sync.records import SyncWork, unsettled

HOMELESS: Final = "The lead itself is not in the CRM."
"""Why something is left to the rep; not for good: when the lead comes home, it goes on."""


def _note(crm: str) -> str:
    return f"sync.{crm}.merged"


def merged(work: SyncWork, crm: str) -> Mapping[str, str]:
    """Return which leads the CRM merged, and into which.

    That knows also of leads whose journal says nothing of it: taken back here, or on the do-not-contact list.
    """
    return work.note(_note(crm)) or {}


def home(work: SyncWork, crm: str, lead: str) -> tuple[str, Lead | None]:
    """Return the lead that a lead goes on as: itself, or what it was merged into; None when that was taken back."""
    into = merged(work, crm)
    for _ in range(10):
        if lead not in into:
            break
        lead = into[lead]
    return lead, work.lead(lead)


def with_merged(work: SyncWork, crm: str, lead: str) -> list[str]:
    """Return a lead and all that were merged into it, one after the other."""
    into = merged(work, crm)
    leads = [lead]
    for survivor in leads:
        leads += [loser for loser, winner in into.items() if winner == survivor and loser not in leads]
    return leads


def came_home(work: SyncWork, line: Line, lead: str) -> set[str]:
    """Let go on what was left to the rep because the lead itself was not there; return the leads of which that is."""
    rows = work.deliveries_of([lead]).get(lead, ())
    parked = [row for row in rows if (row.state, row.reason) == ("parked", HOMELESS)]
    work.save([replace(row, state="waiting", reason="") for row in parked], line.now())
    return {row.lead for row in parked}


def take_over(work: SyncWork, crm: str, lead: str, mistaken: str) -> None:
    """Let a lead stand for one that was taken back here and is the same there: what we did on that one is its own."""
    work.drop_link(mistaken)
    into = {loser: survivor for loser, survivor in merged(work, crm).items() if (loser, survivor) != (lead, mistaken)}
    work.put_note(_note(crm), {**into, mistaken: lead})


def rejoin(work: SyncWork, line: Line, account: Account) -> set[str]:
    """Make leads one that the CRM merged while one of them was taken back here, and that was put back since."""
    joined: set[str] = set()
    for loser in merged(work, line.book.crm):
        lead = work.lead(loser)
        survivor, other = home(work, line.book.crm, loser)
        if lead is None or lead.merged_into or other is None:
            continue
        if any(isinstance(event.body, ev.Merged) for event in effective(work.events([loser])[loser])):
            continue  # on the do-not-contact list
        join(work, line, loser, survivor, account)
        joined |= {loser, survivor}
    return joined


def join(work: SyncWork, line: Line, loser: str, survivor: str, account: Account) -> None:
    """Make two leads here one, as they are one there: the survivor counts what was done on the other."""
    crm = line.book.crm
    work.put_note(_note(crm), {**merged(work, crm), loser: survivor})
    lead, other = work.lead(loser), work.lead(survivor)
    if lead is None or other is None or lead.merged_into:
        return
    now, action, zone = line.now(), line.fresh(), line.rules.calendar.zone
    events = work.events([loser])[loser]
    copies = []
    for event in effective(events):
        match event.body:
            case ev.Attempt() as body:
                kept: ev.Body = replace(body, step=None, author=body.author or account.name or "you, before the merge")
            case ev.Noted() | ev.Interaction() as body:
                kept = body
            case _:
                continue
        key = derived_key("merged", survivor, event.id)
        if not work.has_event(key):
            copies.append(
                replace(event, id=key, lead=survivor, action=action, recorded_at=now, origin="crm", body=kept)
            )
    overtaken = [
        cancelled(row, "overtaken", "The lead was merged in the CRM.")
        for row, _ in unsettled(work, loser, events)
        if row.kind in ("patch", "owner", "plan_task", "lead") and not row.urgent and row.unsent
    ]
    work.save(overtaken, now)
    for conflict in work.conflicts(loser):
        work.save_conflict(replace(conflict, decided="theirs"))
    if lead.do_not_contact and not other.do_not_contact:
        points = tuple(dict.fromkeys((*lead.profile.points, *other.profile.emails)))
        stopped = ev.DoNotContact(points, "merged with one that asked us to stop")
        work.record("merged in the CRM", line.events([(survivor, now, stopped)], ours=(ev.DoNotContact,)), now)
        stop_sharers(work, line, points)
    became = ev.Event(line.fresh(), loser, action, now, zone, now, "crm", ev.Merged(survivor))
    work.record("merged in the CRM", [became, *copies], now)
