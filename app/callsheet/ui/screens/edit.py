"""Correcting a lead: every field as it is, to be typed over."""

from __future__ import annotations

from collections.abc import Mapping

from callsheet.domain.profile import flat
from callsheet.services.corrections import correct
from callsheet.services.desk import Changes, Desk
from callsheet.services.leads import any_lead
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short
from callsheet.ui.present.form import PROFILE
from callsheet.ui.screens.lead_form import LeadForm
from callsheet.ui.widgets.lines import Lines


class Edit(LeadForm):
    """Shows what is known of a lead, and saves what is typed over it."""

    BINDING_GROUP_TITLE = "Edit lead"
    FIELDS = PROFILE

    def __init__(self, lead: str) -> None:
        super().__init__()
        self.lead = lead
        self.before: Mapping[str, str] = {}

    def on_mount(self) -> None:
        """Read the lead."""
        self._head("")

        def read(desk: Desk) -> Mapping[str, str]:
            with desk.book.work() as work:
                return flat(any_lead(work, self.lead).profile)

        self.ask("lead", read, self._fill)

    def _head(self, name: str) -> None:
        self.query_one("#bar", Lines).say(line((" Edit lead", ink.STRONG), (f"   {short(name, 60)}", ink.QUIET)))
        self.say(("tab or enter: next line · enter on the last one saves · several with ; between", ink.QUIET))

    def _fill(self, known: Mapping[str, str]) -> None:
        for name, _ in self.FIELDS:
            self.field(name).value = known[name]
        self.before = {name: self.field(name).value for name, _ in self.FIELDS}
        self._head(known["name"])

    def _said(self) -> dict[str, str]:
        values = {name: self.field(name).value for name, _ in self.FIELDS}
        return {name: text for name, text in values.items() if self.before and text != self.before[name]}

    def unsaved(self) -> bool:
        """Tell whether something differs from what is known."""
        return bool(self._said())

    def action_save(self) -> None:
        """Save what differs, and go back."""
        said, lead = self._said(), self.lead
        if not said:
            self.sheet_app.leave(self)
            return
        self.operate(lambda desk: correct(desk, lead, said), self._saved, self.not_saved)

    def _saved(self, changes: Changes) -> None:
        self.sheet_app.leave(self, changes if changes.action else None)

    def action_back(self) -> None:
        """Leave without saving."""
        self.leave_with(None)
