"""What was done and what is to do, as Pipedrive's activities, call logs and notes; and back.

Pipedrive takes no key of ours, so the last line of a note is our mark: by it an effect is known again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from callsheet.crm.markup import to_html, to_text
from callsheet.crm.pipedrive.session import text
from callsheet.crm.pipedrive.times import clock_time, due, moment, v1
from callsheet.crm.pipedrive.wire import Row, number
from callsheet.crm.pipedrive.words import Words
from callsheet.crm.plain_words import CHANNEL_WORDS
from callsheet.domain.text import one_line
from callsheet.sync.port import Drift, Note, Op, RemoteTouch, Task, Touch

MAX_TITLE: Final = 250
"""The longest subject that is sent; Pipedrive takes 255 characters, and the whole of a longer one is in the note."""

MAX_PART: Final = 9_000
"""How many characters of plain text are made into HTML at a time: escaped they are at most six times as many."""

MAX_NOTE: Final = 60_000
"""The longest note that is sent, in characters of HTML; what does not fit goes on in notes of its own."""

MAX_TEXT: Final = 50_000
"""The longest text that is taken in."""

_MARK: Final = re.compile(r"callsheet:([0-9A-Za-z-]{1,64})(#[0-9]{1,4})?")


@dataclass(frozen=True, slots=True)
class About:
    """Whom an effect is about: the lead, and its person and organization (0 where it has none)."""

    lead: str
    person: int = 0
    organization: int = 0
    number: str = ""


def marked(html: str, key: str, part: int = 1) -> str:
    """A note with our mark under it."""
    return f"{html}<p>callsheet:{key}{'' if part == 1 else f'#{part}'}</p>"


def key_of(html: object) -> tuple[str, int]:
    """The key in the last line of a note, and which part of a long text it is; nothing when it is not ours."""
    lines = to_text(html).splitlines() if isinstance(html, str) else []
    found = _MARK.fullmatch(lines[-1].strip()) if lines else None
    return (found[1], int((found[2] or "#1")[1:])) if found else ("", 0)


def unmarked(html: object) -> str:
    """The plain text of a note, without our mark."""
    if not isinstance(html, str):
        return ""
    said = to_text(html)
    if key_of(html)[0]:
        said = said.rpartition("\n")[0].strip()
    return said[:MAX_TEXT]


def with_text(html: object, more: str) -> str:
    """A note with a text on top of it; our mark stays the last line."""
    return f"{to_html(more)}{html if isinstance(html, str) else ''}"


def pieces(said: str) -> list[str]:
    """A text as notes, each within the limit; no character is lost between them."""
    found = [""]
    for start in range(0, len(said), MAX_PART):
        piece = to_html(said[start : start + MAX_PART])
        if len(found[-1]) + len(piece) > MAX_NOTE:
            found.append("")
        found[-1] += piece
    return found


def body_of(op: Op, body: Touch | Task, about: About, owner: int, words: Words) -> dict[str, Any]:
    """An activity of version 2: done for a touch, open for a next step."""
    task = isinstance(body, Task)
    at = body.due if isinstance(body, Task) else op.at
    values: dict[str, Any] = {
        "subject": subject(body),
        "type": words.kind(body.channel).key,
        "due_date": at.strftime("%Y-%m-%d"),
        "done": not task,
        "owner_id": owner,
        "lead_id": about.lead,
        "note": marked(pieces(said(body))[0], op.id),
    }
    if isinstance(body, Task) and body.all_day:
        values["due_date"] = _local(at, op.zone).strftime("%Y-%m-%d")
    else:
        values["due_time"] = at.strftime("%H:%M:%S")
    if isinstance(body, Touch) and body.duration > timedelta(0):
        values["duration"] = clock_time(body.duration)
    if about.person:
        values["participants"] = [{"person_id": about.person, "primary": True}]
    if about.organization:
        values["org_id"] = about.organization
    return values


def call_log(op: Op, touch: Touch, activity: int, about: About, words: Words) -> dict[str, Any]:
    """A call log that an activity is converted into; its words are those of the activity, which they replace."""
    called = one_line(touch.number or about.number, 60) or "unknown"
    values: dict[str, Any] = {
        "activity_id": activity,
        "to_phone_number": called,
        "outcome": words.outcome(touch),
        "start_time": v1(op.at),
        "end_time": v1(op.at + max(touch.duration, timedelta(0))),
        "duration": str(max(0, round(touch.duration.total_seconds()))),
        "subject": subject(touch),
        "note": marked(pieces(said(touch))[0], op.id),
    }
    if touch.direction == "inbound":
        values["from_phone_number"] = called
    return values


def subject(body: Touch | Task) -> str:
    """What people see in a list: an outcome in plain words, or what is to be done."""
    if isinstance(body, Task):
        return one_line(body.title, MAX_TITLE) or CHANNEL_WORDS[body.channel]
    inbound = " (inbound)" if body.direction == "inbound" else ""
    return one_line(f"{CHANNEL_WORDS[body.channel]}{inbound}: {body.label or body.outcome}", MAX_TITLE)


def said(body: Touch | Task | Note) -> str:
    """Everything that there is to say, in plain words."""
    match body:
        case Note():
            return body.text
        case Task():
            whole = body.title if len(one_line(body.title)) > MAX_TITLE else ""
            return "\n".join(part for part in (whole, f"By: {CHANNEL_WORDS[body.channel]}", body.text) if part)
    inbound = "inbound, " if body.direction == "inbound" else ""
    length = f" ({round(body.duration.total_seconds())} s)" if body.duration else ""
    head = f"{CHANNEL_WORDS[body.channel]}: {inbound}{body.label or body.outcome}{length}"
    return "\n".join(part for part in (head, body.text) if part)


def touch(row: Row, lead: str, me: int, words: Words, users: Mapping[int, str]) -> RemoteTouch | None:
    """A done activity as something that was done on a lead; None when it is still to be done or was deleted."""
    if row.get("done") not in (True, 1) or row.get("is_deleted") is True:
        return None
    at, all_day = due(row.get("due_date"), row.get("due_time"))
    if at is None or all_day:
        at = moment(row.get("marked_as_done_time")) or at or moment(row.get("add_time"))
    if at is None:
        raise Drift("Pipedrive's record of an activity has no time.")
    owner = number(row.get("owner_id"))
    title, words_said = text(row.get("subject")), unmarked(row.get("note"))
    key, _ = key_of(row.get("note"))
    return RemoteTouch(
        remote_id=f"activity:{number(row.get('id'))}",
        lead=lead,
        at=at,
        channel=words.channel(text(row.get("type"))),
        text="\n".join(part for part in (title, words_said) if part),
        author=users.get(owner, ""),
        mine=bool(key) or owner == me,
        key=key,
    )


def remark(row: Row, lead: str, me: int, users: Mapping[int, str]) -> RemoteTouch | None:
    """A note as a remark on a lead; None for an empty or deleted one, and for what goes on with a text of ours."""
    key, part = key_of(row.get("content"))
    words_said = unmarked(row.get("content"))
    at = moment(row.get("add_time"))
    if at is None or part > 1 or not words_said or row.get("active_flag") in (False, 0):
        return None
    author = number(row.get("user_id"))
    inside = row.get("user")
    name = text(inside.get("name")) if isinstance(inside, dict) else ""
    return RemoteTouch(
        remote_id=f"note:{number(row.get('id'))}",
        lead=lead,
        at=at,
        channel="research",
        text=words_said,
        author=name or users.get(author, ""),
        mine=bool(key) or author == me,
        key=key,
    )


def _local(at: datetime, zone: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return at
