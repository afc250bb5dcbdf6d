"""How a lead list is written: its encoding, its separator, where its header is and what the columns mean."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callsheet.domain.text import one_line
from callsheet.exchange.leads_csv.encoding import encoding_of, errors_for, sample_of
from callsheet.exchange.leads_csv.errors import CsvError
from callsheet.exchange.leads_csv.headers import WHO, columns_of
from callsheet.exchange.leads_csv.records import Lines, records
from callsheet.services.lead_row import BadRow

DELIMITERS: Final = (",", ";", "\t", "|")
PREAMBLE_RECORDS: Final = 40
"""How many records may stand before the header: some exports begin with notes about the export."""

HEADER_LIMIT: Final = 80
"""A header's text is cut to so many characters."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read one file.

    `header` are the texts of its columns, `columns` where each canonical column stands (several phones are several
    places), `unknown` the texts of those that are kept as they are. `header_line` is the line of the header (1 is the
    first), `body_line` the first one after it.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    header_line: int
    body_line: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    delimiter: str
    cells: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    line: int
    body_line: int

    @property
    def known(self) -> int:
        return sum(map(len, self.columns.values()))


def sniff(path: str | Path) -> Dialect:
    """Find out how the file is written.

    Raises:
        CsvError: it cannot be opened, is empty, is no text, or has no header that says who the leads are.
    """
    file = Path(path)
    sample = sample_of(file)
    encoding = encoding_of(sample, file)
    text = sample.decode(encoding, errors_for(encoding)).removeprefix("\ufeff")
    found = [candidate for delimiter in _delimiters(text) if (candidate := _candidate(text, delimiter))]
    if not found:
        raise _no_header(file, text)
    best = max(found, key=lambda candidate: candidate.known)
    placed = {index for indexes in best.columns.values() for index in indexes}
    header = _distinct(best.cells)
    return Dialect(
        encoding=encoding,
        delimiter=best.delimiter,
        header=header,
        columns=best.columns,
        unknown=tuple(name for index, name in enumerate(header) if index not in placed and best.cells[index].strip()),
        header_line=best.line,
        body_line=best.body_line,
    )


def _delimiters(text: str) -> tuple[str, ...]:
    """The separators to try: the one that a first line `sep=;` names, as spreadsheets write it, else all."""
    first = next(iter(text[:200].lstrip().splitlines()), "").strip('"')
    named = first[4:5] if first.lower().startswith("sep=") else ""
    return (named,) if named in DELIMITERS else DELIMITERS


def _candidate(text: str, delimiter: str) -> _Candidate | None:
    """The first record that names who the leads are and one thing more; else the first that names at least that."""
    lines = Lines(io.StringIO(text, newline=""))
    single: _Candidate | None = None
    for count, record in enumerate(records(lines, delimiter)):
        if count >= PREAMBLE_RECORDS:
            break
        if isinstance(record, BadRow):
            continue
        line, cells = record
        columns = columns_of(cells)
        if not WHO.intersection(columns):
            continue
        candidate = _Candidate(delimiter, tuple(cells), columns, line, lines.number + 1)
        if candidate.known > 1:
            return candidate
        single = single or candidate
    return single


def _distinct(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The header's texts, made safe and different from each other, so that they can be keys."""
    names: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = text = one_line(cell, HEADER_LIMIT) or f"column {number}"
        again = 2
        while name in seen:
            name = f"{text} ({again})"
            again += 1
        seen.add(name)
        names.append(name)
    return tuple(names)


def _no_header(file: Path, text: str) -> CsvError:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return CsvError(
        file,
        1,
        f'no header line names the columns (the file begins "{one_line(first, 60)}")',
        "the first line must name them, for instance: name, company, phone, email",
    )
