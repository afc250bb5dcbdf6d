"""One lead: who it is, why to call, what to find out and to say, what happened, and what the plan holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from callsheet.domain.events import CloseReason
from callsheet.domain.value import Asset
from callsheet.services import decisions
from callsheet.services.decisions import Decision
from callsheet.services.desk import Changes, Desk
from callsheet.services.mail_draft import mail_draft
from callsheet.services.next_steps import set_next_step
from callsheet.services.outreach import Report
from callsheet.services.research import CHECKLIST, tick
from callsheet.ui import keys
from callsheet.ui.keys import Key
from callsheet.ui.present import ink
from callsheet.ui.present import lead as present
from callsheet.ui.present.call_plan import call_plan
from callsheet.ui.present.cells import plain, short
from callsheet.ui.present.header import header
from callsheet.ui.present.outcomes import outcome_lines, outcome_strip
from callsheet.ui.screens.modal import one_line_input
from callsheet.ui.screens.one_line import OneLine
from callsheet.ui.screens.open_lead import LoggedNext, OpenLead
from callsheet.ui.screens.when import CHANNELS, Said, WhenScreen
from callsheet.ui.views import Head, LeadView, read_head, read_lead
from callsheet.ui.walk import Walk
from callsheet.ui.widgets.lines import Lines

if TYPE_CHECKING:
    from callsheet.ui.app import CallsheetApp

CLOSINGS: Final[tuple[tuple[CloseReason, str], ...]] = (
    ("won", "They bought"), ("lost", "They decided against us"), ("exhausted", "Enough was tried without an answer"),
    ("duplicate", "The same as another record"),
)  # fmt: skip
"""What the palette offers for closing a lead."""

DECIDING: Final = frozenset({"lead.move_on", "lead.nurture", "lead.kick_back", "lead.two_more"})
"""Keys that answer the question of whether to go on (RULES §6)."""

LETTERS: Final = 3
"""Lines for the letters of the outcomes under the lead."""


class LeadScreen(OpenLead):
    """A lead that is open, with the way to the next one."""

    NAME = "lead"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("lead")]
    BINDING_GROUP_TITLE = "Lead"

    def __init__(self) -> None:
        super().__init__()
        self.lead = ""
        self.walk = Walk()
        self.finding: int | None = None
        self.head: Head | None = None

    def take(self, lead: str, walk: Walk) -> None:
        """Be the screen of another lead, of which nothing is known yet."""
        self.lead, self.walk = lead, walk
        self.forget()

    # Its parts -------------------------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Return the two columns, and on wide screens the outcomes beside them."""
        with Horizontal(id="columns"):
            yield Lines(id="left", classes="box")
            with Vertical(id="right", classes="box"):
                yield Lines(id="research")
                yield Lines(id="rest")
                yield one_line_input(placeholder="what did you find out?", id="finding")
            yield Lines(id="outcomes", classes="box")
        yield Lines(id="letters")

    def on_screen_resume(self) -> None:
        """Show nothing of the lead that was open before, and read the order in which the others come."""
        self._show_head()
        if self.view is None:
            self._close_finding()
            for lines in self.query(Lines).exclude("#bar, #hints, #tiny"):
                lines.say()
        lead, walk = self.lead, self.walk
        if walk.start is not None:  # after something that was open over it the order is known
            self.ask("walk", lambda desk: walk.read(desk, lead), self._walked)

    def _walked(self, walk: Walk) -> None:
        self.walk = walk

    def _show_head(self, head: Head | None = None) -> None:
        app, self.head = self.sheet_app, head or self.head
        told = self.head
        self.query_one("#bar", Lines).show(lambda width: header(told, app.shown_badge, app.look.mantra, width))

    def read(self) -> None:
        """Read the lead, and what the line on top says."""
        lead, shelf = self.lead, self.sheet_app.look.shelf
        self.ask("lead", lambda desk: read_lead(desk, lead, shelf), self.show_lead, keys_wait=True)
        self.ask("head", read_head, self._show_head)

    refresh_book = read

    def show_lead(self, view: LeadView) -> None:
        """Show the lead."""
        changed = self.view is None or self.view.card.lead.id != view.card.lead.id
        self.view = view
        rep = self.sheet_app.look.rep
        left, research, rest = (self.query_one(f"#{name}", Lines) for name in ("left", "research", "rest"))
        left.show(lambda width: present.left(view, width, rep, left.rows_in_sight))
        research.show(lambda width: present.research(view, width))
        rest.show(lambda width: present.right(view, width))
        self._show_outcomes()
        self.query_one("#hints", Lines).remake()
        if changed:
            for one in (left, rest):
                one.to_row(0)

    def _show_outcomes(self) -> None:
        desk = self.sheet_app.desk
        if desk is not None:
            about, rows = CHANNELS[self.channel], self.choices(desk)
            beside, letters = self.query_one("#outcomes", Lines), self.query_one("#letters", Lines)
            beside.show(lambda width: outcome_lines(rows, width, beside.size.height, about))
            letters.show(lambda width: outcome_strip(rows, width, LETTERS))

    def dial_started(self) -> None:
        """Show what can come of a call."""
        self._show_outcomes()

    def action_scroll(self, by: int) -> None:
        """Scroll what does not fit."""
        for name in ("left", "rest"):
            self.query_one(f"#{name}", Lines).scroll_rows(by)

    # The way ---------------------------------------------------------------------------------------------------------

    def action_walk(self, by: int) -> None:
        """Open the next lead, or the one before."""
        walk = self.walk.step(by)
        if walk is None:
            self.say("that was the last one" if by > 0 else "that was the first one")
            return
        self.left_word = ""
        self.walk, self.lead = walk, walk.lead
        self._close_finding()
        self.dialled, self.override = None, ""
        self.read()

    def logged(self, done: LoggedNext) -> None:  # noqa: ARG002
        """Show the next lead, or this one again when it was the last."""
        walk = self.walk.step(1)
        if walk is not None:
            self.walk, self.lead = walk, walk.lead
        self.read()

    def changed_back(self, changes: Changes) -> None:
        """Show the lead of which something was taken back or brought back."""
        super().changed_back(changes)
        lead = next(iter(changes.leads), "")
        if len(changes.leads) == 1 and lead and lead != self.lead:
            if lead in self.walk.leads:
                self.walk = Walk.of(self.walk.leads, lead)
            self.lead = lead
            self.read()

    def action_back(self) -> None:
        """Leave the line that is typed in, else go back to the sheet."""
        if self.finding is not None:
            self._close_finding()
            return
        self.sheet_app.leave(self, self.lead)

    # Research --------------------------------------------------------------------------------------------------------

    def action_tick(self, item: int) -> None:
        """Open the line for what was found, in its place."""
        view = self.opened()
        if view is None:
            return
        if item > len(CHECKLIST):
            self.say(f"the research has {len(CHECKLIST)} items")
            return
        self.finding = item
        found = view.card.lead.research.get(CHECKLIST[item - 1].name)
        field, research = self.query_one("#finding", Input), self.query_one("#research", Lines)
        field.value = found.finding if found else ""
        field.cursor_position = len(field.value)
        head = CHECKLIST[item - 1].label.partition(":")[0]
        x = len(head) + 6
        field.styles.offset = (x, item)
        field.styles.width = max(research.size.width - x, 10)
        field.display = True
        self.set_focus(field)  # at once: `focus` would let the next letter go to the keys
        self.say(
            (f"{head}: ", ink.WARM), "what did you find? enter ticks it · an emptied line unticks it · esc leaves it"
        )

    @on(Input.Submitted, "#finding")
    def found(self, event: Input.Submitted) -> None:
        """Tick the item with what was typed; a finding that was emptied is unticked."""
        view, item = self.view, self.finding
        if view is None or item is None:
            return
        name, text, lead = CHECKLIST[item - 1].name, event.value.strip(), self.lead
        before = view.card.lead.research.get(name)
        done = not (before is not None and not text)
        self._close_finding()
        self.operate(lambda desk: tick(desk, lead, name, text, done=done), self._changed)

    def _close_finding(self) -> None:
        self.finding = None
        field = self.query_one("#finding", Input)
        if field.display:
            field.display = False
            self.set_focus(None)

    def _changed(self, changes: Changes) -> None:
        self.done(changes)
        self.read()

    # What is next ----------------------------------------------------------------------------------------------------

    def _do(self, service: Callable[[Desk, str], Changes]) -> None:
        lead = self.lead
        self.operate(lambda desk: service(desk, lead), self._changed)

    @property
    def who(self) -> str:
        """The name of the lead that is open."""
        return short(self.view.card.lead.profile.name, 40) if self.view else ""

    def action_next_step(self) -> None:
        """Agree the next step."""
        question = f"Next step · {self.who}: when, and what for?"
        self.open_over(WhenScreen(question, decide=False, note=False), self._agreed)

    def _agreed(self, said: Said) -> None:
        agreed = said.agreed
        if agreed is not None:
            self._do(lambda desk, lead: set_next_step(desk, lead, agreed))

    def action_snooze(self) -> None:
        """Put the lead off until a time."""
        modal = WhenScreen(f"Put off {self.who} until when?", decide=False, note=False, a_day=True)
        self.open_over(modal, self._snoozed)

    def _snoozed(self, said: Said) -> None:
        agreed = said.agreed
        if agreed is not None:
            self._do(lambda desk, lead: decisions.snooze(desk, lead, agreed.due))

    def action_nurture(self) -> None:
        """Nurture the lead: something of value every three weeks."""
        modal = OneLine(
            f"Nurture {self.who}: why not now?", required=False, placeholder="renewal opens in Q1",
            hint="enter nurtures · esc leaves it",
        )  # fmt: skip
        self.open_over(modal, lambda note: self._do(partial(_decide, decision=Decision("nurture", note=note))))

    def action_kick_back(self) -> None:
        """Give the lead back to whoever generated it."""
        view = self.opened()
        if view is None:
            return
        lead = view.card.lead
        to = short(lead.originator or lead.source or "marketing", 40)
        modal = OneLine(f"Kick {self.who} back to {to}: why?", placeholder="no budget before the merger")
        self.open_over(modal, lambda why: self._do(lambda desk, one: decisions.kick_back(desk, one, why)))

    def action_hand_off(self) -> None:
        """Hand the lead to a colleague, with a complete packet."""
        from callsheet.ui.screens.hand_off import HandedOff, HandOff

        def hand_off(handed: HandedOff) -> None:
            self._do(lambda desk, lead: decisions.hand_off(desk, lead, handed.to, handed.packet))

        view = self.opened()
        if view is not None:
            self.open_over(HandOff(view.card.lead), hand_off)

    def action_edit(self) -> None:
        """Correct what is known of the lead."""
        from callsheet.ui.screens.edit import Edit

        if self.opened() is not None:
            self.open_over(Edit(self.lead), self._changed)

    def commands(self) -> Iterable[SystemCommand]:
        """Offer the rarer decisions in the palette."""
        for reason, meaning in CLOSINGS:
            yield SystemCommand(f"Close as {reason}", meaning, partial(self._close_as, reason))
        yield SystemCommand("Open again", "Work a closed, returned or nurtured lead again", self._open_again)

    def _close_as(self, reason: CloseReason) -> None:
        modal = OneLine(f"Close {self.who} as {reason}: what is to be remembered?", required=False)
        self.open_over(modal, lambda note: self._do(partial(_decide, decision=Decision("close", reason, note))))

    def _open_again(self) -> None:
        self._do(decisions.reopen)

    def action_move_on(self) -> None:
        """Record that enough was tried without an answer (RULES §6, `S2`)."""
        if self.opened() is not None:
            self._close_as("exhausted")

    def action_two_more(self) -> None:
        """Allow two more attempts at once; beyond ten, ask why (RULES §6, `S4`)."""
        view = self.opened()
        if view is None:
            return
        entry = view.entry
        if entry is None or entry.cap + 2 <= view.moment.rules.hard_cap:
            self._do(decisions.raise_cap)
            return
        modal = OneLine(f"Two more attempts on {self.who}: why? Beyond ten, the reason is kept")
        self.open_over(modal, lambda why: self._do(lambda desk, lead: decisions.raise_cap(desk, lead, reason=why)))

    def hinted(self) -> Sequence[Key]:
        """Where a decision is asked for, what can be decided comes first."""
        every = super().hinted()
        entry = self.view.entry if self.view is not None else None
        if entry is None or not (entry.decision or entry.review):
            return every
        first = [replace(key, hint=True) for key in every if key.id in DECIDING]
        return [*first, *(key for key in every if key.id not in DECIDING)]

    # Mail ------------------------------------------------------------------------------------------------------------

    def action_mail(self) -> None:
        """Open a drafted mail, then ask whether it was sent; other written channels only ask."""
        view = self.opened()
        if view is None:
            return
        channel = self.channel if self.channel in ("sms", "video", "linkedin") else "email"
        if channel != "email":
            self._ask_sent(view, Report("sent", channel), f"Sent by {channel}?")
            return
        if not view.card.lead.emails:
            self.say("no address is known; research one, or call (t)")
            return
        if _needs_asset(view):
            suggestion = view.assets[0][0].title if view.assets else ""
            modal = OneLine("This mail has to bring something: what?", value=suggestion)
            self.open_over(modal, lambda asset: self._write(view, asset))
        else:
            self._write(view, "")

    def _write(self, view: LeadView, asset: str) -> None:
        look, outside = self.sheet_app.look, self.sheet_app.outside
        known = next((one for one, _ in view.assets if one.title == asset), None)
        brought = known or (Asset(asset) if asset else None)
        signature, ask = look.signature or look.rep, call_plan(view, look.rep).question
        draft = mail_draft(view.card.lead, signature=signature, asset=brought, ask=ask)

        def written(_: Any) -> None:
            self._ask_sent(view, Report("sent", "email", asset=asset), f"The mail to {self.who} is open. Sent?")

        def not_opened(error: Exception) -> bool:
            if self._not_opened(error):
                self.app.copy_to_clipboard(f"{draft.subject}\n\n{draft.body}")
                question = f"No mail program opened; subject and text are copied, for {plain(draft.to, 80)}. Sent?"
                self._ask_sent(view, Report("sent", "email", asset=asset), question)
                return True
            return False

        self.ask("mail", lambda _: outside.open(draft.link), written, not_opened)

    def _ask_sent(self, view: LeadView, report: Report, question: str) -> None:
        modal = OneLine(
            question, required=False, placeholder="a note, if you like", hint="enter logs it as sent · esc: not sent"
        )
        self.open_over(
            modal, lambda note: self._log(view, Report("sent", report.channel, note=note, asset=report.asset))
        )


def open_lead(
    app: CallsheetApp, lead: str, walk: Walk | None = None, then: Callable[[str | None], None] | None = None
) -> None:
    """Open a lead, with the way along which to go on; there is one screen for all of them.

    `then` is told which lead was open last.
    """
    screen = app.kept(LeadScreen)
    screen.take(lead, walk or Walk((lead,)))
    app.open_screen(screen, then)


def _decide(desk: Desk, lead: str, decision: Decision) -> Changes:
    return decisions.decide(desk, lead, decision)


def _needs_asset(view: LeadView) -> bool:
    entry, plan = view.entry, view.plan
    if entry is None or plan is None or entry.step is None:
        return False
    return plan.steps[entry.step].needs_asset
