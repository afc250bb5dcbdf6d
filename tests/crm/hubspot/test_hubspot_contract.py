"""The contract that every adapter holds to, on three accounts: a kind one, a nasty one, one without unique keys."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from tests.crm.hubspot.backend import HubSpotBackend


@pytest.fixture(scope="module")
def kind_account() -> HubSpotBackend:
    return HubSpotBackend()


@pytest.fixture(scope="module")
def nasty_account() -> HubSpotBackend:
    backend = HubSpotBackend(name="nasty HubSpot dialect")
    switches = backend.server.nasty
    switches.lag = timedelta(seconds=20)
    switches.merged = "answers"
    switches.shuffled = switches.whole_batch = True
    return backend


@pytest.fixture(scope="module")
def without_unique_keys() -> HubSpotBackend:
    return HubSpotBackend(name="HubSpot dialect without unique keys", unique=False)


class TestKindAccount(CrmContract):
    @pytest.fixture
    def backend(self, kind_account: HubSpotBackend) -> Backend:
        return kind_account


class TestNastyAccount(CrmContract):
    """Search lags, merged ids answer in another's name, batches come back shuffled and fail as a whole."""

    shapes: ClassVar = {}  # as above

    @pytest.fixture
    def backend(self, nasty_account: HubSpotBackend) -> Backend:
        return nasty_account


class TestAccountWithoutUniqueProperties(CrmContract):
    """The plan has no unique properties on activities: what was delivered is looked up before it is sent again."""

    @pytest.fixture
    def backend(self, without_unique_keys: HubSpotBackend) -> Backend:
        return without_unique_keys
