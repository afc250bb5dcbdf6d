"""The contract that every adapter holds to, in a kind company, and in one where all of it is a little harder."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import Nasty


def prepared(backend: PipedriveBackend) -> PipedriveBackend:
    backend.adapter().check(create=True)
    backend.faults.requests = backend.faults.writes = 0
    return backend


@pytest.fixture(scope="module")
def kind_company() -> PipedriveBackend:
    return prepared(PipedriveBackend())


@pytest.fixture(scope="module")
def hard_company() -> PipedriveBackend:
    nasty = Nasty(administrator=False, second_form=True, search_lag=timedelta(seconds=30), page=5)
    return prepared(PipedriveBackend(nasty, name="Pipedrive with small pages", page=5))


class TestKindCompany(CrmContract):
    @pytest.fixture
    def backend(self, kind_company: PipedriveBackend) -> Backend:
        return kind_company


class TestHardCompany(CrmContract):
    """Pages hold five records, search lags, the rep may add no types, and call logs tell times in another form."""

    shapes: ClassVar = {}  # as above

    @pytest.fixture
    def backend(self, hard_company: PipedriveBackend) -> Backend:
        return hard_company
