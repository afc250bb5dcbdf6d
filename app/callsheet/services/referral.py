"""Whom they named instead: a person out of a note such as `Jane Doe, +1 312 555 0142, jane@example.com`."""

from __future__ import annotations

import re
from typing import Final

from callsheet.domain.profile import Profile
from callsheet.domain.text import one_line

_EMAIL: Final = re.compile(r"[^\s,;<>()\"]+@[^\s,;<>()\"]+\.[^\s,;<>()\".]+")
_NUMBER: Final = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d(?:\s*(?:x|ext\.?)\s*\d+)?")
_BETWEEN: Final = re.compile(r"\s*[,;|·\n]\s*|\s+[-–—]\s+|\s{2,}")
_LEADING: Final = re.compile(
    r"^(?:talk|speak|call|ask(?: for)?|try|contact|referred|refer)\s+(?:to\s+)?", re.IGNORECASE
)


def read_person(text: str, region: str) -> Profile | None:
    """Return the person: the name first, then a title if there is one; None when nobody is named.

    `region` is the country in which a number without a country code is read.
    """
    from callsheet.services.phones import read_number

    said = one_line(text.replace("\n", ", "), 2_000)
    emails = tuple(match.lower() for match in _EMAIL.findall(said))
    said = _EMAIL.sub(", ", said)
    phones: list[str] = []
    for match in _NUMBER.findall(said):
        number = read_number(match, region)
        if number is not None:
            phones.append(number.e164)
            said = said.replace(match, ", ", 1)
    parts = [part.strip(" .:<>()\"'") for part in _BETWEEN.split(said)]
    parts = [part for part in parts if part and any(char.isalpha() for char in part)]
    name = _LEADING.sub("", parts[0]).strip() if parts else ""
    if not name and emails:
        name = emails[0].partition("@")[0].replace(".", " ").replace("_", " ").title()
    if not name:
        return None
    return Profile(name=name[:200], title=parts[1][:200] if len(parts) > 1 else "", phones=tuple(dict.fromkeys(phones)),
                   emails=tuple(dict.fromkeys(emails)))  # fmt: skip
