"""What a lead is, and how its events make it."""

from callsheet.domain.lead.fold import fold
from callsheet.domain.lead.holding import effective
from callsheet.domain.lead.record import LIVE, Awaiting, Commitment, Contact, Finding, Invite, Lead, State, Touch

__all__ = [
    "LIVE", "Awaiting", "Commitment", "Contact", "Finding", "Invite", "Lead", "State", "Touch", "effective", "fold",
]  # fmt: skip
