"""The commands by name, each imported when it is called: `callsheet --help` reads this table and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

SECTIONS: Final[tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = (
    ("Your day", (
        ("demo", "screens:demo", "Try it with a sample book; nothing is kept."),
        ("today", "sheet:today", "Print the sheet: who to contact now, and why."),
        ("show", "card:show", "Print a lead: card, timeline, and why it stands where it stands."),
        ("log", "attempts:log", "Log what happened: a call, a mail, any touch."),
        ("next-step", "attempts:next_step", "Agree the next step with a lead: when, and what for."),
        ("research", "attempts:research", "Print the research checklist of a lead, or tick an item."),
        ("undo", "attempts:undo", "Take back the last thing you did."),
        ("redo", "attempts:redo", "Bring back what you took back last."),
    )),
    ("Decisions", (
        ("close", "decisions:close", "Close a lead with a reason."),
        ("nurture", "decisions:nurture", "Not now: something of value every few weeks."),
        ("kick-back", "decisions:kick_back", "Give a lead back to whoever generated it."),
        ("hand-off", "decisions:hand_off", "Hand a lead to a colleague, with a complete packet."),
        ("reopen", "decisions:reopen", "Work a closed, returned or nurtured lead again."),
        ("snooze", "decisions:snooze", "Put a lead off the sheet until a time."),
        ("go-on", "decisions:go_on", "Allow more attempts than the plan does."),
        ("mail-today", "decisions:mail_today", "Pull the plan's next mail to today."),
        ("leave", "leave:leave", "Your days off: print them, add some."),
        ("late", "plans:late", "After a leave: decide for all late leads at once."),
        ("plan", "plans:plan", "The plans: list, show, check, move running leads."),
    )),
    ("Leads in", (
        ("import", "intake:import_leads", "Bring in a list of leads (CSV)."),
        ("add", "intake:add", "Capture one lead, as at a booth."),
        ("edit", "decisions:edit", "Correct what is known of a lead."),
        ("campaign", "campaigns:campaign", "Events and campaigns: set up, list, hand out the leads."),
    )),
    ("Figures and hand-outs", (
        ("report", "reports:report", "Your figures: coverage, speed, habit, or a campaign's."),
        ("calendar", "calendar:calendar", "Next steps, meetings and call blocks for a calendar program."),
        ("invite", "calendar:invite", "Invitations to booked meetings: write one, read an answer."),
        ("shelf", "shelf:shelf", "What there is to bring, and what to bring to a lead next."),
        ("vcard", "export:vcard", "A lead as a card for an address book."),
        ("cards", "export:cards", "Addresses of the post cards that are due: labels to print."),
    )),
    ("The CRM", (
        ("connect", "connect:connect", "Connect your CRM."),
        ("sync", "crm:sync", "Bring the book and the CRM together."),
        ("status", "crm:status", "What is not in the CRM yet, and why."),
        ("conflicts", "crm:conflicts", "Fields that both sides changed: print and decide them."),
    )),
    ("The book", (
        ("audit", "book:audit", "Prove that no lead is forgotten."),
        ("backup", "book:backup", "Copy the book to a file."),
        ("restore", "book:restore", "Bring back a copy of the book."),
        ("export", "export:export", "Everything in a folder: journal, tables, calendar."),
        ("import-journal", "export:import_journal", "Take in the journal of an export."),
        ("rebuild", "book:rebuild", "Work everything out anew from the journal."),
        ("doctor", "doctor:doctor", "Check that everything is in order."),
        ("config", "config:config", "Your settings: path, check, edit."),
    )),
)  # fmt: skip
"""Section, then name, place and words of each command, in the order of a rep's day."""

_PLACES: Final = {name: place for _, commands in SECTIONS for name, place, _ in commands}


class LazyGroup(click.Group):
    """The root of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        place = _PLACES.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found: click.Command = getattr(import_module(f"callsheet.cli.{module}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and args[0] not in _PLACES and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _PLACES, 1)
            did_you = f": did you mean “{near[0]}”?" if near else ""
            raise click.UsageError(f"There is no command “{args[0]}”{did_you}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands into the help text, without importing them."""
        for title, commands in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(name, words) for name, _, words in commands])
