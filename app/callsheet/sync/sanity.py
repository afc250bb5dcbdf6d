"""Comparing after a sync: what stands here with what the CRM showed, and what was delivered with what is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.sync import ops
from callsheet.sync.home import home
from callsheet.sync.line import Line
from callsheet.sync.port import Forbidden, Invalid, Op
from callsheet.sync.records import Base, Delivery, SyncWork, Verified

LOOKS: Final = 10
"""Delivered touches that are looked for after each sync, beside those that the CRM's history has shown."""

LOOKS_AGAIN: Final = 3
"""Touches that were found there before and are looked for again after each sync: somebody may have deleted them."""

AGAIN: Final = timedelta(days=1)
"""How long a touch that was looked for is left alone."""

RESTS: Final = timedelta(minutes=1)
"""How long a delivered touch may take to be found there, beyond the CRM's own lag."""

NAMED: Final = 5

NEVER_SEEN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lead was seen last that is to be asked for again before all others."""


def compare(line: Line) -> list[str]:
    """Return the differences as sentences, none when all agrees.

    Raises:
        CrmError: the CRM cannot be asked.
    """
    _look_for_delivered(line)
    with line.book.work() as work:
        return [*_states(work, line), *_missing(work, line)]


def _look_for_delivered(line: Line) -> None:
    capabilities = line.crm.capabilities
    if capabilities.idempotency == "none":
        return
    now = line.now()
    with line.book.work() as work:
        rows = [
            *work.unverified(now - capabilities.lookup_lag - RESTS, LOOKS),
            *work.verified(now - AGAIN, LOOKS_AGAIN),
        ]
        ops_of = {row.op: _op(work, line, row) for row in rows}
    for row in rows:
        op = ops_of[row.op]
        seen = _seen(line, op) if op is not None else row.verified
        with line.book.work() as work:
            current = work.deliveries([row.op])[row.op]
            if (current.state, current.verified) == ("delivered", row.verified):
                work.save([replace(current, verified=seen)], now)


def _seen(line: Line, op: Op) -> Verified:
    try:
        return "seen" if line.crm.find_effect(op) is not None else "missing"
    except (Forbidden, Invalid):  # of this one alone, and of the others it can be asked
        return "hidden"


def _op(work: SyncWork, line: Line, row: Delivery) -> Op | None:
    """Return what to look for; nothing where the lead went, and its touches with it."""
    event = next((one for one in work.events([row.lead])[row.lead] if one.id == row.event), None)
    there, lead = home(work, line.book.crm, row.lead)
    link = work.link(there)
    if link is None or link.base.gone or not link.base.mine:
        return None
    if event is None or not isinstance(event.body, ev.Attempt):
        return None
    try:
        return ops.op(row, event, lead, {}, line.rules, link, frozenset())
    except ops.Nothing:
        return None


def _states(work: SyncWork, line: Line) -> list[str]:
    pending = {row.lead for row in work.open_deliveries()}
    apart: dict[tuple[str, str], list[str]] = defaultdict(list)
    for link, state in work.states():
        here, there = _here(state), _there(link.base)
        if link.lead not in pending and there != here and (there, here) not in _FINE:
            apart[here, there].append(link.lead)
            if there in ("gone", "returned"):  # it was undone here since: the next sync asks for it again
                work.save_link(replace(link, seen_at=NEVER_SEEN))
    name = line.crm.capabilities.name
    return [
        f"{len(leads)} {'lead is' if len(leads) == 1 else 'leads are'} {here} here and {there} in {name}: "
        + _names(work, leads)
        for (here, there), leads in sorted(apart.items())
    ]


_FINE: Final = frozenset({("open", "returned"), ("gone", "closed"), ("closed", "returned"), ("returned", "closed")})
"""Pairs of there and here that are no difference: a lead that was kicked back is still the rep's there, and one that
the rep closed may be given to anybody.
"""


def _here(state: str) -> str:
    return "open" if state in ("name", "working", "nurture") else state


def _there(base: Base) -> str:
    if base.gone:
        return "gone"
    if not base.mine:
        return "returned"
    return "closed" if base.closed or base.do_not_contact else "open"


def _missing(work: SyncWork, line: Line) -> list[str]:
    rows = [row for row in work.missing() if _op(work, line, row) is not None]
    if not rows:
        return []
    name = line.crm.capabilities.name
    count = "1 touch was" if len(rows) == 1 else f"{len(rows)} touches were"
    return [f"{count} delivered and cannot be found in {name}: {_names(work, [row.lead for row in rows])}"]


def _names(work: SyncWork, leads: Sequence[str]) -> str:
    found = [lead.profile.name or lead.profile.company for one in leads[:NAMED] if (lead := work.lead(one))]
    return ", ".join(found) + (", …" if len(leads) > NAMED else "")
