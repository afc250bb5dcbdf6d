"""Asks for one line: a reason, a name, what is brought."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short, wrapped
from callsheet.ui.screens.modal import DeskModal, one_line_input
from callsheet.ui.widgets.lines import Lines


class OneLine(DeskModal[str]):
    """Asks a question and returns what was typed, None when it was left.

    `check` returns what is wrong with a text, empty when nothing is; `echo` says what was understood.
    """

    def __init__(
        self, question: str, *, value: str = "", placeholder: str = "", hint: str = "enter saves · esc leaves it",
        required: bool = True, echo: Callable[[str], str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.question, self.value, self.placeholder, self.hint = question, value, placeholder, hint
        self.required, self.echo = required, echo

    def body(self) -> ComposeResult:
        """Return question, line and what was understood."""
        yield Lines(
            lambda width: [line((text, ink.WARM_HEAD)) for text in wrapped(self.question, width, 3)], id="question"
        )
        yield one_line_input(self.value, placeholder=self.placeholder)
        yield Lines(lambda width: [line((short(self.hint, width), ink.QUIET))], id="echo")

    @on(Input.Changed)
    def understood(self, event: Input.Changed) -> None:
        """Say what was understood so far."""
        said = self.echo(event.value) if self.echo and event.value.strip() else self.hint
        self.say((said, ink.QUIET))

    @on(Input.Submitted)
    def save(self, event: Input.Submitted) -> None:
        """Return the text."""
        text = event.value.strip()
        if self.required and not text:
            self.say(("type something, or leave it with esc", ink.LATE))
            return
        self.close(text)
