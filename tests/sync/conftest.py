"""The world of most stories of a sync."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.quiet import quiet
from tests.sync.world import World


@pytest.fixture(params=["native", "lookup", "none"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A CRM of each class, in which nothing goes wrong by itself; with one the book is on disk, which takes long."""
    made = quiet(request.param, tmp_path if request.param == "native" else None)
    yield made
    made.close()
