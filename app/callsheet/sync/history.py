"""What was done on the leads there: what others did becomes facts here, what we did is known by its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from callsheet.domain import events as ev
from callsheet.sync import ops
from callsheet.sync.decisions import dropped_note
from callsheet.sync.drafts import derived_key
from callsheet.sync.home import home, with_merged
from callsheet.sync.line import Line
from callsheet.sync.port import Account, Note, RemoteTouch, Touch
from callsheet.sync.records import Delivery, SyncWork

SAME: Final = timedelta(seconds=2)
"""Two accounts of one touch are no further apart than this; some CRMs keep whole seconds."""

KINDS: Final = ("touch", "note", "take_back")
"""Deliveries that show in the history there."""

MOST_STRAY: Final = 2000
"""Touches kept for leads that are not known yet."""

STRAYS: Final = timedelta(days=30)
"""For how long a touch waits for its lead to become known."""

_OUTCOMES: Final[dict[ev.Channel, str]] = {
    "email": "sent", "linkedin": "sent", "sms": "sent", "video": "sent", "post": "posted",
}  # fmt: skip
"""What an attempt without an outcome was, where the channel leaves no question."""


def absorb(work: SyncWork, line: Line, touches: Sequence[RemoteTouch], account: Account) -> set[str]:
    """Take in a page of what was done there; return the leads that it changed, or whose marks.

    A touch on a lead that is not known yet is put by until it is. The same page again changes nothing.
    """
    name = f"sync.{line.book.crm}.stray"
    strays = [_decode(one) for one in work.note(name) or ()]
    left: list[RemoteTouch] = []
    every = list({touch.remote_id: touch for touch in (*strays, *touches)}.values())  # told again, it may have moved
    rows = work.deliveries(touch.key for touch in every if touch.key)
    made = {
        remote: row
        for remote, row in work.deliveries_by_remote(touch.remote_id for touch in every).items()
        if not _on_lead(row)  # whose number may be the same as that of a touch
    }
    links = work.linked(touch.lead for touch in every)
    facts: list[ev.Event] = []
    leads: set[str] = set()
    action, now = line.fresh(), line.now()
    for touch in every:
        row = rows.get(touch.key) or made.get(touch.remote_id)
        if row is not None and _under_way(row, now):
            left.append(touch)
        elif row is not None:  # ours, whatever it is: a task that is done shows in the history too
            leads |= _seen(work, row, touch, now)
        elif touch.key and work.has_event(touch.key):
            continue
        elif (link := links.get(touch.lead)) is None or (lead := home(work, line.book.crm, link.lead)[1]) is None:
            left.append(touch)
        elif touch.mine and not touch.key and (ours := _recognised(work, line, lead.id, touch)):
            if ours == "perhaps":
                left.append(touch)
            elif isinstance(ours, Delivery):
                leads |= _seen(work, ours, touch, now)
        else:
            event = _event(work, line, lead.id, touch, action, account)
            if event is not None:
                facts.append(event)
    left = [touch for touch in left if touch.at > now - STRAYS]
    if left or strays:
        work.put_note(name, [_encode(touch) for touch in left[-MOST_STRAY:]])
    unique = {event.id: event for event in facts}
    work.record("done by others in the CRM", list(unique.values()), now)
    return leads | {event.lead for event in unique.values()}


def _on_lead(row: Delivery) -> bool:
    """Tell whether the record of a delivery is the lead itself."""
    return row.kind == "lead" or row.sets


def _under_way(row: Delivery, now: datetime) -> bool:
    """Tell whether a request may still arrive, that would bring it there again after it was taken back."""
    waits = row.not_before is not None and row.not_before > now
    return row.state == "sending" or (row.state == "ambiguous" and waits)


def _seen(work: SyncWork, row: Delivery, touch: RemoteTouch, now: datetime) -> set[str]:
    """Note that the CRM has it; that also settles whether a delivery without an answer had arrived: return its lead."""
    if row.kind not in KINDS or _on_lead(row):
        return set()  # what is there is known, but not whether it is as this delivery wants it
    if row.state == "ambiguous" or (row.state == "parked" and row.maybe):
        row = replace(
            row, state="delivered", maybe=False, remote_id=row.remote_id or touch.remote_id, reason="", verified="seen",
            lease_until=None, detail={**row.detail, "sent": True},
        )  # fmt: skip
        taken = work.deliveries([str(row.detail["of"])]).values() if row.kind == "take_back" else ()
        work.save([row, *(replace(each, state="compensated") for each in taken)], now)
        return {row.lead}
    if row.verified != "seen" and row.state == "delivered":
        work.save([replace(row, verified="seen")], now)
    return set()


def _recognised(work: SyncWork, line: Line, lead: str, touch: RemoteTouch) -> Delivery | Literal["", "yes", "perhaps"]:
    """Return the delivery that brought a touch of the rep without a key, where a CRM keeps no keys, or if one did.

    What was undone since was there all the same. A delivery without an answer for another lead may be it if the two
    were merged there: that is waited for.
    """
    rows = work.deliveries_of(with_merged(work, line.book.crm, lead))
    same = _same(work, line, touch, [row for some in rows.values() for row in some])
    if any(_under_way(row, line.now()) for row in same):
        return "perhaps"
    if len(same) == 1:  # two that say the same cannot be told apart: the rep decides
        return same[0]
    if same:
        return "yes"
    dropped = work.deliveries(work.note(dropped_note(line.book.crm)) or ()).values()
    elsewhere = [row for row in (*work.open_deliveries(), *dropped) if row.lead not in rows]
    return "perhaps" if _same(work, line, touch, elsewhere) else ""


def _same(work: SyncWork, line: Line, touch: RemoteTouch, rows: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries that may have made a touch."""
    sent = [row for row in rows if row.kind in KINDS and not row.unsent and row.remote_id in ("", touch.remote_id)]
    events = {event.id: event for some in work.events({row.lead for row in sent}).values() for event in some}
    return [
        row for row in sent
        if (event := events.get(row.event)) and abs(event.at - touch.at) <= SAME and _says(row, event, touch, line)
    ]  # fmt: skip


def _says(row: Delivery, event: ev.Event, touch: RemoteTouch, line: Line) -> bool:
    """Tell whether a delivery says the same as a touch there."""
    if row.kind == "take_back":
        return touch.channel == "research" and not touch.outcome
    try:
        body = ops.body(row, event, None, None, line.rules)
    except ops.Nothing:
        return False
    match body:
        case Touch(channel=channel):
            return channel == touch.channel
        case Note(text=text):
            return text.strip() in touch.text
    return False


def _event(work: SyncWork, line: Line, lead: str, touch: RemoteTouch, action: str, account: Account) -> ev.Event | None:
    key = derived_key(line.book.crm, touch.remote_id)
    if work.has_event(key):
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
    return ev.Event(key, lead, action, at, line.rules.calendar.zone, now, "crm", body)


def _encode(touch: RemoteTouch) -> dict[str, Any]:
    return {
        "remote_id": touch.remote_id, "lead": touch.lead, "at": touch.at.isoformat(), "channel": touch.channel,
        "outcome": touch.outcome, "text": touch.text, "author": touch.author, "mine": touch.mine, "key": touch.key,
    }  # fmt: skip


def _decode(values: dict[str, Any]) -> RemoteTouch:
    return RemoteTouch(**{**values, "at": datetime.fromisoformat(values["at"])})
