"""What every screen is: it reads and acts in workers, says what happened in one line, and fits the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar, cast

from textual import work
from textual._styles_cache import StylesCache
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import active_worker

from callsheet.domain.text import one_line
from callsheet.domain.when import WhenError
from callsheet.services.desk import BookTrouble, Changes, Desk, NotFound, Refused
from callsheet.ui.keys import Key, ScreenName, of_screen
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short
from callsheet.ui.present.hints import hint_line
from callsheet.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from callsheet.ui.app import CallsheetApp

T = TypeVar("T")
R = TypeVar("R")

SMALLEST: Final = (60, 14)
"""Columns and rows that a screen needs."""

SLOW: Final = 0.4
"""Seconds after which a line says that something is still being written."""

Read = Callable[[Desk], T]
Then = Callable[[T], None]
Failed = Callable[[Exception], bool]
"""Gets what went wrong; returns whether it took care of it."""


@dataclass
class Answer(Message, bubble=False):
    """What a worker found, or what went wrong; `number` tells whether anybody still waits for it."""

    name: str
    number: int
    value: Any = None
    error: Exception | None = None


@dataclass
class _Asked(Generic[T]):
    number: int
    read: Read[T]
    then: Then[T]
    failed: Failed | None = None


@dataclass
class _Reads:
    """Which reads are under way: of each name one at a time, and the last one that was asked for after it."""

    count: int = 0
    running: dict[str, _Asked[Any]] = field(default_factory=dict)
    next: dict[str, _Asked[Any]] = field(default_factory=dict)


class DeskScreen(Screen[R]):
    """A screen that works with the desk."""

    NAME: ClassVar[ScreenName]
    BINDINGS: ClassVar[list[BindingType]] = [
        # Textual's own, left out of the help: they only do what they do everywhere.
        Binding("tab", "app.focus_next", show=False, system=True),
        Binding("shift+tab", "app.focus_previous", show=False, system=True),
        Binding("ctrl+c,super+c", "screen.copy_text", show=False, system=True),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"), (SMALLEST[0], "-narrow"), (100, "-normal"), (150, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"), (SMALLEST[1], "-low"), (30, "-tall"), (44, "-high"),
    ]  # fmt: skip
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._reads = _Reads()
        self._slow: Timer | None = None
        self._awaited = False
        """Whether keys wait until everything is read that this screen shows."""

    # Its parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Put the screen's own parts between the line on top and the two below."""
        yield Lines(id="bar")
        yield from self.body()
        yield Lines(id="said")
        yield Lines(lambda width: hint_line(self.hinted(), width, self.sheet_app.keymap), id="hints")
        yield Lines(self._too_small, id="tiny")

    def body(self) -> ComposeResult:
        """Return the screen's own parts."""
        yield from ()

    def hinted(self) -> Sequence[Key]:
        """Return the keys that can do something now, for the line at the bottom."""
        return of_screen(self.NAME)

    def fit(self, size: Size) -> None:
        """Take the classes of a size before the screen is laid out, which is then done once."""
        for points, length in ((self.HORIZONTAL_BREAKPOINTS, size.width), (self.VERTICAL_BREAKPOINTS, size.height)):
            fitting = [name for least, name in points or () if length >= least][-1]
            for _, name in points or ():
                self.set_class(name == fitting, name)

    def _too_small(self, _: int) -> list[Content]:
        have, need = self.app.size, SMALLEST
        text = f"callsheet needs {need[0]}×{need[1]}, this is {have.width}×{have.height}"
        return [line((text, ink.WARM))]

    @property
    def sheet_app(self) -> CallsheetApp:
        """The application."""
        return cast("CallsheetApp", self.app)

    # Saying ----------------------------------------------------------------------------------------------------------

    def say(self, *parts: str | tuple[str, str] | Content, tail: str = "") -> None:
        """Say in the quiet line what happened, until something else does; the tail is never cut."""
        shown, end = line(" ", *parts), line((f"   {tail}" if tail else "", ink.QUIET))
        self.query_one("#said", Lines).show(
            lambda width: [line(shown.truncate(width - end.cell_length, ellipsis=True), end)]
        )

    def rest(self, told: Content | Callable[[], Content]) -> None:
        """Say this while there is nothing else to say."""
        self.query_one("#said", Lines).show(
            lambda width: [(told() if callable(told) else told).truncate(width, ellipsis=True)]
        )

    def trouble(self, error: Exception) -> None:
        """Say what is wrong and what to do, in one line."""
        message, hint = explained(error)
        parts: list[str | tuple[str, str]] = [("✗ ", ink.LATE), message]
        if hint:
            parts.append((f" — {hint}", ink.QUIET))
        self.say(*parts)

    # The two doors ---------------------------------------------------------------------------------------------------

    def ask(
        self, name: str, read: Read[T], then: Then[T], failed: Failed | None = None, *, keys_wait: bool = False
    ) -> None:
        """Read in a worker. Of each name only the last answer counts, and only one read is under way.

        With `keys_wait` what is typed next is for what will be shown then, and waits for it.
        """
        if keys_wait and self.sheet_app.desk is not None:
            self._awaited = True
            self.sheet_app.typed.hold("screen")
        self._reads.count += 1
        asked: _Asked[Any] = _Asked(self._reads.count, read, then, failed)
        if name in self._reads.running or self.sheet_app.desk is None:
            self._reads.next[name] = asked
            return
        self._start(name, asked)

    @property
    def shown(self) -> bool:
        """Whether the screen is the one in front, and not being taken apart."""
        return self.is_current and self.whole

    @property
    def whole(self) -> bool:
        """Whether the screen has its parts, and nobody is taking them away."""
        return bool(self.children) and not self._pruning

    @property
    def idle(self) -> bool:
        """Whether nothing is read or written, and nothing is about to be."""
        return not self._reads.running and not self._reads.next

    def desk_failed(self, why: str) -> None:
        """Say why there is no book, and wait for nothing of it."""
        self._reads.next.clear()
        self.say(why)

    def desk_ready(self) -> None:
        """Read what was asked for before the book was open; keys that come now are for what will be shown."""
        self._awaited = bool(self._reads.next)
        if self._awaited:
            self.sheet_app.typed.hold("screen")
        for name in list(self._reads.next):
            if name not in self._reads.running:
                self._start(name, self._reads.next.pop(name))

    def _start(self, name: str, asked: _Asked[Any]) -> None:
        self._reads.running[name] = asked
        self._work(name, asked.number, asked.read)

    def operate(self, do: Read[T], then: Then[T], failed: Failed | None = None) -> None:
        """Do something in a worker. Keys wait until it is on disk and what follows from it is painted."""
        app = self.sheet_app
        if app.desk is None:
            self.say(app.failure or "the book is still being opened")
            return
        app.typed.hold("operation")
        self._slow = self.set_timer(SLOW, lambda: self.say(("writing…", ink.QUIET)))
        self._reads.count += 1
        asked: _Asked[Any] = _Asked(self._reads.count, do, then, failed)
        self._reads.running["operation"] = asked
        self._work("operation", asked.number, do)

    @work(thread=True, exit_on_error=False, group="desk")
    def _work(self, name: str, number: int, read: Read[Any]) -> None:
        desk = self.sheet_app.desk
        try:
            if desk is None:
                raise OSError("the book is not open")
            self.post_message(Answer(name, number, read(desk)))
        except Exception as error:  # noqa: BLE001 - the boundary of a worker: whatever went wrong becomes one line
            self.post_message(Answer(name, number, error=error))
        finally:
            active_worker.set(None)  # type: ignore[arg-type] # Textual leaves it in the thread, and with it the screen

    def on_answer(self, answer: Answer) -> None:
        """Take what a worker found, unless something newer was asked for meanwhile."""
        asked = self._reads.running.get(answer.name)
        if asked is None or asked.number != answer.number or not self.whole:
            return
        del self._reads.running[answer.name]
        newer = self._reads.next.pop(answer.name, None)
        if newer is not None:
            self._start(answer.name, newer)
        if answer.name == "operation":
            self._operated(answer, asked)
        elif newer is None:
            self._deliver(answer, asked)
        self._read_all()

    def _read_all(self) -> None:
        """Paint, and let the keys come that wait for it, once nothing is left to read."""
        if not self.idle:
            return
        self.call_later(self.sheet_app.paint)
        if self._awaited:
            self._awaited = False
            self.call_after_refresh(self.sheet_app.typed.release, "screen")

    def _operated(self, answer: Answer, asked: _Asked[Any]) -> None:
        if self._slow is not None:
            self._slow.stop()
        if answer.error is not None:
            self.sheet_app.typed.forget()
        self._deliver(answer, asked)
        if "operation" not in self._reads.running:  # what came of it may be one more
            self.call_after_refresh(self.sheet_app.typed.release, "operation")

    def _deliver(self, answer: Answer, asked: _Asked[Any]) -> None:
        if answer.error is None:
            asked.then(answer.value)
        elif asked.failed is None or not asked.failed(answer.error):
            self.trouble(answer.error)

    # What happens to it ----------------------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Look at the book again, and let the keys come that were typed for what the screen shows then."""
        self._awaited = True
        if self.sheet_app.desk is None:  # there is nothing to read yet, and perhaps there never will be
            self._awaited = False
            self.call_after_refresh(self.sheet_app.typed.release, "screen")
        else:
            self.refresh_book()
        self._read_all()

    def refresh_book(self) -> None:
        """Read again what is shown: the book has changed, or a minute has passed."""

    def done(self, changes: Changes, what: str = "") -> None:
        """Say what was done and that it can be taken back."""
        self.say(("√ ", ink.FINE), short(what or changes.label, 160), tail="u takes it back")

    def action_undo(self) -> None:
        """Take back the last thing that was done."""
        from callsheet.services.history import undo

        self.operate(undo, self.took_back)

    def action_redo(self) -> None:
        """Bring back the last thing that was taken back."""
        from callsheet.services.history import redo

        self.operate(redo, self.brought_back)

    def took_back(self, changes: Changes) -> None:
        """Say what was taken back, and show it."""
        self.say(("↶ ", ink.FINE), short(changes.label, 160), tail="U brings it back")
        self.changed_back(changes)

    def brought_back(self, changes: Changes) -> None:
        """Say what was brought back, and show it."""
        self.say(("↷ ", ink.FINE), short(changes.label, 160), tail="u takes it back")
        self.changed_back(changes)

    def changed_back(self, changes: Changes) -> None:  # noqa: ARG002
        """Show what was taken back or brought back."""
        self.refresh_book()

    def commands(self) -> Iterable[SystemCommand]:
        """Return what the palette offers here besides the keys."""
        return ()

    def on_unmount(self) -> None:
        """Leave nobody waiting for what was still being written, and nothing of what was painted."""
        # Textual remembers by widget which colours it had, and with it all that it has painted: a thousand widgets that
        # are gone, and tenths of seconds whenever Python looks through them for garbage.
        StylesCache.get_inner_outer.cache_clear()
        if "operation" in self._reads.running:
            self.sheet_app.call_later(self.sheet_app.typed.release, "operation")
        if self._awaited:
            self.sheet_app.call_later(self.sheet_app.typed.release, "screen")

    def action_back(self) -> None:
        """Go back to the screen before."""
        self.sheet_app.leave(self)


def explained(error: Exception) -> tuple[str, str]:
    """Return what is wrong and what to do, each in one line."""
    match error:
        case Refused():
            return one_line(str(error), 300), one_line(_for_screens(error.hint), 300)
        case NotFound() | BookTrouble():
            return one_line(str(error), 300), ""
        case WhenError():
            return one_line(str(error), 300), ""
        case OSError():
            what = error.strerror or str(error)
            where = f" ({error.filename})" if error.filename else ""
            return one_line(f"{what}{where}", 300), "what you typed was not saved"
        case ValueError():
            return one_line(str(error), 300), ""
        case _:
            text = one_line(f"{type(error).__name__}: {error}", 300)
            return f"that did not work: {text}", "nothing was changed; callsheet doctor looks for the cause"


def _for_screens(hint: str) -> str:
    """Return a hint without what only the command line has."""
    return "" if "--" in hint or "`callsheet" in hint else hint
