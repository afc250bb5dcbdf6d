"""Whom a lead is handed to: a user of the CRM by name, address or id, as the rep wrote it, and never by a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from callsheet.domain.profile import folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Applied, Conflict, LeadPatch, Rejected, Result


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user there who may own leads; `handles` are the address and the login name, empty where there is none."""

    id: str
    name: str
    handles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    """The users of a CRM: `me` is the rep's id, `colleagues` asks for all, or for those who go by what was said."""

    vendor: str
    me: str
    colleagues: Callable[[str], Iterable[Colleague]]

    def id_of(self, said: str) -> str | Rejected:
        """Return the id of the one user that is meant: by id, else by address or login, else by name."""
        wanted = one_line(said, 200)
        users = {one.id: one for one in self.colleagues(wanted)}
        if wanted in users:
            return wanted
        name = folded(wanted)
        handled = [one for one in users.values() if name and name in map(folded, one.handles)]
        found = handled or [one for one in users.values() if name and name == folded(one.name)]
        match found:
            case [only]:
                return only.id
            case []:
                reason = (
                    f"{self.vendor} has no user “{wanted}” who may own leads: write the name or address used there."
                )
                return Rejected(reason, field="owner", code="nobody")
        known = ", ".join(sorted(next(filter(None, one.handles), one.id) for one in found))
        reason = f"{self.vendor} has {len(found)} users “{wanted}”: write the address of the one you mean ({known})."
        return Rejected(reason, field="owner")

    def hand_over(self, body: LeadPatch, owner: str, give: Callable[[str], str]) -> Result:
        """Give a lead that is `owner`'s (by id) to whom the patch names, unless it is somebody else's by now.

        `give` sets the owner by id and returns the lead's version then.

        Raises:
            CrmError: as the adapter's own requests do.
        """
        taker = self.id_of(body.owner) if body.owner else self.me
        if isinstance(taker, Rejected):
            return taker
        if body.owner and taker == self.me:
            reason = f"“{one_line(body.owner, 200)}” is you: write the name or address of a colleague."
            return Rejected(reason, field="owner", code="nobody")
        if owner == taker:
            return Applied(remote_id=taker, replayed=True)
        if not self._is(owner, body.owner_from):
            return Conflict({})
        return Applied(remote_id=taker, version=give(taker))

    def _is(self, owner: str, giver: str) -> bool:
        """Tell whether the lead is still the giver's, by the id that it was given to or else by name."""
        return owner == self.me if not giver else owner == giver or owner == self.id_of(giver)
