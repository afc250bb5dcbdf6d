"""A lead list as bad as they come, with what is right to make of it: for the reader's tests and the import's."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

HEADER: Final = (
    "First Name", "Last Name", "Company", "Job Title", "Phone", "Mobile Phone", "Email", "No. of Employees", "Country",
    "Lead Source", "direction", "contact_me", "interactions", "Received At", "Comments", "Favourite colour",
)  # fmt: skip

_FIRST: Final = (
    "Ada",
    "Grace",
    "Jörg",
    "Éloïse",
    "José",
    "Zoë",
    "Øyvind",
    "李",
    "Юлия",
    "Siân",
    "Łucja",
    "さくら",
    "Mary Ann",
)
_LAST: Final = (
    "O'Neil",
    "Müller",
    "García Núñez",
    "van der Berg",
    "Smith-Jones",
    "Ōta",
    "Nguyễn",
    "de la Cruz",
    "Null",
)
_COMPANIES: Final = (
    "Acme, Inc.",
    'The "Real" Deal',
    "Bäckerei Öhm GmbH",
    "Acme [/] Ltd",
    "A;B Partners",
    "Tab\tCo",
    "見本",
)
_PHONES: Final = (
    "(212) 555-0{0:03}",
    "+1 212 555 0{0:03}",
    "212.555.0{0:03}",
    "+442079460{0:03}",
    "'+1-212-555-0{0:03}",
    "1212555{0:04}.0",
)
_SIZES: Final = ("1,200", "1.200", "50-200", "10k", "1000+", "1\u00a0200", "250", "", "n/a", "about 300", "10-Nov")
_COUNTRIES: Final = ("United States", "USA", "us", "Deutschland", "Royaume-Uni", "", "Atlantis")
_RECEIVED: Final = (
    "2026-11-26", "2026-11-26 14:00", "2026-11-26T14:00:00Z", "26/11/2026 2:30 PM", "11/26/26", "Nov 26, 2026",
    "26 Nov 2026 14:00", "46352.5", "1795698000000", "", "26.11.2026",
)  # fmt: skip
_INTERACTIONS: Final = (
    "", "webinar:Scaling@2026-11-20; whitepaper:ABC@2026-11-21 09:30", "contact form", "badge: Expo 2026",
    "podcast: Episode 5", "download:ABC; download:ABC",
)  # fmt: skip


@dataclass(slots=True)
class Messy:
    """A file's bytes and its truth.

    `good` are the names of the rows to import by the line where each begins, `bad` a piece of the reason for each row
    to refuse, `emails` the address of each good row that has one; `repeated` of the good rows say again what an
    earlier one said. Dates are to be read as `iso`, phones as of the US.
    """

    content: bytes = b""
    good: dict[int, str] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    emails: dict[int, str] = field(default_factory=dict)
    repeated: int = 0


Cells = dict[str, str]
Spoiling = tuple[Callable[["_Writer", Cells], str], str]


def messy(rows: int = 2_000, seed: int = 1) -> Messy:
    """A list of so many rows, blank ones not counted; about one in ten of them is bad. The same seed, the same list."""
    writer = _Writer(random.Random(seed))
    while len(writer.truth.good) + len(writer.truth.bad) < rows:
        writer.add()
    return writer.finished()


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.truth = Messy()
        self._pieces = [",".join(HEADER).encode() + b"\r\n"]
        self._line = 2
        self._people: list[tuple[str, str, str]] = []

    def add(self) -> None:
        if self.chance.random() < 0.03:
            self._write(self.chance.choice(["", ",,,,", "   ", '"",""', "\t"]))
        if self.chance.random() < 0.1:
            spoil, reason = self.chance.choice(_SPOILINGS)
            text = spoil(self, self._person())
            self.truth.bad[self._line] = reason
            self._write(text)
        else:
            self._good()

    def finished(self) -> Messy:
        self.truth.content = b"\xef\xbb\xbf" + b"".join(self._pieces)
        return self.truth

    def _good(self) -> None:
        cells = self._person()
        if self._people and self.chance.random() < 0.05:
            first, last, email = self.chance.choice(self._people)
            cells |= {"First Name": first, "Last Name": last, "Email": email}
            self.truth.repeated += 1
        elif cells["Email"]:
            self._people.append((cells["First Name"], cells["Last Name"], cells["Email"]))
        if cells["Email"]:
            self.truth.emails[self._line] = cells["Email"].lower()
        self.truth.good[self._line] = f"{cells['First Name']} {cells['Last Name']}"
        self._write(self._good_text(cells))

    def _good_text(self, cells: Cells) -> str:
        match self.chance.randrange(12):
            case 0:  # an embedded line end or two
                cells["Comments"] = self.chance.choice(["one\ntwo", 'say\r\n"hi",\nplease', "one\n\ntwo"])
            case 1:  # cells that are missing at the end
                return ",".join(self.quoted(cells[name]) for name in HEADER[:8])
            case 2:  # cells that are blank beyond the end
                return self.text(cells) + ", ,,"
            case 3:  # an address or a number that is none
                if not cells["Email"]:
                    cells["Email"] = "ada(at)example"
                cells["Phone"] = self.chance.choice(["4.47E+12", "ask the desk", "12"])
            case 4:  # what would drive a terminal, zeros from a broken disk
                cells["Favourite colour"] = "\x1b[2Jred\x00"
            case 5:  # every cell in quotes
                return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
            case 6:
                cells["contact_me"] = self.chance.choice(["yes", "no", "ja", "x", "2026-11-27 14:00"])
        return self.text(cells)

    def _person(self) -> Cells:
        chance, number = self.chance, len(self.truth.good) + len(self.truth.bad)
        first, last = chance.choice(_FIRST), f"{chance.choice(_LAST)} {number}"
        address = f"Person.{number}@example.com"
        return dict(
            zip(
                HEADER,
                (
                    first,
                    last,
                    chance.choice(_COMPANIES),
                    chance.choice(["CTO", "Head of Sales", ""]),
                    chance.choice(_PHONES).format(number % 1000),
                    chance.choice(["", "(917) 555-0164"]),
                    chance.choice([address, address, address.upper(), ""]),
                    chance.choice(_SIZES),
                    chance.choice(_COUNTRIES),
                    chance.choice(["Web", "Trade Show", "-"]),
                    chance.choice(["inbound", "Outbound", ""]),
                    "",
                    chance.choice(_INTERACTIONS),
                    chance.choice(_RECEIVED),
                    chance.choice(["", "Wants a pilot, soon"]),
                    chance.choice(["", "red"]),
                ),
                strict=True,
            )
        )

    def text(self, cells: Cells) -> str:
        return ",".join(self.quoted(cell) for cell in cells.values())

    def quoted(self, cell: str) -> str:
        if any(char in cell for char in ',"\r\n') or self.chance.random() < 0.1:
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def _write(self, text: str) -> None:
        end = self.chance.choice(["\r\n", "\r\n", "\n"])
        self._line += text.replace("\r\n", "\n").count("\n") + 1
        data = (text + end).encode()
        if self.chance.random() < 0.05:  # rows that were pasted in from another program
            data = data.replace("ü".encode(), b"\xfc").replace("Ö".encode(), b"\xd6")
        self._pieces.append(data)


def _with(column: str, cell: str) -> Callable[[_Writer, Cells], str]:
    return lambda writer, cells: writer.text(cells | {column: cell})


def _nobody(writer: _Writer, cells: Cells) -> str:
    return writer.text(
        cells | dict.fromkeys(("First Name", "Last Name", "Company", "Phone", "Mobile Phone", "Email"), "")
    )


def _never_closed(writer: _Writer, cells: Cells) -> str:
    return ",".join(writer.quoted(cells[name]) for name in HEADER[:-2]) + ',"never closed'


def _too_many(writer: _Writer, cells: Cells) -> str:
    return writer.text(cells) + ",one too many"


def _header_again(_writer: _Writer, _cells: Cells) -> str:
    return ",".join(HEADER)


_SPOILINGS: Final[tuple[Spoiling, ...]] = (
    (_nobody, "nobody to contact"),
    (_never_closed, "never closed"),
    (_too_many, "the header has 16"),
    (_header_again, "the header once more"),
    (_with("Received At", "03/04/2026"), "two ways"),
    (_with("Received At", "soon"), "cannot be read"),
    (_with("direction", "sideways"), "neither inbound nor outbound"),
    (_with("contact_me", "perhaps"), "neither yes nor no"),
    (_with("Comments", "x" * 100_001), "100,000 characters"),
)
