"""Who is a lead (RULES §2): persona fit, distinct interactions, and the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from callsheet.domain.events import Direction, Interaction
from callsheet.domain.profile import Profile, folded
from callsheet.domain.rules import Persona, Rules

CONTACT_ME = frozenset({"contact_form", "sales_email", "inbound_call"})
"""What puts a lead on top of the pile by itself (`S0` `S3`); a score signal only when the settings say so."""

AT_EVENTS = frozenset({"event_form", "scan", "attendance", "webinar"})
"""Kinds of which several at the same event are one interaction."""

ASSETS = frozenset({"download", "email_click", "visit"})
"""Kinds of which several with the same asset are one interaction."""

Criterion = Literal["company kind", "company size", "title", "industry"]


@dataclass(frozen=True, slots=True)
class Fit:
    """The persona test, criterion by criterion: True, False, or None where nothing is known."""

    criteria: tuple[tuple[Criterion, bool | None], ...]
    needed: int

    @property
    def fits(self) -> bool:
        """Whether enough is known to be true and nothing is known to be false."""
        known = [value for _, value in self.criteria]
        return False not in known and known.count(True) >= self.needed

    @property
    def why(self) -> str:
        """The test in words: `title ✓ · industry ✗ · company size ? (2 of 3 needed)`."""
        signs = {True: "✓", False: "✗", None: "?"}
        parts = " · ".join(f"{name} {signs[value]}" for name, value in self.criteria)
        true = sum(value is True for _, value in self.criteria)
        return f"{parts} ({true} of {self.needed} needed)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record is now and why; `distinct` of `needed` interactions, `plan` names the one to start."""

    to: Literal["hot", "lead", "name"]
    why: str
    plan: str
    distinct: int
    needed: int
    fit: Fit


def persona_fit(profile: Profile, persona: Persona, min_true: int = 3) -> Fit:
    """Test a profile against the persona (`S3`): unknown is not false.

    A criterion that the persona leaves open cannot be asked for, so that no more are needed than it names.
    """
    size, sizes = profile.company_size, persona.sizes
    criteria: tuple[tuple[Criterion, bool | None], ...] = (
        ("company kind", _among(profile.company_kind, persona.company_kinds)),
        ("company size", any(low <= size <= high for low, high in sizes) if sizes and size is not None else None),
        ("title", _holds(profile.title, persona.titles)),
        ("industry", _among(profile.industry, persona.industries)),
    )
    named = sum(map(bool, (persona.company_kinds, sizes, persona.titles, persona.industries)))
    return Fit(criteria, min(min_true, named))


def _among(said: str, wanted: Collection[str]) -> bool | None:
    said = folded(said) if wanted else ""
    return said in map(folded, wanted) if said else None


def _holds(said: str, wanted: Collection[str]) -> bool | None:
    said = folded(said) if wanted else ""
    return any(folded(part) in said for part in wanted) if said else None


def distinct(interactions: Iterable[Interaction]) -> int:
    """Count interactions, the same asset or the same event twice as one (`S3`)."""
    return len({_identity(interaction) for interaction in interactions})


def _identity(interaction: Interaction) -> tuple[str, str]:
    kind = interaction.kind
    if kind in AT_EVENTS:
        return "event", folded(interaction.campaign or interaction.topic)
    subject = folded(interaction.topic)
    return "asset" if kind in ASSETS and subject else kind, subject


def is_contact_me(interaction: Interaction, *, score_promotes: bool = False) -> bool:
    """Tell whether the person asked to hear from us: persona never gates it (`S0` `S2` `S3`)."""
    return interaction.asks or interaction.kind in CONTACT_ME or (interaction.kind == "score" and score_promotes)


def is_inquiry(interaction: Interaction) -> bool:
    """Tell whether an event form asks something: a BANT answer or a comment; a scan does not (`S2`)."""
    if interaction.kind != "event_form":
        return False
    return bool(interaction.text.strip()) or (interaction.bant is not None and interaction.bant.answered)


def classify(profile: Profile, interactions: Sequence[Interaction], direction: Direction, rules: Rules) -> Verdict:
    """Say what a record is by what it did and who it is."""
    fit = persona_fit(profile, rules.persona, rules.persona_min_true)
    count = distinct(interactions)

    def verdict(to: Literal["hot", "lead", "name"], why: str, plan: str) -> Verdict:
        return Verdict(to, why, plan, count, rules.interactions, fit)

    asked = [one for one in interactions if is_contact_me(one, score_promotes=rules.score_promotes)]
    if asked:
        return verdict("hot", "asked to be contacted", "hot")
    if any(is_inquiry(one) for one in interactions):
        return verdict("lead", "asked something at an event", "event")
    if direction == "outbound":
        return verdict("lead", "qualified by a teleprospector", "outbound")
    if count >= rules.interactions and fit.fits:
        return verdict("lead", f"fits the persona and {count} distinct interactions", "inbound-21")
    if count < rules.interactions:
        return verdict("name", f"{count} of {rules.interactions} interactions", "")
    return verdict("name", f"no persona fit yet: {fit.why}", "")
