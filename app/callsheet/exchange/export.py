"""Everything in a folder: the journal, which imports back into an equal book, and tables for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.domain.lead import Lead
from callsheet.exchange.ics.folder import write_file
from callsheet.exchange.journal_lines import BadJournal, read_journal, write_journal
from callsheet.exchange.spreadsheet import write_table
from callsheet.services.book_copy import BookCopy, TakenIn
from callsheet.services.calendar_items import BlockSeries, Item

JOURNAL: Final = "journal.jsonl"

LEAD_COLUMNS: Final = (
    "id", "state", "name", "company", "title", "phone", "email", "website", "linkedin", "industry", "company_size",
    "company_kind", "address", "zip", "city", "state_or_province", "country", "timezone", "source", "campaign",
    "direction", "originator", "routed_by", "created_at", "received_at", "attempts", "last_touch", "next_step_at",
    "next_step", "closed", "returned_to",
)  # fmt: skip
TOUCH_COLUMNS: Final = (
    "event", "lead", "name", "company", "at", "channel", "outcome", "reached", "counts", "number", "seconds", "note",
    "asset", "author",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    folder: Path
    events: int
    leads: int
    touches: int


def export_book(
    copy: BookCopy, folder: Path, items: Iterable[Item], blocks: Iterable[BlockSeries], zone: ZoneInfo, now: datetime
) -> Exported:
    """Write the whole book into a folder: journal.jsonl, leads.csv, touches.csv, calendar.ics.

    Raises:
        FileExistsError: the folder holds something already.
        OSError: it cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something already: export into a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / JOURNAL).open("xb") as file:
        events = write_journal(file, copy, now)
    with (folder / "leads.csv").open("x", encoding="utf-8-sig", newline="") as table:
        leads = write_table(table, LEAD_COLUMNS, (_lead_row(lead, zone) for lead in copy.leads()))
    with (folder / "touches.csv").open("x", encoding="utf-8-sig", newline="") as table:
        touches = write_table(
            table, TOUCH_COLUMNS, chain.from_iterable(_touch_rows(lead, zone) for lead in copy.leads())
        )
    write_file(folder / "calendar.ics", items, blocks, zone, now)
    return Exported(folder, events, leads, touches)


def import_book(copy: BookCopy, path: Path) -> TakenIn:
    """Take a journal in, from an exported folder or its journal.jsonl; what is here already is left as it is.

    Raises:
        BadJournal: the file is no journal, or damaged; then nothing is taken in.
        OSError: the file cannot be read.
    """
    file = path / JOURNAL if path.is_dir() else path
    with file.open("rb") as lines:  # all of it is read before anything is written
        for _ in read_journal(lines):
            pass
    with file.open("rb") as lines:
        return copy.take_in(read_journal(lines))


def _lead_row(lead: Lead, zone: ZoneInfo) -> tuple[object, ...]:
    one, step = lead.profile, lead.commitment
    return (
        lead.id, lead.state, one.name, one.company, one.title, "; ".join(one.phones), "; ".join(one.emails),
        one.website, one.linkedin, one.industry, one.company_size, one.company_kind, one.address, one.zip, one.city,
        one.state, one.country, one.timezone, lead.source, lead.campaign, lead.direction, lead.originator,
        lead.routed_by, _local(lead.created_at, zone), _local(lead.received_at, zone), lead.tally.counted,
        _local(lead.last_touch, zone), _local(step.due if step else None, zone), step.what if step else "",
        lead.closed or "", lead.returned.to if lead.returned else "",
    )  # fmt: skip


def _touch_rows(lead: Lead, zone: ZoneInfo) -> Iterator[tuple[object, ...]]:
    for one in lead.touches:
        yield (
            one.event, lead.id, lead.profile.name, lead.profile.company, _local(one.at, zone), one.channel, one.label,
            one.reached, one.counts, one.number, one.seconds or None, one.note, one.asset, one.author,
        )  # fmt: skip


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.astimezone(zone) if at else None


__all__ = ["BadJournal", "Exported", "export_book", "import_book"]
