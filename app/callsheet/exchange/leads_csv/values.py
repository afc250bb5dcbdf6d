"""What a cell says: a size, a yes or no, addresses, a direction. Nothing is guessed; what cannot be read is kept."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable
from functools import cache
from typing import Final

from callsheet.domain.events import Direction

_NOTHING: Final = frozenset(
    {"-", "--", "---", "–", "—", ".", "n/a", "#n/a", "(no value)", "[no value]", "[null]", "\\n"}
)
"""Ways to write that a cell is empty, which no name or company is called."""

LONGEST_NOTHING: Final = max(map(len, _NOTHING))
"""A text of more characters says something."""

_UNKNOWN: Final = _NOTHING | {
    "null", "none", "nil", "nan", "na", "unknown", "not known", "tbd", "tbc", "?", "??", "k.a.", "k. a.",
    "keine angabe", "unbekannt", "inconnu", "desconocido", "not asked", "not answered",
}  # fmt: skip
_YES_WORDS: Final = (
    "yes y yep true t 1 x on ok checked ✓ ✔ ☑ ja j wahr oui o vrai si s sí verdadero verdad sim verdadeiro vero tak da"
    " kyllä 1.0"
)
_NO_WORDS: Final = "no n nope false f 0 off unchecked ✗ ☐ nein nee nej nei falsch non faux falso não nao nie ei 0.0"
_YES: Final = frozenset(_YES_WORDS.split())
_NO: Final = frozenset(_NO_WORDS.split())
_ASKED: Final = frozenset({"please", "asap", "urgent", "urgently", "now", "call", "call me", "yes please", "bitte"})
_DIRECTIONS: Final[dict[str, Direction]] = {
    **dict.fromkeys(("inbound", "in", "incoming", "eingehend", "entrant", "entrante"), "inbound"),
    **dict.fromkeys(("outbound", "out", "outgoing", "ausgehend", "sortant", "saliente"), "outbound"),
}

LARGEST_COMPANY: Final = 10_000_000
"""Heads; nobody employs more, so that a greater number is a number of something else."""

_SIZE: Final = re.compile(
    r"(?P<bound>[<>~≈≥≤]|about|approx\.?|ca\.?|circa|over|more than|less than|up to|from|über|mehr als|bis zu|plus de"
    r"|más de|moins de|menos de|weniger als|unter|under|below)?\s*"
    r"(?P<number>\d{1,3}(?:[.,'’ ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)"
    r"\s*(?:(?P<scale>k|m|mio|tsd|million)(?![a-z]))?\.?(?P<rest>.*)$",
    re.IGNORECASE,
)
_SIZE_REST: Final = re.compile(
    r"\s*(?:\+|(?:-|–|—|to|bis|à|a|and)\s*[\d.,'’ ]+\s*(?:k|m|mio|tsd|million)?\.?\s*\+?)?"
    r"\s*(?:employees?|people|staff|heads?|fte|mitarbeiter(?:innen)?|ma|employés|salariés|empleados"
    r"|or more|and more)?$",
    re.IGNORECASE,
)
_AT_MOST: Final = frozenset(
    {"<", "≤", "bis zu", "up to", "less than", "moins de", "menos de", "weniger als", "unter", "under", "below"}
)
_DECIMAL: Final = re.compile(r"\d+[.,]\d{1,3}")
_GROUP: Final = re.compile(r"[.,'’ ](?=\d{3}(?:\D|$))")
_SCALES: Final = {"k": 1_000, "tsd": 1_000, "m": 1_000_000, "mio": 1_000_000, "million": 1_000_000}
_BETWEEN_ADDRESSES: Final = re.compile(r"[;,|\s\u200b-\u200f\u2060\ufffd]+|:::|mailto:")
_IN_ANGLES: Final = re.compile(r"<\s*([^<>\s]*)\s*>")
_NO_ADDRESS: Final = r"@\s<>\"(),:;\\\[\]"
_ADDRESS: Final = re.compile(
    rf"[^{_NO_ADDRESS}]{{1,64}}@(?:[^{_NO_ADDRESS}_/.]+\.)+(?:[^{_NO_ADDRESS}_/.\d]{{2,63}}|xn--[a-z0-9-]{{2,59}})"
)


def is_nothing(text: str) -> bool:
    """Whether the text only says that there is none."""
    return text.casefold() in _NOTHING


def is_unknown(text: str) -> bool:
    """Whether the text says that the answer is not known: in a cell that holds no name."""
    return not text or (len(text) <= 16 and text.casefold() in _UNKNOWN)


def yes_or_no(text: str) -> bool | None:
    """The answer in the languages that lists come in, None when the text is neither."""
    word = text.casefold().rstrip(".!")
    return True if word in _YES else False if word in _NO else None


def answered(text: str) -> bool | None:
    """A qualifying question's answer: words other than yes and no are one, too; None when it was not asked."""
    if is_unknown(text):
        return None
    answer = yes_or_no(text)
    return True if answer is None else answer


def asked_to_stop(text: str) -> bool:
    """Whether a do-not-contact cell holds true; a reason or a date in it does, as the stricter reading."""
    return not is_unknown(text) and yes_or_no(text) is not False


def asked_for_contact(text: str) -> bool | None:
    """Whether a contact-me cell says yes or no; None when it may be a time."""
    return True if text.casefold().rstrip(".!") in _ASKED else yes_or_no(text)


def direction_of(text: str) -> Direction | None:
    """Inbound or outbound.

    Raises:
        ValueError: the text is neither; the message says so.
    """
    if is_unknown(text):
        return None
    found = _DIRECTIONS.get(text.casefold().removesuffix(" lead"))
    if found is None:
        raise ValueError(f'direction "{text[:40]}" is neither inbound nor outbound')
    return found


def head_count(text: str) -> tuple[int | None, bool]:
    """The size of a company, of a range its lower bound; and whether the text said exactly that number."""
    text = " ".join(text.split())
    found = _SIZE.match(text) if len(text) <= 60 else None
    if found is None or not _SIZE_REST.match(found["rest"]):
        return None, False
    scale = _SCALES.get((found["scale"] or "").lower(), 1)
    digits = found["number"]
    if scale == 1 or not _DECIMAL.fullmatch(digits):
        digits = _GROUP.sub("", digits)
    heads = round(float(digits.replace(",", ".")) * scale)
    if not 0 < heads <= LARGEST_COMPANY:
        return None, False
    bound = (found["bound"] or "").casefold()
    exact = not bound and found["rest"].strip().casefold() in {"", "employees", "people", "mitarbeiter"}
    return 1 if bound in _AT_MOST else heads, exact


def addresses(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The mail addresses in these cells, in lower case, each once; and the cells that hold something else."""
    good: dict[str, None] = {}
    bad: list[str] = []
    for text in texts:
        in_angles = _IN_ANGLES.findall(text)
        bare = _BETWEEN_ADDRESSES.split(_IN_ANGLES.sub(" ", text))
        # beside `Name <address>` words are a name, and on their own they are no address
        parts = [part.strip("'\"<>().").lower() for part in bare if "@" in part or (part and not in_angles)]
        found = [part for part in [*map(str.lower, in_angles), *parts] if part]
        for address in found:
            if _is_address(address):
                good[address] = None
        if not all(map(_is_address, found)) and not is_unknown(text):
            bad.append(text)
    return tuple(good), tuple(bad)


def time_zone(text: str) -> str:
    """The IANA name of the zone, or an empty string when the text is none. HubSpot writes `us_slash_eastern`."""
    name = text.replace("_slash_", "/").replace(" ", "_").casefold()
    return _zones().get(name, "")


def _is_address(text: str) -> bool:
    return len(text) <= 254 and ".." not in text and _ADDRESS.fullmatch(text) is not None


@cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}
