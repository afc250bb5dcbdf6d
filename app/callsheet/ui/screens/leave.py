"""Back from leave: one answer for all that is late, looked at before it is given (RULES §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input

from callsheet.services.cadence import Backlog, LateChoice, backlog, resolve_late
from callsheet.services.desk import Changes, Desk, Refused
from callsheet.ui.present import ink
from callsheet.ui.present.cells import fit, line, plain, short
from callsheet.ui.screens.modal import DeskModal, one_line_input
from callsheet.ui.widgets.lines import Lines

CHOICES: Final[tuple[tuple[LateChoice, str, str], ...]] = (
    ("spread", "spread", "so many a working day, the longest overdue first: type the number"),
    ("resume", "go on", "the next step of each is for today"),
    ("restart", "begin anew", "each plan from its first day"),
    ("retire", "retire", "close them: type the reason"),
)
"""Each answer, its name, and what it does."""

PER_DAY: Final = "20"
DAYS: Final = 5
"""Days of the preview."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is chosen, and what was typed for it."""

    choice: LateChoice
    typed: str

    @property
    def per_day(self) -> int:
        """How many a day; 0 when no number was typed."""
        return int(self.typed) if self.choice == "spread" and self.typed.isdecimal() else 0

    def preview(self, desk: Desk) -> Backlog:
        """Return what it would do.

        Raises:
            Refused: the number is missing.
        """
        return backlog(desk, self.choice, per_day=self.per_day)

    def give(self, desk: Desk) -> Changes:
        """Do it.

        Raises:
            Refused: nothing is late, or the number or the reason is missing.
        """
        return resolve_late(desk, self.choice, per_day=self.per_day, reason=self.typed)


class LeaveScreen(DeskModal[Changes]):
    """Asks how to go on with all that is more than a week late, and says what that would do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", show=False, priority=True), Binding("up", "choose(-1)", show=False, priority=True),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        self.typed: dict[LateChoice, str] = {"spread": PER_DAY}
        self.planned: Backlog | None = None

    def body(self) -> ComposeResult:
        """Return the answers, a line to type into, and what was understood."""
        yield Lines(lambda _: [line(("Back from leave: how to go on with what is late?", ink.WARM_HEAD))])
        yield Lines(id="choices")
        yield Lines(id="preview")
        yield one_line_input(PER_DAY)
        yield Lines(id="echo")

    def on_mount(self) -> None:
        """Look at what is late; the number that is proposed gives way to what is typed."""
        self.query_one(Input).action_select_all()
        self._chosen()

    @property
    def answer(self) -> Answer:
        """What is chosen now."""
        choice = CHOICES[self.at][0]
        return Answer(choice, self.typed.get(choice, "").strip())

    def action_choose(self, by: int) -> None:
        """Go to another answer."""
        self.at = (self.at + by) % len(CHOICES)
        field = self.query_one(Input)
        field.value = self.typed.get(CHOICES[self.at][0], "")
        field.placeholder = "why they are given up" if CHOICES[self.at][0] == "retire" else ""
        self._chosen()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        choice = CHOICES[self.at][0]
        if self.typed.get(choice, "") != event.value:
            self.typed[choice] = event.value
            self._chosen()

    def _chosen(self) -> None:
        self.query_one("#choices", Lines).show(self._choices)
        self.say(("↑↓: another answer · enter gives it · esc leaves all as it is", ink.QUIET))
        self.ask("late", self.answer.preview, self._show, self._not_understood)

    def _choices(self, width: int) -> list[Content]:
        return [
            line(
                ("▸ " if place == self.at else "  ", ink.WARM), (fit(name, 11), ink.STRONG if place == self.at else ""),
                (short(words, max(width - 14, 8)), ink.QUIET),
            )
            for place, (_, name, words) in enumerate(CHOICES)
        ]  # fmt: skip

    def _show(self, planned: Backlog) -> None:
        self.planned = planned
        self.query_one("#preview", Lines).show(lambda width: preview_lines(planned, self.answer.choice, width))

    def _not_understood(self, error: Exception) -> bool:
        if not isinstance(error, Refused):
            return False
        self.planned = None
        self.query_one("#preview", Lines).say(line((plain(f"{error}; {error.hint}", 200), ink.LATE)))
        return True

    @on(Input.Submitted)
    def _give(self) -> None:
        self.operate(self.answer.give, self.close, self._refused)

    def _refused(self, error: Exception) -> bool:
        if isinstance(error, Refused):
            self.say((plain(f"{error}; {error.hint}".rstrip("; "), 200), ink.LATE))
            return True
        return False


def preview_lines(planned: Backlog, choice: LateChoice, width: int) -> list[Content]:
    """Return what an answer would do: how many leads, on which days, and who stays on top."""
    count = len(planned.moved)
    if not count:
        kept = f"; {len(planned.hot)} who asked wait on top" if planned.hot else ""
        return [line((f"nothing is more than a week late{kept}", ink.FINE))]
    names = ", ".join(plain(one.name, 30) for one, _ in planned.moved[:3])
    who = f"{count:,} {'lead' if count == 1 else 'leads'}: {names}{' …' if count > 3 else ''}"
    if choice == "retire":
        what = "they are closed with the reason, and leave the sheet"
    else:
        shown = " · ".join(f"{day:%a %d %b} {many:,}" for day, many in planned.days[:DAYS])
        what = shown + (f" · {len(planned.days) - DAYS} days more" if len(planned.days) > DAYS else "")
    stay = "stays" if len(planned.hot) == 1 else "stay"
    hot = f"{len(planned.hot):,} who asked {stay} on top" if planned.hot else "nobody who asked waits"
    return [line((short(text, width), style)) for text, style in ((who, ""), (what, ink.STRONG), (hot, ink.QUIET))]
