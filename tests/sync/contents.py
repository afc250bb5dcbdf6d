"""What has to be true of what was said: to the CRM, to the rep by the comparison after a sync, and by both clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.sync import sanity
from callsheet.sync.drafts import derived_key
from callsheet.sync.records import Base, Delivery, Link
from tests.sync.disk_book import CRM
from tests.sync.server import Record
from tests.sync.world import World

if TYPE_CHECKING:
    from tests.sync.judge import Court

SLACK = timedelta(seconds=1)
"""What whole seconds take away from a time."""


def insisted(court: Court) -> Iterator[str]:
    """Do-not-contact is for the number and the address: it is told whoever has the lead."""
    for lead, events in court.journal_of.items():
        held = {one.id for one in effective(events) if isinstance(one.body, ev.DoNotContact)}
        for row in court.rows.get(lead, ()):
            given_up = (
                row.kind == "patch" and row.state == "cancelled" and row.detail.get("why") in ("gone", "overtaken")
            )
            if row.event in held and given_up:
                yield f"do-not-contact {row.op} of {lead} was given up: {row.reason}"


def meant(court: Court) -> Iterator[str]:
    """What the rep meant to set, and what was set there meanwhile stands against, is said in a note."""
    for lead, rows in court.rows.items():
        for row in rows:
            body = event.body if (event := court.by_id.get(row.event)) is not None else None
            overtaken = row.kind == "patch" and row.state == "cancelled" and "changed in the CRM" in row.reason
            speaks = isinstance(body, ev.Nurtured | ev.Closed | ev.Reopened) and not _stood(court, row, body)
            if overtaken and speaks and derived_key(row.op, "intent") not in {each.op for each in rows}:
                yield f"{row.op} of {lead} was given up without a word"


def _stood(court: Court, row: Delivery, body: ev.Body) -> bool:
    """Whether a lead may have stood there, when a look at it was taken, as a fact wants it."""
    if isinstance(body, ev.Nurtured) or row.lead not in court.links or row.updated_at is None:
        return False
    shown: list[Record] = []
    late = row.updated_at - timedelta(minutes=5)  # the index lags, and a look takes its time
    for every in court.pasts(row.lead):
        past = [(at, one) for at, one in every if at <= row.updated_at]
        shown += [one for at, one in past if at >= late] + [one for at, one in past if at < late][-1:]
    wanted = (True, body.reason == "won") if isinstance(body, ev.Closed) else (False, False)
    return not shown or any((bool(one.closed), one.closed == "won") == wanted for one in shown)


def timely(court: Court) -> Iterator[str]:
    """Of two that set where a lead stands the later one holds, by one clock for both; an end there holds anyway."""
    for lead, rows in court.rows.items():
        for row in rows:
            event = court.by_id.get(row.event)
            overtaken = row.kind == "patch" and row.state == "cancelled" and "changed in the CRM" in row.reason
            if not overtaken or event is None or row.updated_at is None:
                continue
            past = [(at, one) for every in court.pasts(lead) for at, one in every if at <= row.updated_at]
            if past and not any(at > event.at - SLACK or one.closed for at, one in past):
                yield f"{row.op} of {lead} was given up for what had been there before: {event.at}, {past[-1]}"


def dated(court: Court) -> Iterator[str]:
    """What came from there is dated by our clock."""
    server = court.world.server
    made = {some[0][0] for some in server.snapshots.values()}
    moved = {at for some in server.snapshots.values() for at, _ in some}
    asked = {
        derived_key(CRM, one.remote_id): one.at for record in server.records.values() for one in record.interactions
    }
    for lead, events in court.journal_of.items():
        got = {event.body.received_at for event in events if isinstance(event.body, ev.Captured)}
        for event in events:
            if isinstance(event.body, ev.Captured) and event.origin == "crm":
                if event.body.created_at not in made:
                    yield f"{lead} was made at {event.body.created_at}, when no lead was"
                if not any(at - SLACK <= event.body.received_at <= at for at in moved):
                    yield f"{lead} was got at {event.body.received_at}, when nothing changed"
            there = asked.get(event.id)
            if event.at in got:
                continue  # what was done before we heard of a lead is taken for done by when it was got
            if there is not None and abs(there - server.skew - event.at) > SLACK:
                yield f"{event.id} of {lead} is dated {event.at}, and was {there} by the clock there"


def compared(world: World) -> Iterator[str]:
    """The comparison says of each difference what it is, and of how many leads; and what somebody deleted there."""
    yield from _states(world)
    yield from _deleted(world)


def _states(world: World) -> Iterator[str]:
    """Let some of the rep's leads be known to stand otherwise there than here: that is what has to be said."""
    with world.book.sync_rows().work() as work:
        pending = {row.lead for row in work.open_deliveries()}
        open_here = [
            link
            for link, state in sorted(work.states(), key=lambda one: one[0].lead)
            if state in ("name", "working", "nurture") and link.lead not in pending
        ]
    stands: list[tuple[str, dict[str, object]]] = [
        ("closed", {"closed": "lost"}), ("returned", {"mine": False}), ("gone", {"gone": True}),
        ("closed", {"do_not_contact": True}),
    ]  # fmt: skip
    wanted: dict[str, int] = {}
    for place, link in enumerate(open_here):
        there, values = stands[place % len(stands)]
        _know(world, link, replace(link.base, **values))
        wanted[there] = wanted.get(there, 0) + 1
    name = world.server.capabilities.name
    said = sorted(one.partition(":")[0] for one in sanity.compare(world.line()))
    for link in open_here:
        _know(world, link, link.base)
    expected = sorted(
        f"{count} {'lead is' if count == 1 else 'leads are'} open here and {there} in {name}"
        for there, count in wanted.items()
    )
    if said != expected:
        yield f"the comparison says {said}, and what differs is {expected}"


def _know(world: World, link: Link, base: Base) -> None:
    with world.book.sync_rows().work() as work:
        work.save_link(replace(link, base=base))


def _deleted(world: World) -> Iterator[str]:
    """Somebody deletes a touch of ours by hand: in the end that is said, and it is said of no other."""
    if world.server.capabilities.idempotency == "none":
        return
    with world.book.sync_rows().work() as work:
        leads = {link.lead: link for link, _ in work.states() if link.base.mine and not link.base.gone}
        rows = [row for some in work.deliveries_of(leads).values() for row in some if _is_there(world, row)]
    if not rows:
        return
    effect = next(one for one in world.server.effects.values() if one.origin == rows[0].op)
    effect.deleted = True
    said: list[str] = []
    for _ in range(len(world.server.effects) + 2):  # a few each time, also those of leads that went since
        world.pass_time(timedelta(hours=25).total_seconds())
        report = world.sync()
        said = list(report.findings) if report is not None else []
        if said:
            break
    effect.deleted = False
    if len(said) != 1 or not said[0].startswith("1 touch was delivered and cannot be found"):
        yield f"{effect.id} of {effect.lead} was deleted there, and the comparison says {said}"


def _is_there(world: World, row: Delivery) -> bool:
    return (
        row.kind == "touch"
        and row.state == "delivered"
        and any(one.origin == row.op and not one.deleted for one in world.server.effects.values())
    )
