"""The documented nastiness of a real CRM, each switchable: off, unless a test or the demo turns it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from callsheet.crm.demo.refusal import Refusal, invalid
from callsheet.crm.demo.schema import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """An administrator's rule that every write is held to: the property must be there, or be no longer than this."""

    kind: Kind
    name: str
    max_length: int | None = None

    def check(self, kind: Kind, values: dict[str, str | None], *, new: bool) -> None:
        """Raise `Refusal` when the values break the rule."""
        if kind != self.kind:
            return
        value = values.get(self.name)
        if new and self.max_length is None and not value:
            raise invalid(self.name, f"{self.name} is required in this account.", "REQUIRED_FIELD")
        if value and self.max_length is not None and len(value) > self.max_length:
            raise invalid(self.name, f"{self.name} must not be longer than {self.max_length}.", "INVALID_LENGTH")


@dataclass(slots=True)
class Nasty:
    """What may go wrong on the server's side, request by request."""

    lag: timedelta = timedelta(0)
    """How late a search sees what was created or changed."""
    search_cap: int = 10_000
    """How many results of one search can be paged through."""
    searches: int = 0
    """How many searches a second the account has before it answers with 429; 0 is any number."""
    throttle: Literal["", "burst", "concurrent", "daily"] = ""
    """Answer with 429; `burst` says when to come back, `concurrent` does not."""
    budget: int = -1
    """How many requests are left for today, which each answer says; -1 is any number, and no word of it."""
    throttled: int = -1
    """How many requests are throttled before it stops; -1 is all."""
    credentials: Literal["", "revoked", "malformed"] = ""
    """Refuse every token: 401, or 530 as for one that is none."""
    portal: bool = False
    """A captive portal answers in place of the CRM."""
    broken: int = 0
    """Answer with this status and no JSON."""
    unreadable: frozenset[str] = frozenset()
    """Object types whose scopes the token lacks."""
    unwritable: frozenset[str] = frozenset()
    """Object types that the token may look at and not change."""
    no_events: bool = False
    """The token may not see marketing events."""
    no_properties: bool = False
    """The token may not create properties."""
    no_unique: frozenset[str] = frozenset()
    """Object types for which this account's plan has no unique properties."""
    no_upsert: bool = False
    """There is no upsert: a create is a create each time."""
    whole_batch: bool = False
    """One bad input fails its whole batch (400) instead of itself alone (207)."""
    shuffled: bool = False
    """A batch answers in another order than it was asked in."""
    anonymous: bool = False
    """The answer to a batch does not say which input each record came from."""
    refused: frozenset[str] = frozenset()
    """Keys (values of a unique property) whose input is refused."""
    rules: tuple[Rule, ...] = field(default=())
    merged: Literal["vanishes", "answers"] = "vanishes"
    """Whether a merged-away id is not found, or answers with the survivor."""
    merge_new_id: bool = False
    """Whether the survivor of a merge gets a new id too."""
    drift: Literal["", "missing", "unknown"] = ""
    """Answer records without their properties, or with a time and a status that nobody knows."""

    _searched: list[datetime] = field(default_factory=list)

    def takes_search(self, now: datetime) -> bool:
        """Whether this search is one too many in a second; counts it."""
        self._searched = [at for at in self._searched if now - at < timedelta(seconds=1)]
        if self.searches and len(self._searched) >= self.searches:
            return True
        self._searched.append(now)
        return False

    def takes_throttle(self) -> str:
        """The policy that refuses this request, empty when none does; counts it."""
        if self.budget == 0:
            return "DAILY"
        self.budget -= self.budget > 0
        if not self.throttle or self.throttled == 0:
            return ""
        if self.throttled > 0:
            self.throttled -= 1
        return "DAILY" if self.throttle == "daily" else "SECONDLY"

    def check(self, kind: Kind, key: str, values: dict[str, str | None], *, new: bool) -> None:
        """Raise `Refusal` when an administrator's rule refuses this write."""
        if key and key in self.refused:
            raise Refusal("This record was refused by a validation rule.", code="RULE", name="")
        for rule in self.rules:
            rule.check(kind, values, new=new)
