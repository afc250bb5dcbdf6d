"""What the contract suite needs of a CRM besides its adapter: what a manager does there, and what is kept there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from callsheet.crm.contract.faults import Faults
from callsheet.sync.port import Crm, RemoteId

Trait = Literal[
    "tells_merged",  # resolve() says where a merged lead went
    "tells_reassigned",  # resolve() can tell reassigned from deleted
    "rejects_missing_lead",  # a touch for a lead that never existed is rejected
    "keeps_durations",  # an effect shows the length of a call
    "keeps_authors",  # history names who did it
    "wins",  # a lead can be won there
    "patches_profile",  # profile fields may be written by the rep
    "tells_stopped",  # do-not-contact that was set there before is told as such when we set it too
    "points",  # do-not-contact is kept per number, not per lead
]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that the CRM keeps because of an op: `text` is all the plain text it shows for it."""

    kind: Literal["touch", "note", "task"]
    remote_id: RemoteId
    lead: RemoteId
    at: datetime
    text: str
    duration: timedelta | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class LeadState:
    """A lead as the CRM's own people see it."""

    stage: str
    closed: bool
    won: bool
    do_not_contact: bool
    title: str
    company: str
    exists: bool = True
    owner: str = ""
    """The name of whose lead it is."""


@dataclass(frozen=True, slots=True)
class People:
    """Names of users there, as the CRM shows them: the rep, the other rep, and a name that two users have."""

    rep: str
    other: str
    namesakes: str


class Backend(Protocol):
    """A running CRM (real or fake) with a rep, a manager and another rep; each test makes its own leads."""

    name: str
    traits: frozenset[Trait]
    faults: Faults
    """The network between the adapters and the CRM; the manager's calls do not pass through it."""

    def people(self) -> People:
        """Who may own leads there; asked only of a CRM that hands leads over."""
        ...

    def adapter(self, *, broken_key: bool = False) -> Crm:
        """A new adapter of the rep, behind `faults`."""
        ...

    def settle(self) -> None:
        """Let the CRM's search index catch up."""
        ...

    def pass_time(self, by: timedelta) -> None:
        """Let time go by there: indexes catch up and limits end. A real server does so by itself."""
        ...

    def make_lead(
        self,
        name: str,
        *,
        email: str = "",
        phone: str = "",
        company: str = "",
        title: str = "",
        mine: bool = True,
    ) -> RemoteId:
        """The manager makes a lead, for the rep or for the other one."""
        ...

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        """The manager edits the fields that are given."""
        ...

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        """The manager gives the lead to the other rep, or back."""
        ...

    def delete(self, lead: RemoteId) -> None:
        """The manager deletes the lead."""
        ...

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        """The manager merges two leads of the rep into one; the loser's id goes."""
        ...

    def lose(self, lead: RemoteId) -> None:
        """The manager marks the lead as lost, or disqualified."""
        ...

    def set_do_not_contact(self, lead: RemoteId) -> None:
        """The manager notes that the lead asked to be left alone."""
        ...

    def remark(self, lead: RemoteId, text: str) -> None:
        """The manager writes a remark into the lead's history."""
        ...

    def state(self, lead: RemoteId) -> LeadState:
        """The lead as it is there now."""
        ...

    def effects(self, key: str) -> Sequence[Effect]:
        """Everything that carries the key of this op there, deleted things left out."""
        ...

    def notes(self, lead: RemoteId) -> Sequence[str]:
        """The plain text of everything in the lead's history there, whoever wrote it."""
        ...
