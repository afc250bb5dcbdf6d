"""A lead as a vCard 3.0 (RFC 2426), the version that every address book reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from callsheet.domain.lead import Lead
from callsheet.domain.text import one_line, safe_text, safe_url

LINE: Final = 75
"""Octets in a line, without its end."""


def vcard(lead: Lead) -> bytes:
    """Return the card. Numbers and addresses that were retired are left out."""
    return b"".join(_folded(line) for line in _lines(lead))


def _lines(lead: Lead) -> Iterator[str]:
    who = lead.profile
    name = one_line(who.name) or one_line(who.company) or lead.id
    given, _, family = name.rpartition(" ") if who.name.strip() else ("", "", "")
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield "PRODID:-//callsheet//callsheet//EN"
    yield f"UID:{_text(lead.id)}"
    yield f"FN:{_text(name)}"
    yield f"N:{_text(family)};{_text(given)};;;"
    if who.company:
        yield f"ORG:{_text(who.company)}"
    if who.title:
        yield f"TITLE:{_text(who.title)}"
    for number in lead.phones:
        yield f"TEL;TYPE=WORK,VOICE:{_text(number)}"
    for address in lead.emails:
        yield f"EMAIL;TYPE=INTERNET,WORK:{_text(address)}"
    for link in (who.website, who.linkedin):
        if url := safe_url(link):
            yield f"URL:{url}"
    if any((who.address, who.city, who.state, who.zip, who.country)):
        parts = (who.address, who.city, who.state, who.zip, who.country)
        yield "ADR;TYPE=WORK:;;" + ";".join(_text(part) for part in parts)
    if lead.campaign:
        yield f"CATEGORIES:{_text(lead.campaign)}"
    yield "END:VCARD"


def _text(value: str) -> str:
    text = safe_text(value).strip().replace("\r", "").replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> bytes:
    """Cut a line between characters; what goes on begins with a blank, which counts."""
    rows: list[bytes] = [b""]
    for char in line:
        octets = char.encode()
        if len(rows[-1]) + len(octets) > LINE:
            rows.append(b" ")
        rows[-1] += octets
    return b"\r\n".join(rows) + b"\r\n"
