"""A form with a line for each field of a lead: to capture one, or to correct it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Label

from callsheet.services.capture import FormRefused
from callsheet.services.desk import Changes
from callsheet.ui import keys
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.present import ink
from callsheet.ui.present.form import HINTS
from callsheet.ui.screens.modal import one_line_input


class LeadForm(DeskScreen[Changes]):
    """Lines to type in; the last one saves, and leaving asks once while something is not saved."""

    NAME = "add"
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("add")]
    FIELDS: ClassVar[Sequence[tuple[str, str]]] = ()
    """The fields and their labels, in the order in which they are asked."""

    def __init__(self) -> None:
        super().__init__()
        self._warned = False

    def body(self) -> ComposeResult:
        """Return a line for each field."""
        with VerticalScroll(id="form", can_focus=False):
            for name, label in self.FIELDS:
                with Horizontal(classes="row", id=f"row-{name}"):
                    yield Label(f"  {label}", classes="label", id=f"label-{name}", markup=False)
                    yield one_line_input(
                        id=name, placeholder=HINTS.get(name, ""), limit=10_000 if name == "comment" else 500
                    )
                yield from self.below(name)

    def below(self, name: str) -> Iterable[Widget]:  # noqa: ARG002
        """Return what stands under a line."""
        return ()

    def field(self, name: str) -> Input:
        """Return the line of a field."""
        return self.query_one(f"#{name}", Input)

    def unsaved(self) -> bool:
        """Tell whether something is typed that is not saved."""
        raise NotImplementedError

    def action_save(self) -> None:
        """Save what is typed."""
        raise NotImplementedError

    @on(Input.Changed)
    def typed(self) -> None:
        """What is typed wants to be kept."""
        self._warned = False

    @on(Input.Submitted)
    def next_line(self, event: Input.Submitted) -> None:
        """Go to the next line; save after the last."""
        names = [name for name, _ in self.FIELDS]
        place = names.index(event.input.id or "name")
        if place + 1 < len(names):
            self.field(names[place + 1]).focus()
        else:
            self.action_save()

    def not_saved(self, error: Exception) -> bool:
        """Go to the line that cannot be read."""
        if not isinstance(error, FormRefused):
            return False
        if error.fields:
            self.field(error.fields[0]).focus()
        self.trouble(error)
        return True

    def leave_with(self, changes: Changes | None) -> None:
        """Leave; what is typed and not saved asks once."""
        if self.unsaved() and not self._warned:
            self._warned = True
            self.say(("esc again", ink.KEY), " leaves without saving what is typed; ctrl+s saves it")
            return
        self.sheet_app.leave(self, changes)
