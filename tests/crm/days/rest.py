"""Bringing a day to rest: the network is mended, the rep looks after what is parked, and nothing moves any more."""

from __future__ import annotations

from typing import Final

from callsheet.sync.records import Delivery
from callsheet.sync.run import conflicts, decide, drop, retry
from tests.crm.days.day import Day

ROUNDS: Final = 40
"""So many quiet syncs bring everything to rest, or nothing will."""


def settle(day: Day) -> None:
    """Mend the network and sync until nothing moves."""
    day.note("the network is mended")
    day.mend()
    quiet, before = 0, outbox(day)
    for _ in range(ROUNDS):
        day.pass_time(1500)
        report = day.sync(force=True, thorough=True)
        handled = attend(day)
        moved = report.delivered or report.pulled or handled or report.stopped or outbox(day) != before
        quiet, before = 0 if moved else quiet + 1, outbox(day)
        if quiet == 2:
            return
    day.problems.append(f"it never comes to rest: {day.reports[-1]}")


def outbox(day: Day) -> list[tuple[str, str, int]]:
    with day.book.sync_rows().work() as work:
        return [(row.op, row.state, row.tries) for row in work.open_deliveries()]


def attend(day: Day) -> int:
    """Do what the rep does in the Sync screen: decide conflicts; look for what may be there, then drop or retry it."""
    line, handled = day.line(), 0
    for conflict in conflicts(line):
        decide(line, conflict.id, day.chance.choice(["mine", "theirs"]))
        handled += 1
    with day.book.sync_rows().work() as work:
        parked = [row for row in work.open_deliveries() if row.state == "parked"]
    for row in parked:
        if row.maybe and is_there(day, row):
            day.note(f"rep: drops {row.kind} {row.op[:8]}: {row.reason}")
            drop(line, row.op)
        elif row.maybe or "tries" in row.reason or is_mine_again(day, row):
            day.note(f"rep: retries {row.kind} {row.op[:8]}: {row.reason}")
            retry(line, row.op)
        else:
            continue
        handled += 1
    return handled


def is_there(day: Day, row: Delivery) -> bool:
    """Whether the rep finds it when they look in the CRM."""
    if row.kind == "lead":
        with day.book.work() as work:
            lead = work.lead(row.lead)
        return lead is not None and lead.profile.name in mine(day)
    if row.kind == "take_back":
        return not day.backend.effects(str(row.detail["of"])) or bool(day.backend.effects(row.op))
    return bool(day.backend.effects(row.op))


def is_mine_again(day: Day, row: Delivery) -> bool:
    """Whether something was refused because its lead was somebody else's, which it is no more."""
    with day.book.sync_rows().work() as work:
        link = work.link(row.lead)
    manager = day.manager
    return link is not None and link.remote_id in manager.moved - manager.theirs - manager.gone


def mine(day: Day) -> list[str]:
    """The names of all leads that the CRM shows as the rep's."""
    names: dict[str, str] = {}
    cursor, more = None, True
    while more:
        page = day.crm.changes(cursor)
        names |= {lead.id: lead.profile.name for lead in page.leads if lead.mine}
        cursor, more = page.cursor, page.more
    return list(names.values())
