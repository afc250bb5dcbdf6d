"""Counting attempts, and how many are enough: window, floor, review, cap (RULES §6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt as far as counting goes; `answered` is a response or a connect."""

    at: datetime
    channel: str
    counts: bool
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts on one lead: `counted` in all, by all owners, `unanswered` since the last response."""

    counted: int = 0
    unanswered: int = 0


class Counting:
    """A tally in the making: attempts are given in the order in which they happened.

    One is counted per channel and window, so that a voicemail belongs to its call (RULES §6). A window opens with the
    attempt that was counted; what follows within it on the same channel is the same attempt.
    """

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._opened: dict[str, datetime] = {}
        self._counted = self._unanswered = 0

    @property
    def tally(self) -> Tally:
        """The attempts counted so far."""
        return Tally(self._counted, self._unanswered)

    def take(self, one: Tried) -> bool:
        """Count an attempt; tell whether it was one by itself, rather than a part of the one before."""
        before = self._opened.get(one.channel)
        fresh = one.counts and (before is None or one.at - before >= self._window)
        if fresh:
            self._opened[one.channel] = one.at
            self._counted += 1
            self._unanswered += 1
        if one.answered:
            self.answered()
        return fresh

    def answered(self) -> None:
        """Start the no-response counter again: they answered, or the record is worked anew."""
        self._unanswered = 0


def tally(tries: Iterable[Tried], window: timedelta) -> Tally:
    """Count attempts, given in any order."""
    counting = Counting(window)
    for one in sorted(tries, key=lambda tried: tried.at):
        counting.take(one)
    return counting.tally


def may_exhaust(tally: Tally, floor: int) -> bool:
    """Tell whether a lead may be closed as exhausted without a typed reason: the floor, over all owners (`S1`)."""
    return tally.counted >= floor


def review_due(tally: Tally, review: int, cap: int) -> bool:
    """Tell whether it is time to look whether to record it and move on (`S2`: 6 to 8 contacts without an answer)."""
    return review <= tally.unanswered < cap


def at_cap(tally: Tally, cap: int) -> bool:
    """Tell whether no more attempts are planned: record and move on, nurture, or kick back."""
    return tally.unanswered >= cap


def raise_needs_reason(cap: int, by: int, hard_cap: int = 10) -> bool:
    """Tell whether going on needs a typed reason: beyond ten attempts it does (`S4`)."""
    return cap + by > hard_cap
