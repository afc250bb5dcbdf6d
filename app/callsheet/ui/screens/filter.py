"""Which leads to show: one channel, plan or campaign only; the three combine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, get_args

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from callsheet.domain.events import Channel
from callsheet.services.desk import Desk
from callsheet.services.views import Filter
from callsheet.ui.present import ink
from callsheet.ui.present.cells import fit, line, short
from callsheet.ui.screens.modal import DeskModal
from callsheet.ui.widgets.lines import Lines

SHOWN: Final = 12
"""Choices in sight."""

CAMPAIGNS: Final = 200
"""Campaigns that are offered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that can be chosen, and how many leads the sheet has with it and with what is chosen besides."""

    kind: str
    value: str
    only: Filter
    count: int
    chosen: bool


def choices(desk: Desk, only: Filter) -> list[Choice]:
    """Return what can be chosen while `only` is; to choose what is chosen takes it away again."""
    now = desk.now()
    campaigns = list(desk.book.campaigns())[:CAMPAIGNS]
    plans = sorted({name for name, _ in desk.rules.plans})
    found = [_choice(desk, only, "channel", value) for value in get_args(Channel)]
    found += [_choice(desk, only, "plan", value) for value in plans]
    found += [_choice(desk, only, "campaign", value) for value in campaigns]
    counts = desk.book.counts(now)
    everything = Choice("all", "", Filter(), counts.hot + counts.due + counts.later, not only.active)
    return [everything, *(one for one in found if one.count or one.chosen)]


def _choice(desk: Desk, only: Filter, kind: str, value: str) -> Choice:
    now = desk.now()
    chosen = getattr(only, kind) == value
    values: dict[str, Any] = {kind: "" if chosen else value}
    then = replace(only, **values)
    counts = desk.book.counts(now, only=only if chosen else then)
    return Choice(kind, value, then, counts.hot + counts.due + counts.later, chosen)


class FilterScreen(DeskModal[Filter]):
    """Asks which leads to show, and says how many those are."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "choose(1)", show=False), Binding("up,k", "choose(-1)", show=False),
        Binding("pagedown", "choose(10)", show=False), Binding("pageup", "choose(-10)", show=False),
        Binding("enter", "take", show=False), Binding("space", "tick", show=False),
        Binding("f,q", "cancel", show=False),
    ]  # fmt: skip

    def __init__(self, only: Filter) -> None:
        super().__init__()
        self.only = only
        self.choices: Sequence[Choice] = ()
        self.at = 0

    def body(self) -> ComposeResult:
        """Return the choices."""
        yield Lines(lambda _: [line(("Show which leads?", ink.WARM_HEAD))])
        yield Lines(id="choices")
        yield Lines(
            lambda width: [line((short("enter: this · space: this too · esc leaves it", width), ink.QUIET))], id="echo"
        )

    def on_mount(self) -> None:
        """Count."""
        self._count()

    def _count(self) -> None:
        only = self.only
        self.ask("choices", lambda desk: choices(desk, only), self._show, keys_wait=True)

    def _show(self, found: Sequence[Choice]) -> None:
        before = self.choices[self.at] if self.choices else None
        self.choices = found
        same = [i for i, one in enumerate(found) if before and (one.kind, one.value) == (before.kind, before.value)]
        self.at = same[0] if same else min(self.at, len(found) - 1)
        self._paint()

    def _paint(self) -> None:
        self.query_one("#choices", Lines).show(self._lines)

    def _lines(self, width: int) -> list[Content]:
        top = max(0, min(self.at - SHOWN + 1, len(self.choices) - SHOWN)) if self.at >= SHOWN else 0
        return [
            choice_line(one, width, under=top + index == self.at)
            for index, one in enumerate(self.choices[top : top + SHOWN])
        ]

    def action_choose(self, by: int) -> None:
        """Go to another choice."""
        if self.choices:
            self.at = max(0, min(self.at + by, len(self.choices) - 1))
            self._paint()

    def action_tick(self) -> None:
        """Choose it, and choose more."""
        if self.choices:
            self.only = self.choices[self.at].only
            self._count()

    def action_take(self) -> None:
        """Choose it and show the sheet; what is chosen already stays so."""
        if self.choices:
            one = self.choices[self.at]
            self.close(self.only if one.chosen and one.kind != "all" else one.only)


def choice_line(one: Choice, width: int, *, under: bool) -> Content:
    """Return the line of a choice."""
    value = one.value.replace("_", " ") if one.kind != "all" else "all leads"
    kind = "" if one.kind == "all" else one.kind
    return line(
        ("▸ " if under else "  ", ink.WARM), ("√ " if one.chosen else "  ", ink.FINE), (fit(kind, 9), ink.QUIET), " ",
        (fit(value, max(min(width - 24, 60), 8)), ink.STRONG if under else ""), (f"{one.count:>8,}", ink.QUIET),
    )  # fmt: skip
