"""The one line after a conversation: when, what for, and a note; or what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from callsheet.domain.events import Channel, CloseReason
from callsheet.domain.when import EXAMPLES, Ambiguous, When, WhenError
from callsheet.services.decisions import Decision
from callsheet.services.desk import Desk
from callsheet.services.next_steps import Agreed, read_agreed
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, plain, short
from callsheet.ui.screens.modal import DeskModal, one_line_input
from callsheet.ui.widgets.lines import Lines

DECISIONS: Final[dict[str, CloseReason]] = {
    "won": "won",
    "lost": "lost",
    "no fit": "not_a_fit",
    "not a fit": "not_a_fit",
}
"""Words that decide instead of agreeing a next step."""

CHANNELS: Final[dict[Channel, str]] = {
    "phone": "call", "email": "mail", "meeting": "meeting", "linkedin": "LinkedIn", "post": "post", "video": "video",
    "sms": "message", "research": "research",
}  # fmt: skip
"""What each channel is called after a time: `Thu 26 Nov 14:00 · call · pricing`."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was agreed or decided, and the note."""

    agreed: Agreed | None = None
    decision: Decision | None = None
    note: str = ""


def understand(desk: Desk, text: str, channel: Channel | None, *, a_day: bool = False) -> Said:
    """Read the line: a decision when it begins with one, else a time and what for; with `a_day`, a day is enough.

    Raises:
        WhenError: the time is ambiguous, over, or cannot be read.
    """
    lowered, nurture = text.strip().lower(), nurtured(desk, text)
    if nurture is not None:
        return Said(decision=nurture)
    for word, reason in DECISIONS.items():
        if lowered == word or lowered.startswith((f"{word} ", f"{word}:", f"{word},")):
            return Said(decision=Decision("close", reason, text.strip()[len(word) :].lstrip(" :,")))
    return Said(agreed=read_agreed(desk, text, channel=channel, kind="nurture" if a_day else "advance"))


def nurtured(desk: Desk, text: str) -> Decision | None:
    """Return the decision of a line that begins with `nurture`: until when, if it goes on so, and why; else None."""
    word, _, rest = text.strip().partition(" ")
    if word.lower() != "nurture":
        return None
    try:
        agreed = read_agreed(desk, rest, kind="nurture")
    except WhenError:
        return Decision("nurture", note=rest.strip())
    return Decision("nurture", note=agreed.what, until=agreed.due)


class WhenScreen(DeskModal[Said]):
    """Asks when and what for; `enter` saves, and nothing else is required."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", show=False), Binding("up", "choose(-1)", show=False),
    ]  # fmt: skip

    def __init__(
        self,
        question: str,
        *,
        channel: Channel | None = None,
        decide: bool = True,
        note: bool = True,
        a_day: bool = False,
    ) -> None:
        super().__init__()
        self.question, self.channel, self.decide, self.with_note, self.a_day = question, channel, decide, note, a_day
        self.candidates: tuple[When, ...] = ()
        self.chosen = 0
        self.time_words = 0

    def body(self) -> ComposeResult:
        """Return the question, the line, the note, and what was understood."""
        yield Lines(lambda width: [line((short(self.question, width), ink.WARM_HEAD))], id="question")
        with Horizontal(classes="row"):
            yield Label("when", classes="label")
            examples = "mon · in 2 weeks · thu 14:00" if self.a_day else "thu 2p pricing call · +3d · next block"
            yield one_line_input(placeholder=examples)
        if self.with_note:
            with Horizontal(classes="row"):
                yield Label("note", classes="label")
                yield one_line_input(id="note", placeholder="tab: what was said", limit=10_000)
        yield Lines(lambda _: [self._hint()], id="echo")

    def _hint(self) -> Content:
        decide = " · or: won, lost, not a fit, nurture" if self.decide else ""
        return line(("enter saves · esc leaves it" + decide, ink.QUIET))

    @property
    def typed(self) -> str:
        """What was typed as time and purpose."""
        return self.query_one("#typed", Input).value

    @on(Input.Changed, "#typed")
    def understood(self) -> None:
        """Show what the line means, as it is typed."""
        self.candidates, self.chosen = (), 0
        if not self.typed.strip():
            self.query_one("#echo", Lines).say(self._hint())
            return
        try:
            said = self._read()
        except Ambiguous as error:
            self.candidates, self.time_words = error.candidates, len(error.text.split())
            self._show_candidates()
        except WhenError as error:
            self.say((plain(str(error), 400), ink.LATE))
        else:
            self.say(*_echo(said, until=self.a_day))

    def _read(self) -> Said:
        desk = self.sheet_app.desk
        if desk is None:
            raise WhenError(self.typed, "cannot be read yet: the book is still being opened.")
        said = understand(desk, self.typed, self.channel, a_day=self.a_day)
        if said.decision is not None and not self.decide:
            raise WhenError(self.typed, f"does not begin with a time. {EXAMPLES}")
        return said

    def _show_candidates(self) -> None:
        lines = [line(("Which one? ↑ ↓ and enter", ink.LATE))]
        for index, one in enumerate(self.candidates):
            sign = ("▸ ", ink.WARM) if index == self.chosen else "  "
            lines.append(line(sign, (one.echo, ink.STRONG if index == self.chosen else "")))
        self.query_one("#echo", Lines).say(*lines)

    def action_choose(self, by: int) -> None:
        """Choose among what it can mean."""
        if self.candidates:
            self.chosen = (self.chosen + by) % len(self.candidates)
            self._show_candidates()

    @on(Input.Submitted)
    def save(self) -> None:
        """Return what was agreed or decided."""
        note = self.query_one("#note", Input).value.strip() if self.with_note else ""
        if not self.typed.strip():
            what = "a conversation ends with a date, or with a decision" if self.decide else "a time is missing"
            self.say((f"{what}: {EXAMPLES}", ink.LATE))
            return
        if self.candidates:
            when = self.candidates[self.chosen]
            self.close(
                Said(
                    Agreed(
                        when.at,
                        " ".join(self.typed.split()[self.time_words :]),
                        self.channel or "phone",
                        echo=when.echo,
                    ),
                    None,
                    note,
                )
            )
            return
        try:
            said = self._read()
        except WhenError as error:
            self.say((plain(str(error), 400), ink.LATE))
            return
        self.close(Said(said.agreed, said.decision, note or (said.decision.note if said.decision else "")))


def _echo(said: Said, *, until: bool = False) -> list[str | tuple[str, str]]:
    if said.decision is not None:
        if said.decision.kind == "nurture":
            return [("√ nurture", ink.FINE), " · something of value every three weeks"]
        return [(f"√ closed as {said.decision.reason.replace('_', ' ')}", ink.FINE)]
    agreed = said.agreed
    if agreed is None:
        return [""]
    if until:
        return [("√ ", ink.FINE), (agreed.echo, ink.STRONG)]
    what = f" · {plain(agreed.what, 200)}" if agreed.what else ""
    return [("√ ", ink.FINE), (agreed.echo, ink.STRONG), f" · {CHANNELS[agreed.channel]}{what}"]
