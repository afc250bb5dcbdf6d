"""What the README shows is what there is."""

from __future__ import annotations

import re

from tests.ui.keys_table import README, with_table
from tests.ui.pictures import FOLDER, pictures


def words(svg: str) -> list[str]:
    """What a picture says, line by line: colours may be refined by a release of the library."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


async def test_the_pictures_show_what_the_application_shows() -> None:
    for name, svg in (await pictures()).items():
        kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert words(kept) == words(svg), f"{name} is stale, make it anew: python -m tests.ui.pictures"


def test_the_readme_has_the_keys_there_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "make it anew: python -m tests.ui.keys_table"
