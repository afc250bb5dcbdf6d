"""Our words and Pipedrive's: six outcomes of a call, labels in place of a status, types of activity for channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from callsheet.crm.plain_words import REASON_WORDS
from callsheet.domain.events import Channel, InteractionKind
from callsheet.domain.profile import folded
from callsheet.sync.port import Touch, Vocabulary

OUTCOMES: Final[Mapping[str, str]] = {
    "no_answer": "no_answer", "voicemail": "left_voicemail", "busy": "busy", "gatekeeper": "left_message",
    "connected": "connected", "meeting": "connected", "call_later": "connected", "not_interested": "connected",
    "not_a_fit": "connected", "referred": "connected", "wrong_number": "wrong_number", "do_not_contact": "connected",
}  # fmt: skip
"""Pipedrive's outcome for each of ours; it has six, and the text says which of ours it was."""

LABELS: Final = frozenset({"connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy"})
"""All outcomes that a call log takes."""

STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "working": ("Working", "In progress", "Contacted", "Attempted"),
    "connected": ("Connected", "Reached"),
    "meeting": ("Meeting", "Meeting booked", "Qualified"),
    "nurture": ("Nurture", "Later", "Bad timing"),
    "won": ("Won", "Customer"),
}
"""The labels that mean a stage, the first one is made where there is none."""

ORDER: Final = ("nurture", "working", "connected", "meeting", "won")

STOP: Final = ("Do not contact", "Do not call", "DNC")
"""The labels that mean that the lead wants to be left alone; the first one is made where there is none."""

COLOURS: Final[Mapping[str, str]] = {"won": "green", "nurture": "gray", "meeting": "blue"}
STOP_COLOUR: Final = "red"

CHANNELS: Final[Mapping[Channel, tuple[str, ...]]] = {
    "phone": ("call",), "email": ("email", "e-mail", "mail"), "meeting": ("meeting",), "linkedin": ("linkedin",),
    "post": ("post", "postcard", "letter"), "sms": ("sms", "text message"), "video": ("video",),
    "research": ("research",),
}  # fmt: skip
"""The names of a type of activity that mean a channel."""

SOURCES: Final[Mapping[str, InteractionKind]] = {
    "webforms": "contact_form", "webform": "contact_form", "livechat": "contact_form", "chatbot": "contact_form",
    "leadbooster": "contact_form", "messaginginbox": "contact_form", "webvisitors": "visit", "websitevisitors": "visit",
    "scheduler": "contact_form",
}  # fmt: skip
"""What a lead did, by where Pipedrive says that it came from; blanks do not matter."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of leads."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of activity: `key` is what a record holds."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """What one company calls things. `chosen` are the rep's own choices by `status_…`, `outcome_…` and `label_stop`."""

    labels: Sequence[Label] = ()
    kinds: Sequence[Kind] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)

    def outcome(self, touch: Touch) -> str:
        """Pipedrive's outcome of a call."""
        plain = "connected" if touch.reached else "no_answer"
        return self._chosen_outcome(touch.outcome) or OUTCOMES.get(touch.outcome, plain)

    def stage_label(self, stage: str) -> Label | None:
        """The label that means a stage here."""
        return self._label((self.chosen.get(f"status_{stage}", ""), *STAGES.get(stage, ())))

    def stage_of(self, ids: Sequence[str]) -> str:
        """The furthest stage that a lead's labels mean; empty when they mean none."""
        there = [stage for stage in ORDER if (label := self.stage_label(stage)) is not None and label.id in ids]
        return there[-1] if there else ""

    @property
    def stop_label(self) -> Label | None:
        """The label for those who want to be left alone."""
        return self._label((self.chosen.get("label_stop", ""), *STOP))

    def stops(self, ids: Sequence[str]) -> list[str]:
        """Those of a lead's labels that mean that it wants to be left alone."""
        names = {folded(name) for name in (self.chosen.get("label_stop", ""), *STOP) if name}
        return [label.id for label in self.labels if label.id in ids and folded(label.name) in names]

    def names(self, ids: Sequence[str]) -> str:
        """A lead's labels as people read them."""
        return ", ".join(label.name for label in self.labels if label.id in ids)

    def kind(self, channel: Channel) -> Kind:
        """The type of activity for a channel: its own, else a task, whose text then says which it was."""
        wanted = CHANNELS[channel]
        own = [kind for kind in self.kinds if folded(kind.key) in wanted or folded(kind.name) in wanted]
        plain = [kind for kind in self.kinds if kind.key == "task"]
        return [*own, *plain, *self.kinds, Kind("task", "Task")][0]

    def channel(self, key: str) -> Channel:
        """The channel of a type of activity; one that means none was work at the desk."""
        names = {folded(key), *(folded(kind.name) for kind in self.kinds if kind.key == key)}
        return next((channel for channel, words in CHANNELS.items() if names & set(words)), "research")

    def has(self, channel: Channel) -> bool:
        """Whether a channel has a type of activity of its own here."""
        return self.channel(self.kind(channel).key) == channel

    def vocabulary(self) -> Vocabulary:
        """All of it, for the rep to look at; a stage without a label is told in a note."""
        stages = {stage: label.name for stage in STAGES if (label := self.stage_label(stage)) is not None}
        return Vocabulary(
            outcomes={ours: self._chosen_outcome(ours) or theirs for ours, theirs in OUTCOMES.items()},
            stages=stages,
            lost_reasons={reason: "Archived" for reason in REASON_WORDS if reason != "won"},
            task_kinds={channel: self.kind(channel).name for channel in CHANNELS},
        )

    def _chosen_outcome(self, ours: str) -> str:
        """The rep's own choice, empty when it is none of Pipedrive's six."""
        wanted = self.chosen.get(f"outcome_{ours}", "")
        return wanted if wanted in LABELS else ""

    def _label(self, names: Sequence[str]) -> Label | None:
        known = {folded(label.name): label for label in reversed(self.labels)}
        return next((known[folded(name)] for name in names if name and folded(name) in known), None)
