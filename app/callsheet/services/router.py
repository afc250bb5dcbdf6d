"""Who gets the leads that come in: the routing of their campaign first, then the rep's own file (RULES §11, `S4`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services.campaigns import Campaign, Notes, of_name
from callsheet.services.routing import Route, Rule, history_of, is_own, route, shared_out


class Companies(Protocol):
    """Where the leads that the rep has dealt with are found."""

    def dealt_with(self, companies: Iterable[str]) -> Sequence[Lead]:
        """Return the leads at these companies that were spoken with, or closed."""
        ...


@dataclass(frozen=True)
class Router:
    """Says who gets each newcomer; `rules` are those of the rep's file, `me` the rep whose machine this is."""

    notes: Notes
    companies: Companies
    rules: tuple[Rule, ...] = ()
    me: str = ""

    def __call__(self, asked: Sequence[tuple[Profile, str]]) -> list[Route | None]:
        """Return who gets each of some newcomers, given with their campaigns; `to` is empty where the rep does."""
        planned = {name: of_name(self.notes, name) or Campaign(name) for name in {campaign for _, campaign in asked}}
        routed = [bool(self.rules or planned[name].routes or planned[name].owners) for _, name in asked]
        if not any(routed):
            return [None] * len(asked)
        companies = {who.company for (who, _), wanted in zip(asked, routed, strict=True) if wanted and who.company}
        history = history_of(self.companies.dealt_with(companies))
        found: list[Route | None] = []
        for (who, name), wanted in zip(asked, routed, strict=True):
            campaign, one = planned[name], None
            if wanted:
                one = route(who, (*campaign.routes, *self.rules), campaign=name, history=history)
                one = one or shared_out(who, campaign.owners)
            found.append(Route("", one.why) if one is not None and is_own(one, self.me) else one)
        return found
