"""The forms of a lead: their fields in their order, and what the digits that were ticked mean."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from callsheet.services.capture import WANTS_A_CALL
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, line

FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("campaign", "event"), ("name", "name"), ("company", "company"), ("industry", "industry"), ("title", "title"),
    ("phone", "phone"), ("email", "email"), ("address", "address"), ("zip", "zip"), ("city", "city"),
    ("state", "state"), ("country", "country"), ("answers", "BANT"), ("comment", "comment"),
)  # fmt: skip
"""The fields and their labels, in the order in which they are asked."""

PROFILE: Final[tuple[tuple[str, str], ...]] = (
    ("name", "name"), ("company", "company"), ("title", "title"), ("phones", "phones"), ("emails", "emails"),
    ("website", "website"), ("linkedin", "LinkedIn"), ("industry", "industry"), ("company_size", "people"),
    ("company_kind", "kind"), ("address", "address"), ("zip", "zip"), ("city", "city"), ("state", "state"),
    ("country", "country"), ("timezone", "zone"),
)  # fmt: skip
"""The fields of a lead that is known, and their labels."""

HINTS: Final = {
    "campaign": "the event or campaign; kept for the next one", "name": "who", "email": "name@company.example",
    "phone": "as they say it", "answers": "the digits they said yes to", "comment": "in their own words",
    "phones": "the first one is called", "emails": "name@company.example",
    "timezone": "like Europe/Paris, where the number does not tell",
}  # fmt: skip

QUESTIONS: Final = (
    ("1", "budget"),
    ("2", "authority"),
    ("3", "need"),
    ("4", "timeframe"),
    (WANTS_A_CALL, "wants a call"),
)


def ticked(answers: str) -> Content:
    """Return the questions with those that were ticked."""
    parts: list[Part] = []
    for digit, question in QUESTIONS:
        on = digit in answers
        parts += [(f"{digit} ", ink.KEY), (f"{'√ ' if on else ''}{question}", ink.FINE if on else ink.QUIET), "   "]
    return line(*parts)
