"""The application: it paints at once, opens the book in a worker, and watches it for what others change."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, TypeVar
from weakref import WeakSet

from rich.console import RenderableType
from textual import events, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from callsheet.services.desk import Desk
from callsheet.ui import keymap, themes
from callsheet.ui.desk_screen import DeskScreen, explained
from callsheet.ui.garbage import look_after_screens, look_seldom
from callsheet.ui.keys import KEYS
from callsheet.ui.look import Look
from callsheet.ui.outside import Desktop, Outside
from callsheet.ui.present import ink
from callsheet.ui.screens.sheet import Sheet
from callsheet.ui.sync_control import Badge, NoSync, SyncControl
from callsheet.ui.typed_keys import ALWAYS, TypedKeys

S = TypeVar("S", bound=DeskScreen[Any])

LONGEST_BLANK = 0.06
"""Seconds that a screen may take to read what it shows before it is painted without."""

THREADS = 3
"""Threads for reading and writing: each keeps a connection with a cache of its own."""

STYLES = ("app", "base", "sheet", "lead", "block", "report", "sync", "lead_form", "modal")
"""The styles beside the screens, in their order, all read at the start: Textual reads every one anew when a screen
brings styles that it has not seen."""

TOLD_TO_LEAVE = ("SIGTERM", "SIGHUP")
"""Signals of a machine that shuts down and of a terminal that was closed: it is left as with `q`."""

WATCH_SECONDS = 0.5
"""How often the book is looked at for changes by another process: they show within a second."""


NEXT_SCREENS = ("lead", "block", "report", "sync", "capture")
"""What is opened from the sheet and takes long to import; the first key that opens it would wait."""


def import_screens() -> None:
    """Import the screens that are opened next, while the rep looks at the sheet."""
    for name in NEXT_SCREENS:
        import_module(f"callsheet.ui.screens.{name}")


def _minute(desk: Desk) -> datetime:
    return desk.now().replace(second=0, microsecond=0)


def no_sync(desk: Desk) -> SyncControl:  # noqa: ARG001
    """Return the control of a book without a CRM."""
    return NoSync()


class CallsheetApp(App[None]):
    """The call sheet.

    `open_desk` opens the book and `open_sync` what keeps the CRM in step; both run in a worker once the frame has been
    painted, so that nothing heavy is imported before.

    Raises:
        callsheet.ui.keymap.KeymapError: the keys in `look` cannot be used.
        callsheet.ui.themes.UnknownTheme: there is no theme of the name in `look`.
    """

    TITLE = "callsheet"
    CSS_PATH = [f"screens/{name}.tcss" for name in STYLES]  # noqa: RUF012
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", id="quit.always", system=True, priority=True),
        # The screens have it under a key of their own; without this Textual would list it in the help a second time.
        Binding("ctrl+p", "command_palette", "commands", id="palette.always", system=True, show=False),
    ]

    class Opened(Message):
        """The book is open, or could not be opened."""

        def __init__(self, desk: Desk | None, sync: SyncControl, error: Exception | None = None) -> None:
            super().__init__()
            self.desk, self.sync, self.error = desk, sync, error

    class Opening(Message):
        """The book is being made anew: so many leads of so many are done."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

        def can_replace(self, message: Message) -> bool:
            """Let the newest number stand for those that wait to be shown."""
            return isinstance(message, CallsheetApp.Opening)

    class Changed(Message):
        """Somebody changed the book, the sync is further, or a minute has passed."""

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        open_sync: Callable[[Desk], SyncControl] = no_sync,
        look: Look | None = None,
        outside: Outside | None = None,
    ) -> None:
        self.look = look or Look()
        self.keymap = keymap.checked(self.look.keys)
        super().__init__()
        self.open_desk = open_desk
        self.open_sync = open_sync
        self.outside: Outside = outside or Desktop()
        self.export_report: Callable[[Desk, int], str] | None = None
        """Writes the report over so many days to a file, and returns its path."""
        self.write_invitation: Callable[[Desk, str], tuple[str, str]] | None = None
        """Writes the invitation to a lead's meeting to a file; returns its path, and the link of the mail for it."""
        self.desk: Desk | None = None
        self.sync: SyncControl = NoSync()
        self.failure: str = ""
        self.shown_badge = Badge()
        self._held_paint: ExitStack | None = None
        self._painted = asyncio.Event()
        self._typed_at = time.monotonic()
        self._left: WeakSet[Screen[Any]] = WeakSet()
        self.typed = TypedKeys(self._hand_on, self.call_later)
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        self.set_keymap(self.keymap)
        self.theme = themes.textual_name(self.look.theme)

    # Looks -----------------------------------------------------------------------------------------------------------

    def get_css_variables(self) -> dict[str, str]:
        """Give every theme the names of colours that our presenters use."""
        return themes.with_inks(super().get_css_variables(), ansi=self.current_theme.ansi)

    # Opening ---------------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """Begin with the sheet."""
        sheet = Sheet()
        sheet.fit(self.size)
        return sheet

    def on_mount(self) -> None:
        """Open the book once the frame is painted."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS, "desk"))
        if not self.is_headless:
            for name in TOLD_TO_LEAVE:
                with suppress(AttributeError, NotImplementedError):  # Windows has neither
                    loop.add_signal_handler(getattr(signal, name), self.exit)
        self.call_after_refresh(self._open)

    @work(thread=True, exit_on_error=False, group="open")
    def _open(self) -> None:
        try:
            desk = self.open_desk()
            sync = self.open_sync(desk)
        except Exception as error:  # noqa: BLE001 - the boundary of a worker: the sheet says what is wrong
            self.post_message(self.Opened(None, NoSync(), error))
            return
        self.post_message(self.Opened(desk, sync))

    def opening(self, done: int, total: int) -> None:
        """Take note of how far the opening is, in its worker.

        Raises:
            InterruptedError: the rep has left meanwhile; nothing that was begun is kept.
        """
        if self._exit:
            raise InterruptedError("the application was left before the book was open")
        self.post_message(self.Opening(done, total))

    def on_callsheet_app_opening(self, message: Opening) -> None:
        """Say how far it is, and how to stop it."""
        for screen in self._desk_screens():
            screen.say(f"your settings have changed: the sheet is made anew, {message.done:,} of {message.total:,}",
                       tail="q stops, and it begins again the next time")  # fmt: skip

    def on_callsheet_app_opened(self, message: Opened) -> None:
        """Show the sheet, or why there is none."""
        if message.error is not None or message.desk is None:
            self.failure = explained(message.error or OSError("the book could not be opened"))[0]
            for screen in self._desk_screens():
                screen.desk_failed(self.failure)
            return
        self.desk, self.sync = message.desk, message.sync
        self.shown_badge = self.sync.badge()
        for screen in self._desk_screens():
            screen.desk_ready()
        self._watch()
        look_after_screens(self, self._left, lambda: time.monotonic() - self._typed_at)

    def _desk_screens(self) -> Iterable[DeskScreen[Any]]:
        return [screen for screen in self.screen_stack if isinstance(screen, DeskScreen)]

    @work(exit_on_error=False, group="watch")
    async def _watch(self) -> None:
        """Look at the book's version, the sync and the clock from time to time, for as long as the application runs.

        The minute is the clock's: a timer that was set before the machine slept would come so much too late.
        """
        desk = self.desk
        if desk is None:
            return
        await self._painted.wait()
        await asyncio.to_thread(import_screens)
        look_seldom()
        seen, minute = await asyncio.to_thread(desk.book.version), _minute(desk)
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                version = await asyncio.to_thread(desk.book.version)
            except Exception as error:  # noqa: BLE001 - the boundary of a worker: the book may be back the next time
                self.log.warning(error)
                continue
            badge = self.sync.badge()
            if (version, badge, _minute(desk)) != (seen, self.shown_badge, minute):
                seen, self.shown_badge, minute = version, badge, _minute(desk)
                self.post_message(self.Changed())

    def on_callsheet_app_changed(self) -> None:
        """Let the screen that is open look at the book again."""
        screens = list(self._desk_screens())
        if screens and screens[-1].whole:
            screens[-1].refresh_book()

    # Keys ------------------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Take keys in the order in which they were typed; see `typed_keys`."""
        if isinstance(event, events.Key):
            self._typed_at = time.monotonic()
        if isinstance(event, events.Key) and not event.is_forwarded and event.key not in ALWAYS:
            await self.typed.take(event)
        else:
            await super().on_event(event)

    async def _hand_on(self, event: events.Key) -> MessagePump:
        target = self.focused or self.screen
        if not self._help_scrolled(event.key):
            await super().on_event(event)
        return target

    def _help_scrolled(self, key: str) -> bool:
        """Read on in the keys beside the screen, where they are shown; return whether the key was for that."""
        for panel in self.screen.query("KeyPanel") if key in ("pagedown", "pageup") else ():
            (panel.scroll_page_down if key == "pagedown" else panel.scroll_page_up)(animate=False)
            return True
        return False

    def open_screen(self, screen: Screen[Any], then: Callable[[Any], None] | None = None) -> None:
        """Open a screen; keys wait until it can take them, and it is painted once, when it has something to show."""
        self.typed.hold("screen")
        if isinstance(screen, DeskScreen):
            screen.fit(self.size)
        self._hold_paint()
        self.push_screen(screen, then)

    def kept(self, kind: type[S]) -> S:
        """Return the screen of a kind that is opened again and again: it is built once, and filled each time."""
        if not self.is_screen_installed(kind.NAME):
            self.install_screen(kind(), kind.NAME)
        return self.get_screen(kind.NAME, kind)

    def leave(self, screen: Screen[Any], result: Any = None) -> None:
        """Go back to the screen before, with a result."""
        if len(self.screen_stack) > 1 and screen is self.screen:
            self.typed.hold("screen")
            self._hold_paint()
            screen.dismiss(result)
            if not self.is_screen_installed(screen):
                self._left.add(screen)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Leave out a paint that the screen is about to do again in full: a new layout asks for both."""
        if not screen._repaint_required:  # noqa: SLF001 - Textual has no public way to ask
            super()._display(screen, renderable)

    def _hold_paint(self) -> None:
        """Paint nothing until the screen in front has read what it shows: else it would be painted four times."""
        if self._held_paint is None:
            self._held_paint = ExitStack()
            self._held_paint.enter_context(self.batch_update())
            self.set_timer(LONGEST_BLANK, self.paint)

    def paint(self) -> None:
        """Paint the screen in front, once."""
        self._painted.set()
        if self._held_paint is not None:
            self._held_paint.close()
            self._held_paint = None
            self.screen.refresh()

    def action_keys_help(self) -> None:
        """Show the keys of this screen beside it, or hide them; they are scrolled as pages."""
        from textual.css.query import NoMatches
        from textual.widgets import HelpPanel

        try:
            self.screen.query_one(HelpPanel)
        except NoMatches:
            self.action_show_help_panel()
            if isinstance(self.screen, DeskScreen):
                self.screen.say(("pgdn pgup", ink.KEY), " more keys  ", ("?", ink.KEY), " closes them")
        else:
            self.action_hide_help_panel()

    def action_network(self) -> None:
        """Take the demo's network down, or up."""
        screen = self.screen
        if self.sync.network() is None:
            if isinstance(screen, DeskScreen):
                screen.say("only the demo has a network to switch")
            return
        up = self.sync.toggle_network()
        if isinstance(screen, DeskScreen):
            screen.say("the network is back" if up else "the network is down: work on, it is all kept")
        self.shown_badge = self.sync.badge()
        self.on_callsheet_app_changed()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer in the palette what the keys do on this screen, and Textual's own commands."""
        if isinstance(screen, DeskScreen):
            for key in KEYS:
                if screen.NAME in key.screens and key.id not in ("palette", "lead.tick"):
                    yield SystemCommand(
                        f"{key.label[:1].upper()}{key.label[1:]} ({key.shown})", key.tooltip,
                        partial(self._run_key, screen, key.action),
                    )  # fmt: skip
            yield from screen.commands()
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot", "Maximize", "Minimize"):
                yield command

    def _run_key(self, screen: Screen[Any], action: str) -> None:
        self.call_later(self.run_action, action, screen)
