"""The phone numbers in the cells of a row, and the cells that hold something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import phonenumbers

from callsheet.services.phones import read_numbers

LONGEST: Final = 60
"""A number that cannot be read is kept up to this length: it may be dialled by hand."""

_BETWEEN: Final = re.compile(r"[;|\r\n]|:::")
_PLAIN: Final = re.compile(r"(?!00)\+?[0-9 ().-]{7,24}")
_DAMAGED: Final = re.compile(r"'?[+-]?\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was found: `good` to dial, each once; `bad` what is no number; `extensions` the texts that had one."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    extensions: tuple[str, ...] = ()


def numbers(texts: Iterable[str], region: str | None) -> Numbers:
    """The numbers in these cells.

    A number is E.164 where it can be read as one, else the text as it came. What a spreadsheet turned into `4.47E+12`
    is lost and no number. `region` is the country (two letters) whose national numbers these may be.
    """
    good: dict[str, None] = {}
    bad: list[str] = []
    extensions: list[str] = []
    for part in (part for text in texts for piece in _BETWEEN.split(text) if (part := piece.strip())):
        if _DAMAGED.fullmatch(part) or not any(map(str.isdigit, part)):
            bad.append(part)
            continue
        plain = _plain_number(part, region)
        if plain:
            good[plain] = None
            continue
        read = read_numbers(part, region)
        good.update(dict.fromkeys([number.e164 for number in read] or [part[:LONGEST]]))
        if any(number.extension for number in read):
            extensions.append(part)
    return Numbers(tuple(good), tuple(bad), tuple(extensions))


def _plain_number(text: str, region: str | None) -> str:
    """What `read_numbers` makes of a text that is one number and nothing else, an empty string for any other text.

    A list has a hundred thousand of these. They need no kind, no country and no way to be shown, which take four
    fifths of the time.
    """
    if not _PLAIN.fullmatch(text):
        return ""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
