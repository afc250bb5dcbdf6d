"""The event form: one lead after the other by keyboard, offline as well as online."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Label

from callsheet.services import campaigns
from callsheet.services.capture import Captured, Form, asked_today, capture
from callsheet.services.desk import Changes, Desk
from callsheet.ui.look import Look
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short
from callsheet.ui.present.form import FIELDS, ticked
from callsheet.ui.screens.lead_form import LeadForm
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


class Capture(LeadForm):
    """Captures leads until it is left; returns the last one."""

    BINDING_GROUP_TITLE = "Add lead"
    FIELDS = FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.required: tuple[str, ...] = ()
        self.taken = 0
        self.last: Changes | None = None

    def below(self, name: str) -> Iterable[Widget]:
        """Show under the answers what they mean."""
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
        if asked.event and not self.field("campaign").value:
            self.field("campaign").value = asked.event

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

    @on(Input.Changed, "#answers")
    def answered(self, event: Input.Changed) -> None:
        """Show which questions are ticked."""
        self.query_one("#questions", Lines).say(ticked(event.value))

    def form(self) -> Form:
        """Return what is typed."""
        values: Mapping[str, Any] = {name: self.field(name).value for name, _ in FIELDS}
        return Form(**values)

    def action_save(self) -> None:
        """Save the lead, and open the form for the next one."""
        form, required = self.form(), self.required
        self.operate(lambda desk: capture(desk, form, required), self._saved, self.not_saved)

    def _saved(self, captured: Captured) -> None:
        name = self.field("name").value
        self.last = captured.changes
        self.taken += 1
        for field, _ in FIELDS:
            if field != "campaign":
                self.field(field).value = ""
        self.field("name").focus()
        self._head()
        self.say(
            ("√ ", ink.FINE),
            (short(name, 40), ink.STRONG),
            f" is {captured.became}",
            tail="u on the sheet takes it back",
        )

    def unsaved(self) -> bool:
        """Tell whether something is typed; the event is kept for the next one."""
        return any(self.field(name).value.strip() for name, _ in FIELDS if name != "campaign")

    def action_back(self) -> None:
        """Leave with the last one."""
        self.leave_with(self.last)
