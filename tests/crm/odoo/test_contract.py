"""The contract, kept by the adapter against a real Odoo: with the addon that keeps calls, and plain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from tests.crm.odoo.backend import DATABASE, STOCK_DATABASE, OdooBackend


@pytest.fixture(scope="module")
def with_calls() -> Iterator[OdooBackend]:
    with OdooBackend(DATABASE) as backend:
        yield backend


@pytest.fixture(scope="module")
def plain() -> Iterator[OdooBackend]:
    with OdooBackend(STOCK_DATABASE) as backend:
        yield backend


@pytest.mark.odoo
class TestOdooWithCalls(CrmContract):
    @pytest.fixture
    def backend(self, with_calls: OdooBackend) -> Backend:
        return with_calls


@pytest.mark.odoo
class TestPlainOdoo(CrmContract):
    @pytest.fixture
    def backend(self, plain: OdooBackend) -> Backend:
        return plain
