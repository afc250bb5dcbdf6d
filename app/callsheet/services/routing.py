"""Who gets a lead, and why (RULES §2, §11, `S4`): history with the company first, then the rules in their order.

The rules are a file of `[[rule]]`s. Each names the rep in `to` and what has to hold: `industries`, `countries`,
`states` and `zips` (as they begin), `campaigns`. A rule that asks for nothing is for everything that is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final
from zlib import crc32

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile, folded
from callsheet.domain.text import one_line
from callsheet.services.desk import Changes, Desk, Fact
from callsheet.services.toml_file import TomlFile

ME: Final = ("me", "")
"""How a rule names the rep whose machine this is."""

ASKED: Final[Mapping[str, str]] = {
    "industry": "industries", "country": "countries", "state": "states", "zip": "zips", "campaign": "campaigns",
}  # fmt: skip
"""What a rule in words can ask for, and the list of the rule that it goes into."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. What it lists has to hold of the lead, each list by one of its words; an empty list asks nothing."""

    to: str
    industries: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    zips: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Who gets the lead and why, in words that are shown with it."""

    to: str
    why: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """Leads by who gets them: those that stay here, those that go to a colleague, those that no rule speaks for."""

    mine: tuple[tuple[Lead, Route], ...] = ()
    others: tuple[tuple[Lead, Route], ...] = ()
    open: tuple[Lead, ...] = ()


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read the file of rules; one that is not there has none.

    Raises:
        callsheet.services.toml_file.TomlError: a rule cannot be used.
    """
    if not path.is_file():
        return ()
    file = TomlFile.read(path)
    file.known_keys(file.data, ("rule",))
    rows = file.data.get("rule", [])
    if not isinstance(rows, list):
        raise file.error("'rule' is a list: write [[rule]] above each", "", "rule")
    names = [field.name for field in fields(Rule)]
    rules = []
    for nth, row in enumerate(rows):
        if isinstance(row, dict):
            file.known_keys(row, names, "rule", nth)
        rules.append(file.convert(row, Rule, "a rule", "rule", nth))
    return tuple(rules)


def rule_of(text: str) -> Rule:
    """Read a rule in words: `Kim: state TX, state OK, industry Logistics`; `Kim:` takes everything that is left.

    Raises:
        ValueError: nobody is named, or something is asked for that leads do not have.
    """
    to, colon, asked = text.partition(":")
    if not colon or not to.strip():
        raise ValueError(f"“{one_line(text, 80)}” names nobody: write it like `Kim: state TX, industry Logistics`")
    lists: dict[str, tuple[str, ...]] = {}
    for part in filter(None, map(str.strip, asked.split(","))):
        word, _, value = part.partition(" ")
        place = ASKED.get(word.lower())
        if place is None or not value.strip():
            raise ValueError(f"“{one_line(part, 60)}”: a rule asks for {', '.join(ASKED)}, each with a value")
        lists[place] = (*lists.get(place, ()), one_line(value, 100))
    return Rule(one_line(to, 100), **lists)


def in_words(rule: Rule) -> str:
    """Return a rule as `rule_of` reads it."""
    asked = [f"{word} {value}" for word, place in ASKED.items() for value in getattr(rule, place)]
    return f"{rule.to}: {', '.join(asked)}".rstrip(" ")


def is_own(route: Route, me: str) -> bool:
    """Tell whether a lead stays with the rep whose machine this is."""
    return folded(route.to) in {*ME, folded(me)}


def shared_out(profile: Profile, owners: Sequence[str]) -> Route | None:
    """Say who of several gets a lead that no rule speaks for: evenly, and for the same lead always the same."""
    if not owners:
        return None
    who = "\n".join((folded(profile.name), folded(profile.company), *profile.emails[:1]))
    owner = owners[crc32(who.encode()) % len(owners)]
    return Route(owner, f"shared out among {len(owners)}" if len(owners) > 1 else "all of this campaign")


def route(
    profile: Profile, rules: Iterable[Rule], *, campaign: str = "", history: Mapping[str, Route] | None = None
) -> Route | None:
    """Say who gets a lead. `history` is who knows which company, by its folded name."""
    known = (history or {}).get(folded(profile.company)) if profile.company.strip() else None
    if known is not None:
        return known
    for rule in rules:
        why = _why(rule, profile, campaign)
        if why is not None:
            return Route(one_line(rule.to, 100), why)
    return None


def history_of(leads: Iterable[Lead]) -> dict[str, Route]:
    """Return the companies that the rep has spoken with or won, with the words for it; the strongest reason counts."""
    known: dict[str, tuple[int, Route]] = {}
    for lead in leads:
        company = lead.profile.company
        won = lead.closed == "won"
        if not company.strip() or not (won or lead.conversations):
            continue
        what = "you won" if won else "you have spoken with"
        reason = Route("", one_line(f"history: {what} {lead.profile.name} of {company}", 200))
        rank = 2 if won else 1
        if rank > known.get(folded(company), (0, reason))[0]:
            known[folded(company)] = (rank, reason)
    return {company: reason for company, (_, reason) in known.items()}


def distribute(
    leads: Iterable[Lead], rules: Sequence[Rule], *, me: str, history: Mapping[str, Route], owners: Sequence[str] = ()
) -> Distribution:
    """Say who gets each of some leads; nothing is changed yet. `me` is the rep whose machine this is.

    What no rule speaks for is shared out among the `owners`.
    """
    mine: list[tuple[Lead, Route]] = []
    others: list[tuple[Lead, Route]] = []
    left: list[Lead] = []
    for lead in leads:
        found = route(lead.profile, rules, campaign=lead.campaign, history=history)
        found = found or shared_out(lead.profile, owners)
        if found is None:
            left.append(lead)
        elif is_own(found, me):
            mine.append((lead, found))
        else:
            others.append((lead, found))
    return Distribution(tuple(mine), tuple(others), tuple(left))


def hand_out(desk: Desk, distribution: Distribution) -> Changes | None:
    """Give the leads that are a colleague's to them, all in one action that one undo takes back; None when none are.

    A lead that is no longer open, or not to be contacted, stays as it is.
    """
    with desk.book.work() as work:
        now = desk.now()
        found = work.leads([lead.id for lead, _ in distribution.others])
        facts: list[Fact] = [
            (lead.id, now, ev.Returned("reassigned", where.to, where.why))
            for lead, where in distribution.others
            if lead.id in found and found[lead.id].state in ("name", "working", "nurture")
        ]
        if not facts:
            return None
        return work.append(desk.action(f"handed out {len(facts)} leads", facts))


def _why(rule: Rule, profile: Profile, campaign: str) -> str | None:
    """Return the reason in words, None when something that the rule asks for does not hold or is not known."""
    territory = [
        (rule.countries, _same(profile.country, rule.countries)),
        (rule.states, _same(profile.state, rule.states)),
        (rule.zips, _begins(profile.zip, rule.zips)),
    ]
    asked = [*territory, (rule.industries, _same(profile.industry, rule.industries))]
    asked.append((rule.campaigns, _same(campaign, rule.campaigns)))
    if any(wanted and not found for wanted, found in asked):
        return None
    place = " ".join(found for _, found in territory if found)
    said = (("territory", place), ("industry", asked[3][1]), ("campaign", asked[4][1]))
    reasons = [f"{name}: {found}" for name, found in said if found]
    return " · ".join(reasons) or "everything else"


def _same(value: str, wanted: Sequence[str]) -> str:
    return next((one for one in wanted if value.strip() and folded(one) == folded(value)), "")


def _begins(value: str, wanted: Sequence[str]) -> str:
    text = folded(value)
    return next((one for one in wanted if text and folded(one) and text.startswith(folded(one))), "")
