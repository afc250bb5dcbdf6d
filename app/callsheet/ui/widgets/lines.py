"""Lines of content that repaint only the cells that changed: most of what a screen shows is made of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.visual import Visual

from callsheet.ui.widgets.scrolled import Scrolled

Make = Callable[[int], Sequence[Content]]
"""Makes the lines for a width in cells."""


class Lines(Scrolled):
    """Shows lines, one row each; what does not fit is scrolled to."""

    DEFAULT_CSS = """
    Lines { height: auto; width: 1fr; }
    """

    def __init__(self, make: Make | None = None, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._make: Make = make or (lambda _: ())
        self._lines: Sequence[Content] = ()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    @property
    def plain(self) -> str:
        """The text that is shown, for those who look for words in it."""
        return "\n".join(one.plain for one in self._lines)

    def show(self, make: Make) -> None:
        """Show other lines."""
        self._make = make
        self.remake()

    def say(self, *lines: Content) -> None:
        """Show lines that are the same at every width."""
        self.show(lambda _: lines)

    def on_unmount(self) -> None:
        """Let go of what the lines were made from: it may be a report of all leads."""
        self._make, self._lines = (lambda _: ()), ()

    def on_resize(self) -> None:
        """Make the lines anew for the new size."""
        self.remake()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """Return how many lines there are."""
        return len(self._make(width))

    def remake(self) -> None:
        """Make the lines anew: what they say has changed."""
        width = self.content_size.width
        if not width:
            return
        before, many = self.forget(), len(self._lines)
        lines = self._make(width)
        if len(lines) > self.rows_in_sight and not self.styles.auto_dimensions:
            lines = self._make(width - 1)
        self._lines = list(lines)
        self.top = max(0, min(self.top, self.count - self.rows_in_sight))
        if len(self._lines) != many and self.styles.auto_dimensions:
            self.refresh(layout=True)
        else:
            self.repaint_changed(before)

    def make_row(self, index: int, width: int) -> Strip:
        """Paint a line."""
        if index >= len(self._lines):
            return Strip([])
        made = Visual.to_strips(self, self._lines[index], max(width, 1), 1, self.visual_style, pad=False)
        return made[0] if made else Strip([])
