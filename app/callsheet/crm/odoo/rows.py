"""Our touches, notes and next steps as rows for Odoo's `load`. Pure: an op in, the row out.

A call becomes a record of `crm.phonecall` where that addon is installed. Every other touch, and a call without the
addon, becomes an activity that is done already, with the message in the chatter that Odoo itself would have posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.crm.markup import to_html
from callsheet.crm.odoo.names import Kind, external
from callsheet.crm.odoo.records import written
from callsheet.crm.plain_words import CHANNEL_WORDS
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import Op, Task, Touch

TITLE_LIMIT: Final = 200
"""Characters of a title; what is longer goes on in the text."""

CALL_COLUMNS: Final = (
    "id", "name", "opportunity_id/.id", "user_id/.id", "date", "duration", "state", "direction", "partner_phone",
    "description",
)  # fmt: skip
ACTIVITY_COLUMNS: Final = (
    "id", "res_model_id/id", "res_id", "activity_type_id/.id", "summary", "date_deadline", "user_id/.id", "active",
    "date_done", "feedback",
)  # fmt: skip
MESSAGE_COLUMNS: Final = (
    "id", "model", "res_id", "date", "message_type", "subtype_id/id", "author_id/.id", "mail_activity_type_id/.id",
    "body",
)  # fmt: skip
TASK_COLUMNS: Final = (
    "id", "res_model_id/id", "res_id", "activity_type_id/.id", "summary", "date_deadline", "user_id/.id", "note",
)  # fmt: skip

LEAD_MODEL: Final = "crm.model_crm_lead"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does it: the rep's user and partner in Odoo."""

    user: int
    partner: int


def call(op: Op, touch: Touch, hand: Hand) -> Sequence[str]:
    """A call's record: its length in minutes, its time in UTC."""
    return (
        external("touch", op.id),
        one_line(touch.label or touch.outcome, TITLE_LIMIT),
        op.lead,
        str(hand.user),
        written(op.at),
        repr(touch.duration / timedelta(minutes=1)),
        "done",
        "in" if touch.direction == "inbound" else "out",
        one_line(touch.number, 40),
        safe_text("\n".join(part for part in (touch.label, touch.text) if part)),
    )


def done_activity(op: Op, touch: Touch, hand: Hand, activity_type: int) -> Sequence[str]:
    """A touch as an activity that was done on its day."""
    day = str(local_day(op.at, op.zone))
    return (
        external("touch", op.id),
        LEAD_MODEL,
        op.lead,
        str(activity_type),
        one_line(touch.label or touch.outcome, TITLE_LIMIT),
        day,
        str(hand.user),
        "0",
        day,
        safe_text(words(touch)),
    )


def done_message(op: Op, touch: Touch, hand: Hand, activity_type: int) -> Sequence[str]:
    """The line in the chatter that tells of a touch, at the time when it happened."""
    return (
        external("message", op.id),
        "crm.lead",
        op.lead,
        written(op.at),
        "notification",
        "mail.mt_activities",
        str(hand.partner),
        str(activity_type),
        to_html(words(touch)),
    )


def note(op: Op, text: str, hand: Hand) -> Sequence[str]:
    """A note in the chatter for colleagues; nothing is mailed to anybody."""
    return (
        external("note", op.id),
        "crm.lead",
        op.lead,
        written(op.at),
        "comment",
        "mail.mt_note",
        str(hand.partner),
        "",
        to_html(text) or "<p>…</p>",
    )


def task(op: Op, step: Task, hand: Hand, activity_type: int) -> Sequence[str]:
    """A next step as a planned activity. Odoo keeps its day only, so the time is part of its title."""
    return (
        external("task", op.id),
        LEAD_MODEL,
        op.lead,
        str(activity_type),
        task_title(op, step),
        str(local_day(step.due, op.zone)),
        str(hand.user),
        to_html(task_text(step)),
    )


def task_text(step: Task) -> str:
    """The text of a next step: its whole title comes first where the activity's own line does not hold it."""
    whole = one_line(step.title)
    return "\n".join(part for part in (whole if len(whole) > TITLE_LIMIT else "", step.text) if part)


def task_title(op: Op, step: Task) -> str:
    """The title of a next step, with its time in the rep's zone unless only the day matters."""
    title = one_line(step.title, TITLE_LIMIT) or CHANNEL_WORDS[step.channel]
    return title if step.all_day else f"{title}, {step.due.astimezone(_zone(op.zone)):%H:%M}"


def words(touch: Touch) -> str:
    """A touch in plain words: the channel and outcome, a call's length and number, and what was said."""
    length = f" ({_minutes(touch.duration)})" if touch.duration else ""
    inbound = "inbound, " if touch.direction == "inbound" else ""
    head = f"{CHANNEL_WORDS[touch.channel]}: {inbound}{touch.label or touch.outcome}{length}"
    return "\n".join(part for part in (head, touch.text) if part)


def correction(was: str) -> str:
    """The words that take back what cannot be deleted."""
    return f"Taken back, this did not happen: {was}"


def local_day(at: datetime, zone: str) -> object:
    """The day of a moment in the rep's zone."""
    return at.astimezone(_zone(zone)).date()


def _minutes(duration: timedelta) -> str:
    seconds = round(duration.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d} min"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


MESSAGE_KINDS: Final[tuple[Kind, ...]] = ("message", "note")
