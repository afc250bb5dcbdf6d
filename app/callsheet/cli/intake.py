"""Leads in: a list from a file, or one at a booth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Self, cast

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, open_office
from callsheet.cli.output import emit, say

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

    The same file twice changes nothing. A row that cannot be read is named with its line, the others come in.
    """
    from callsheet.exchange.leads_csv import read
    from callsheet.services.imports import import_rows

    with open_office(start) as office:
        with _Progress(quiet=as_json) as progress:
            rows = read(
                file, zone=office.rules.calendar.zone, dates=cast("Any", dates),
                region=(region or office.desk.region).upper(), progress=progress,
            )  # fmt: skip
            try:
                found = import_rows(office.desk, rows, campaign=campaign, dry_run=dry_run)
            except KeyboardInterrupt:
                progress.end()
                click.echo("stopped: what was read so far is kept; importing the file again goes on", err=True)
                raise
        if as_json:
            emit({
                "rows": found.rows, "leads": found.leads, "names": found.names, "hot": found.hot,
                "merged": found.merged, "incomplete": found.incomplete, "stopped": found.stopped,
                "promoted": found.promoted, "dry_run": dry_run,
                "rejected": [{"row": bad.row, "reason": bad.reason} for bad in found.rejected],
                "remarks": [{"row": one.row, "reason": one.reason} for one in found.remarks],
            })  # fmt: skip
        else:
            _say_imported(found, dry_run=dry_run)
    return 0


def _say_imported(found: Any, *, dry_run: bool) -> None:
    say(f"{found.rows:,} rows{' (dry run, nothing was kept)' if dry_run else ''}")
    counted = (
        (found.leads, f"new leads, {found.hot:,} of them asked to be contacted"),
        (found.names, "new names, which wait for another interaction"),
        (found.merged, "known already: blanks filled, what they did added"),
        (found.promoted, "names became leads by it"),
        (found.stopped, "may not be contacted and came in closed"),
        (found.incomplete, "of the new ones lack a number, an address or a company, and get research"),
        (len(found.rejected), "could not be read"),
    )
    for count, words in counted:
        if count:
            say(f"  {count:>8,} {words}")
    for bad in found.rejected[:SHOWN]:
        say(f"  line {bad.row}: {bad.reason}")
    if len(found.rejected) > SHOWN:
        say(f"  and {len(found.rejected) - SHOWN} more: see `--json`")


class _Progress:
    """A bar on the terminal, by the bytes of the file; nothing where nobody looks."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._percent = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if self._shown and percent != self._percent:
            self._percent = percent
            click.echo(f"\rreading [{'=' * (percent // 4):<25}] {percent:3}%", err=True, nl=False)

    def end(self) -> None:
        """Wipe the bar out."""
        if self._shown and self._percent >= 0:
            click.echo(f"\r{' ' * 45}\r", err=True, nl=False)
            self._percent = -1


@click.command()
@click.option("--name", required=True, help="Who.")
@click.option("--company", default="")
@click.option("--title", default="")
@click.option("--phone", multiple=True, help="As they write it; may be given several times.")
@click.option("--email", multiple=True)
@click.option("--address", default="")
@click.option("--zip", "zip_", default="")
@click.option("--city", default="")
@click.option("--state", default="")
@click.option("--country", default="")
@click.option("--website", default="")
@click.option("--linkedin", default="")
@click.option("--industry", default="")
@click.option("--campaign", "--event", "campaign", default="", help="The event or campaign they came by.")
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
    """Capture one lead, as at a booth: nothing that is needed may be blank (RULES §11)."""
    from callsheet.services.imports import import_rows

    with open_office(start) as office:
        if not blanks:
            _require(office, given)
        row = _row(office, given)
        found = import_rows(office.desk, [row], by_rep=True)
        with office.book.work() as work:
            points = (*row.profile.phones, *row.profile.emails)
            known = [lead for leads in work.with_points(points).values() for lead in leads]
            ids = sorted(known) or sorted(work.with_name(row.profile.name, row.profile.company))
        lead = ids[-1] if ids else ""
        became = "merged" if found.merged else "stopped" if found.stopped else "name" if found.names else (
            "hot" if found.hot else "lead"
        )  # fmt: skip
        if as_json:
            from callsheet.cli.entries import entry_of

            emit({
                "lead": lead, "became": became, "incomplete": list(row.profile.incomplete),
                "remarks": list(row.remarks), "next": entry_of(office, lead, start.now()) if lead else None,
            })  # fmt: skip
        else:
            words = {
                "merged": "known already: what is new was added", "stopped": "may not be contacted: kept closed",
                "name": "a name: it waits for another interaction", "hot": "hot: on top of your sheet",
                "lead": "a lead, with a plan from today",
            }  # fmt: skip
            say(f"{row.profile.name} is {words[became]}")
            for remark in row.remarks:
                say(f"  {remark}")
    return 0


def _require(office: Any, given: dict[str, Any]) -> None:
    from callsheet.services.desk import Refused

    required = office.settings.capture.required_at(given["campaign"])
    values = {**given, "zip": given["zip_"]}
    missing = [name for name in required if not values.get(name)]
    if missing:
        raise Refused(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} blank", rule="capture",
            hint="ask for it now, or take the lead with --blanks",
        )  # fmt: skip


def _row(office: Any, given: dict[str, Any]) -> Any:
    from callsheet.domain.events import Bant
    from callsheet.domain.profile import Profile
    from callsheet.domain.text import one_line, safe_text
    from callsheet.services.lead_row import LeadRow
    from callsheet.services.phones import read_numbers
    from callsheet.services.places import country_of

    def text(name: str, limit: int = 500) -> str:
        return one_line(given[name], limit)

    country = country_of(given["country"]) or text("country")
    phones: list[str] = []
    remarks: list[str] = []
    for said in given["phone"]:
        numbers = read_numbers(said, country if len(country) == 2 else office.desk.region)
        phones += [number.e164 for number in numbers]
        if not numbers:
            remarks.append(f"“{one_line(said, 60)}” is no number that can be dialled")
    emails = tuple(one_line(one, 320).lower() for one in given["email"] if "@" in one)
    profile = Profile(
        text("name"), text("company"), text("title"), tuple(dict.fromkeys(phones)), emails, text("website"),
        text("linkedin"), text("industry"), address=text("address"), zip=text("zip_", 40), city=text("city"),
        state=text("state"), country=country,
    )  # fmt: skip
    bant = Bant(given["budget"], given["authority"], given["need"], given["timeframe"])
    return LeadRow(
        0, profile, one_line(given["source"], 200), one_line(given["campaign"], 200),
        "outbound" if given["outbound"] else None, contact_me=True if given["asks"] else None,
        bant=bant if bant.answered else None, comment=safe_text(given["comment"], 10_000), remarks=tuple(remarks),
    )  # fmt: skip
