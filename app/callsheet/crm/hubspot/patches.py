"""What a patch sets on a contact, and what it says in its history where properties do not say it all."""

from __future__ import annotations

from collections.abc import Mapping

from callsheet.crm.hubspot import contacts
from callsheet.crm.hubspot.contacts import DO_NOT_CONTACT
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.words import CLOSED_TEXT, patch_values
from callsheet.sync.port import LeadPatch


def lead_values(patch: LeadPatch, session: Session, now: Mapping[str, str]) -> dict[str, str]:
    """The properties that a patch sets on a contact, from what it has now."""
    words = session.words
    values = patch_values(patch, words, now.get("hs_lead_status", ""), now.get("lifecyclestage", ""))
    values |= contacts.properties(patch.profile, words)
    if patch.do_not_contact is not None and words.writable(DO_NOT_CONTACT):
        values[DO_NOT_CONTACT] = "true" if patch.do_not_contact else "false"
    return values


def patch_note(patch: LeadPatch) -> str:
    """What a patch says in the lead's history, empty when the properties say it all."""
    said = []
    if patch.do_not_contact:
        said.append(f"Asked not to be contacted: {', '.join(patch.points)}" if patch.points else "Do not contact")
    elif patch.do_not_contact is not None:
        said.append("May be contacted again")
    if patch.closed is not None and not (patch.closed == "do_not_contact" and patch.do_not_contact):
        said.append(f"Closed: {CLOSED_TEXT[patch.closed]}")
    if patch.closed_note.strip():
        said.append(patch.closed_note)
    return "\n".join(said)
