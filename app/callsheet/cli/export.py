"""Out of the book and into it: everything in a folder, a lead's card, addresses for post cards."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.files import FileTrouble, using
from callsheet.cli.options import Misused, json_option, lead_argument, open_office
from callsheet.cli.output import emit, say

SHOWN = 20
"""Leads without a full address that are named; `--json` has all of them."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def export(start: Start, *, folder: Path, as_json: bool) -> int:
    """Write the whole book into DIR, a new or empty folder: journal.jsonl, leads.csv, touches.csv, calendar.ics.

    `callsheet import-journal DIR` makes an equal book of it.
    """
    from callsheet.bootstrap.calendar import contents
    from callsheet.exchange.export import export_book
    from callsheet.store.book_copy import SqliteCopy

    with open_office(start) as office, using(folder, "written"):
        items, blocks = contents(office)
        try:
            done = export_book(
                SqliteCopy(office.book), folder, items, blocks, office.rules.calendar.tz, start.now()
            )  # fmt: skip
        except FileExistsError as error:
            raise FileTrouble(f"{folder} holds something already", "export into a new or empty folder") from error
    if as_json:
        emit({"folder": str(folder), "events": done.events, "leads": done.leads, "touches": done.touches})
    else:
        say(f"{folder} has the whole book: {done.events:,} events, {done.leads:,} records, {done.touches:,} touches")
    return 0


@click.command("import-journal")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def import_journal(start: Start, *, file: Path, as_json: bool) -> int:
    """Take in a journal: FILE is journal.jsonl of an export, or the exported folder.

    What is in the book already stays as it is; a damaged journal changes nothing.
    """
    from callsheet.bootstrap.office import FINGERPRINT
    from callsheet.exchange.export import BadJournal, import_book
    from callsheet.store.book_copy import SqliteCopy

    with open_office(start) as office:
        with using(file, "read"):
            try:
                done = import_book(SqliteCopy(office.book), file)
            except BadJournal as error:
                raise FileTrouble(
                    f"{file}: {error}", "nothing was taken in; give journal.jsonl of an export"
                ) from error
        if not office.book.plans().keys() <= office.rules.plans.keys():
            office.book.put_note(FINGERPRINT, "")  # plans came along: the next opening works everything out by them
        if as_json:
            emit({"actions": done.actions, "events": done.events, "known": done.known})
        else:
            known = f"; {done.known:,} were here already" if done.known else ""
            say(f"{done.actions:,} actions with {done.events:,} events were taken in{known}")
    return 0


@click.command()
@lead_argument
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def vcard(start: Start, *, lead: str, file: Path, as_json: bool) -> int:
    """Write LEAD to FILE (.vcf), as a card that address books read."""
    from callsheet.exchange.vcard import vcard as card
    from callsheet.services.leads import any_lead, the_lead

    with open_office(start) as office:
        found = the_lead(office.desk, lead)
        with office.book.work() as work:
            who = any_lead(work, found)
        with using(file, "written"):
            file.write_bytes(card(who))
    if as_json:
        emit({"lead": found, "file": str(file)})
    else:
        say(f"{file} is the card of {who.profile.name or found}")
    return 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def cards(start: Start, *, file: Path, as_json: bool) -> int:
    """Write the addresses of all post cards that are due to FILE: .csv for a label program, .html to print."""
    from callsheet.exchange.addresses import labels_csv, labels_html, mailable
    from callsheet.services.shelf import cards_due

    kind = file.suffix.lower()
    if kind not in (".csv", ".html"):
        raise Misused(f"{file.name} is neither a table nor a page", "name the file like cards.csv or cards.html")
    with open_office(start) as office:
        reached, lacking = mailable(cards_due(office.desk))
    with using(file, "written"):
        if kind == ".html":
            file.write_text(labels_html(reached), encoding="utf-8")
        else:
            with file.open("w", encoding="utf-8-sig", newline="") as table:
                labels_csv(table, reached)
    if as_json:
        emit({
            "file": str(file), "leads": [lead.id for lead in reached],
            "lacking": [{"lead": lead.id, "name": lead.profile.name} for lead in lacking],
        })  # fmt: skip
        return 0
    say(f"{file} has {len(reached):,} addresses")
    if lacking:
        say(f"{len(lacking):,} cards are due to leads without a street and a place:")
    for lead in lacking[:SHOWN]:
        say(f"  {lead.id}  {lead.profile.name}")
    if len(lacking) > SHOWN:
        say(f"  and {len(lacking) - SHOWN:,} more: see `--json`")
    return 0
