"""One line of the sheet, as the rules make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callsheet.domain.events import Channel

Kind = Literal["hot", "commitment", "step", "invite", "stale", "adrift", "nurture"]


@dataclass(frozen=True, slots=True)
class Entry:
    """The one dated next action of a lead that is worked or nurtured.

    `due_at` is when it falls due (for a step with a day only: that day's opening, or the block in which to call, and
    `all_day`), `commitment_at` when an agreed next step does, which may be later than what comes first. `received_at`
    is when the lead asked or was received, `promise_at` the promise as long as it is open, `last_try_at` the last
    touch. `day` is the plan's calendar day of the step. `open_question` is what a next step has to be agreed after,
    since `question_at`; `retry` marks a busy line; `missed` counts the misses of what was agreed.
    """

    lead: str
    kind: Kind
    channel: Channel
    due_at: datetime
    received_at: datetime
    label: str = ""
    all_day: bool = False
    promise_at: datetime | None = None
    commitment_at: datetime | None = None
    commitment_channel: Channel = "phone"
    commitment_what: str = ""
    plan: str = ""
    version: int = 0
    step: int | None = None
    day: int = 0
    steps: int = 0
    nth: int = 0
    decision: Literal["", "cap", "end", "kick_back", "refused"] = ""
    review: bool = False
    tried: bool = False
    counted: int = 0
    unanswered: int = 0
    floor: int = 0
    cap: int = 0
    asked: str = ""
    asked_kind: str = ""
    asked_at: datetime | None = None
    last_try_at: datetime | None = None
    open_question: str = ""
    question_at: datetime | None = None
    retry: bool = False
    missed: int = 0
    happens_at: datetime | None = None
    """When the meeting of an invitation is, or was the conversation that nothing was sent after."""
    takes_over: Entry | None = None
    """What comes first from its day or time on: the step after one that nothing has to wait for (the invite on
    LinkedIn), the call four hours before a meeting that was not accepted."""
