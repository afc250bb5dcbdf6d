"""The research checklist: what a rep finds out before the first touch (RULES §5, SCREENS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.text import safe_text
from callsheet.services.desk import Changes, Desk, Fact, Refused
from callsheet.services.leads import contactable_lead
from callsheet.services.outreach import Logged, Report, log


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to find out; the key is its place in the list, from 1."""

    name: str
    label: str


CHECKLIST: Final = (
    Item("website", "website: what do they do, what is new"),
    Item("linkedin", "LinkedIn: who are they, since when"),
    Item("fact_1", "a fact to mention"),
    Item("fact_2", "another fact"),
    Item("reason", "reason to call"),
    Item("value", "something of value to bring"),
    Item("ask", "next step to ask for"),
)


def found_out(lead: Lead) -> int:
    """Count the items of the checklist that are done."""
    return sum(item.name in lead.research for item in CHECKLIST)


def tick(desk: Desk, lead: str, item: str, finding: str = "", *, done: bool = True) -> Changes:
    """Tick an item of the checklist with what was found, or untick it.

    Raises:
        NotFound: there is no such lead.
        Refused: the checklist has no such item, or they asked us to stop.
    """
    names = [one.name for one in CHECKLIST]
    if item.isdecimal() and 1 <= int(item) <= len(names):
        item = names[int(item) - 1]
    if item not in names:
        raise Refused(f"the checklist has no item “{item}”", rule="research", hint=f"one of {', '.join(names)}")
    with desk.book.work() as work:
        found = contactable_lead(work, lead)
        facts: list[Fact] = [(lead, desk.now(), ev.Researched(item, safe_text(finding, 2_000), done))]
        label = f"{'found' if done else 'unticked'}: {item.replace('_', ' ')} · {found.profile.name}"
        return work.append(desk.action(label, facts))


def finish(desk: Desk, lead: str) -> Logged:
    """Log the research as done: the first touch is next."""
    return log(desk, lead, Report("researched", channel="research"))
