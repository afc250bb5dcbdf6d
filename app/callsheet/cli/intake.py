"""Leads in: a list from a file, or one at a booth."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import Passing, emit, say

if TYPE_CHECKING:
    from callsheet.bootstrap.office import Office
    from callsheet.services.capture import Captured, Form

SHOWN = 20
"""Rows that were not taken which are printed; `--json` has all of them."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--campaign", default="", help="For rows that name none.")
@click.option("--dry-run", is_flag=True, help="Read and count, and keep nothing.")
@click.option("--dates", type=click.Choice(("iso", "dmy", "mdy")), default="iso", show_default=True,
              help="How a date like 03/04/2026 is meant.")  # fmt: skip
@click.option(
    "--region", default="", metavar="CC", help="Country of numbers without a country code; yours if not given."
)
@json_option
@click.pass_obj
def import_leads(
    start: Start, *, file: Path, campaign: str, dry_run: bool, dates: str, region: str, as_json: bool
) -> int:
    """Bring in a list of leads: a CSV export of a CRM, an address book or a badge scanner.

    The same file twice changes nothing. A row that cannot be read is named with its line, the others come in; if no
    row can be read, it has failed.
    """
    from callsheet.exchange.leads_csv import read, sniff
    from callsheet.services.imports import import_rows

    with open_office(start) as office:
        kept = sniff(file).unknown
        gc.freeze()  # what is loaded by now stays: it need not be looked through again and again
        with Passing(quiet=as_json) as passing:
            rows = read(
                file, zone=office.rules.calendar.zone, dates=cast("Any", dates),
                region=(region or office.desk.region).upper(),
                progress=lambda done, total: passing.say(_bar(done, total)),
            )  # fmt: skip
            try:
                found = import_rows(office.desk, rows, campaign=campaign, dry_run=dry_run)
            except KeyboardInterrupt:
                passing.say("")
                click.echo("stopped: what was read so far is kept; importing the file again goes on", err=True)
                raise
        if as_json:
            emit({
                "rows": found.rows, "leads": found.leads, "names": found.names, "hot": found.hot,
                "merged": found.merged, "incomplete": found.incomplete, "stopped": found.stopped,
                "promoted": found.promoted, "handed_on": found.handed_on, "dry_run": dry_run,
                "rejected": [{"row": bad.row, "reason": bad.reason} for bad in found.rejected],
                "remarks": [{"row": one.row, "reason": one.reason} for one in found.remarks],
                "kept_columns": kept,
            })  # fmt: skip
        else:
            _say_imported(found, kept, dry_run=dry_run)
    return 1 if found.rejected and len(found.rejected) == found.rows else 0


def _say_imported(found: Any, kept: Sequence[str], *, dry_run: bool) -> None:
    say(f"{found.rows:,} rows{' (dry run, nothing was kept)' if dry_run else ''}")
    counted = (
        (found.leads, f"new leads, {found.hot:,} of them asked to be contacted"),
        (found.names, "new names, which wait for another interaction"),
        (found.merged, "known already: blanks filled, what they did added"),
        (found.promoted, "names became leads by it"),
        (found.stopped, "may not be contacted and came in closed"),
        (found.incomplete, "of the new ones lack a number, an address or a company, and get research"),
        (found.handed_on, "went to colleagues by your routing"),
        (len(found.rejected), "could not be read"),
        (len(found.remarks), "came in with a cell that could not be read"),
    )
    for count, words in counted:
        if count:
            say(f"  {count:>8,} {words}")
    for some in (found.rejected, found.remarks):
        for bad in some[:SHOWN]:
            say(f"  line {bad.row}: {bad.reason}")
        if len(some) > SHOWN:
            say(f"  and {len(some) - SHOWN} more: see `--json`")
    if kept:
        say(f"  columns that mean nothing here are kept with the leads as they are: {', '.join(kept)}")


def _bar(done: int, total: int) -> str:
    percent = 100 * done // total if total else 100
    return f"reading [{'=' * (percent // 4):<25}] {percent:3}%"


@click.command()
@click.option("--name", default="", help="Who. Without a name the form asks for one lead after the other.")
@click.option("--company", default="")
@click.option("--title", default="")
@click.option("--phone", multiple=True, help="As they write it; may be given several times.")
@click.option("--email", multiple=True)
@click.option("--address", default="")
@click.option("--zip", "zip", default="")
@click.option("--city", default="")
@click.option("--state", default="")
@click.option("--country", default="")
@click.option("--website", default="")
@click.option("--linkedin", default="")
@click.option("--industry", default="")
@click.option("--campaign", "--event", "campaign", default="", help="The event they came by; else the one on today.")
@click.option("--source", default="")
@click.option("--comment", default="", help="What they said, in their own words.")
@click.option("--asks", is_flag=True, help="They asked to be contacted: the lead is hot.")
@click.option("--budget/--no-budget", default=None)
@click.option("--authority/--no-authority", default=None)
@click.option("--need/--no-need", default=None)
@click.option("--timeframe/--no-timeframe", default=None)
@click.option("--outbound", is_flag=True, help="Qualified by a teleprospector.")
@click.option("--blanks", is_flag=True, help="Take it although something is blank; it gets a research task.")
@json_option
@click.pass_obj
def add(start: Start, /, *, as_json: bool, blanks: bool, **given: Any) -> int:
    """Capture one lead, as at a booth: nothing that the event's form asks for may be blank.

    Without --name the form asks for each field, and then for the next lead; an empty name ends it.
    """
    from callsheet.services.capture import capture
    from callsheet.services.desk import Refused

    with open_office(start) as office:
        asked = _Asked(office, given, blanks=blanks)
        if given["name"]:
            _say_captured(office, start, capture(office.desk, asked.form(), asked.required), as_json=as_json)
            return 0
        if as_json:
            raise Misused("a lead has a name", "give --name")
        taken = 0
        while asked.fill():
            try:
                _say_captured(office, start, capture(office.desk, asked.form(), asked.required), as_json=False)
                taken += 1
                asked.begin_again()
            except Refused as error:
                say(f"not taken yet: {error}" + (f"; {error.hint}" if error.hint else ""))
        say(f"{taken:,} taken")
    return 0


_PROMPTS: Final = (
    ("name", "name (empty ends)"), ("company", "company"), ("title", "title"), ("phone", "phone"), ("email", "email"),
    ("address", "address"), ("zip", "zip"), ("city", "city"), ("country", "country"),
    ("answers", "they said yes to: 1 budget, 2 authority, 3 need, 4 timeframe, 5 wants a call"),
    ("comment", "comment"),
)  # fmt: skip
_QUESTIONS: Final = ("budget", "authority", "need", "timeframe")


class _Asked:
    """The form as it is filled in: by options, or by one question after the other."""

    def __init__(self, office: Office, given: Mapping[str, Any], *, blanks: bool) -> None:
        from callsheet.services.capture import asked_today

        event, required = asked_today(office.desk, office.settings.capture.required)
        self.values: dict[str, Any] = {
            name: ", ".join(value) if isinstance(value, tuple) else value
            for name, value in given.items() if name not in (*_QUESTIONS, "asks")
        }  # fmt: skip
        self.values["campaign"] = self.values["campaign"] or event
        self.values["answers"] = "".join(str(digit) for digit, name in enumerate(_QUESTIONS, 1) if given[name])
        self.values["answers"] += "5" if given["asks"] else ""
        self.values["denied"] = "".join(
            str(digit) for digit, name in enumerate(_QUESTIONS, 1) if given[name] is False
        )  # fmt: skip
        named = office.settings.capture.events.get(self.values["campaign"])
        self.required = ("name",) if blanks else named or required
        self._kept = {name: self.values[name] for name in ("campaign", "source", "industry", "outbound")}

    def form(self) -> Form:
        from callsheet.services.capture import Form

        return Form(**self.values)

    def fill(self) -> bool:
        """Ask for each field, offering what was typed before; False when there is nobody more."""
        for name, label in _PROMPTS:
            text = f"{'*' if name in self.required or name == 'name' else ' '} {label}"
            before = self.values.get(name, "")
            try:
                self.values[name] = click.prompt(text, default=before, show_default=bool(before)).strip()
            except click.Abort:
                return False
            if name == "name" and not self.values[name]:
                return False
        return True

    def begin_again(self) -> None:
        """Empty the form but for the event."""
        self.values = dict.fromkeys(self.values, "") | self._kept


def _say_captured(office: Office, start: Start, captured: Captured, *, as_json: bool) -> None:
    card = office.book.card(captured.lead)
    if as_json:
        from callsheet.cli.entries import entry_of

        emit({
            "lead": captured.lead, "became": captured.kind, "words": captured.became,
            "incomplete": list(card.lead.profile.incomplete) if card else [],
            "routed_by": card.lead.routed_by if card else "",
            "next": entry_of(office, captured.lead, start.now()) if card else None,
        })  # fmt: skip
    else:
        who = card.lead.profile.name if card else "it"
        say(f"{who} is {captured.became}")
