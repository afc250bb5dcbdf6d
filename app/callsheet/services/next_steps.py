"""Next steps: a date and a time, a channel, and what for (RULES §9: no schedule, no commitment)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.text import one_line
from callsheet.domain.when import Ambiguous, Unreadable, split_when
from callsheet.services.desk import Changes, Desk, Refused
from callsheet.services.leads import working_lead

_CHANNEL_WORDS: Final[dict[str, ev.Channel]] = {
    "call": "phone", "ring": "phone", "phone": "phone", "dial": "phone",
    "mail": "email", "email": "email", "e-mail": "email", "send": "email", "write": "email",
    "meet": "meeting", "meeting": "meeting", "demo": "meeting", "visit": "meeting", "lunch": "meeting",
    "linkedin": "linkedin", "card": "post", "letter": "post", "post": "post",
    "video": "video", "sms": "sms", "text": "sms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreed:
    """A next step as the rep gave it; `echo` says what was understood."""

    due: datetime
    what: str = ""
    channel: ev.Channel = "phone"
    kind: ev.NextStepKind = "advance"
    echo: str = ""

    def fact(self) -> ev.NextStepSet:
        """Return the fact of agreeing it."""
        return ev.NextStepSet(self.kind, self.due, self.channel, self.what)


def read_agreed(
    desk: Desk, text: str, *, at: datetime | None = None, channel: ev.Channel | None = None,
    kind: ev.NextStepKind = "advance", otherwise: ev.Channel = "phone",
) -> Agreed:  # fmt: skip
    """Read `thu 14:00 pricing call`: a time, then what for; the channel by its words, `otherwise` where they say none.

    A day alone is a date for a value touch, and for nothing that was agreed with somebody (`S1`).

    Raises:
        callsheet.domain.when.WhenError: the time is ambiguous, over, no time but a day, or cannot be read.
    """
    rules = desk.rules
    no_time = Unreadable(text, "names a day and no time: no schedule, no commitment. Say when, like thu 14:00.")
    try:
        when, what = split_when(text, at or desk.now(), rules.calendar, blocks=rules.blocks)
    except Ambiguous as asked:
        if kind != "nurture" and all(one.all_day for one in asked.candidates):
            raise no_time from asked
        raise
    if when.all_day and kind != "nurture":
        raise no_time
    what = one_line(what, 500)
    words = [word.strip(".,;:!?") for word in what.lower().split()]
    named = [_CHANNEL_WORDS[word] for word in words if word in _CHANNEL_WORDS]
    found = channel or (named[0] if named else otherwise)
    return Agreed(when.at, what, found, kind, when.echo)


def set_next_step(desk: Desk, lead: str, agreed: Agreed) -> Changes:
    """Agree the next step with a lead; it takes the place of the one before, and the plan waits for it.

    Raises:
        NotFound: there is no such lead.
        Refused: the record is closed, returned or on the do-not-contact list, or the time is over.
    """
    now = desk.now()
    with desk.book.work() as work:
        found = working_lead(work, lead)
        if agreed.due <= now:
            raise Refused("a next step lies ahead", rule="next step", hint="give a time to come, like `thu 14:00`")
        label = f"next step {agreed.what or agreed.channel} · {found.profile.name}"
        return work.append(desk.action(label, [(lead, now, agreed.fact())]))
