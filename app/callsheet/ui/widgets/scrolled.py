"""Rows painted one by one and scrolled here: Textual lays the whole screen out anew for every row it scrolls."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

THUMB: Final = "▐"
"""Shows at the right edge which part of the rows is in sight."""

WHEEL: Final = 3
"""Rows that a turn of the wheel goes on."""


class Scrolled(Widget, can_focus=False):
    """A widget of rows. Only the cells that changed are painted, and only rows in sight are made."""

    COMPONENT_CLASSES = {"scrolled--thumb"}  # noqa: RUF012 - Textual reads it from the class
    DEFAULT_CSS = """
    Scrolled { text-wrap: nowrap; text-overflow: clip; overflow: hidden hidden; }
    Scrolled > .scrolled--thumb { color: $rule; }
    """
    auto_links = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.top = 0
        """The first row in sight."""
        self._painted: dict[int, Strip] = {}
        self._look: object = None
        self._blank: Style | None = None

    def on_unmount(self) -> None:
        """Let go of what was painted at once: it would wait, a thousand strips, to be found as garbage."""
        self._painted.clear()
        self._styles_cache.clear()

    # For those that know what the rows are ---------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def make_row(self, index: int, width: int) -> Strip:
        """Paint a row that was not painted yet, at most `width` cells wide."""
        raise NotImplementedError

    # Scrolling -------------------------------------------------------------------------------------------------------

    @property
    def rows_in_sight(self) -> int:
        """How many rows fit."""
        return max(self.content_size.height, 0)

    @property
    def row_width(self) -> int:
        """How many cells a row has, without the edge that shows where one is."""
        width = self.content_size.width
        return max(width - 1, 0) if self.count > self.rows_in_sight else width

    def scroll_rows(self, by: int) -> None:
        """Scroll by so many rows."""
        self.to_row(self.top + by)

    def to_row(self, top: int) -> None:
        """Put a row on top, as far as there are enough below it."""
        top = max(0, min(top, self.count - self.rows_in_sight))
        if top != self.top:
            before = self._in_sight()
            self.top = top
            self.repaint_changed(before)

    def bring(self, index: int) -> None:
        """Scroll as little as needed to bring a row into sight."""
        height = max(self.rows_in_sight, 1)
        if index < self.top:
            self.to_row(index)
        elif index >= self.top + height:
            self.to_row(index - height + 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll on."""
        event.stop()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        event.stop()
        self.scroll_rows(-WHEEL)

    # Painting --------------------------------------------------------------------------------------------------------

    def _in_sight(self) -> list[Strip]:
        return [self.render_line(y) for y in range(self.rows_in_sight)]

    def forget(self) -> list[Strip]:
        """Forget what was painted, and return what is in sight, to compare it with what will be."""
        before = [self._edged(self._painted[index], index) if index in self._painted else Strip([])
                  for index in range(self.top, self.top + self.rows_in_sight)]  # fmt: skip
        self._painted = {}
        return before

    def repaint_changed(self, before: list[Strip]) -> None:
        """Repaint the cells in which the rows in sight differ from what was there."""
        width = self.content_size.width
        for y, old in enumerate(before):
            first, last = changed_cells(old, self.render_line(y))
            if first < last:
                self.refresh(Region(first, y, min(last, width) - first, 1))

    def repaint_row(self, index: int) -> None:
        """Repaint a row, if it is in sight."""
        old = self._painted.pop(index, None)
        y = index - self.top
        if 0 <= y < self.rows_in_sight:
            first, last = (0, self.content_size.width) if old is None else changed_cells(old, self._row(index))
            if first < last:
                self.refresh(Region(first, y, last - first, 1))

    def notify_style_update(self) -> None:
        """Forget what was painted when the colours change; Textual says so whenever it looks at them, too."""
        super().notify_style_update()
        self._blank = None
        look = (self.app.theme, self.visual_style)
        if look != self._look:
            self._look = look
            self._painted.clear()

    def _row(self, index: int) -> Strip:
        found, width = self._painted.get(index), self.row_width
        if found is None or found.cell_length != width:
            if len(self._painted) > 500:
                self._painted.clear()
            found = self.make_row(index, width) if index < max(self.count, self.rows_in_sight) else Strip([])
            if found.cell_length != width:
                found = found.adjust_cell_length(width, self._blank_style)
            self._painted[index] = found
        return found

    @property
    def _blank_style(self) -> Style:
        # Textual works a style out anew from all parents each time it is asked, which is most of painting a short row.
        if self._blank is None:
            self._blank = self.rich_style
        return self._blank

    def _edged(self, strip: Strip, index: int) -> Strip:
        if self.count <= self.rows_in_sight:
            return strip
        height, total = self.rows_in_sight, self.count
        size = max(height * height // total, 1)
        start = (height - size) * self.top // max(total - height, 1)
        sign = THUMB if start <= index - self.top < start + size else " "
        return Strip([*strip, Segment(sign, self.get_component_rich_style("scrolled--thumb"))])

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        index = y + self.top
        return self._edged(self._row(index), index)


def changed_cells(before: Strip, after: Strip) -> tuple[int, int]:
    """Return the first and the last cell, exclusive, in which two strips differ; the same twice when they do not."""
    old, new = list(before), list(after)
    end = max(before.cell_length, after.cell_length)
    first = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        first += one.cell_length
    else:
        return first, end
    if before.cell_length == after.cell_length:
        for one, other in zip(reversed(old), reversed(new), strict=False):
            if one != other:
                break
            end -= one.cell_length
    return first, max(end, first)
