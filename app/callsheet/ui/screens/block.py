"""The call block: one lead at a time, one key to log and go on, until it is done or ended (RULES §12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits

from callsheet.domain.events import Channel
from callsheet.domain.value import Asset
from callsheet.services import blocks
from callsheet.services.blocks import Block, Summary, Waits
from callsheet.services.desk import Changes, Desk, Refused
from callsheet.services.outreach import Report
from callsheet.services.views import Filter, Row
from callsheet.ui import keys
from callsheet.ui.keys import Key
from callsheet.ui.present import block as present
from callsheet.ui.present import ink
from callsheet.ui.present.block import BlockView
from callsheet.ui.present.cells import line, plain, wrapped
from callsheet.ui.present.outcomes import outcome_lines
from callsheet.ui.present.times import Moment, stopwatch
from callsheet.ui.screens.open_lead import LoggedNext, OpenLead, log_and_look
from callsheet.ui.views import LeadView, read_lead
from callsheet.ui.widgets.lines import Lines

AT_THE_END: Final = frozenset({"block.end", "undo", "palette", "help"})
"""Keys that still do something when the block is over."""

COMING: Final = 3
"""Leads that are in sight after the one that is open."""

Shelf = Sequence[Asset]
"""What there is of value to bring."""


@dataclass(frozen=True)
class Begun:
    """A block that was begun, or went on."""

    view: BlockView
    resumed: bool


@dataclass(frozen=True)
class LoggedStep:
    """What was logged, and where the block stands now."""

    done: LoggedNext
    view: BlockView


def begin(desk: Desk, only: Filter, leads: Sequence[str] | None, shelf: Shelf = ()) -> Begun:
    """Go on with the block under way, or start one.

    Raises:
        Refused: nobody may be called now.
    """
    block = blocks.resume(desk) if leads is None else None
    waits: tuple[Waits, ...] = ()
    resumed = block is not None
    if block is None:
        block, waits = blocks.start(desk, only=only, leads=leads)
    return Begun(read_block(desk, blocks.go_on(block, desk.now()), shelf, waits), resumed)


def read_block(desk: Desk, block: Block, shelf: Shelf = (), waits: Sequence[Waits] = ()) -> BlockView:
    """Read who is open, with what of the shelf to bring, and who comes after."""
    block, lead, over = blocks.open_next(desk, block)
    now = desk.now()
    coming = [one for one in block.open if one != lead][:COMING]
    rows = desk.book.rows(coming, now)
    opened = read_lead(desk, lead, shelf) if lead is not None else None
    today = desk.book.today(block.started, now.replace(microsecond=0) + blocks.GRACE)
    return BlockView(
        Moment(now, desk.rules), block, opened, [rows[one] for one in coming if one in rows], today, (*waits, *over)
    )


def log_step(desk: Desk, block: Block, lead: str, report: Report, referred: str, shelf: Shelf = ()) -> LoggedStep:
    """Log an outcome and open the next lead; both are on disk when this returns."""
    done = log_and_look(desk, lead, report, referred)
    block = blocks.had(block, lead, done.logged.outcome, done.logged.at)
    view = read_block(desk, block, shelf)
    blocks.keep(desk, view.block)
    return LoggedStep(done, view)


class BlockScreen(OpenLead):
    """A call block."""

    NAME = "block"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("block")]
    BINDING_GROUP_TITLE = "Block"

    def __init__(self, only: Filter | None = None, leads: Sequence[str] | None = None) -> None:
        super().__init__()
        self.only, self.leads = only or Filter(), leads
        self.block_view: BlockView | None = None
        self.summary: Summary | None = None
        self.hot: Row | None = None
        self._typing = False
        self._waits: Sequence[Waits] = ()

    # Its parts -------------------------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Return the lead, the outcomes and the clock of the call, and who is next."""
        with Horizontal(id="block"):
            yield Lines(id="lead", classes="box")
            with Vertical(id="side", classes="box"):
                yield Lines(id="outcomes")
                yield Lines(lambda _: [line(("on the line", ink.QUIET))], id="on-the-line")
                yield Digits("00:00", id="clock")
        yield Lines(id="coming")

    def on_mount(self) -> None:
        """Begin, and let the clock run."""
        only, leads, shelf = self.only, self.leads, self.sheet_app.look.shelf
        self.ask("begin", lambda desk: begin(desk, only, leads, shelf), self._begun, self._nobody)
        self.set_interval(1, self._second)

    def _begun(self, begun: Begun) -> None:
        self._waits = begun.view.waits
        self.show_block(begun.view)
        if begun.resumed:
            block = begun.view.block
            self.say(f"going on where you were: {block.place} of {len(block.order)}")
        elif self._waits:
            self.say(f"{len(self._waits)} may not be called yet; they wait on the sheet")

    def _nobody(self, error: Exception) -> bool:
        if not isinstance(error, Refused):
            return False
        said = [plain(text, 200) for text in (str(error), error.hint) if text]
        text = " ".join(f"{one[:1].upper()}{one[1:].rstrip('.')}." for one in said)
        self.query_one("#lead", Lines).show(lambda width: [line((row, "")) for row in wrapped(text, width)])
        self._over(over=True)
        self.say("q goes back to the sheet")
        return True

    # Showing ---------------------------------------------------------------------------------------------------------

    def show_block(self, view: BlockView) -> None:
        """Show the lead that is open, or what the block brought."""
        same = self.view is not None and view.lead is not None and self.view.card.lead.id == view.lead.card.lead.id
        self.block_view = view
        self.view = view.lead
        if view.lead is None and not view.block.again:
            self._finish()
            return
        rep, lead = self.sheet_app.look.rep, view.lead
        shown = self.query_one("#lead", Lines)
        if lead is None:
            shown.show(self._only_busy)
        else:
            shown.show(lambda width: present.lead_lines(lead, width, rep, shown.rows_in_sight))
            if not same:
                shown.to_row(0)
        self._over(over=False)
        self._show_outcomes()
        self._show_coming()
        self._show_clock()
        self._show_bar()

    def _show_coming(self) -> None:
        view, hot = self.block_view, self.hot
        if view is not None:
            self.query_one("#coming", Lines).show(lambda width: [present.coming_line(view, hot, width)])

    def _only_busy(self, width: int) -> list[Content]:
        view = self.block_view
        if view is None:
            return []
        times = ", ".join(view.moment.clock(at) for _, at in view.block.again)
        return [
            line(text)
            for text in wrapped(f"Everybody was called. Busy ones come again at {times}; q ends here.", width)
        ]

    def _show_outcomes(self) -> None:
        desk = self.sheet_app.desk
        if desk is None:
            return
        rows, shown = self.choices(desk), self.query_one("#outcomes", Lines)
        shown.show(lambda width: outcome_lines(rows, width, shown.size.height))

    def _show_bar(self) -> None:
        desk, view = self.sheet_app.desk, self.block_view
        if desk is None or view is None:
            return
        now, badge = desk.now(), self.sheet_app.shown_badge
        self.query_one("#bar", Lines).show(lambda width: [present.bar(view, now, badge, width)])

    def _show_clock(self) -> None:
        running = self.dialled is not None
        for name in ("on-the-line", "clock"):
            self.query_one(f"#{name}").set_class(running, "-running")
        if running:
            self.query_one("#clock", Digits).update(stopwatch(timedelta(seconds=self.seconds("phone"))))

    def _second(self) -> None:
        view, desk = self.block_view, self.sheet_app.desk
        if view is None or desk is None or self.summary is not None or not self.whole:
            return
        self._show_bar()
        if self.dialled is not None:
            self._show_clock()
        if view.lead is None and view.block.current(desk.now()) is not None and self.is_current:
            self._read()

    def refresh_book(self) -> None:
        """See whether a new hot lead has come, and show the one that is open as it is now: also its clock goes on.

        A block of yesterday is over: the machine slept in it.
        """
        view, desk = self.block_view, self.sheet_app.desk
        if view is None or desk is None or self.summary is not None:
            return
        if not blocks.of_today(desk, view.block):
            self._finish()
            return
        block = view.block
        self.ask("hot", lambda desk: blocks.newly_hot(desk, block), self._interrupt)
        self._show_bar()
        if view.lead is not None:
            lead, shelf = view.lead.card.lead.id, self.sheet_app.look.shelf
            self.ask("lead", lambda desk: read_lead(desk, lead, shelf), self._same_lead)

    def _same_lead(self, lead: LeadView) -> None:
        view = self.block_view
        if view is not None and view.lead is not None and view.lead.card.lead.id == lead.card.lead.id:
            self.show_block(replace(view, moment=lead.moment, lead=lead))

    def _interrupt(self, row: Row | None) -> None:
        desk = self.sheet_app.desk
        before, self.hot = self.hot, row
        self._show_coming()
        if row is not None and desk is not None and (before is None or before.entry.lead != row.entry.lead):
            moment = Moment(desk.now(), desk.rules)
            self.query_one("#said", Lines).show(lambda width: [present.hot_line(row, moment, width)])

    def hinted(self) -> Sequence[Key]:
        """At the end, and when nobody may be called, only the way back is left."""
        every = super().hinted()
        if self.block_view is not None and self.summary is None:
            return every
        return [
            replace(key, label="back to the sheet") if key.id == "block.end" else key
            for key in every if key.id in AT_THE_END
        ]  # fmt: skip

    # Going on --------------------------------------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        """A block is made of calls."""
        return "phone"

    def _log(self, view: LeadView, report: Report, referred: str = "") -> None:
        shown = self.block_view
        if shown is None:
            return
        block, lead, shelf = self._ticking(shown.block), view.card.lead.id, self.sheet_app.look.shelf
        self.operate(
            lambda desk: log_step(desk, block, lead, report, referred, shelf), self._stepped,
            lambda error: self._refused(view, report, error),
        )  # fmt: skip

    def _stepped(self, step: LoggedStep) -> None:
        self.block_view = step.view
        self._logged(step.done)

    def logged(self, done: LoggedNext) -> None:  # noqa: ARG002
        """Show the next lead."""
        if self.block_view is not None:
            self.show_block(self.block_view)

    def _read(self) -> None:
        view = self.block_view
        if view is not None:
            block, shelf = view.block, self.sheet_app.look.shelf
            self.ask("block", lambda desk: read_block(desk, block, shelf), self.show_block)

    def _keep(self, block: Block, lead: str = "") -> None:
        """Keep the block in the book, and show who is open in it now; not the `lead`, once it was logged."""
        shelf = self.sheet_app.look.shelf

        def keep(desk: Desk) -> BlockView:
            kept = blocks.caught_up(desk, block, lead) if lead else block
            blocks.keep(desk, kept)
            return read_block(desk, kept, shelf)

        self.operate(keep, self.show_block)

    def changed_back(self, changes: Changes) -> None:
        """Open the lead again of which something was taken back; go on from one that is logged again."""
        view = self.block_view
        super().changed_back(changes)
        again = [lead for lead in changes.leads if view is not None and lead in view.block.order]
        if view is not None and again:
            self.summary = None
            self._keep(blocks.back_to(view.block, again[0]), again[0])

    def action_take_hot(self) -> None:
        """Call who has just asked; the place is kept."""
        view, desk, row = self.block_view, self.sheet_app.desk, self.hot
        if view is None or desk is None or row is None:
            self.say("nobody new is hot")
            return
        self.hot = None
        self.dialled, self.override = None, ""
        self.say(("! ", ink.WARM_HEAD), f"{plain(row.name, 40)} first; then on where you were")
        self._keep(blocks.take(view.block, row.entry.lead, desk.now()))

    # The clock -------------------------------------------------------------------------------------------------------

    def _ticking(self, block: Block) -> Block:
        desk = self.sheet_app.desk
        return blocks.go_on(block, desk.now()) if desk is not None else block

    def action_pause(self) -> None:
        """Stop the clock, or let it run on."""
        view, desk = self.block_view, self.sheet_app.desk
        if view is None or desk is None or self.summary is not None:
            self.say("no block is under way; q goes back to the sheet")
            return
        paused = view.block.paused_at is not None
        block = blocks.go_on(view.block, desk.now()) if paused else blocks.pause(view.block, desk.now())
        self.block_view = replace(view, block=block)
        self.say("the clock runs on" if paused else "paused; p goes on")
        self.ask("keep", lambda desk: blocks.keep(desk, block), lambda _: None)
        self._show_bar()

    def opened_over(self) -> None:
        """Let the clock stand while something is typed."""
        view, desk = self.block_view, self.sheet_app.desk
        if view is not None and desk is not None and view.block.paused_at is None:
            self._typing = True
            self.block_view = replace(view, block=blocks.pause(view.block, desk.now()))
            self._show_bar()

    def closed_over(self) -> None:
        """Let the clock run on after something was typed."""
        view = self.block_view
        if self._typing and view is not None:
            self._typing = False
            self.block_view = replace(view, block=self._ticking(view.block))
            self._show_bar()

    def dial_started(self) -> None:
        """Show the clock of the call."""
        self._show_clock()

    def action_call(self) -> None:
        """Call the number; at the end of the block, go back to the sheet."""
        if self.summary is not None:
            self.sheet_app.leave(self)
        else:
            super().action_call()

    # The end ---------------------------------------------------------------------------------------------------------

    def action_end(self) -> None:
        """End the block and see what it brought; once more, go back to the sheet."""
        if self.summary is not None or self.block_view is None:
            self.sheet_app.leave(self)
            return
        self._finish()

    def _finish(self) -> None:
        view = self.block_view
        if view is not None:
            block = self._ticking(view.block)
            self.operate(lambda desk: (blocks.end(desk, block), desk.now()), self._ended)

    def _ended(self, ended: tuple[Summary, datetime]) -> None:
        summary, now = ended
        self.summary, self.view = summary, None
        desk, waits = self.sheet_app.desk, self._waits
        if desk is None:
            return
        moment = Moment(now, desk.rules)

        def lines(width: int) -> list[Content]:
            told = present.summary_lines(summary, moment, width)
            if waits:
                told += [
                    Content(""),
                    line(("could not be called then", ink.QUIET)),
                    *present.waits_lines(waits, moment, width),
                ]
            return told

        self.query_one("#lead", Lines).show(lines)
        self.query_one("#coming", Lines).say(Content(""))
        self.dialled = None
        self._show_clock()
        self._over(over=True)
        self.say("q goes back to the sheet; u takes back the last outcome")

    def _over(self, *, over: bool) -> None:
        """Take away what is only good for a lead that is open, or bring it back."""
        self.query_one("#side").display = not over
        self.query_one("#hints", Lines).remake()
