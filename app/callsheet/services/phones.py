"""Phone numbers as people write them, read into the one form that is kept, compared and dialled: E.164.

A number has to be possible, not proven: numbers from examples, new ranges and private exchanges are read too and marked
as not `valid`. The library is imported where it is used, so that it costs nothing at start-up.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from callsheet.services.places import state_of_area_code, zones_of

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

__all__ = ["Number", "NumberKind", "read_number", "read_numbers", "regions", "us_state_regions", "zones", "zones_of"]

NumberKind = Literal["mobile", "fixed", "toll_free", "unknown"]

LONGEST: Final = 120
"""Characters of one written number; anything longer is a text."""

LONGEST_CELL: Final = 600
"""Characters of a cell with several numbers in it."""

_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_DECIMAL: Final = re.compile(r"(\+?[0-9]{5,})[.,]0+")
_BARE: Final = re.compile(r"[1-9][0-9]{10,14}")
_TRUNK_ABROAD: Final = re.compile(r"00(?=[ \-./(]*[1-9])")
_BETWEEN: Final = re.compile(r"\s*(?:[;|\n]|:::)\s*")
_PERHAPS_BETWEEN: Final = re.compile(r"\s*(?:(?<!,),(?!,)|\s/\s|\s(?:or|and|und|oder|ou|y|o)\s|\s&\s)\s*")
_SLASH: Final = re.compile(r"\s*/\s*")
_CLINGING: Final = "' \t\r\n\ufffd\ufeff\u200b\u200e\u200f\u2060"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was read.

    `e164` is how it is kept, `display` how it is shown, `region` the country it belongs to (empty for none, as 00800),
    `valid` whether the country's numbering plan has given it out as far as the library knows.
    """

    e164: str
    display: str
    region: str
    extension: str
    kind: NumberKind
    valid: bool


def read_number(text: str, region: str | None) -> Number | None:
    """Return the number that is written, None when there is none; `region` is whose national numbers it may be.

    What a spreadsheet turned into 1.31256E+10 has lost digits and is no number.
    """
    written = text.strip(_CLINGING)
    if not written or len(written) > LONGEST or _SCIENTIFIC.fullmatch(written):
        return None
    if decimal := _DECIMAL.fullmatch(written):
        written = decimal[1]
    parsed = _parsed(_TRUNK_ABROAD.sub("+", written, count=1) if written.startswith("00") else written, region)
    if parsed is None and _BARE.fullmatch(written):
        # An international number that lost its plus, as spreadsheets leave it: only when it is a real one.
        abroad = _parsed(f"+{written}", None)
        parsed = abroad if abroad is not None and _is_valid(abroad) else None
    return None if parsed is None else _number(parsed)


def read_numbers(text: str, region: str | None) -> tuple[Number, ...]:
    """Return the numbers in a cell that may hold several, each once, in their order."""
    cell = text.strip(_CLINGING)[:LONGEST_CELL]
    return tuple(dict.fromkeys(number for part in _BETWEEN.split(cell) for number in _one_or_more(part, region)))


def _one_or_more(text: str, region: str | None) -> list[Number]:
    parts = _PERHAPS_BETWEEN.split(text)
    found = _all_read(parts, region)
    if len(found) > 1:
        return found
    # A slash or a comma also stands inside of one number: 030/123456, 312-555-0142, ext. 4.
    return _all_read([text], region) or _all_read([piece for part in parts for piece in _SLASH.split(part)], region)


def _all_read(texts: Iterable[str], region: str | None) -> list[Number]:
    return [number for text in texts if (number := read_number(text, region))]


def zones(e164: str) -> tuple[str, ...]:
    """Return the time zones that the number may be in, none when it does not say.

    A toll-free number belongs to a country and to no place in it: all zones of the country are candidates.
    """
    parsed = _parsed(e164, None)
    if parsed is None:
        return ()
    if _state(parsed) is None and _kind(parsed) == "toll_free":  # an area code of a state is no toll-free one
        return zones_of(_region(parsed))
    from phonenumbers.timezone import time_zones_for_geographical_number

    known = tuple(zone for zone in time_zones_for_geographical_number(parsed) if zone != "Etc/Unknown")
    return known or zones_of(_region(parsed))


def us_state_regions(e164: str) -> tuple[str, ...]:
    """Return the state of the United States (`US-AL`) that the area code belongs to, none for any other number."""
    parsed = _parsed(e164, None)
    state = None if parsed is None else _state(parsed)
    return (state,) if state else ()


def regions(e164: str) -> tuple[str, ...]:
    """Return whose calling hours the number says apply: the state by its area code, else its country."""
    parsed = _parsed(e164, None)
    if parsed is None:
        return ()
    found = _state(parsed) or _region(parsed)
    return (found,) if found else ()


@lru_cache(maxsize=1024)  # a number is asked about several times in a row, and parsing is most of an import
def _parsed(text: str, region: str | None) -> "PhoneNumber | None":
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None
    # A number without its area code is "possible" locally; nobody can be called by it.
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return parsed if reason == phonenumbers.ValidationResult.IS_POSSIBLE else None


def _number(parsed: "PhoneNumber") -> Number:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    extension = "".join(char for char in parsed.extension or "" if char.isdecimal())
    bare = phonenumbers.PhoneNumber()
    bare.merge_from(parsed)
    bare.extension = None
    return Number(
        e164=phonenumbers.format_number(bare, PhoneNumberFormat.E164),
        display=phonenumbers.format_number(bare, PhoneNumberFormat.INTERNATIONAL),
        region=_region(parsed),
        extension=extension,
        kind=_kind(parsed),
        valid=_is_valid(parsed),
    )


def _is_valid(parsed: "PhoneNumber") -> bool:
    import phonenumbers

    return phonenumbers.is_valid_number(parsed)


def _kind(parsed: "PhoneNumber") -> NumberKind:
    import phonenumbers
    from phonenumbers import PhoneNumberType

    match phonenumbers.number_type(parsed):
        case PhoneNumberType.MOBILE:
            return "mobile"
        case PhoneNumberType.FIXED_LINE | PhoneNumberType.VOIP | PhoneNumberType.UAN:
            return "fixed"
        case PhoneNumberType.TOLL_FREE:
            return "toll_free"
        case _:
            return "unknown"


def _region(parsed: "PhoneNumber") -> str:
    """Return the number's country, by its country code alone when the number is none that was given out."""
    import phonenumbers

    region = phonenumbers.region_code_for_number(parsed)
    if region is None and _state(parsed) is None:
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    elif region is None:
        region = "US"
    return region if len(region) == 2 and region.isalpha() and region != "ZZ" else ""


def _state(parsed: "PhoneNumber") -> str | None:
    return state_of_area_code(str(parsed.national_number)[:3]) if parsed.country_code == 1 else None
