"""The sheet: three panes with one cursor moving through all of them, and the card of the lead under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer

from callsheet.domain.agenda import Pane
from callsheet.services.desk import Changes, Desk
from callsheet.services.views import Filter, Row
from callsheet.ui import keys
from callsheet.ui.desk_screen import DeskScreen
from callsheet.ui.present import ink
from callsheet.ui.present.card import card_lines
from callsheet.ui.present.cells import line, plain
from callsheet.ui.present.empty import first_steps, teaching
from callsheet.ui.present.header import header
from callsheet.ui.present.times import Moment
from callsheet.ui.views import PANES, LeadView, SheetView, read_lead, read_rows, read_sheet
from callsheet.ui.widgets.lead_list import PAGE, LeadList
from callsheet.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from callsheet.ui.screens.find import Chosen

TITLES: dict[Pane, str] = {
    "hot": "1 Hot — asked to hear from you", "due": "2 Due — promised, then cadence", "later": "3 Later",
}  # fmt: skip

CARD_PAUSE = 0.12
"""Seconds that the cursor rests before the card is read: moving on quickly reads nothing."""


class Sheet(DeskScreen[None]):
    """Who to contact now, and why."""

    NAME = "sheet"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("sheet")]
    BINDING_GROUP_TITLE = "Sheet"

    def __init__(self) -> None:
        super().__init__()
        self.view: SheetView | None = None
        self.pane: Pane = "hot"
        self.index = 0
        self.only = Filter()
        self.carded = ""
        self._card_timer: Timer | None = None
        self._card_waits = False
        self._problem = ""
        """What was said last of what stands against the sync."""

    # Its parts -------------------------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Return the panes and the card."""
        with Horizontal(id="sheet"):
            with Vertical(id="panes"):
                for pane, title in TITLES.items():
                    yield LeadList(pane, title).add_class("pane")
            yield Lines(id="card", classes="box")

    def lists(self) -> dict[Pane, LeadList]:
        """Return the panes by name."""
        return {pane: self.query_one(f"#{pane}", LeadList) for pane in PANES}

    def on_mount(self) -> None:
        """Ask for the first rows; they come when the book is open."""
        self.show_header()
        self._rest()
        self.refresh_book()
        self.set_interval(1, self._second)

    def desk_failed(self, why: str) -> None:
        """Say in the first pane, where there is room for it, why there is no book."""
        super().desk_failed("there is no book to show; q leaves")
        self.lists()["hot"].tell(why)

    def _rest(self) -> None:
        """Say what is filtered; else the mantra, where the line on top has no room for it."""
        only, mantra = self.only, self.sheet_app.look.mantra
        said = " · ".join(part for part in (only.channel, only.plan, only.campaign) if part)
        told = line((f" showing {said} only; f changes it", ink.WARM)) if said else line((f" “{mantra}”", ink.QUIET))
        bar = self.query_one("#bar", Lines)
        self.rest(lambda: Content("") if not said and mantra in bar.plain else told)

    def _second(self) -> None:
        """Count the seconds of who has just asked; nothing else moves between the minutes."""
        desk = self.sheet_app.desk
        if desk is None or self.view is None or not self.shown:
            return
        hot = self.query_one("#hot", LeadList)
        if hot.seconds_count:
            hot.tick(Moment(desk.now(), desk.rules))

    # Reading ---------------------------------------------------------------------------------------------------------

    def refresh_book(self) -> None:
        """Read the counts and the rows in sight again."""
        wanted = {pane: (0, PAGE) if self.view is None else one.seen() for pane, one in self.lists().items()}
        only = self.only
        self.ask("sheet", lambda desk: read_sheet(desk, only, wanted), self.show_sheet)

    def show_sheet(self, view: SheetView) -> None:
        """Show the sheet as it was read, with the cursor where it was."""
        before = self.row
        first, self.view = self.view is None, view
        self._share_room(view)
        for pane, one in self.lists().items():
            one.show(view.moment, view.total(pane), view.rows[pane], teaching(view, pane))
        if first:
            self._start_somewhere()
            self.ask("late work", _late_count, self._say_late)
        elif before is not None:
            self._follow(before)
        self._point()
        self.show_header()
        self._say_problem()
        self._read_card(at_once=True)

    def _share_room(self, view: SheetView) -> None:
        """Give the room of panes without rows to the others; those who are hot need no more than their rows."""
        panes, hot = self.query_one("#panes"), view.total("hot")
        panes.set_class(not hot, "-no-hot").set_class(not view.total("due"), "-no-due")
        self.query_one("#hot").styles.max_height = max(hot, 2) + 2 if not view.total("due") else None

    def _say_problem(self) -> None:
        """Say once what stands against the sync."""
        problem = self.sheet_app.shown_badge.problem
        if problem != self._problem:
            self._problem = problem
            if problem:
                self.say(("✗ ", ink.LATE), plain(problem, 300), tail="S shows it in full")
            else:
                self._rest()

    def _say_late(self, count: int) -> None:
        """Ask once, after a leave, for all that is late together (RULES §5)."""
        if count:
            late = f"{count:,} {'lead is' if count == 1 else 'leads are'} more than a week late: "
            self.say(("! ", ink.LATE), late, ("L", ink.KEY), " decides for all at once")

    def _start_somewhere(self) -> None:
        self.pane = next((pane for pane in PANES if self.view and self.view.total(pane)), "hot")
        self.index = 0

    def _follow(self, before: Row) -> None:
        """Stay on the lead when it moved within what was read, else on the place."""
        if self.view is None:
            return
        for index, row in self.view.rows[self.pane].items():
            if row.entry.lead == before.entry.lead:
                self.index = index
                return

    def show_header(self) -> None:
        """Show the line on top."""
        app, view = self.sheet_app, self.view
        self.query_one("#bar", Lines).show(lambda width: header(view, app.shown_badge, app.look.mantra, width))
        self.query_one("#said", Lines).remake()  # the mantra stands in one of the two

    def on_lead_list_wanted(self, message: LeadList.Wanted) -> None:
        """Read rows that came into sight."""
        view = self.view
        if view is None:
            return
        pane, offset, only, now = message.pane, message.offset, self.only, view.moment.now
        wanted = self.lists()[pane]
        self.ask(
            f"rows {pane} {offset}", lambda desk: read_rows(desk, pane, only, offset, PAGE, now),
            wanted.add,
        )  # fmt: skip

    # The cursor ------------------------------------------------------------------------------------------------------

    @property
    def row(self) -> Row | None:
        """The row under the cursor, None while it is not read or there is none."""
        return self.query_one(f"#{self.pane}", LeadList).rows.get(self.index)

    def _point(self) -> None:
        view = self.view
        if view is None:
            return
        if not view.total(self.pane):
            self._to_some_pane(view)
        self.index = max(0, min(self.index, view.total(self.pane) - 1))
        for pane, one in self.lists().items():
            one.point(self.index if pane == self.pane and one.total else None)
            one.set_class(pane == self.pane, "-active")

    def _to_some_pane(self, view: SheetView) -> None:
        order = [*PANES[PANES.index(self.pane) :], *reversed(PANES[: PANES.index(self.pane)])]
        self.pane = next((pane for pane in order if view.total(pane)), self.pane)

    def action_move(self, by: int) -> None:
        """Move the cursor, on into the next pane at the end of one."""
        view = self.view
        if view is None:
            return
        target = self.index + by
        total = view.total(self.pane)
        if 0 <= target < total:
            self.index = target
        else:
            others = PANES[PANES.index(self.pane) + 1 :] if by > 0 else PANES[: PANES.index(self.pane)][::-1]
            next_pane = next((pane for pane in others if view.total(pane)), None)
            if next_pane is not None:
                self.pane = next_pane
                self.index = 0 if by > 0 else view.total(next_pane) - 1
            else:
                self.index = max(0, min(target, total - 1))
        self._moved()

    def action_move_first(self) -> None:
        """Go to the first row of the sheet."""
        if self.view is not None:
            self._start_somewhere()
            self._moved()

    def action_move_last(self) -> None:
        """Go to the last row of the sheet."""
        view = self.view
        if view is not None:
            self.pane = next((pane for pane in reversed(PANES) if view.total(pane)), "hot")
            self.index = max(view.total(self.pane) - 1, 0)
            self._moved()

    def action_pane(self, pane: Pane) -> None:
        """Go to a pane."""
        view = self.view
        if view is None:
            return
        if not view.total(pane):
            self.say(teaching(view, pane))
            return
        self.pane, self.index = pane, 0
        self._moved()

    def _moved(self) -> None:
        self._point()
        self._read_card()

    def on_lead_list_clicked(self, message: LeadList.Clicked) -> None:
        """Put the cursor where the mouse was; twice opens the lead."""
        self.pane, self.index = message.pane, message.index
        self._moved()
        if message.twice:
            self.action_open()

    # The card --------------------------------------------------------------------------------------------------------

    def _read_card(self, *, at_once: bool = False) -> None:
        card = self.query_one("#card", Lines)
        if not card.display:
            return
        if self._card_timer is not None:
            self._card_timer.stop()
        if at_once:
            self._ask_card()
        else:
            self._card_waits = True
            self._card_timer = self.set_timer(CARD_PAUSE, self._ask_card)

    @property
    def idle(self) -> bool:
        """Whether nothing is read, and the cursor rests."""
        return super().idle and not self._card_waits

    def _ask_card(self) -> None:
        self._card_waits = False
        row = self.row
        if row is None:
            view, self.carded = self.view, ""
            self.query_one("#card", Lines).show(lambda width: first_steps(view, width) if view else [])
            return
        lead, shelf = row.entry.lead, self.sheet_app.look.shelf
        self.ask("card", lambda desk: read_lead(desk, lead, shelf), self.show_card)

    def show_card(self, view: LeadView) -> None:
        """Show the card of the lead under the cursor."""
        self.carded = view.card.lead.id
        card = self.query_one("#card", Lines)
        card.show(lambda width: card_lines(view, width, card.rows_in_sight))

    def on_resize(self) -> None:
        """Read the card when there is room for it again."""
        self.call_after_refresh(self._read_card)

    # What it opens ---------------------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the lead under the cursor."""
        row = self.row
        if row is None:
            opening = "" if self.view is not None else self.sheet_app.failure or "the book is still being opened"
            self.say(opening or "there is nobody to open; a adds a lead")
            return
        from callsheet.ui.screens.lead import open_lead
        from callsheet.ui.walk import Walk

        open_lead(self.sheet_app, row.entry.lead, Walk.from_sheet(self.only, self._place_of_cursor()), self._came_from)

    def _came_from(self, lead: str | None) -> None:
        """Put the cursor on the lead that was open last, if its row is in sight: the rep went on from the first one."""
        for pane, one in self.lists().items():
            for index, row in one.rows.items():
                if row.entry.lead == lead:
                    self.pane, self.index = pane, index
                    self._moved()
                    return

    def _place_of_cursor(self) -> int:
        view = self.view
        if view is None:
            return 0
        before = PANES[: PANES.index(self.pane)]
        return sum(view.total(pane) for pane in before) + self.index

    def on_key(self, event: events.Key) -> None:
        """Say of a key that does something with a lead, and nothing here, where it does."""
        own = self.sheet_app.keymap
        here, there = (keys.by_press(screens, own) for screens in (("sheet",), ("block", "lead")))
        found = there.get(event.key) if event.key not in here else None
        if found is not None:
            label = found.label or found.tooltip
            self.say((event.character or event.key, ink.KEY), f" {label}: where a lead is open; enter opens this one")

    def action_find(self) -> None:
        """Find a lead among all."""
        from callsheet.ui.screens.find import Find

        self.sheet_app.open_screen(Find(), self._found)

    def _found(self, chosen: Chosen | None) -> None:
        if chosen is None:
            return
        from callsheet.ui.screens.lead import open_lead
        from callsheet.ui.walk import Walk

        open_lead(self.sheet_app, chosen.lead, Walk.of(chosen.among, chosen.lead))

    def action_filter(self) -> None:
        """Choose which leads to show."""
        from callsheet.ui.screens.filter import FilterScreen

        self.sheet_app.open_screen(FilterScreen(self.only), self._filtered)

    def _filtered(self, only: Filter | None) -> None:
        if only is None:
            return
        self.only = only
        self._rest()
        self.refresh_book()

    def action_add(self) -> None:
        """Capture a new lead."""
        from callsheet.ui.screens.capture import Capture

        self.sheet_app.open_screen(Capture(), self._added)

    def _added(self, changes: Changes | None) -> None:
        if changes is not None:
            self.done(changes)

    def action_late(self) -> None:
        """Ask how to go on with all that is late."""
        from callsheet.ui.screens.leave import LeaveScreen

        self.sheet_app.open_screen(LeaveScreen(), self._added)

    def action_sync(self) -> None:
        """Ask for a sync and show what the CRM does not have yet."""
        from callsheet.ui.screens.sync import SyncScreen

        self.sheet_app.sync.request()
        self.sheet_app.open_screen(SyncScreen())

    def action_report(self) -> None:
        """Show the rep's own figures."""
        from callsheet.ui.screens.report import ReportScreen

        self.sheet_app.open_screen(ReportScreen())

    def action_start_block(self) -> None:
        """Start a call block, or go on with the one that was interrupted."""
        from callsheet.ui.screens.block import BlockScreen

        self.sheet_app.open_screen(BlockScreen(self.only))


def _late_count(desk: Desk) -> int:
    from callsheet.services.cadence import late_count

    return late_count(desk)
