"""A mail to begin with: the lead's own words and interactions, something of value, and one question (RULES §8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from callsheet.domain.text import one_line, safe_text
from callsheet.ui.present.call_plan import first_name, slots, subject_of
from callsheet.ui.views import LeadView

LONGEST: Final = 1_900
"""Characters of a `mailto:` link that every mail program takes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Subject and body, as plain text."""

    subject: str
    body: str


def draft(view: LeadView, rep: str, signature: str, asset: str) -> Draft:
    """Return a mail that acknowledges what the lead did, brings what there is to bring, and asks for a brief call."""
    lead, moment = view.card.lead, view.moment
    subject = subject_of(lead)
    topics = list(dict.fromkeys(one_line(one.interaction.topic, 80) for one in lead.contacts if one.interaction.topic))
    asked = one_line(lead.asked.interaction.text, 400) if lead.asked else ""
    first, second = slots(moment)
    lines = [f"Hello {first_name(lead)}," if first_name(lead) else "Hello,", ""]
    if asked:
        lines += [f"You wrote: “{asked}”", ""]
    elif topics:
        lines += [f"Thank you for your interest in {_listed(topics[:3])}.", ""]
    if asset.strip():
        lines += [f"I bring you something on it: {one_line(asset, 300)}", ""]
    day = f"{moment.local(first):%A}"
    lines += [
        f"Would {day} at {moment.clock(first)} or {moment.clock(second)} suit you for 20 minutes on the telephone?", "",
        safe_text(signature.strip() or rep.strip(), 400),
    ]  # fmt: skip
    about = asset.strip() or subject or "your question"
    return Draft(one_line(about, 120), "\n".join(lines).rstrip() + "\n")


def _listed(topics: list[str]) -> str:
    return topics[0] if len(topics) == 1 else f"{', '.join(topics[:-1])} and {topics[-1]}"


def mailto(address: str, mail: Draft) -> str:
    """Return the link that opens the mail, cut at a length that every program takes."""
    head = f"mailto:{quote(address, safe='@.+-_')}?subject={quote(mail.subject)}&body="
    body = mail.body
    while len(head) + len(quote(body.replace("\n", "\r\n"))) > LONGEST and body:
        body = body[: -max(len(body) // 10, 1)]
    return head + quote(body.replace("\n", "\r\n"))
