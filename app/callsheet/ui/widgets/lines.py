"""Lines of content that repaint only the cells that changed: most of what a screen shows is made of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

Make = Callable[[int], Sequence[Content]]
"""Makes the lines for a width in cells."""


class Lines(ScrollView, can_focus=False):
    """Shows lines, one row each; what does not fit is scrolled to."""

    DEFAULT_CSS = """
    Lines { height: auto; width: 1fr; text-wrap: nowrap; text-overflow: clip; overflow-x: hidden; overflow-y: auto;
            scrollbar-size-vertical: 1; }
    """

    auto_links = False

    def __init__(self, make: Make | None = None, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._make: Make = make or (lambda _: ())
        self._lines: Sequence[Content] = ()
        self._strips: dict[int, Strip] = {}
        self._made_for = 0

    @property
    def plain(self) -> str:
        """The text that is shown, for those who look for words in it."""
        return "\n".join(one.plain for one in self._lines)

    def show(self, make: Make) -> None:
        """Show other lines."""
        self._make = make
        self._remake()

    def say(self, *lines: Content) -> None:
        """Show lines that are the same at every width."""
        self.show(lambda _: lines)

    def line_of(self, text: str) -> int | None:
        """Return the row in which a text is shown."""
        return next((row for row, one in enumerate(self._lines) if text in one.plain), None)

    def notify_style_update(self) -> None:
        """Forget what was painted when the colours change."""
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        """Make the lines anew for the new size."""
        self._remake()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return how many lines there are."""
        return len(self._make(width))

    def _remake(self) -> None:
        width = self.scrollable_content_region.width
        if not width:
            return
        self._made_for = width
        old, old_strips = self._lines, dict(self._strips)
        self._lines = list(self._make(width))
        self._strips.clear()
        if len(self._lines) != len(old) or self.virtual_size.width != width:
            self.virtual_size = Size(width, len(self._lines))
            if self.styles.auto_dimensions:
                self.refresh(layout=True)
        top, height = self.scroll_offset.y, self.size.height
        if not old:
            self.refresh()
            return
        for y in range(top, min(top + height, max(len(old), len(self._lines)))):
            before = old_strips.get(y)
            first, last = (0, width) if before is None else changed_cells(before, self._strip(y))
            if first < last:
                self.refresh(Region(first, y - top, last - first, 1))

    def _strip(self, y: int) -> Strip:
        found = self._strips.get(y)
        if found is None:
            if y < len(self._lines):
                made = Visual.to_strips(self, self._lines[y], self._made_for, 1, self.visual_style, pad=False)
                found = made[0] if made else Strip.blank(0)
            else:
                found = Strip.blank(0)
            self._strips[y] = found
        return found

    def render_line(self, y: int) -> Strip:
        """Paint one row."""
        return self._strip(y + self.scroll_offset.y).adjust_cell_length(self.size.width, self.rich_style)


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
