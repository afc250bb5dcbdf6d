"""Why a run may end early, and why a delivery may be left to the rep: each only for what really was so.

Without this a sync that gives everything up at once, each with a word of regret, would pass for a careful one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from callsheet.domain import events as ev
from callsheet.sync.home import home
from callsheet.sync.port import AuthBroken, Drift, Throttled, Unavailable
from callsheet.sync.records import Delivery
from callsheet.sync.run import SyncReport
from tests.sync.disk_book import CRM
from tests.sync.server import COLLEAGUES, ME, Record
from tests.sync.timing import MOST_PAUSES, MOST_SILENCE, MOST_TRIES, Run

if TYPE_CHECKING:
    from callsheet.store.sync_rows import SyncTransaction
    from tests.sync.watch import Before
    from tests.sync.world import World

SHORT: Final = timedelta(seconds=30)
"""A pause of this length is waited out."""

UNSETTLED: Final = ("waiting", "sending", "retry", "ambiguous", "parked")

JUST_NOW: Final = timedelta(minutes=5)
"""A look takes its time, and the index lags: what was so a moment ago counts."""


def ended(world: World, report: SyncReport, run: Run, before: Before) -> Iterator[str]:
    """Say what is wrong with why a run ended, by what it was told."""
    told = {type(error) for error in run.errors}
    paused = [error for error in run.errors if isinstance(error, Throttled)]
    long = [one for one in paused if one.scope == "daily" or (one.after or timedelta()) > SHORT]
    network = world.network
    # A pause begins for us when the run is over, which another call of it may have held up.
    until = [world.at + one.after for one in paused if one.after is not None]
    network.crowded_until = max([network.crowded_until, *until])
    match report.stopped:
        case "":
            daily = any(one.scope == "daily" for one in paused)
            fine = not told & {AuthBroken, Drift, Unavailable} and not run.short and not daily
        case "offline":
            fine = Unavailable in told
        case "credentials":
            fine = AuthBroken in told or before.at - network.denied_last < SHORT
        case "throttled":
            known = before.crowded_until + JUST_NOW > before.at  # others were under way while it was told
            fine = bool(long) or run.unread or run.pauses >= MOST_PAUSES or known
        case "drift":
            fine = Drift in told or run.short
        case "silent":
            fine = run.unread or run.most_silent >= MOST_SILENCE
        case "left":
            fine = world.left
        case "removals":
            fine = world.interrupted or many_went(world, before)  # another window may have brought some in since
    if not fine:
        yield f"a run ended as {report.stopped or 'done'!r} ({report.problem}), and was told {run.errors}"
    if report.offline != (report.stopped == "offline"):
        yield f"a run that ended as {report.stopped!r} says offline: {report.offline}"
    if run.slept > SHORT:
        yield f"a run waited {run.slept} for the CRM"


def many_went(world: World, before: Before) -> bool:
    """Whether several of the leads that were the rep's are not to be seen there now: the run may know some as such.

    Also such as came in and went within a run, as the index lags, or were taken up again by the rep meanwhile.
    """
    server, since = world.server, before.at - JUST_NOW
    lately = {one for one, past in server.snapshots.items() if any(at > since and was.owner == ME for at, was in past)}
    with world.book.sync_rows().work() as work:
        links = [link for link, _ in work.states()]
    held = {one.remote_id for one in links if one.seen_at >= before.at or (one.base.mine and not one.base.gone)}
    every = before.records | lately | held
    went = [one for one in every if (now := server.alive(one)) is None or now.owner != ME]
    return len(went) > max(2, int(before.worked * 0.2))


def lately(past: Sequence[tuple[datetime, Record]], since: datetime) -> list[Record]:
    """How a record was from some time on, beginning with how it was then."""
    before = [one for at, one in past if at <= since]
    return [*before[-1:], *(one for at, one in past if at > since)]


def parked(world: World, work: SyncTransaction, row: Delivery, started: datetime) -> Iterator[str]:
    """Say what is wrong with leaving a delivery to the rep."""
    if not any(_true(world, work, row, started)):
        yield f"{row.kind} {row.op} of {row.lead} is left to the rep for nothing: {row.reason!r} {row.field}"


def _true(world: World, work: SyncTransaction, row: Delivery, started: datetime) -> Iterator[bool]:
    """Each reason that there can be, and whether it is the one given, and true."""
    answers, server, crm = world.network.answers, world.server, world.server.capabilities
    link = work.link(home(work, CRM, row.lead)[0])
    record = server.records.get(link.remote_id) if link is not None else None
    past = lately(server.snapshots[record.id], started - JUST_NOW) if record is not None else []
    event = next((one for one in work.events([row.lead])[row.lead] if one.id == row.event), None)
    reason = row.reason
    made = any(one.kind == "lead" and one.state in UNSETTLED for one in work.deliveries_of([row.lead])[row.lead])
    yield "lead itself is not in the CRM" in reason and not made and (link is None or link.seen_at >= started)
    yield (
        "may or may not be" in reason
        and (row.op in answers.unsure or world.network.slept)
        and (row.tries >= MOST_TRIES or row.op in answers.hidden or (crm.idempotency == "none" and _adds(world, row)))
    )
    every = server.snapshots[record.id] if record is not None else []
    yield "deleted in the CRM" in reason and (record is None or any(one.deleted for _, one in every))
    yield "no new leads from here" in reason and row.kind == "lead" and not crm.creates_leads
    yield "take it back there" in reason and crm.idempotency == "none" and row.kind == "take_back"
    yield f"in {row.tries} tries" in reason and row.tries >= MOST_TRIES
    poisoned = event is not None and "poison" in str(event.body)
    yield "not allowed" in reason and row.field == ("" if "you are" in reason else "text") and poisoned
    yield (
        reason == "not your lead"
        and record is not None
        and (record.owner != ME or any(one.owner != ME for one in past))
    )
    taker = event.body.to if event is not None and isinstance(event.body, ev.Returned) else ""
    wanted = str(row.detail.get("edit", {}).get("owner", taker)).lower()
    yield row.kind == "owner" and row.field == "owner" and wanted not in COLLEAGUES


def _adds(world: World, row: Delivery) -> bool:
    """Whether it would be there twice, were it sent twice."""
    if row.kind == "take_back":
        return row.detail["was"] in ("touch", "note", "task") and world.server.capabilities.take_back == "note"
    return row.kind in ("lead", "touch", "note") or (row.kind in ("task", "plan_task") and not row.remote_id)
