"""A file of leads, read row by row."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from callsheet.exchange.leads_csv.dialect import Dialect, sniff
from callsheet.exchange.leads_csv.encoding import errors_for, unreadable
from callsheet.exchange.leads_csv.records import Lines, records
from callsheet.exchange.leads_csv.rows import RowReader
from callsheet.exchange.leads_csv.times import DateOrder
from callsheet.services.lead_row import BadRow, LeadRow

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and of how many."""

ROWS_PER_PROGRESS: Final = 250
"""How often progress is told: some thousand rows are read in a second."""

_BUFFER: Final = 1 << 16


def read(
    path: str | Path,
    *,
    zone: str,
    dates: DateOrder = "iso",
    region: str | None = None,
    progress: Progress | None = None,
) -> Iterator[LeadRow | BadRow]:
    """The rows of the file in their order, read as they are taken; rows that are blank are passed over.

    Times without a zone are wall clock in `zone` (an IANA name, the rep's), and `dates` says in which order a date
    like 03/04/2026 is meant. National phone numbers are read as those of the row's country, else of `region` (two
    letters, or None). `progress` is told at the beginning, every so often, and at the end.

    Raises:
        CsvError: the file cannot be read as a list of leads: at once, or, when its disk fails, while rows are taken.
    """
    file = Path(path)
    dialect = sniff(file)
    reader = RowReader(dialect, dates, ZoneInfo(zone), region)
    return _rows(file, dialect, reader, progress or _untold)


def _rows(file: Path, dialect: Dialect, reader: RowReader, progress: Progress) -> Iterator[LeadRow | BadRow]:
    try:
        total = file.stat().st_size
        encoding = dialect.encoding
        with (
            file.open("rb", buffering=_BUFFER) as data,
            io.TextIOWrapper(data, encoding=encoding, errors=errors_for(encoding), newline="") as stream,
        ):
            progress(0, total)
            lines = Lines(stream)
            while lines.number < dialect.body_line - 1 and lines.take() is not None:
                pass
            for count, record in enumerate(records(lines, dialect.delimiter, len(dialect.header)), 1):
                row = record if isinstance(record, BadRow) else reader.read(*record)
                if row is not None:
                    yield row
                if count % ROWS_PER_PROGRESS == 0:
                    progress(min(data.tell(), total), total)
            progress(total, total)
    except OSError as error:
        raise unreadable(file, error) from error


def _untold(_done: int, _total: int) -> None:
    return None
