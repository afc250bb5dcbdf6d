"""Where a new lead comes from, as a CRM can keep it: its own word for the source, and plain words for the rest."""

from __future__ import annotations

from collections.abc import Iterable

from callsheet.domain.profile import folded
from callsheet.domain.text import one_line
from callsheet.sync.port import LeadCreate


def origin(body: LeadCreate, sources: Iterable[str]) -> tuple[str, list[str]]:
    """The CRM's source that says the same, empty for none, and what has no place there, a line each."""
    source = next((option for option in sources if folded(option) == folded(body.source)), "")
    said = [f"Source: {one_line(body.source, 200)}"] if body.source and not source else []
    said += [f"Campaign: {one_line(body.campaign, 200)}"] if body.campaign else []
    said += [f"{one_line(name, 100)}: {one_line(value, 500)}" for name, value in body.profile.extra]
    return source, said
