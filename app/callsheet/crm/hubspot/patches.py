"""What a patch sets on a contact, and what it says in its history where properties do not say it all."""

from __future__ import annotations

from collections.abc import Mapping

from callsheet.crm.hubspot import contacts
from callsheet.crm.hubspot.contacts import DO_NOT_CONTACT
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.words import patch_values
from callsheet.crm.plain_words import patched
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
    return "\n".join(patched(patch))
