"""Something of value with every touch (RULES §8): the lint against empty follow-ups, and what the shelf has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from callsheet.domain.profile import folded

_BREAKS: Final = re.compile(r"[^\w]+")
_EMPTY: Final = re.compile(
    r"(?:^|[.!?:;,\n–—-]\s*|\b(?:just|only|simply|merely|again|i|we|i'?m|i am|we'?re|we are|was|call(?:ed|ing)?)\s+)"
    r"((?:just |only |simply )?(?:following[ -]up|checking[ -](?:back )?in|touching[ -]base|circling[ -]back)"
    r"|(?:just |only |simply )?(?:want(?:ed)? |would like |'d like |wish(?:ed)? )?"
    r"to (?:follow[ -]up|check (?:back )?in|touch base|circle back))\b"
)
"""Said by the rep of themselves: that a customer is `checking in with the CFO` is news."""


@dataclass(frozen=True, slots=True)
class Asset:
    """Something to bring: a white paper, an article, a thank-you card, news. `topics` say what it is about."""

    title: str
    link: str = ""
    topics: tuple[str, ...] = ()
    kind: str = "article"


def empty_follow_up(text: str) -> str | None:
    """Return the words that make a text an empty follow-up, None when it has none of them.

    *Just following up*, *checking in* and *touching base* are no reason to get in touch (`S1`): a touch that brings
    nothing else is to be stopped with a warning.
    """
    found = _EMPTY.search(folded(text.replace("’", "'")))
    return found[1].strip() if found else None


def suggest(
    shelf: Iterable[Asset], given: Iterable[str], topics: Iterable[str], limit: int = 3
) -> Sequence[tuple[Asset, str]]:
    """Return the assets to bring next, best first, each with the topic that speaks for it (empty when none does).

    `given` are the titles of those the lead has had, which are never suggested again; `topics` what the lead is
    interested in: what they asked for, what they looked at, their industry. The order of the shelf decides ties.
    """
    had = {folded(title) for title in given}
    wanted = [folded(topic) for topic in topics if topic.strip()]
    ranked: list[tuple[int, int, Asset, str]] = []
    for place, asset in enumerate(shelf):
        if folded(asset.title) in had or (asset.link and folded(asset.link) in had):
            continue
        matches = [topic for topic in asset.topics if any(_speaks_for(folded(topic), said) for said in wanted)]
        ranked.append((-len(matches), place, asset, next(iter(matches), "")))
    ranked.sort(key=lambda one: one[:2])
    return [(asset, why) for _, _, asset, why in ranked[:limit]]


def _speaks_for(topic: str, said: str) -> bool:
    """Tell whether a topic is named, as whole words: `seats` is not in `seatsmart`."""
    return bool(topic) and f" {topic} " in f" {_BREAKS.sub(' ', said)} "
