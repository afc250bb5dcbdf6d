"""What happened with a lead so far, with a sign for what the CRM has of it; and what the plan still holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from textual.content import Content

from callsheet.domain.lead import Touch
from callsheet.services.views import OPEN_STATES, DeliveryState
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, fit, line, short, wrapped
from callsheet.ui.present.person import kind_of
from callsheet.ui.present.row import IN_CRM, SIGNS, WAITS
from callsheet.ui.present.times import Moment, spoken_day
from callsheet.ui.views import LeadView

DAY: Final = 9
"""Cells for the day in a list of what happened."""


def delivery_sign(state: DeliveryState | None) -> tuple[str, str]:
    """Return the sign of what the CRM has: `●` it is there, `◌` it waits, `!` it was refused; blank without a CRM."""
    if state is None or state in ("cancelled", "compensated"):
        return (" ", "")
    if state == "parked":
        return ("!", ink.WARM_HEAD)
    return (WAITS, ink.QUIET) if state in OPEN_STATES else (IN_CRM, ink.FINE)


def so_far(view: LeadView, width: int, most: int) -> list[Content]:
    """Return the touches, newest first, and who would be the first when there are none."""
    touches = [touch for touch in view.card.lead.touches if touch.outcome != "skip"]
    if not touches:
        return [line(("no touches yet — you would be first", ink.QUIET))]
    deliveries = view.card.deliveries
    lines = [_touch(one, view.moment, deliveries, width) for one in reversed(touches[-most:])]
    if len(touches) > most:
        lines.append(line((f"and {len(touches) - most} before", ink.QUIET)))
    return lines


def _touch(one: Touch, moment: Moment, deliveries: Mapping[str, DeliveryState], width: int) -> Content:
    sign, style = delivery_sign(deliveries.get(one.event))
    said = " · ".join(part for part in (one.label.lower(), one.asset, one.note) if part)
    who = f" ({one.author})" if one.author else ""
    return line(
        (fit(_day(one.at, moment), DAY), ink.QUIET), " ", (fit(SIGNS[one.channel], 2), ink.QUIET), " ", (sign, style),
        " ", (short(said + who, max(width - DAY - 6, 4)), "" if one.reached else ink.QUIET),
    )  # fmt: skip


def _day(at: datetime, moment: Moment) -> str:
    local = moment.local(at)
    day = spoken_day(local.date(), moment.today)
    return f"{local:%H:%M}" if day == "today" else day


def timeline(view: LeadView, width: int) -> list[Content]:
    """Return everything that happened, newest first: what they did, what was tried, what was noted."""
    lead, moment = view.card.lead, view.moment
    happened: list[tuple[datetime, list[Content]]] = [
        (touch.at, _full_touch(touch, moment, view.card.deliveries, width)) for touch in lead.touches
    ]
    for contact in lead.contacts:
        words = contact.interaction.text or contact.interaction.topic
        topic = " · ".join(part for part in (kind_of(contact.interaction), f"“{words}”" if words else "") if part)
        happened.append((contact.at, _told(contact.at, moment, "→", topic, width)))
    for at, text, author in lead.notes:
        happened.append((at, _told(at, moment, "✎", f"{text} ({author})" if author else text, width)))
    happened.sort(key=lambda one: one[0], reverse=True)
    return [one for _, lines in happened for one in lines] or [line(("nothing yet", ink.QUIET))]


def _full_touch(
    one: Touch, moment: Moment, deliveries: Mapping[str, DeliveryState], width: int
) -> list[Content]:  # fmt: skip
    sign, style = delivery_sign(deliveries.get(one.event))
    length = f"{one.seconds // 60}:{one.seconds % 60:02}" if one.seconds else ""
    said = " · ".join(part for part in (one.label, length, one.asset, one.note, one.author) if part)
    first, *more = wrapped(said, max(width - DAY - 6, 8), 4)
    head = line(
        (fit(_day(one.at, moment), DAY), ink.QUIET), " ", (fit(SIGNS[one.channel], 2), ink.QUIET), " ", (sign, style),
        " ", (first, ink.STRONG if one.reached else ""),
    )  # fmt: skip
    return [head, *(line(" " * (DAY + 6), (text, ink.QUIET)) for text in more)]


def _told(at: datetime, moment: Moment, sign: str, text: str, width: int) -> list[Content]:
    first, *more = wrapped(text, max(width - DAY - 6, 8), 4)
    head = line((fit(_day(at, moment), DAY), ink.QUIET), " ", (fit(sign, 4), ink.WARM), " ", (first, ""))
    return [head, *(line(" " * (DAY + 6), (text, ink.QUIET)) for text in more)]


def plan_steps(view: LeadView, width: int) -> list[Content]:
    """Return the plan's steps with their days: done, open, to come."""
    if not view.steps:
        return [line(("no plan is running", ink.QUIET))]
    paused = view.card.lead.plan is not None and view.card.lead.plan.paused
    lines = [line(("the plan waits for the next step that you agreed", ink.LATE))] if paused else []
    for step in view.steps:
        sign = ("√", ink.FINE) if step.done else ("▸", ink.WARM) if step.current else ("·", ink.QUIET)
        style = ink.QUIET if step.done or not step.current else ""
        on = spoken_day(step.on, view.moment.today)
        parts: list[Part] = [
            sign, " ", (fit(f"day {step.day}", 6), ink.QUIET), " ", (fit(SIGNS[step.channel], 2), ink.QUIET), " ",
            (fit(step.label, max(width - 24, 6)), style), " ", (on, ink.QUIET),
        ]  # fmt: skip
        lines.append(line(*parts))
    return lines
