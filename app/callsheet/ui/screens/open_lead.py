"""What the lead screen and the block have in common: a lead is open, and a letter logs what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from callsheet.domain.agenda import end_of_day
from callsheet.domain.events import Channel
from callsheet.domain.outcome import Outcome
from callsheet.services.decisions import pull_next_mail
from callsheet.services.desk import Desk, Refused
from callsheet.services.outreach import Logged, Report, log
from callsheet.services.views import Row
from callsheet.ui.desk_screen import DeskScreen, explained
from callsheet.ui.keys import of_screen, spoken
from callsheet.ui.outside import CannotOpen, dial_with, tel_link
from callsheet.ui.present import ink
from callsheet.ui.present.cells import plain, short
from callsheet.ui.present.outcomes import Choice, choices
from callsheet.ui.present.times import Moment
from callsheet.ui.screens.one_line import OneLine
from callsheet.ui.screens.when import CHANNELS, Said, WhenScreen, nurtured
from callsheet.ui.views import LeadView

DOUBLE: Final = 1.0
"""Seconds within which a destructive key has to be pressed twice."""

_BOUND: Final = frozenset(one for key in of_screen("lead") for one in key.keys.split(","))
"""Letters that have a binding, which the rep may have given another key."""

LONGEST_CALL: Final = timedelta(hours=4)
"""A clock that ran longer was forgotten: no call lasts so long."""


@dataclass(frozen=True, slots=True)
class LoggedNext:
    """What was logged, and the row of that lead now; without one, what became of the lead."""

    logged: Logged
    row: Row | None
    became: str = ""


def log_and_look(desk: Desk, lead: str, report: Report, referred: str = "") -> LoggedNext:
    """Log, and read what is next with the lead. `referred` names whom they sent us to.

    Raises:
        Refused, NotFound, ValueError: as `outreach.log`.
    """
    if referred:
        from callsheet.services.referral import read_person

        report = replace(report, referred=read_person(referred, desk.region), note=report.note or referred)
    logged = log(desk, lead, report)
    row = desk.book.rows([lead], desk.now()).get(lead)
    card = desk.book.card(lead) if row is None else None
    closed = card.lead.closed if card is not None else None
    return LoggedNext(logged, row, f"closed as {closed.replace('_', ' ')}" if closed else "")


class OpenLead(DeskScreen[Any]):
    """A screen on which one lead is open."""

    def __init__(self) -> None:
        super().__init__()
        self.left_word = ""
        self.forget()

    def forget(self) -> None:
        """Forget the lead that is open, and what was begun with it."""
        self.view: LeadView | None = None
        self.dialled: float | None = None
        self.override = ""
        self._armed: tuple[str, float] | None = None

    def opened(self) -> LeadView | None:
        """Return the lead that is open; say so when there is none, as the key that asked for it does nothing then."""
        if self.view is None:
            self.say("nobody is open" if self.idle else "one moment: it is still being read")
        return self.view

    # What the letters mean -------------------------------------------------------------------------------------------

    @property
    def channel(self) -> Channel:
        """The channel that the letters are for: the phone once it was dialled, else that of what is due."""
        if self.dialled is not None or self.view is None or self.view.entry is None:
            return "phone"
        return self.view.entry.channel

    def meaning(self, key: str) -> tuple[Outcome, Channel] | None:
        """Return the outcome of a letter: on the channel that is due, else on the phone."""
        desk = self.sheet_app.desk
        if desk is None:
            return None
        for channel in dict.fromkeys((self.channel, "phone")):
            found = desk.rules.outcomes.read(key, channel)
            if found is not None and channel in found.channels:
                return found, channel
        return None

    def choices(self, desk: Desk) -> list[Choice]:
        """Return what can be logged now, with the keys as they are bound."""
        return choices(desk.rules.outcomes, (self.channel, "phone"), self.sheet_app.keymap)

    def action_outcome(self, key: str) -> None:
        """Log what came of it."""
        view, found = self.opened(), self.meaning(key)
        if view is None:
            return
        if found is None:
            self.say(f"{key} means nothing on {self.channel}: a step of that kind is not due here")
            return
        outcome, channel = found
        report = Report(outcome.name, channel, seconds=self.seconds(channel), override=self.override)
        self.log_it(view, outcome, report)

    def on_key(self, event: Any) -> None:  # a key press; letters of a team's own outcomes have no binding
        """Log an outcome that the team added to the table."""
        key = getattr(event, "character", None) or ""
        found = self.meaning(key) if key.isprintable() and key.strip() and self.view is not None else None
        if found is not None and key not in _BOUND:
            event.stop()
            event.prevent_default()
            self.action_outcome(key)

    def seconds(self, channel: Channel) -> int:
        """Return how long the call has lasted."""
        if channel != "phone" or self.dialled is None:
            return 0
        length = time.monotonic() - self.dialled
        return round(length) if length < LONGEST_CALL.total_seconds() else 0

    def action_do_not_contact(self) -> None:
        """Put them on the do-not-contact list, when pressed twice."""
        view = self.opened()
        if view is None:
            return
        lead, now = view.card.lead, time.monotonic()
        armed = self._armed == (lead.id, self._armed[1]) and now - self._armed[1] <= DOUBLE if self._armed else False
        if not armed:
            self._armed = (lead.id, now)
            name = short(lead.profile.name, 40)
            self.say(("D again", ink.KEY), f" within a second: {name} is never contacted again, by any channel")
            return
        self._armed = None
        self._log(view, Report("do_not_contact", "phone"))

    # Logging ---------------------------------------------------------------------------------------------------------

    def log_it(self, view: LeadView, outcome: Outcome, report: Report) -> None:
        """Ask for what the outcome needs, then log it."""
        name = short(view.card.lead.profile.name, 40)
        if outcome.needs_next:
            question = f"{outcome.label} · {name}: what is next, and when?"
            channel: Channel | None = "meeting" if outcome.ends_plan else None
            self.open_over(WhenScreen(question, channel=channel), lambda said: self._said(view, report, said))
        elif outcome.refers:
            question = f"{outcome.label} · {name}: to whom?"
            modal = OneLine(question, placeholder="Jane Doe, Head of IT, +1 312 555 0143")
            self.open_over(modal, lambda who: self._log(view, report, referred=who))
        elif outcome.needs_note:
            modal = OneLine(f"{outcome.label} · {name}: why?", placeholder=outcome.then)
            if outcome.ends and outcome.closes is None:
                modal.hint = "enter closes the lead · esc leaves it · or begin with nurture: nurture budget in spring"
            self.open_over(modal, lambda why: self._because(view, outcome, report, why))
        else:
            self._log(view, report)

    def open_over(self, modal: Any, then: Callable[[Any], None]) -> None:
        """Open something over the screen; nothing happens when it is left."""

        def closed(result: Any) -> None:
            self.closed_over()
            if result is not None:
                then(result)

        self.opened_over()
        self.sheet_app.open_screen(modal, closed)

    def opened_over(self) -> None:
        """Take note that something was opened over the screen."""

    def closed_over(self) -> None:
        """Take note that it was closed."""

    def _because(self, view: LeadView, outcome: Outcome, report: Report, why: str) -> None:
        """Log with the reason; who said no is closed, or nurtured when the reason begins so (RULES §7)."""
        desk, report = self.sheet_app.desk, replace(report, note=why)
        if desk is not None and outcome.ends and outcome.closes is None:
            decision = nurtured(desk, why)
            report = replace(report, decision=decision, note=decision.note if decision and decision.note else why)
        self._log(view, report)

    def _said(self, view: LeadView, report: Report, said: Said) -> None:
        self._log(view, replace(report, agreed=said.agreed, decision=said.decision, note=said.note))

    def _log(self, view: LeadView, report: Report, referred: str = "") -> None:
        lead = view.card.lead.id
        self.operate(
            lambda desk: log_and_look(desk, lead, report, referred), self._logged,
            lambda error: self._refused(view, report, error),
        )  # fmt: skip

    def _logged(self, done: LoggedNext) -> None:
        self.dialled, self.override = None, ""
        self.logged(done)
        parts = [
            f"{done.logged.outcome.label_on(done.logged.channel)} · {short(done.logged.name, 40)}",
            self._next(done.row) or done.became,
        ]
        said = " → ".join(part for part in parts if part)
        remarks = "".join(f" · {remark}" for remark in done.logged.remarks)
        self.say(("√ ", ink.FINE), short(said, 160), (remarks, ink.QUIET), tail=self._offer(done) + "u takes it back")
        if done.logged.outcome.ends_plan and done.logged.outcome.reached == "yes":
            self._invite(done.logged.lead)

    def _offer(self, done: LoggedNext) -> str:
        """Offer to let a mail follow a voicemail today, unless one is due anyway (RULES §7)."""
        desk, row = self.sheet_app.desk, done.row
        self.left_word = ""
        if desk is None or row is None or done.logged.outcome.name != "voicemail":
            return ""
        if row.entry.channel == "email" and row.entry.due_at < end_of_day(desk.now(), desk.rules):
            return ""
        self.left_word = done.logged.lead
        return f"{spoken(self.sheet_app.keymap.get('lead.mail_today', 'M'))} mails them today · "

    def action_mail_today(self) -> None:
        """Pull the next mail to today: of who was just left a voicemail, else of the lead that is open."""
        lead = self.left_word or (self.view.card.lead.id if self.view is not None and self.NAME == "lead" else "")
        if not lead:
            self.say("nobody was just left a voicemail; on an open lead this pulls its next mail to today")
            return
        self.left_word = ""
        self.operate(lambda desk: pull_next_mail(desk, lead), self.done)

    def _invite(self, lead: str) -> None:
        """Write the invitation to the meeting that was booked, and open the mail for it (RULES §9)."""
        write, outside = self.sheet_app.write_invitation, self.sheet_app.outside
        if write is None:
            return

        def send(desk: Desk) -> str:
            file, link = write(desk, lead)
            try:
                outside.open(link)
            except CannotOpen:
                return f"meeting booked · mail them the invitation: {file}"
            return f"meeting booked · attach the invitation to the mail: {file}"

        def refused(error: Exception) -> bool:
            if isinstance(error, Refused):
                why = " — ".join(part for part in explained(error) if part)
                self.say(("! ", ink.LATE), f"meeting booked · no invitation: {plain(why, 160)}")
            return isinstance(error, Refused)

        self.ask("invitation", send, lambda said: self.say(("√ ", ink.FINE), plain(said, 200)), refused)

    def _next(self, row: Row | None) -> str:
        desk = self.sheet_app.desk
        if row is None or desk is None:
            return ""
        entry, moment = row.entry, Moment(desk.now(), desk.rules)
        when = moment.day(entry.due_at) if entry.all_day else moment.when(entry.due_at)
        if entry.due_at <= moment.now:
            when = "today" if entry.all_day else "now"
        return f"{plain(entry.label, 80) or CHANNELS[entry.channel]}, {when}"

    def logged(self, done: LoggedNext) -> None:
        """Show the next lead."""
        raise NotImplementedError

    def _refused(self, view: LeadView, report: Report, error: Exception) -> bool:
        """Ask for what a rule wants, and try again with it."""
        if not isinstance(error, Refused):
            return False
        if error.rule == "calling hours" and "--override" in error.hint:
            question = f"{plain(str(error), 160)}. Why all the same? It is kept with the call"
            self.open_over(OneLine(question), lambda why: self._log(view, replace(report, override=why)))
            return True
        if error.rule == "value" and not report.asset:
            question = f"{plain(str(error), 160)}. What do you bring?"
            suggestion = plain(view.assets[0][0].title, 200) if view.assets else ""
            self.open_over(
                OneLine(question, value=suggestion), lambda asset: self._log(view, replace(report, asset=asset))
            )
            return True
        return False

    # Reaching them ---------------------------------------------------------------------------------------------------

    def action_call(self) -> None:
        """Call the number: by the rep's own command, else by a link, else by copying it."""
        view = self.opened()
        if view is None:
            return
        if not view.numbers:
            self.say("no number is known; research one, or write a mail (e)")
            return
        if view.calling.now or self.override:
            self._dial(view)
            return
        if view.calling.final:
            self.say(("✗ ", ink.LATE), f"not to be called: {plain(view.calling.rule, 200)}")
            return
        again = f", from {view.moment.when(view.calling.from_)} on they may" if view.calling.from_ else ""
        question = f"Not now: {plain(view.calling.rule, 120)}{again}. Why all the same? It is kept with the call"
        self.open_over(OneLine(question), lambda why: self._dial_over(view, why))

    def _dial_over(self, view: LeadView, why: str) -> None:
        self.override = why
        self._dial(view)

    def _dial(self, view: LeadView) -> None:
        number, shown = view.numbers[0]
        command, outside = self.sheet_app.look.dial_command, self.sheet_app.outside
        link = tel_link(number)
        self.dialled = time.monotonic()
        self.dial_started()

        def dial(_: Desk) -> str:
            if command:
                outside.run(dial_with(command, number))
            elif link is not None:
                outside.open(link)
            else:
                raise CannotOpen("there are no digits in it")
            return f"calling {shown}"

        self.ask("dial", dial, lambda said: self.say(("☎ ", ink.FINE), plain(said, 80)), self._copied_instead(number))

    def dial_started(self) -> None:
        """Take note that the call has begun."""

    def _copied_instead(self, number: str) -> Callable[[Exception], bool]:
        def failed(error: Exception) -> bool:
            if not isinstance(error, CannotOpen):
                return False
            self.app.copy_to_clipboard(plain(number, 60))
            self.say(("☎ ", ink.LATE), f"{plain(str(error), 120)}; the number is copied: {plain(number, 60)}")
            return True

        return failed

    def action_copy(self) -> None:
        """Copy the number."""
        view = self.opened()
        if view is None:
            return
        if not view.numbers:
            self.say("no number is known")
            return
        number = plain(view.numbers[0][0], 60)
        self.app.copy_to_clipboard(number)
        self.say(("√ ", ink.FINE), f"copied {number}")

    def action_links(self) -> None:
        """Open website and LinkedIn."""
        view = self.opened()
        if view is None:
            return
        profile = view.card.lead.profile
        links = [_addressed(one) for one in (profile.website, profile.linkedin) if one.strip()]
        if not links:
            self.say("neither website nor LinkedIn is known")
            return
        outside, copied = self.sheet_app.outside, self._note_copied(view)

        def open_all(_: Desk) -> int:
            for link in links:
                outside.open(link)
            return len(links)

        def opened(count: int) -> None:
            self.say(("√ ", ink.FINE), f"opened {count} link{'s' * (count > 1)}{copied}")

        self.ask("links", open_all, opened, lambda error: self._not_opened(error, copied))

    def _note_copied(self, view: LeadView) -> str:
        """Copy the note that goes with a LinkedIn invitation, where one is due; return the words for it."""
        if self.channel != "linkedin":
            return ""
        from callsheet.services.mail_draft import linkedin_note

        self.app.copy_to_clipboard(linkedin_note(view.card.lead, rep=self.sheet_app.look.rep))
        return " · the note for the invitation is copied"

    def _not_opened(self, error: Exception, copied: str = "") -> bool:
        if isinstance(error, CannotOpen):
            self.say(("✗ ", ink.LATE), plain(str(error), 200) + copied)
            return True
        return False


def _addressed(text: str) -> str:
    """Return an address with a scheme: people write `acme.com`."""
    link = text.strip()
    return link if "://" in link or link.startswith(("tel:", "mailto:")) else f"https://{link}"
