"""What a CRM has no place for, in plain words that stand in its texts: one way to say a thing, whichever CRM it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from callsheet.domain.events import Channel, CloseReason
from callsheet.domain.profile import folded
from callsheet.domain.text import one_line
from callsheet.sync.port import LeadCreate, LeadPatch

CHANNEL_WORDS: Final[Mapping[Channel, str]] = {
    "phone": "Call", "email": "Email", "linkedin": "LinkedIn", "post": "Post", "video": "Video", "sms": "Text message",
    "meeting": "Meeting", "research": "Research",
}  # fmt: skip

REASON_WORDS: Final[Mapping[CloseReason, str]] = {
    "won": "Won", "lost": "Not interested", "not_a_fit": "Not a fit", "exhausted": "No answer after all attempts",
    "do_not_contact": "Do not contact", "duplicate": "Duplicate", "gone": "No longer there",
}  # fmt: skip


def origin(body: LeadCreate, sources: Iterable[str]) -> tuple[str, list[str]]:
    """The CRM's source that says the same as a new lead's, empty for none, and what has no place there, a line each."""
    source = next((option for option in sources if folded(option) == folded(body.source)), "")
    said = [f"Source: {one_line(body.source, 200)}"] if body.source and not source else []
    said += [f"Campaign: {one_line(body.campaign, 200)}"] if body.campaign else []
    said += [f"{one_line(name, 100)}: {one_line(value, 500)}" for name, value in body.profile.extra]
    return source, said


def patched(body: LeadPatch) -> list[str]:
    """What a patch says in the lead's history, a line each: do-not-contact, and why the lead was closed."""
    said = []
    if body.do_not_contact:
        said.append(f"Asked not to be contacted: {', '.join(body.points)}" if body.points else "Do not contact")
    elif body.do_not_contact is not None:
        said.append("May be contacted again")
    if body.closed is not None and not (body.closed == "do_not_contact" and body.do_not_contact):
        said.append(f"Closed: {REASON_WORDS[body.closed]}")
    if body.closed_note.strip():
        said.append(body.closed_note)
    return said
