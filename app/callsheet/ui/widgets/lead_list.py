"""A pane of the sheet: as many rows as there are leads, of which only those in sight are read and painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from callsheet.domain.agenda import Pane
from callsheet.services.views import Row
from callsheet.ui.present.cells import wrapped
from callsheet.ui.present.row import Columns, row_line
from callsheet.ui.present.times import Moment
from callsheet.ui.widgets.lines import changed_cells

PAGE: Final = 50
"""Rows that are read at once."""

KEPT: Final = 500
"""Rows that are kept in memory; what is further away is read again."""


class LeadList(ScrollView, can_focus=False):
    """One of the three panes. It holds no cursor of its own: the sheet moves one cursor through all three."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lead-list--cursor", "lead-list--empty"}
    DEFAULT_CSS = """
    LeadList { text-wrap: nowrap; text-overflow: clip; overflow-x: hidden; scrollbar-size-vertical: 1; }
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
        self._painted: dict[int, Strip] = {}

    def show(self, moment: Moment, total: int, rows: Mapping[int, Row], empty: str = "") -> None:
        """Show the pane as it is at a moment; rows that are not given are read when they come into sight."""
        self.moment, self.empty = moment, empty
        if total != self.total:
            self.total = total
            self.virtual_size = Size(0, total)
        self.border_subtitle = Content(f"{total:,}" if total else "")
        self.rows = dict(rows)
        self._asked.clear()
        self._repaint_changed()

    def tick(self, moment: Moment) -> None:
        """Let time pass over the rows that are shown."""
        self.moment = moment
        self._repaint_changed()

    @property
    def seconds_count(self) -> bool:
        """Whether a row in sight counts seconds: somebody has asked within the last minutes."""
        top = self.scroll_offset.y
        return any(row.section == "golden" for index, row in self.rows.items() if top <= index < top + self.size.height)

    def add(self, rows: Mapping[int, Row]) -> None:
        """Take rows that were read."""
        self.rows.update(rows)
        if len(self.rows) > KEPT:
            near = self.scroll_offset.y
            self.rows = {index: row for index, row in self.rows.items() if abs(index - near) < KEPT // 2}
            self._asked.clear()
        self._repaint_changed()

    def point(self, index: int | None) -> None:
        """Put the cursor on a row, or take it away."""
        before, self.cursor = self.cursor, index
        if before == index:
            return
        if index is not None:
            self._bring(index)
        for one in (before, index):
            if one is not None:
                self._painted.pop(one, None)
                self.refresh_line(one)

    def seen(self) -> tuple[int, int]:
        """Return the rows in sight, as an offset and a count, with some before and after."""
        top = max(self.scroll_offset.y - 5, 0)
        return top, max(self.size.height + 10, 20)

    def _bring(self, index: int) -> None:
        top, height = self.scroll_offset.y, max(self.scrollable_content_region.height, 1)
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    def _repaint_changed(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        before, self._painted = self._painted, {}
        for index in range(top, top + height):
            old = before.get(index)
            first, last = (0, self.size.width) if old is None else changed_cells(old, self._strip(index))
            if first < last:
                self.refresh(Region(first, index - top, last - first, 1))

    def notify_style_update(self) -> None:
        """Forget what was painted when the colours change."""
        super().notify_style_update()
        self._painted.clear()

    def on_resize(self) -> None:
        """Paint anew in the new width, with the cursor in sight."""
        self._painted.clear()
        if self.cursor is not None:
            self._bring(self.cursor)

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        return self._strip(y + self.scroll_offset.y)

    def _strip(self, index: int) -> Strip:
        found = self._painted.get(index)
        if found is None:
            if len(self._painted) > 4 * PAGE:
                self._painted.clear()
            found = self._painted[index] = self._paint(index)
        return found

    def _paint(self, index: int) -> Strip:
        width = self.scrollable_content_region.width
        row = self.rows.get(index)
        if self.moment is None or index >= (self.total or 3):
            return Strip.blank(width, self.rich_style)
        if not self.total:
            return self._teaching(index, width)
        if row is None:
            self._want(index)
            return Strip.blank(width, self.rich_style)
        chosen = index == self.cursor
        content = row_line(row, self.moment, Columns.of(width), chosen=chosen)
        style = self.visual_style
        if chosen:
            style = self.get_visual_style("lead-list--cursor")
        return Visual.to_strips(self, content, width, 1, style, pad=True)[0].adjust_cell_length(width)

    def _teaching(self, index: int, width: int) -> Strip:
        lines = wrapped(self.empty, width - 4, 3) if self.empty else []
        text = f"  {lines[index]}" if index < len(lines) else ""
        style = self.get_visual_style("lead-list--empty")
        return Visual.to_strips(self, Content(text), width, 1, style, pad=True)[0].adjust_cell_length(width)

    def _want(self, index: int) -> None:
        offset = index // PAGE * PAGE
        if offset not in self._asked:
            self._asked.add(offset)
            self.post_message(self.Wanted(self.pane, offset))

    def on_click(self, event: events.Click) -> None:
        """Say which row was clicked."""
        index = event.get_content_offset_capture(self).y + self.scroll_offset.y
        if 0 <= index < self.total:
            self.post_message(self.Clicked(self.pane, index, event.chain > 1))
