"""Phone numbers as CRMs hold them, and as we compare them."""

from __future__ import annotations

import phonenumbers

from callsheet.domain.text import one_line

LIMIT = 40
"""Characters of a number that is kept as it came."""


def e164(text: str, country: str = "") -> str:
    """A number in E.164 where it can be read as one (`country` for those without a prefix), else as it came."""
    number = _read(text, country)
    if number is None:
        return one_line(text, LIMIT)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written


def spellings(text: str, country: str = "") -> tuple[str, ...]:
    """The ways in which a CRM may have written this number down, for looking it up by exact match."""
    number = _read(text, country)
    if number is None:
        return (text.strip(),)
    forms = phonenumbers.PhoneNumberFormat
    written = [
        text.strip(),
        *(phonenumbers.format_number(number, form) for form in (forms.E164, forms.INTERNATIONAL, forms.NATIONAL)),
    ]
    return tuple(dict.fromkeys(written))


def _read(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None
