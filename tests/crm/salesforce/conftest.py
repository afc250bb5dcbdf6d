"""A fake org of its own for each test, and the adapter to it."""

from __future__ import annotations

import pytest

from callsheet.crm.salesforce import Salesforce
from tests.crm.salesforce.backend import SalesforceBackend


@pytest.fixture
def backend() -> SalesforceBackend:
    return SalesforceBackend()


@pytest.fixture
def crm(backend: SalesforceBackend) -> Salesforce:
    return backend.adapter()
