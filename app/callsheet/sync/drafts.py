"""Which facts a CRM has to have: a draft of a delivery for each (pure; the store keeps them as the outbox)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from callsheet.domain import events as ev

DraftKind = Literal["lead", "touch", "note", "task", "task_done", "patch", "take_back", "plan_task"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A delivery to be made: `op` is its idempotency key, `event` the fact; urgent ones go first (do-not-contact)."""

    op: str
    event: str
    lead: str
    kind: DraftKind
    urgent: bool = False


def draft(event: ev.Event) -> Draft | None:
    """Return what the CRM has to get of an event, None where it has no interest: what came from there stays there."""
    if event.origin == "crm":
        return None
    kind: DraftKind
    urgent = False
    match event.body:
        case ev.Attempt(channel=channel, outcome=outcome):
            if channel == "research" or outcome == "skip":
                return None
            kind = "touch"
        case ev.Noted():
            kind = "note"
        case ev.NextStepSet():
            kind = "task"
        case ev.DoNotContact():
            kind, urgent = "patch", True
        case ev.Closed() | ev.Nurtured() | ev.Reopened() | ev.Promoted() | ev.ProfileEdited() | ev.Returned():
            if event.origin == "import":
                return None  # a list that was read is not yet work: the lead goes over with the first thing done on it
            kind = "patch"
        case _:
            return None
    return Draft(event.id, event.id, event.lead, kind, urgent)


def drafts(events: Sequence[ev.Event]) -> list[Draft]:
    """Return the drafts of some events, in their order."""
    return [made for event in events if (made := draft(event)) is not None]
