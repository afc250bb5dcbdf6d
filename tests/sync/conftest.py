"""The world of most stories of a sync."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.quiet import quiet
from tests.sync.world import World


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A book on disk, and a CRM of each class, in which nothing goes wrong by itself."""
    made = quiet(request.param, tmp_path)
    yield made
    made.close()
