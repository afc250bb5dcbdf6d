"""Text from outside cannot reach the terminal as anything but text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain.text import one_line, safe_text, safe_url

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=[]))


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "\ufffd[2J"),
        ("a\x9bb\x7f", "a\ufffdb\ufffd"),
        ("in\u202evoice", "in\ufffdvoice"),
        ("\ufeffname", "\ufffdname"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("windows\r\nline", "windows\nline"),
        ("bare\rreturn", "bare\ufffdreturn"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("[bold]markup is the screen's business[/]", "[bold]markup is the screen's business[/]"),
    ],
)
def test_controls_are_replaced_and_meaning_is_kept(given_text: str, kept: str) -> None:
    assert safe_text(given_text) == kept


@pytest.mark.parametrize(
    ("limit", "cut"), [(20, "Acme Limited"), (12, "Acme Limited"), (6, "Acme…"), (5, "Acme…"), (1, "…"), (0, "")]
)
def test_a_limit_cuts_with_an_ellipsis_inside_the_limit(limit: int, cut: str) -> None:
    assert safe_text("Acme Limited", limit) == cut


def test_one_line_folds_every_kind_of_line_end() -> None:
    assert one_line("  one\n\ttwo\r\nthree\u2028four  ") == "one two three four"


def test_stacked_marks_are_capped_and_honest_accents_stay() -> None:
    assert one_line("Z" + "\u0301" * 40 + "o") == "Z\u0301\u0301o"
    assert one_line("Nguye\u0302\u0303n 1\ufe0f\u20e3") == "Nguye\u0302\u0303n 1\ufe0f\u20e3"


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example/a?b=c#d",
        "http://localhost:8080",
        "HTTPS://ACME.EXAMPLE",
        "tel:+13125550142",
        "mailto:a@b.example?subject=x",
    ],
)
def test_an_ordinary_address_is_kept(url: str) -> None:
    assert safe_url(f" {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "acme.example",
        "//acme.example",
        "http://",
        "https:acme.example",
        "mailto:",
        "tel:",
        "http://[",
        "https://a.example/\x1b]8;;",
        "https://a.example/\u202egpj",
        "https://a.example/x y",
        "java\nscript:alert(1)",
        "https://a.example\\@b.example",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    assert safe_url(url) is None


@given(ANY_TEXT)
def test_nothing_forbidden_survives(s: str) -> None:
    safe = safe_text(s)
    assert not FORBIDDEN.search(safe)
    assert safe_text(safe) == safe
    safe.encode("utf-8")


@given(ANY_TEXT, st.integers(0, 30))
def test_a_limit_is_never_exceeded(s: str, limit: int) -> None:
    assert len(safe_text(s, limit)) <= limit
    assert len(one_line(s, limit)) <= limit


@given(ANY_TEXT)
def test_one_line_is_one_line(s: str) -> None:
    line = one_line(s)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line
    assert one_line(line) == line
    marks = 0
    for char in line:
        marks = marks + 1 if unicodedata.combining(char) else 0
        assert marks <= 2


@given(ANY_TEXT)
def test_an_address_is_safe_or_nothing(s: str) -> None:
    url = safe_url(s)
    assert url is None or url.lower().startswith(("http://", "https://", "tel:", "mailto:"))
