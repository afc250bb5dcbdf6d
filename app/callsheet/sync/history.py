"""What was done on the leads there: what others did becomes facts here, what we did is known by its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from callsheet.domain import events as ev
from callsheet.sync.drafts import derived_key
from callsheet.sync.line import Line
from callsheet.sync.port import Account, RemoteTouch
from callsheet.sync.records import Delivery, Link, SyncWork

SAME: Final = timedelta(seconds=2)
"""Two accounts of one touch are no further apart than this; some CRMs keep whole seconds."""

MOST_STRAY: Final = 2000
"""Touches kept for leads that are not known yet."""

STRAYS: Final = timedelta(days=30)
"""For how long a touch waits for its lead to become known."""

_OUTCOMES: Final[dict[ev.Channel, str]] = {
    "email": "sent", "linkedin": "sent", "sms": "sent", "video": "sent", "post": "posted",
}  # fmt: skip
"""What an attempt without an outcome was, where the channel leaves no question."""


def absorb(work: SyncWork, line: Line, touches: Sequence[RemoteTouch], account: Account) -> set[str]:
    """Take in a page of what was done there; return the leads that it changed.

    A touch on a lead that is not known yet is put by until it is. The same page again changes nothing.
    """
    name = f"sync.{line.book.crm}.stray"
    strays = [_decode(one) for one in work.note(name) or ()]
    left: list[RemoteTouch] = []
    every = [*strays, *touches]
    rows = work.deliveries(touch.key for touch in every if touch.key)
    made = work.deliveries_by_remote(touch.remote_id for touch in every)
    links = work.linked(touch.lead for touch in every)
    facts: list[ev.Event] = []
    action, now = line.fresh(), line.now()
    for touch in every:
        row = rows.get(touch.key) or made.get(touch.remote_id)
        if row is not None and row.kind in ("touch", "note", "task", "plan_task", "task_done", "take_back"):
            _seen(work, row, touch, now)
        elif touch.key and work.has_event(touch.key):
            continue
        elif (link := links.get(touch.lead)) is None:
            left.append(touch)
        elif not (touch.mine and not touch.key and _recognised(work, line, link, touch)):
            event = _event(work, line, link, touch, action, account)
            if event is not None:
                facts.append(event)
    left = [touch for touch in left if touch.at > now - STRAYS]
    if left or strays:
        work.put_note(name, [_encode(touch) for touch in left[-MOST_STRAY:]])
    unique = {event.id: event for event in facts}
    work.record("done by others in the CRM", list(unique.values()), now)
    return {event.lead for event in unique.values()}


def _seen(work: SyncWork, row: Delivery, touch: RemoteTouch, now: datetime) -> None:
    """Note that the CRM has it; that also settles whether a delivery without an answer had arrived."""
    if row.state == "ambiguous" or (row.state == "parked" and row.maybe):
        row = replace(
            row, state="delivered", maybe=False, remote_id=row.remote_id or touch.remote_id, reason="", verified="seen",
            lease_until=None, detail={**row.detail, "sent": row.detail.get("want", True)},
        )  # fmt: skip
        work.save([row], now)
    elif row.verified != "seen" and row.state == "delivered":
        work.save([replace(row, verified="seen")], now)


def _recognised(work: SyncWork, line: Line, link: Link, touch: RemoteTouch) -> bool:
    """Tell whether a touch of the rep without a key is one that we sent: where a CRM keeps no keys."""
    for event in work.events([link.lead])[link.lead]:  # also what was undone since: it was there all the same
        if event.origin == "crm" or not _same(event, touch):
            continue
        rows = [row for row in work.deliveries_of([link.lead]).get(link.lead, ()) if row.event == event.id]
        for row in rows:
            if row.kind in ("touch", "note"):
                _seen(work, row, touch, line.now())
        return True
    return False


def _same(event: ev.Event, touch: RemoteTouch) -> bool:
    if abs(event.at - touch.at) > SAME:
        return False
    match event.body:
        case ev.Attempt(channel=channel):
            return channel == touch.channel
        case ev.Noted(text=text):
            return text.strip() in touch.text
    return False


def _event(
    work: SyncWork, line: Line, link: Link, touch: RemoteTouch, action: str, account: Account
) -> ev.Event | None:
    key = derived_key(line.book.crm, touch.remote_id)
    lead = work.lead(link.lead)
    if lead is None or work.has_event(key):
        return None
    author = "" if touch.mine else touch.author or "somebody else"
    body: ev.Body
    if touch.channel == "research" and not touch.outcome:
        body = ev.Noted(touch.text, author, touch.remote_id)
    else:
        outcome = touch.outcome or _OUTCOMES.get(touch.channel, "logged")
        body = ev.Attempt(touch.channel, outcome, note=touch.text, author=author, remote_id=touch.remote_id)
    now = line.now()
    at = min(touch.at - account.skew if touch.at > now else touch.at, now)
    home = lead.merged_into or lead.id
    return ev.Event(key, home, action, at, line.rules.calendar.zone, now, "crm", body)


def _encode(touch: RemoteTouch) -> dict[str, Any]:
    return {
        "remote_id": touch.remote_id, "lead": touch.lead, "at": touch.at.isoformat(), "channel": touch.channel,
        "outcome": touch.outcome, "text": touch.text, "author": touch.author, "mine": touch.mine, "key": touch.key,
    }  # fmt: skip


def _decode(values: dict[str, Any]) -> RemoteTouch:
    return RemoteTouch(**{**values, "at": datetime.fromisoformat(values["at"])})
