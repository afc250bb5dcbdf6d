"""Handing a contact over to a colleague, with the lead objects of it that are worked: their owner is set apart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from callsheet.crm.colleagues import Colleague, Company
from callsheet.crm.hubspot.lead_objects import KIND, OWNER, UNDONE, LeadObjects
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Input
from callsheet.crm.hubspot.wire import Wire
from callsheet.sync.port import Invalid, LeadPatch, Result

_QUEUE: Final = "QUEUE"
"""The type of an owner that is no person: tickets wait there, contacts cannot."""


def hand_over(wire: Wire, session: Session, contact: str, body: LeadPatch, owner: str) -> Result:
    """Give a contact that is `owner`'s to whom the patch names, unless it is somebody else's by now.

    Its lead objects go first: sent again, the contact says whether all of it was done.

    Raises:
        CrmError: what `sync.port` lists for a whole call.
    """

    def colleagues(_said: str) -> list[Colleague]:
        return [Colleague(one.id, one.name, (one.email or "",)) for one in wire.owners() if one.type != _QUEUE]

    def give(taker: str) -> str:
        objects = LeadObjects(wire, session.stages, owner)
        objects.look_at([contact])
        moved = [one.id for one in objects.open(contact)]
        with suppress(*UNDONE):
            if moved and not body.owner:
                moved = _given_by(wire, moved, taker)
            if moved:
                wire.update(KIND, [Input(one, {OWNER: taker}) for one in moved])
        done = wire.update("contacts", [Input(contact, {OWNER: taker})])
        for error in done.errors:
            raise Invalid(f"HubSpot refuses this: {error.message}", field="owner")
        return done.results[0].updated_at.isoformat() if done.results else ""

    return Company("HubSpot", session.me.id, colleagues).hand_over(body, owner, give)


def _given_by(wire: Wire, objects: Sequence[str], giver: str) -> list[str]:
    """Those lead objects that were the giver's just before: only they come back."""
    found = []
    for one in wire.read(KIND, objects, (), history=(OWNER,)):
        past = sorted(one.properties_with_history.get(OWNER, []), key=lambda version: version.timestamp)
        if [version.value for version in past[-2:-1]] == [giver]:
            found.append(one.id)
    return found
