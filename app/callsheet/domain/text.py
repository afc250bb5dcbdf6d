"""Text from outside, made harmless before it is kept or shown.

A lead's name, a CRM's error and a pasted note may hold terminal controls, direction overrides or stacked accents.
Everything from outside passes here on the way in, and once more before it reaches a screen, a pipe or the clipboard.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

REPLACEMENT: Final = "\ufffd"
"""Stands where a character was that must not reach a terminal."""

ELLIPSIS: Final = "…"

MAX_MARKS: Final = 2
"""Combining marks kept on one base character; more only serves to climb over the neighbouring lines."""

URL_SCHEMES: Final = frozenset({"http", "https", "tel", "mailto"})
"""The schemes that may be opened or shown as a link."""

_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_BLANK: Final = re.compile(r"\s+")
_NO_URL_CHARACTER: Final = re.compile(r"[\s<>\"\\^`{|}]")


def safe_text(s: str, limit: int | None = None) -> str:
    """Return `s` with controls, direction overrides and lone surrogates replaced by U+FFFD.

    Tabs, line feeds and the joiners that scripts and emoji need stay; a Windows line end becomes a line feed. With
    `limit` the result has at most that many characters, and a cut one ends with an ellipsis.
    """
    if "\r\n" in s:
        s = s.replace("\r\n", "\n")
    if not (s.isascii() and s.isprintable()):
        s = _UNSAFE.sub(REPLACEMENT, s)
    return s if limit is None else _cut(s, limit)


def one_line(s: str, limit: int | None = None) -> str:
    """Return `s` as one safe line: white space collapsed, ends stripped, at most two combining marks on a character."""
    line = _BLANK.sub(" ", safe_text(s)).strip()
    if not line.isascii():
        line = _without_stacked_marks(line)
    return line if limit is None else _cut(line, limit)


def safe_url(s: str) -> str | None:
    """Return the address when it may be opened (http, https, tel or mailto, and nothing hidden in it), else None."""
    url = s.strip()
    if _UNSAFE.search(url) or _NO_URL_CHARACTER.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in URL_SCHEMES:
        return None
    target = host if parts.scheme in {"http", "https"} else parts.path
    return url if target else None


def _cut(s: str, limit: int) -> str:
    if len(s) <= limit:
        return s
    return s[: max(limit - 1, 0)].rstrip() + ELLIPSIS if limit > 0 else ""


def _without_stacked_marks(line: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in line:
        marks = marks + 1 if unicodedata.combining(char) or unicodedata.category(char) == "Me" else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
