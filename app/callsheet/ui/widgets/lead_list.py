"""A pane of the sheet: as many rows as there are leads, of which only those in sight are read and painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.visual import Visual

from callsheet.domain.agenda import Pane
from callsheet.services.views import Row
from callsheet.ui.present.cells import wrapped
from callsheet.ui.present.row import Columns, row_line
from callsheet.ui.present.times import Moment
from callsheet.ui.widgets.scrolled import Scrolled

PAGE: Final = 50
"""Rows that are read at once."""

KEPT: Final = 500
"""Rows that are kept in memory; what is further away is read again."""


class LeadList(Scrolled):
    """One of the three panes. It holds no cursor of its own: the sheet moves one cursor through all three."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lead-list--cursor", "lead-list--empty"}
    DEFAULT_CSS = """
    LeadList > .lead-list--cursor { background: $cursor-row; color: $foreground; text-style: none; }
    LeadList > .lead-list--empty { color: $ink-quiet; }
    """

    @dataclass
    class Wanted(Message):
        """Rows came into sight that were not read yet."""

        pane: Pane
        offset: int

    @dataclass
    class Clicked(Message):
        """A row was clicked; `twice` opens it."""

        pane: Pane
        index: int
        twice: bool

    def __init__(self, pane: Pane, title: str) -> None:
        super().__init__(id=pane)
        self.pane: Pane = pane
        self.border_title = Content(title)
        self.rows: dict[int, Row] = {}
        self.total = 0
        self.cursor: int | None = None
        self.moment: Moment | None = None
        self.empty: str = ""
        self._asked: set[int] = set()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.total

    def show(self, moment: Moment, total: int, rows: Mapping[int, Row], empty: str = "") -> None:
        """Show the pane as it is at a moment; rows that are not given are read when they come into sight."""
        before = self.forget()
        self.moment, self.empty = moment, empty
        if total != self.total:
            self.total = total
            self.border_subtitle = Content(f"{total:,}" if total else "")
        self.rows = dict(rows)
        self._asked.clear()
        self.top = max(0, min(self.top, total - self.rows_in_sight))
        self.repaint_changed(before)

    def tell(self, text: str) -> None:
        """Say something where the rows would be, before there are any."""
        before = self.forget()
        self.empty = text
        self.repaint_changed(before)

    def tick(self, moment: Moment) -> None:
        """Let time pass over the rows that are shown."""
        before = self.forget()
        self.moment = moment
        self.repaint_changed(before)

    @property
    def seconds_count(self) -> bool:
        """Whether a row in sight counts seconds: somebody has asked within the last minutes."""
        in_sight = range(self.top, self.top + self.rows_in_sight)
        return any(self.rows[index].section == "golden" for index in in_sight if index in self.rows)

    def add(self, rows: Mapping[int, Row]) -> None:
        """Take rows that were read."""
        before = self.forget()
        self.rows.update(rows)
        if len(self.rows) > KEPT:
            self.rows = {index: row for index, row in self.rows.items() if abs(index - self.top) < KEPT // 2}
            self._asked.clear()
        self.repaint_changed(before)

    def point(self, index: int | None) -> None:
        """Put the cursor on a row, or take it away."""
        before, self.cursor = self.cursor, index
        if before == index:
            return
        for one in (before, index):
            if one is not None:
                self.repaint_row(one)
        if index is not None:
            self._bring_half(index)

    def _bring_half(self, index: int) -> None:
        """Scroll by half of the pane when the cursor leaves it: most steps then repaint two rows and no more."""
        height = max(self.rows_in_sight, 1)
        if not self.top <= index < self.top + height:
            self.to_row(index - height // 2)

    def seen(self) -> tuple[int, int]:
        """Return the rows in sight, as an offset and a count, with some before and after."""
        return max(self.top - 5, 0), max(self.rows_in_sight + 10, 20)

    def on_resize(self) -> None:
        """Paint anew in the new width, with the cursor in sight."""
        self.refresh()
        if self.cursor is not None:
            self.bring(self.cursor)

    def make_row(self, index: int, width: int) -> Strip:
        """Paint a row; one that was not read yet is asked for, and blank until it comes."""
        row = self.rows.get(index)
        if index >= (self.total or 3) or (self.moment is None and not self.empty):
            return Strip.blank(width, self.rich_style)
        if self.moment is None or not self.total:
            return self._teaching(index, width)
        if row is None:
            self._want(index)
            return Strip.blank(width, self.rich_style)
        chosen = index == self.cursor
        content = row_line(row, self.moment, Columns.of(width), chosen=chosen)
        style = self.get_visual_style("lead-list--cursor") if chosen else self.visual_style
        return Visual.to_strips(self, content, width, 1, style, pad=True)[0]

    def _teaching(self, index: int, width: int) -> Strip:
        lines = wrapped(self.empty, width - 4, 3) if self.empty else []
        text = f"  {lines[index]}" if index < len(lines) else ""
        style = self.get_visual_style("lead-list--empty")
        return Visual.to_strips(self, Content(text), width, 1, style, pad=True)[0]

    def _want(self, index: int) -> None:
        offset = index // PAGE * PAGE
        if offset not in self._asked:
            self._asked.add(offset)
            self.post_message(self.Wanted(self.pane, offset))

    def on_click(self, event: events.Click) -> None:
        """Say which row was clicked."""
        index = event.get_content_offset_capture(self).y + self.top
        if 0 <= index < self.total:
            self.post_message(self.Clicked(self.pane, index, event.chain > 1))
