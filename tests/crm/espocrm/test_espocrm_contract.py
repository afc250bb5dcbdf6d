"""The contract that every adapter holds to, on an EspoCRM; and on one that is read in pages of three rows."""

from __future__ import annotations

from typing import ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from tests.crm.espocrm.backend import EspoBackend
from tests.crm.espocrm.fake import FakeEspo


@pytest.fixture(scope="module")
def server() -> EspoBackend:
    backend = EspoBackend()
    backend.server.knows_colleagues()
    return backend


@pytest.fixture(scope="module")
def old_server() -> EspoBackend:
    fake = FakeEspo(keyed=("Call", "Task"))
    fake.streamed = fake.campaigns = False
    fake.knows_colleagues()
    return EspoBackend(fake, page=3)


class TestEspoCrm(CrmContract):
    @pytest.fixture
    def backend(self, server: EspoBackend) -> Backend:
        return server


class TestEspoCrmInSmallPages(CrmContract):
    """No key on leads, no campaigns, no time of the stream, three rows a page: many changes share one second."""

    shapes: ClassVar = {}  # as above

    @pytest.fixture
    def backend(self, old_server: EspoBackend) -> Backend:
        return old_server
