"""One account for each test that changes what goes wrong there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callsheet.crm.hubspot import HubSpot
from tests.crm.hubspot.backend import HubSpotBackend


@pytest.fixture
def hub() -> HubSpotBackend:
    return HubSpotBackend()


@pytest.fixture
def rep(hub: HubSpotBackend) -> Iterator[HubSpot]:
    adapter = hub.adapter()
    adapter.whoami()
    hub.faults.requests = hub.faults.writes = 0
    yield adapter
    adapter.close()
