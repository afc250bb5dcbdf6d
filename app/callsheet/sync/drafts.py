"""Which effects a fact has to have in a CRM (pure)."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID, uuid5

from callsheet.domain import events as ev
from callsheet.domain.lead import LIVE
from callsheet.domain.outcome import Outcomes

DraftKind = Literal["lead", "touch", "note", "task", "task_done", "patch", "owner", "take_back", "plan_task"]

STATUS: Final = (ev.Closed, ev.Nurtured, ev.Reopened, ev.Promoted, ev.Attempt)
"""Facts that set where a lead stands."""

ENDS: Final = (ev.Closed, ev.Reopened)
"""Those that say whether it is still open."""

NAMESPACE: Final = UUID("5b1f6c1e-6f0c-5d7a-9d5e-0c8f7b1f3a10")
"""Under which keys are derived from other keys: the same ones always give the same."""


def derived_key(*parts: object) -> str:
    """Make a key out of others, the same one each time."""
    return str(uuid5(NAMESPACE, "\n".join(map(str, parts))))


def wanted(event: ev.Event, outcomes: Outcomes, *, known: bool) -> list[DraftKind]:
    """Return the kinds of effect that a fact has to have, the main one first; nothing for what came from the CRM.

    What a list says of a lead that the CRM does not know (`known`) is not yet work: the lead goes over with the first
    thing that is done on it. Next steps and owners are not here: they follow the state of the lead, not a single fact.
    """
    if event.origin == "crm":
        return []
    match event.body:
        case ev.Attempt(channel=channel, outcome=name):
            outcome = outcomes.of(name)
            if channel == "research" or outcome.skips:
                return []
            spoke = outcome.reached == "yes" and channel in LIVE and not outcome.ends
            return ["touch", "patch"] if spoke else ["touch"]
        case ev.Noted():
            return ["note"]
        case ev.Interaction() as body if event.origin != "import" and speaks(body):
            return ["note"]  # a CRM has no place for what somebody said at a booth, but its history has
        case ev.DoNotContact(why=why):
            if event.origin == "import" and not known:
                return []
            return ["patch", "note"] if why else ["patch"]
        case ev.Nurtured(why=why) if event.origin != "import":
            return ["patch", "note"] if why else ["patch"]
        case ev.Returned():
            return ["note"]
        case ev.ConflictDecided(kept="mine"):
            return ["patch"]
        case ev.Closed() | ev.Reopened() | ev.Promoted() | ev.ProfileEdited() if event.origin != "import":
            return ["patch"]
    return []


def speaks(body: ev.Interaction) -> bool:
    """Tell whether something the lead did holds words of theirs, or answers to the qualifying questions (`S2`)."""
    return bool(body.text.strip()) or (body.bant is not None and body.bant.answered)


def is_urgent(event: ev.Event, kind: DraftKind) -> bool:
    """Tell whether an effect goes before all others: do-not-contact does."""
    return kind == "patch" and isinstance(event.body, ev.DoNotContact)
