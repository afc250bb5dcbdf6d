"""A fake EspoCRM of its own for each test, and the adapter to it."""

from __future__ import annotations

import pytest

from callsheet.crm.espocrm import EspoCrm
from tests.crm.espocrm.backend import EspoBackend


@pytest.fixture
def backend() -> EspoBackend:
    return EspoBackend()


@pytest.fixture
def crm(backend: EspoBackend) -> EspoCrm:
    return backend.adapter()
