"""Post cards: addresses as a table for a label program, and as a sheet to print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, TextIO

from callsheet.domain.lead import Lead
from callsheet.domain.text import one_line
from callsheet.exchange.spreadsheet import write_table

COLUMNS: Final = ("name", "company", "address", "zip", "city", "state", "country")

_STYLE: Final = """
@page { size: A4; margin: 12mm 8mm } body { margin: 0; font: 11pt/1.35 system-ui, "Liberation Sans", sans-serif }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(62mm, 1fr)) }
address { font-style: normal; min-height: 34mm; padding: 5mm; break-inside: avoid; overflow-wrap: anywhere }
@media screen { body { padding: 1rem } address { border: 1px dashed #aaa } }
"""


def mailable(leads: Iterable[Lead]) -> tuple[list[Lead], list[Lead]]:
    """Return the leads that a card can reach, and those whose address lacks a street or a place."""
    reached: list[Lead] = []
    lacking: list[Lead] = []
    for lead in leads:
        who = lead.profile
        (reached if who.address.strip() and (who.zip.strip() or who.city.strip()) else lacking).append(lead)
    return reached, lacking


def labels_csv(file: TextIO, leads: Iterable[Lead]) -> int:
    """Write the table; return how many addresses there are."""
    people = (lead.profile for lead in leads)
    rows = ((one.name, one.company, one.address, one.zip, one.city, one.state, one.country) for one in people)
    return write_table(file, COLUMNS, rows)


def labels_html(leads: Sequence[Lead]) -> str:
    """Return the sheet: three labels in a row on A4."""
    blocks = ("<br>".join(escape(line) for line in address_lines(lead)) for lead in leads)
    labels = "".join(f"<address>{block}</address>" for block in blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Addresses</title><style>{_STYLE}</style></head><body><main>{labels}</main></body></html>\n"
    )


def address_lines(lead: Lead) -> list[str]:
    """Return the address as it is written on a card: the place in the order of its country."""
    who = lead.profile
    if who.country in ("US", "CA", "AU"):
        place = " ".join(filter(None, (f"{who.city}," if who.city and who.state else who.city, who.state, who.zip)))
    elif who.country in ("GB", "IE"):
        place = "\n".join(filter(None, (who.city, who.zip)))
    else:
        place = " ".join(filter(None, (who.zip, who.city)))
    parts = (who.name, who.company, *who.address.splitlines(), *place.splitlines(), who.country)
    return [line for line in (one_line(part, 80) for part in parts) if line]
