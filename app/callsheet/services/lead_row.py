"""What one row of a lead list says, whatever file it came from: exchange makes these, the import takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callsheet.domain.events import Bant, Direction, Interaction, Packet
from callsheet.domain.profile import Profile


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported: the line of the file where it begins (1 is the first), and why, for the rep."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A row that can be imported; nothing in it has been matched, classified or stored.

    `row` is the line of the file where the row begins (1 is the first). Times are aware, in UTC. `interactions` are
    what the lead did and when, None where the file does not say. `contact_me` is whether they asked to be contacted,
    or the time they asked for; None when the file does not say. `do_not_contact` covers every number and address of
    the row, `do_not_email` only the addresses. `remarks` are sentences about cells that could not be read as what
    their column holds; their text is in the profile's `extra`.
    """

    row: int
    profile: Profile
    source: str = ""
    campaign: str = ""
    direction: Direction | None = None
    originator: str = ""
    packet: Packet | None = None
    interactions: tuple[tuple[Interaction, datetime | None], ...] = ()
    contact_me: bool | datetime | None = None
    bant: Bant | None = None
    comment: str = ""
    received_at: datetime | None = None
    created_at: datetime | None = None
    do_not_contact: bool = False
    do_not_email: bool = False
    remarks: tuple[str, ...] = ()
