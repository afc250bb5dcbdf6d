"""The contract that every adapter holds to: a kind account, a nasty one, one without keys, one with lead objects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from callsheet.sync.port import RemoteId
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


@pytest.fixture(scope="module")
def with_lead_objects() -> HubSpotBackend:
    """Every lead has a lead object of the rep's, as where HubSpot makes them by itself."""
    backend = HubSpotBackend(name="HubSpot dialect with lead objects", sales_hub=True)
    made = backend.make_lead

    def make_lead(name: str, **known: Any) -> RemoteId:
        lead = made(name, **known)
        if known.get("mine", True):
            backend.server.make_lead_object(lead)
        return lead

    backend.make_lead = make_lead  # type: ignore[method-assign]
    return backend


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


class TestAccountWithLeadObjects(CrmContract):
    """Sales Hub: what is done shows on the rep's lead objects too, and their stage moves along."""

    shapes: ClassVar = {}  # as above

    @pytest.fixture
    def backend(self, with_lead_objects: HubSpotBackend) -> Backend:
        return with_lead_objects
