"""One company for each test that changes what goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callsheet.crm.pipedrive import PipedriveCrm, wire
from tests.crm.pipedrive.backend import PipedriveBackend


@pytest.fixture
def pipe() -> PipedriveBackend:
    backend = PipedriveBackend()
    backend.adapter().check(create=True)
    backend.server.asked.clear()
    backend.faults.requests = backend.faults.writes = 0
    return backend


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited for the end of a window: no test waits for it."""
    seconds: list[float] = []
    monkeypatch.setattr(wire, "sleep", seconds.append)
    return seconds


@pytest.fixture
def rep(pipe: PipedriveBackend) -> Iterator[PipedriveCrm]:
    adapter = pipe.adapter()
    adapter.whoami()
    pipe.server.asked.clear()
    yield adapter
    adapter.close()
