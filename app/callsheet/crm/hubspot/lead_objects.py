"""HubSpot's leads object (Sales Hub Professional): one try to win a contact, with an owner and a stage of its own.

Contacts are our leads, as every account has them and every lead object stands on one. But HubSpot hands neither
activities nor owners on from a contact to its lead objects unless an administrator says so, and its reports and the
rep's workspace go by their stages. So what the rep does with a contact is added to the rep's open lead objects of it,
and their stage moves along. None is made: accounts make them by rules of their own, and ours would be second ones. And
nothing is read back: the contact says whose a lead is and whether it is over, or a form that somebody sent in again
would lie behind a lead object that was disqualified long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from callsheet.crm.hubspot.shapes import Definition, Input, Pipeline, Record, Stage
from callsheet.crm.hubspot.wire import Missing, Wire, where
from callsheet.domain.events import CloseReason
from callsheet.domain.profile import folded
from callsheet.sync.port import Forbidden, Invalid, LeadPatch

KIND: Final = "leads"
STAGE: Final = "hs_pipeline_stage"
PIPELINE: Final = "hs_pipeline"
REASON: Final = "hs_lead_disqualification_reason"
OWNER: Final = "hubspot_owner_id"

PROPERTIES: Final = (STAGE, PIPELINE, OWNER, "hs_lead_name")

STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "working": ("attempting", "attempting to contact", "attempted", "attempted to contact", "working", "in progress"),
    "connected": ("connected", "in contact", "in conversation"),
    "meeting": ("meeting booked", "meeting scheduled", "meeting", "connected"),
    "nurture": ("nurture", "nurturing", "bad timing", "later"),
    "won": ("qualified", "converted", "won"),
    "closed": ("disqualified", "unqualified", "not a fit", "lost", "closed"),
}
"""Labels of stages that mean ours, the best first; one that a pipeline does not have leaves the lead where it is."""

REASONS: Final[Mapping[CloseReason, tuple[str, ...]]] = {
    "not_a_fit": ("not a good fit", "not a fit", "bad fit"),
    "lost": ("not interested", "no interest", "no need", "lost"),
    "exhausted": ("no response", "no answer", "unresponsive", "unable to reach", "not reached"),
    "do_not_contact": ("do not contact", "do not call", "opted out", "not interested"),
    "duplicate": ("duplicate",),
}
"""Labels of reasons for disqualifying that mean ours; `other` stands for all that have none."""


UNDONE: Final = (Forbidden, Invalid, Missing)
"""What keeps lead objects as they are, and nothing else."""


@dataclass(frozen=True, slots=True)
class LeadObject:
    """One lead object of the rep's."""

    id: str
    pipeline: str
    stage: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Stages:
    """The pipelines of lead objects in one account; `chosen` are the rep's own labels by `status_…`."""

    pipelines: Sequence[Pipeline] = ()
    properties: Mapping[str, Definition] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def meant(self, pipeline: str, stage: str) -> Stage | None:
        """The stage of a pipeline that means one of ours."""
        there = {folded(one.label): one for one in reversed(self._of(pipeline))}
        wanted = (self.chosen.get(f"status_{stage}", ""), *STAGES.get(stage, ()))
        return next((there[folded(word)] for word in wanted if word and folded(word) in there), None)

    def knows(self, stage: str) -> bool:
        """Whether some pipeline has a stage that means one of ours."""
        return any(self.meant(one.id, stage) is not None for one in self.pipelines)

    def is_over(self, lead: LeadObject) -> bool:
        """Whether a lead object is qualified or disqualified; one in a stage that we do not know is open."""
        ends = [self.meant(lead.pipeline, stage) for stage in ("won", "closed")]
        return any(end is not None and end.id == lead.stage for end in ends)

    def moves(self, lead: LeadObject, patch: LeadPatch) -> dict[str, str]:
        """The properties that a patch sets on a lead object; nothing when it stays where it is.

        It moves on and never back, and one that is over stays so, unless it is reopened.
        """
        stage: str = patch.stage or ("working" if patch.reopen else "")
        if patch.closed or patch.do_not_contact:
            stage = "won" if patch.closed == "won" else "closed"
        wanted = self.meant(lead.pipeline, stage)
        if wanted is None or wanted.id == lead.stage or (self.is_over(lead) and not patch.reopen):
            return {}
        order = [one.id for one in self._of(lead.pipeline)]
        ahead = lead.stage not in order or order.index(wanted.id) > order.index(lead.stage)
        if not (ahead or patch.reopen or stage in {"closed", "nurture"}):
            return {}
        reason = self._reason(patch) if stage == "closed" else ""
        return {STAGE: wanted.id} | ({REASON: reason} if reason else {})

    def _of(self, pipeline: str) -> list[Stage]:
        known = [one for one in self.pipelines if one.id == pipeline]
        stages = [stage for one in known for stage in one.stages if not stage.archived]
        return sorted(stages, key=lambda one: one.display_order)

    def _reason(self, patch: LeadPatch) -> str:
        """The account's reason for disqualifying a lead, which its rules may ask for."""
        known = self.properties.get(REASON)
        there = {} if known is None else {folded(one.label): one.value for one in known.options}
        wanted = REASONS.get(patch.closed or "do_not_contact", ())
        return next((there[word] for word in (*wanted, "other") if word in there), "")


def stages(wire: Wire, chosen: Mapping[str, str]) -> Stages | None:
    """The stages of lead objects, None in an account that has no such object, or for a token that may not see it."""
    try:
        return Stages(wire.pipelines(KIND), wire.definitions(KIND), chosen)
    except UNDONE:
        return None


def on_contacts_of_others(wire: Wire, known: Stages, owner: str) -> int:
    """How many of an owner's open lead objects, of the first page, stand on contacts that are somebody else's.

    HubSpot keeps both owners apart unless it is told otherwise. Raises what `sync.port` lists for a whole call.
    """
    found = wire.search(KIND, [where(OWNER, "EQ", owner)], PROPERTIES).results
    still = [one.id for one in found if not known.is_over(_lead_object(one))]
    behind = wire.associations(KIND, still, "contacts") if still else {}
    contacts = [contact for some in behind.values() for contact in some]
    read = wire.read("contacts", contacts, (OWNER,)) if contacts else []
    mine = {one.id for one in read if one.get(OWNER) == owner}
    return sum(mine.isdisjoint(some) for some in behind.values())


def _lead_object(one: Record) -> LeadObject:
    return LeadObject(one.id, one.get(PIPELINE), one.get(STAGE), one.created_at)


class LeadObjects:
    """The rep's lead objects of the contacts that one batch is about; none where the account has no such object.

    What the token may not do with them is left undone: the contact has it all, and `connect` has said so.
    """

    def __init__(self, wire: Wire, known: Stages | None, owner: str) -> None:
        self._wire = wire
        self._stages = known
        self._owner = owner
        self._found: dict[str, list[LeadObject]] = {}

    def look_at(self, contacts: Iterable[str]) -> None:
        """Ask which there are of these contacts. Raises what `sync.port` lists for a whole call."""
        asked = [one for one in contacts if one.isdecimal() and one not in self._found]
        if self._stages is None or not asked:
            return
        self._found.update((one, []) for one in asked)
        with suppress(*UNDONE):
            linked = self._wire.associations("contacts", asked, KIND)
            contact_of = {lead: contact for contact, found in linked.items() for lead in found}
            for one in self._wire.read(KIND, list(contact_of), PROPERTIES) if contact_of else ():
                if one.get(OWNER) == self._owner and one.id in contact_of:
                    contact = contact_of[one.id]
                    self._found[contact].append(_lead_object(one))

    def open(self, contact: str) -> list[LeadObject]:
        """Those of a contact that are still worked."""
        known = self._stages
        return [] if known is None else [one for one in self._found.get(contact, ()) if not known.is_over(one)]

    def add(self, kind: str, done: Sequence[tuple[str, str]]) -> None:
        """Let activities, each with its contact, be seen on the open lead objects too; said again, nothing changes."""
        pairs = [(activity, one.id) for activity, contact in done for one in self.open(contact)]
        if pairs:
            with suppress(*UNDONE):
                self._wire.associate(kind, KIND, pairs)

    def shown(self, kind: str, activity: Record, contact: str) -> bool:
        """Whether an activity is on one of a contact's lead objects, or need not be.

        Lead objects come and go after it: one that was made later, or came along with a contact that was merged into
        this one, has nothing of it, and nobody misses it there.
        """
        wanted = [one for one in self.open(contact) if one.made_at <= activity.created_at]
        if not wanted:
            return True
        every = {one.id for one in self._found.get(contact, ())}
        with suppress(*UNDONE):
            return not every.isdisjoint(self._wire.associations(kind, [activity.id], KIND).get(activity.id, []))
        return True

    def moves(self, contact: str, patch: LeadPatch) -> list[Input]:
        """What a patch sets on a contact's lead objects: on the open ones, or on the newest when it is reopened.

        They count as moved from then on: a later patch of the same batch goes on from there.
        """
        known, found = self._stages, self._found.get(contact, [])
        if known is None:
            return []
        here = self.open(contact)
        if not here and patch.reopen:
            here = sorted(found, key=lambda one: int(one.id))[-1:]
        moved = [Input(one.id, values) for one in here if (values := known.moves(one, patch))]
        stage_of = {one.key: one.properties[STAGE] for one in moved}
        self._found[contact] = [replace(one, stage=stage_of.get(one.id, one.stage)) for one in found]
        return moved
