"""The event form: one lead after the other by keyboard, offline as well as online."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Label

from callsheet.services import campaigns
from callsheet.services.capture import Captured, Form, FormRefused, asked_today, capture
from callsheet.services.desk import Changes, Desk
from callsheet.ui import keys
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.look import Look
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short
from callsheet.ui.present.form import FIELDS, HINTS, ticked
from callsheet.ui.screens.modal import one_line_input
from callsheet.ui.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Asked:
    """An event, and what its form requires."""

    event: str
    required: tuple[str, ...]


def asked_at(desk: Desk, event: str, look: Look) -> Asked:
    """Return what an event requires: as it was set up, else as the settings say for it, else for all."""
    found = campaigns.of_name(desk.book, event) if event else None
    return Asked(event, found.required if found is not None else look.events.get(event, look.required))


class Capture(DeskScreen[Changes]):
    """Captures leads until it is left; returns the last one."""

    NAME = "add"
    AUTO_FOCUS = "#name"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("add")]
    BINDING_GROUP_TITLE = "Add lead"

    def __init__(self) -> None:
        super().__init__()
        self.required: tuple[str, ...] = ()
        self.taken = 0
        self.last: Changes | None = None
        self._warned = False

    def body(self) -> ComposeResult:
        """Return a line for each field."""
        with VerticalScroll(id="form", can_focus=False):
            for name, label in FIELDS:
                with Horizontal(classes="row", id=f"row-{name}"):
                    yield Label(f"  {label}", classes="label", id=f"label-{name}", markup=False)
                    yield one_line_input(
                        id=name, placeholder=HINTS.get(name, ""), limit=10_000 if name == "comment" else 500
                    )
                if name == "answers":
                    yield Lines(lambda _: [ticked("")], id="questions")

    def on_mount(self) -> None:
        """Ask which event is on today."""
        self.query_one("#answers", Input).restrict = "[1-5 ]*"
        self._head()
        look = self.sheet_app.look
        self._require(look.required)
        self.ask("event", lambda desk: asked_at(desk, asked_today(desk, ())[0], look), self._at_event)

    def _at_event(self, asked: Asked) -> None:
        """Fill in the event of today; what is typed there asks for itself what it requires."""
        if asked.event and not self._field("campaign").value:
            self._field("campaign").value = asked.event

    @on(Input.Changed, "#campaign")
    def other_event(self, event: Input.Changed) -> None:
        """See what the event that is typed requires."""
        name, look = event.value.strip(), self.sheet_app.look
        self.ask("required", lambda desk: asked_at(desk, name, look), lambda asked: self._require(asked.required))

    def _require(self, required: tuple[str, ...]) -> None:
        self.required = required
        for name, label in FIELDS:
            shown = self.query_one(f"#label-{name}", Label)
            must = name in required or name == "name"
            shown.update(f"{'*' if must else ' '} {label}")
            shown.set_class(must, "-required")
        how = "* may not be blank · tab or enter: next line · enter on the comment saves"
        self.say((how, ink.QUIET))

    def _head(self) -> None:
        count = f"{self.taken} taken" if self.taken else ""
        self.query_one("#bar", Lines).say(
            line((" Add lead", ink.STRONG), ("   the next one opens at once   ", ink.QUIET), (count, ink.FINE))
        )

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Show which questions are ticked; what is typed wants to be kept."""
        self._warned = False
        if event.input.id == "answers":
            self.query_one("#questions", Lines).say(ticked(event.value))

    @on(Input.Submitted)
    def next_line(self, event: Input.Submitted) -> None:
        """Go to the next line; save after the last."""
        names = [name for name, _ in FIELDS]
        place = names.index(event.input.id or "name")
        if place + 1 < len(names):
            self._field(names[place + 1]).focus()
        else:
            self.action_save()

    def form(self) -> Form:
        """Return what is typed."""
        values: Mapping[str, Any] = {name: self._field(name).value for name, _ in FIELDS}
        return Form(**values)

    def action_save(self) -> None:
        """Save the lead, and open the form for the next one."""
        form, required = self.form(), self.required
        self.operate(lambda desk: capture(desk, form, required), self._saved, self._not_saved)

    def _saved(self, captured: Captured) -> None:
        name = self._field("name").value
        self.last = captured.changes
        self.taken += 1
        for field, _ in FIELDS:
            if field != "campaign":
                self._field(field).value = ""
        self._field("name").focus()
        self._head()
        self.say(
            ("√ ", ink.FINE),
            (short(name, 40), ink.STRONG),
            f" is {captured.became}",
            tail="u on the sheet takes it back",
        )

    def _not_saved(self, error: Exception) -> bool:
        if not isinstance(error, FormRefused):
            return False
        if error.fields:
            self._field(error.fields[0]).focus()
        self.trouble(error)
        return True

    def action_back(self) -> None:
        """Leave; what is typed and not saved asks once."""
        typed = any(self._field(name).value.strip() for name, _ in FIELDS if name != "campaign")
        if typed and not self._warned:
            self._warned = True
            self.say(("esc again", ink.KEY), " leaves without saving what is typed; ctrl+s saves it")
            return
        self.sheet_app.leave(self, self.last)
