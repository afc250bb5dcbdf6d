"""Our words and the account's: outcomes of calls, lead statuses and lifecycle stages, matched by what people read.

Nothing is hard-coded but the names of HubSpot's defaults: every account has its own ids, and may have renamed them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from callsheet.crm.hubspot.shapes import Definition, Disposition
from callsheet.crm.plain_words import REASON_WORDS
from callsheet.domain.events import CloseReason
from callsheet.domain.profile import folded
from callsheet.sync.port import LeadPatch, Vocabulary

CONNECTED: Final = ("connected", "reached", "spoke")

OUTCOME_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "no_answer": ("no answer", "did not answer"),
    "voicemail": ("left voicemail", "left a voicemail", "voicemail", "left message"),
    "busy": ("busy", "line busy"),
    "gatekeeper": ("gatekeeper", "left live message", "spoke with gatekeeper"),
    "connected": CONNECTED,
    "meeting": ("meeting booked", "meeting scheduled", "booked meeting", *CONNECTED),
    "call_later": ("call back later", "callback requested", "call back", "call later", *CONNECTED),
    "not_interested": ("not interested", *CONNECTED),
    "not_a_fit": ("not a fit", "disqualified", "unqualified", *CONNECTED),
    "referred": ("referred", "referral", *CONNECTED),
    "wrong_number": ("wrong number", "bad number"),
    "do_not_contact": ("do not call", "do not contact", "dnc", "not interested", *CONNECTED),
}
"""Labels that mean our outcome, the best first; the plain word goes into the text in any case."""

STATUS_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("new", "open"),
    "working": ("in_progress", "in progress", "open", "attempted_to_contact"),
    "connected": ("connected", "in_progress"),
    "meeting": ("connected", "open_deal", "in_progress"),
    "nurture": ("bad_timing", "bad timing", "nurture"),
    "won": ("open_deal", "open deal", "connected"),
    "closed": ("unqualified", "disqualified", "closed", "lost"),
}
"""Lead statuses, by value or by label, that mean our stage; the best first."""

CLOSED_WORDS: Final = frozenset(
    {"unqualified", "disqualified", "closed", "closed lost", "lost", "not a fit", "bad fit", "dead", "recycled"}
)
"""A status with one of these values or labels ends the work on a lead."""

OPEN_STATUSES: Final = frozenset({"new", "open", "in_progress", "attempted_to_contact", "connected"})
"""Statuses in which a customer is worked again: a repeat buyer is a lead too."""

LIFECYCLE: Final[Mapping[str, str]] = {"meeting": "salesqualifiedlead", "won": "customer"}
"""The lifecycle stage that a stage brings a contact to, if it is not beyond it already."""

CUSTOMER: Final = "customer"


@dataclass(frozen=True, slots=True)
class Words:
    """What one account calls things. `chosen` are the rep's own choices of labels, by our name."""

    dispositions: Sequence[Disposition] = ()
    contact: Mapping[str, Definition] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    def disposition(self, outcome: str, label: str = "") -> Disposition | None:
        """The account's outcome for one of ours; `label` are our plain words, for outcomes a team added."""
        wanted = [self.chosen.get(f"outcome_{outcome}", ""), *OUTCOME_LABELS.get(outcome, ()), label]
        known = {folded(item.label): item for item in self.dispositions}
        return next((known[folded(word)] for word in wanted if word and folded(word) in known), None)

    def outcome(self, disposition: str) -> str:
        """Our outcome for one of the account's, empty when we have none for it."""
        label = next((folded(item.label) for item in self.dispositions if item.id == disposition), "")
        for outcome, labels in OUTCOME_LABELS.items():
            chosen = self.chosen.get(f"outcome_{outcome}", "")
            if label and (label == folded(chosen) or label in labels[: len(labels) - self._shared(labels)]):
                return outcome
        return "connected" if label in CONNECTED else ""

    def disposition_label(self, disposition: str) -> str:
        """What the account's people read for an outcome."""
        return next((item.label for item in self.dispositions if item.id == disposition), "")

    def status(self, stage: str) -> str:
        """The value of the lead status for a stage, empty when the account has none like it."""
        options = self._options("hs_lead_status")
        wanted = [self.chosen.get(f"status_{stage}", ""), *STATUS_VALUES.get(stage, ())]
        for word in wanted:
            for value, label in options.items():
                if word and folded(word) in {folded(value), folded(label)}:
                    return value
        return ""

    def status_label(self, value: str) -> str:
        """What the account's people read for a lead status."""
        return self._options("hs_lead_status").get(value, "") or value

    def is_closed(self, status: str) -> bool:
        """Whether a lead with this status is no longer worked."""
        chosen = folded(self.chosen.get("status_closed", ""))
        words = {folded(status), folded(self.status_label(status))}
        return bool(status) and (bool(words & CLOSED_WORDS) or bool(chosen and chosen in words))

    def lifecycle(self, stage: str, current: str) -> str:
        """The lifecycle stage to set, empty when the contact is there, beyond it, or in one that we do not know."""
        order = list(self._options("lifecyclestage"))
        wanted = LIFECYCLE.get(stage, "")
        if wanted not in order or (current and current not in order):
            return ""
        ahead = not current or order.index(wanted) > order.index(current)
        return wanted if ahead else ""

    def closed(self, status: str, lifecycle: str) -> CloseReason | None:
        """Whether, and how, a lead in this state is decided."""
        if self.is_closed(status):
            return "not_a_fit"
        if lifecycle == CUSTOMER and folded(status) not in OPEN_STATUSES:
            return "won"
        return None

    def has(self, name: str) -> bool:
        """Whether contacts have this property here."""
        return name in self.contact

    def writable(self, name: str) -> bool:
        """Whether contacts have this property here and it may be set."""
        return name in self.contact and self.contact[name].writable

    def allows(self, name: str, value: str) -> bool:
        """Whether an enumeration of the contact has this value; any value will do for other properties."""
        options = self._options(name)
        return not options or value in options

    def range_of(self, name: str, number: str) -> str:
        """The option that holds a number, where the property has ranges like `25-50` or `1000+`; else the number."""
        if not number.isdecimal() or self.allows(name, number):
            return number
        for value in self._options(name):
            ends = [int(end) for end in re.findall(r"\d+", value.replace(",", ""))]
            if ends and ends[0] <= int(number) and (len(ends) == 1 or int(number) <= ends[1]):
                return value
        return number

    def vocabulary(self) -> Vocabulary:
        """All of it, for the rep to look at."""
        outcomes = {name: found.label for name in OUTCOME_LABELS if (found := self.disposition(name)) is not None}
        stages = {name: self.status_label(self.status(name)) for name in ("working", "connected", "meeting", "nurture")}
        stages["won"] = self._options("lifecyclestage").get(CUSTOMER, "") or self.status_label(self.status("won"))
        closed = self.status_label(self.status("closed"))
        return Vocabulary(
            outcomes=outcomes,
            stages={name: label for name, label in stages.items() if label},
            lost_reasons={reason: closed for reason in REASON_WORDS if reason != "won" and closed},
            task_kinds={"phone": "Call", "email": "Email", "": "To-do"},
        )

    def _options(self, name: str) -> Mapping[str, str]:
        known = self.contact.get(name)
        return {} if known is None else {option.value: option.label for option in known.options}

    @staticmethod
    def _shared(labels: Iterable[str]) -> int:
        words = list(labels)
        return len(CONNECTED) if tuple(words[-len(CONNECTED) :]) == CONNECTED and tuple(words) != CONNECTED else 0


def patch_values(patch: LeadPatch, words: Words, status: str, lifecycle: str) -> dict[str, str]:
    """Status and lifecycle that a patch brings a contact to, from where it is now.

    A stage never reopens what was closed there: only `reopen` does.
    """
    stage: str = patch.stage or ""
    if patch.closed == "won":
        stage = "won"
    elif patch.closed is not None or patch.do_not_contact:
        stage = "closed"
    elif patch.reopen and not stage:
        stage = "working"
    if not stage or (stage not in {"closed", "won"} and words.is_closed(status) and not patch.reopen):
        return {}
    found = {"hs_lead_status": words.status(stage), "lifecyclestage": words.lifecycle(stage, lifecycle)}
    return {name: value for name, value in found.items() if value}
