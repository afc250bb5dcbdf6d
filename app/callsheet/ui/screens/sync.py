"""The sync: what waits, what the CRM refused and how to mend it, fields that both sides changed, the last runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from callsheet.domain.profile import flat
from callsheet.services.desk import Desk
from callsheet.services.views import SyncStatus, Undelivered
from callsheet.ui import keys
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.keys import Key
from callsheet.ui.present import ink
from callsheet.ui.present.cells import line, short
from callsheet.ui.present.sync import Gone, Item, Shown, bar, detail_lines, identity, items, sync_lines
from callsheet.ui.present.times import Moment
from callsheet.ui.screens.one_line import OneLine
from callsheet.ui.sync_control import Conflict, SyncControl, SyncView
from callsheet.ui.widgets.lines import Lines

DOUBLE: Final = 1.5
"""Seconds within which D is pressed twice."""


@dataclass(frozen=True, slots=True)
class Look:
    """The sync at a moment."""

    view: SyncView
    moment: Moment


MENDING: Final = frozenset({"sync.fix", "sync.retry", "sync.drop"})
"""Keys for what the CRM refused."""

DECIDING: Final = frozenset({"sync.mine", "sync.theirs"})
"""Keys for a conflict."""


class SyncScreen(DeskScreen[None]):
    """What the CRM does not have yet, and what only the rep can decide."""

    NAME = "sync"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("sync")]
    BINDING_GROUP_TITLE = "Sync"

    def __init__(self) -> None:
        super().__init__()
        self.look: Look | None = None
        self.cursor = 0
        self._armed: tuple[str, float] = ("", 0.0)
        self._rows: Shown = Shown((), ())
        self._asked: SyncStatus | None = None
        """Where the CRM stood when the rep asked for the run that is awaited."""

    # Its parts -------------------------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Return the rows and what is said of the one under the cursor."""
        with Horizontal(id="sync"):
            yield Lines(id="rows")
            yield Lines(id="detail", classes="box")

    def on_mount(self) -> None:
        """Read what there is, and again while a run is under way."""
        self.refresh_book()
        self.set_interval(1, self._watch_run)

    def _watch_run(self) -> None:
        if self.is_current and self.sheet_app.sync.badge().kind == "running":
            self._head()

    def refresh_book(self) -> None:
        """Read again what waits, what was refused, and the conflicts."""
        sync = self.sheet_app.sync
        self._head()
        self.ask("sync", lambda desk: read_look(desk, sync), self.show_look, keys_wait=True)

    def show_look(self, look: Look) -> None:
        """Show it, with the cursor on what it was on."""
        before = self.item
        self.look = look
        found = [identity(one) for one in items(look.view)]
        if before is not None and identity(before) in found:
            self.cursor = found.index(identity(before))
        self.cursor = max(0, min(self.cursor, len(found) - 1))
        if self._asked is not None and self._asked.last_run != look.view.status.last_run:
            self._asked = None
            self.say()
        self._head()
        self._paint()

    def _head(self) -> None:
        look, shown = self.look, self.sheet_app.sync.badge()
        view, moment = (look.view, look.moment) if look else (None, None)
        self.query_one("#bar", Lines).show(lambda width: bar(view, shown, moment, width))

    def _paint(self) -> None:
        look, cursor, item = self.look, self.cursor, self.item
        if look is None:
            return

        def lines(width: int) -> Sequence[Content]:
            self._rows = sync_lines(look.view, look.moment, cursor, width)
            return self._rows.lines

        self.query_one("#rows", Lines).show(lines)
        detail = self.query_one("#detail", Lines)
        detail.show(lambda width: detail_lines(item, look.view, look.moment, width) if item is not None else [])
        self.query_one("#hints", Lines).remake()
        detail.display = item is not None
        self.call_after_refresh(self._in_sight)

    def _in_sight(self) -> None:
        rows = self.query_one("#rows", Lines)
        if self.cursor < len(self._rows.rows):
            rows.bring(self._rows.rows[self.cursor] if self.cursor else 0)

    def hinted(self) -> Sequence[Key]:
        """Of the keys for one line, those that can do something with the line under the cursor."""
        item = self.item
        able: frozenset[str] = frozenset()
        if isinstance(item, Undelivered) and item.state == "parked":
            able = MENDING if item.editable else MENDING - {"sync.fix"}
        able = DECIDING if isinstance(item, Conflict) else able
        able = frozenset({"sync.theirs"}) if isinstance(item, Gone) else able
        return [key for key in super().hinted() if key.id not in MENDING | DECIDING or key.id in able]

    # The cursor ------------------------------------------------------------------------------------------------------

    @property
    def item(self) -> Item | None:
        """What is under the cursor."""
        found = items(self.look.view) if self.look else []
        return found[self.cursor] if self.cursor < len(found) else None

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self.look is not None:
            self.cursor = max(0, min(self.cursor + by, len(items(self.look.view)) - 1))
            self._paint()

    def action_move_first(self) -> None:
        """Go to the first."""
        self.cursor = 0
        self._paint()

    def action_move_last(self) -> None:
        """Go to the last."""
        self.action_move(100_000)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse was; twice fixes it."""
        rows = self.query_one("#rows", Lines)
        if event.widget is not rows:
            return
        y = event.y + rows.top
        if y in self._rows.rows:
            self.cursor = list(self._rows.rows).index(y)
            self._paint()
            if event.chain > 1:
                self.action_fix()

    # What can be done ------------------------------------------------------------------------------------------------

    def action_sync(self) -> None:
        """Sync now."""
        sync = self.sheet_app.sync
        if sync.badge().kind == "none":
            self.say("no CRM is connected; `callsheet connect odoo` connects one")
            return
        self._asked = self.look.view.status if self.look else None
        sync.request()
        self.say(("◌ ", ink.QUIET), "syncing now")
        self._head()

    def action_fix(self) -> None:
        """Ask for another value of what the CRM refused."""
        item = self.item
        if isinstance(item, Conflict):
            self.say(("m", ink.KEY), " keeps yours, ", ("t", ink.KEY), " takes theirs")
        elif self._refused(item) and isinstance(item, Undelivered):
            one = item
            if one.editable:
                self.operate(lambda desk: value_of(desk, one), lambda value: self._ask_value(one, value))
            else:
                self.say("nothing of it can be changed here: mend it in the CRM, then ", ("r", ink.KEY), " tries again")

    def _ask_value(self, one: Undelivered, value: str) -> None:
        field = one.editable.replace("_", " ")
        question = f"{one.name}: {field}" + (f" — {one.reason}" if one.reason else "")

        def edited(typed: str | None) -> None:
            if typed is not None:
                self._settle(lambda sync: sync.edit(one.op, typed), f"{field} changed here too; it is sent again")

        self.sheet_app.open_screen(OneLine(question, value=value, hint="enter sends it again · esc leaves it"), edited)

    def action_retry(self) -> None:
        """Try again what the CRM refused."""
        item = self.item
        if self._refused(item) and isinstance(item, Undelivered):
            one = item
            self._settle(lambda sync: sync.retry(one.op), f"tries again: {one.what}")

    def action_drop(self) -> None:
        """Give up what the CRM refused, when pressed twice."""
        item = self.item
        if not self._refused(item) or not isinstance(item, Undelivered):
            return
        one, now = item, time.monotonic()
        armed, at = self._armed
        if armed != one.op or now - at > DOUBLE:
            self._armed = (one.op, now)
            self.say(("D again", ink.KEY), f" gives it up: the CRM never gets “{short(one.what, 60)}”")
            return
        self._armed = ("", 0.0)
        self._settle(lambda sync: sync.drop(one.op), f"given up, and kept in your journal: {one.what}")

    def action_decide(self, kept: Literal["mine", "theirs"]) -> None:
        """Settle a conflict; or believe that so many leads are gone."""
        item = self.item
        if isinstance(item, Gone) and kept == "theirs":
            self._settle(lambda sync: sync.believe(), "they are taken away here too, with the next sync")
            return
        if not isinstance(item, Conflict):
            self.say("nothing to choose between here: both sides say the same")
            return
        one = item
        value = one.mine if kept == "mine" else one.theirs
        side = "yours" if kept == "mine" else "theirs"
        self._settle(lambda sync: sync.decide(one.key, kept), f"{one.field.replace('_', ' ')} is {side}: {value}")

    def _refused(self, item: Item | None) -> bool:
        if isinstance(item, Undelivered) and item.state == "parked":
            return True
        if isinstance(item, Conflict):
            self.say("both sides changed it: ", ("m", ink.KEY), " keeps yours, ", ("t", ink.KEY), " takes theirs")
        elif isinstance(item, Gone):
            self.say("they stay here until you say that it is right: ", ("t", ink.KEY), " takes them away")
        elif item is not None:
            self.say("nothing to mend: it goes over by itself; ", ("S", ink.KEY), " syncs now")
        else:
            self.say("there is nothing here that needs you")
        return False

    def _settle(self, do: Callable[[SyncControl], None], said: str) -> None:
        sync = self.sheet_app.sync

        def settled(_: None) -> None:
            self.say(("√ ", ink.FINE), short(said, 160))
            self.refresh_book()

        self.operate(lambda _: do(sync), settled, self._settled_already)

    def _settled_already(self, error: Exception) -> bool:
        if not isinstance(error, KeyError):
            return False
        self.say(line(("that is settled already: the sync was quicker", ink.QUIET)))
        self.refresh_book()
        return True


def read_look(desk: Desk, sync: SyncControl) -> Look:
    """Read all that the screen shows; without a CRM only what the book says."""
    return Look(sync.view(), Moment(desk.now(), desk.rules))


def value_of(desk: Desk, one: Undelivered) -> str:
    """Return the value that the CRM refused, empty when it is neither in the profile nor who gets the lead."""
    card = desk.book.card(one.lead)
    if card is None:
        return ""
    if one.field == "owner" and card.lead.returned is not None:
        return card.lead.returned.to
    return flat(card.lead.profile).get(one.field, "")
