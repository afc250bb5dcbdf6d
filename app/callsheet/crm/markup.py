"""Plain text and the HTML that CRMs keep notes in, both ways."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Final

from callsheet.domain.text import safe_text

_BLOCKS: Final = frozenset(
    {"address", "article", "blockquote", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre",
     "section", "table", "tr", "ul"}
)  # fmt: skip
_HIDDEN: Final = frozenset({"script", "style", "head", "title", "template"})


def to_html(text: str) -> str:
    """Plain text as HTML paragraphs, nothing in it taken for markup; blank lines divide paragraphs."""
    paragraphs = [part.strip("\n") for part in safe_text(text).split("\n\n")]
    return "".join(f"<p>{'<br/>'.join(escape(part).split(chr(10)))}</p>" for part in paragraphs if part.strip())


def to_text(html: str) -> str:
    """The text of HTML as a person would read it, safe to keep; scripts and styles are left out."""
    if "<" not in html and "&" not in html:
        return safe_text(html).strip()
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return safe_text(text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br" or tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data.replace("\n", " "))
