"""The key table of the README, made of the bindings: `uv run --group dev python -m tests.ui.keys_table`."""

from __future__ import annotations

import re
from pathlib import Path

from callsheet.ui.keys import table

README = Path(__file__).parents[2] / "README.md"
_PLACE = re.compile(r"(<!-- keys:[^>]*-->\n).*?(<!-- /keys -->)", re.DOTALL)


def with_table(text: str) -> str:
    """Return the README with the table as the bindings give it."""
    return _PLACE.sub(lambda found: f"{found[1]}\n{table()}\n{found[2]}", text)


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
