"""The contract that every adapter holds to, on two orgs, both held to our description of the interface."""

from __future__ import annotations

from typing import ClassVar

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.suite import CrmContract
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import FakeSalesforce
from tests.crm.salesforce.schema import KEY


@pytest.fixture(scope="module")
def org() -> SalesforceBackend:
    return SalesforceBackend()


@pytest.fixture(scope="module")
def bare_org() -> SalesforceBackend:
    server = FakeSalesforce(rows=2)
    server.hidden |= {"Task.CallDurationInSeconds", "Task.CallDisposition", "Task.CallType", f"Lead.{KEY}"}
    server.tables.pop("CampaignMember")
    server.tables.pop("Event")
    backend = SalesforceBackend(server, name="bare Salesforce", page=3)
    backend.traits = backend.traits - {"keeps_durations"}
    return backend


class TestSalesforce(CrmContract):
    @pytest.fixture
    def backend(self, org: SalesforceBackend) -> Backend:
        return org


class TestBareSalesforce(CrmContract):
    """No call fields, no key on leads, no campaigns, no events; three records a page, two an answer."""

    shapes: ClassVar = {}  # as above

    @pytest.fixture
    def backend(self, bare_org: SalesforceBackend) -> Backend:
        return bare_org
