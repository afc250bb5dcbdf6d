"""A line or two over the screen, at its bottom: what stands above stays in sight."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.present.cells import line
from callsheet.ui.widgets.lines import Lines

R = TypeVar("R")


class DeskModal(DeskScreen[R], ModalScreen[R]):
    """A modal screen that works with the desk; `esc` leaves it without doing anything."""

    NAME = "sheet"
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "leave it", show=False)]

    def compose(self) -> ComposeResult:
        """Put the parts into a box at the bottom."""
        with Vertical(id="box"):
            yield from self.body()

    def say(self, *parts: str | tuple[str, str] | Content, tail: str = "") -> None:
        """Say it in the modal's own line."""
        shown = line(*parts, tail)
        self.query_one("#echo", Lines).show(lambda width: [shown.truncate(width, ellipsis=True)])

    def close(self, result: R | None) -> None:
        """Close with a result."""
        self.sheet_app.leave(self, result)

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.close(None)


def one_line_input(value: str = "", *, placeholder: str = "", id: str = "typed", limit: int = 2_000) -> Input:  # noqa: A002
    """Return an input of one line whose cursor stands still, so that nothing is written while nobody types."""
    field = Input(value, placeholder=placeholder, id=id, compact=True, max_length=limit, select_on_focus=False)
    field.cursor_blink = False
    return field
