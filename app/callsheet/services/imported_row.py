"""A row of a list as the import looks at it: by what its somebody is known, and what it says that they did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile, folded
from callsheet.services.lead_row import LeadRow

_NAMESPACE: Final = UUID("6f1c2f0e-3c5b-5f0e-9a53-2f4c1a7d8b10")

Key = tuple[str, ...]
"""What somebody is known by: an address, a number with a name, or a name with a company."""

Said = tuple[ev.Interaction, datetime | None]


class ImportedRow:
    """A row with what follows from it: `happened` are what they did, by the ids that their events have each time."""

    def __init__(self, row: LeadRow, now: datetime, campaign: str, attended: ev.InteractionKind | None = None) -> None:
        self.row = row
        self.attended = attended
        self.campaign = row.campaign or campaign
        self.received = min(row.received_at, now) if row.received_at else now
        self.profile = _reachable(row.profile) if row.do_not_email else row.profile
        self.points = self.profile.points
        self.keys = keys(self.profile)
        who = "\n".join(self.keys[0])
        said = {
            _event_id(who, one, at): (one, min(at, self.received) if at else self.received) for one, at in self._said()
        }
        self.happened = list(said.items())

    def _said(self) -> list[Said]:
        """Return what the row says that they did: its interactions, what they asked for, what the form said."""
        row = self.row
        said: list[Said] = list(row.interactions)
        if row.contact_me:
            asked = row.contact_me if isinstance(row.contact_me, datetime) else None
            said.append((ev.Interaction("contact_form", "", row.comment, asks=True, campaign=self.campaign), asked))
        answered = row.bant is not None and row.bant.answered
        if answered or (row.comment and not row.contact_me):
            text = "" if row.contact_me else row.comment
            form = ev.Interaction("event_form", self.campaign, text, bant=row.bant, campaign=self.campaign)
            said.append((form, None))
        if not said and self.attended is not None:
            said.append((ev.Interaction(self.attended, self.campaign, campaign=self.campaign), None))
        return said

    def captured(self) -> ev.Captured:
        """Return the fact of getting whoever the row is about."""
        row = self.row
        direction: ev.Direction = row.direction or ("outbound" if row.packet else "inbound")
        return ev.Captured(
            self.profile, self.received, row.created_at, direction, row.source, self.campaign, row.originator,
            row.packet,
        )  # fmt: skip


def _reachable(profile: Profile) -> Profile:
    """Return the profile without the addresses to which nothing may be sent; they stay to be seen."""
    kept = "; ".join(profile.emails)
    return replace(profile, emails=(), extra=(*profile.extra, ("do not email", kept)) if kept else profile.extra)


def keys(profile: Profile) -> tuple[Key, ...]:
    """Return by what a profile is known, the surest first."""
    name, company = folded(profile.name), folded(profile.company)
    phones: list[Key] = [("p", phone, name or f"\n{company}") for phone in profile.phones]
    keys: tuple[Key, ...] = (*(("e", email) for email in profile.emails), *phones)
    return keys or (name_key(profile),)


def name_key(profile: Profile) -> Key:
    """Return what a profile is known by where it has neither number nor address."""
    return "n", folded(profile.name), folded(profile.company)


def same_person(known: Profile, other: Profile) -> bool:
    """Tell whether two who share a number are one: by their name, by their company where there is none."""
    name = folded(other.name)
    return folded(known.name) == name and (bool(name) or folded(known.company) == folded(other.company))


def _event_id(who: str, one: ev.Interaction, at: datetime | None) -> str:
    """Return the id of an interaction's event: the same for the same row, whenever it is read."""
    parts = (who, one.kind, one.topic, one.text, one.campaign, repr(one.bant), at.isoformat() if at else "")
    return str(uuid5(_NAMESPACE, "\n".join(parts)))
