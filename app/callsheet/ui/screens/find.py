"""Finding a lead among all: a line to type in, and the best matches under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from callsheet.services.views import Found
from callsheet.ui.present import ink
from callsheet.ui.present.cells import Part, fit, line, short
from callsheet.ui.screens.modal import DeskModal, one_line_input
from callsheet.ui.widgets.lines import Lines

MOST: Final = 50
"""Matches that are read; more of them mean that another letter is typed anyway."""

SHOWN: Final = 12
"""Matches in sight."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The lead that was chosen, and all that were found with it."""

    lead: str
    among: tuple[str, ...]


class Find(DeskModal[Chosen]):
    """Finds by name, company, phone digits or email."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", show=False), Binding("up", "choose(-1)", show=False),
        Binding("pagedown", "choose(10)", show=False), Binding("pageup", "choose(-10)", show=False),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.matches: Sequence[Found] = ()
        self.at = 0
        self.typed = ""
        self._entered = False
        """Whether enter was pressed before what was typed had been found."""

    def body(self) -> ComposeResult:
        """Return the line and the matches."""
        yield one_line_input(placeholder="name, company, phone digits or email", limit=200)
        yield Lines(id="found")
        yield Lines(lambda _: [line(("↑ ↓ choose · enter opens · esc leaves", ink.QUIET))], id="echo")

    @on(Input.Changed)
    def look(self, event: Input.Changed) -> None:
        """Look for what was typed so far."""
        typed = self.typed = event.value
        self._entered = False
        if not typed.strip():
            self._show(())
            return
        self.ask("find", lambda desk: desk.book.find(typed, limit=MOST), self._show)

    def _show(self, matches: Sequence[Found]) -> None:
        self.matches, self.at = matches, 0
        self._paint()
        self.say((self._told(), ink.QUIET))
        if self._entered:
            self.take()

    def _told(self) -> str:
        if not self.typed.strip():
            return "↑ ↓ choose · enter opens · esc leaves"
        if not self.matches:
            return "nobody by that name, company, phone or email · esc leaves, then a adds a lead"
        return f"{len(self.matches)}{'+' if len(self.matches) >= MOST else ''} found"

    def _paint(self) -> None:
        self.query_one("#found", Lines).show(self._lines)

    def _lines(self, width: int) -> list[Content]:
        top = max(0, min(self.at - SHOWN + 1, len(self.matches) - SHOWN)) if self.at >= SHOWN else 0
        return [
            found_line(one, width, chosen=top + index == self.at)
            for index, one in enumerate(self.matches[top : top + SHOWN])
        ]

    def action_choose(self, by: int) -> None:
        """Choose another match."""
        if self.matches:
            self.at = max(0, min(self.at + by, len(self.matches) - 1))
            self._paint()

    @on(Input.Submitted)
    def take(self) -> None:
        """Open the chosen match, once it is that of all that was typed."""
        self._entered = not self.idle
        if self._entered:
            return
        if self.matches:
            leads = tuple(one.lead for one in self.matches)
            self.close(Chosen(leads[self.at], leads))
        elif self.typed.strip():
            self.say((f"nobody is called “{short(self.typed, 40)}”", ink.LATE))


def found_line(one: Found, width: int, *, chosen: bool) -> Content:
    """Return the line of a match."""
    name = max(12, width * 24 // 100)
    place = max(12, width * 30 // 100)
    rest = max(width - name - place - 14, 0)
    parts: list[Part] = [
        ("▸ " if chosen else "  ", ink.WARM), (fit(one.name, name), ink.STRONG if chosen else ""), " ",
        (fit(" · ".join(part for part in (one.title, one.company) if part), place), "" if chosen else ink.QUIET), " ",
        (fit(one.email or one.phone, rest), ink.QUIET), " ", (fit(one.state, 8), ink.QUIET),
    ]  # fmt: skip
    return line(*parts)
