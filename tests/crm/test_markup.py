"""Plain text to HTML and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.crm.markup import to_html, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Imported from <b>trade fair</b> 1</p>", "Imported from trade fair 1"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<ul><li>x</li><li>y</li></ul>", "x\n\ny"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("<script>alert(1)</script><style>p{}</style>shown", "shown"),
        ("plain\ntext", "plain\ntext"),
        ("<p>broken <b>tags", "broken tags"),
        ("<p>white\n   space</p>", "white space"),
        ("", ""),
        ("<p>\x1b[31mred\u202e</p>", "\ufffd[31mred\ufffd"),
    ],
)
def test_html_is_read_as_a_person_would(html: str, text: str) -> None:
    assert to_text(html) == text


def test_nothing_in_plain_text_becomes_markup() -> None:
    assert (
        to_html('<b>x</b> & "y"\nnext\n\nlast') == "<p>&lt;b&gt;x&lt;/b&gt; &amp; &quot;y&quot;<br/>next</p><p>last</p>"
    )
    assert to_html("") == ""


@given(st.text(st.characters(categories=("L", "N", "P", "S"), include_characters=" <>&\"'"), max_size=200))
def test_a_line_comes_back_as_it_went(line: str) -> None:
    words = " ".join(line.split())
    assert to_text(to_html(words)) == words
