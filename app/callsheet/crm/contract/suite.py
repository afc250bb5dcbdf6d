"""What every adapter must do, whatever the CRM: run as `class TestX(CrmContract)` with a `backend` fixture.

The suite knows an adapter's capabilities and never its vendor. Each test makes its own leads under new names, so that
it can run against a server that keeps what earlier tests left.
"""

from __future__ import annotations

from callsheet.crm.contract.delivery import DeliveryContract
from callsheet.crm.contract.lead import LeadContract
from callsheet.crm.contract.owner import OwnerContract
from callsheet.crm.contract.reading import ReadingContract
from callsheet.crm.contract.steps import (
    CALL,
    SUMMER,
    applied,
    deliver,
    make_op,
    pull,
    pull_history,
    send,
    unique,
)
from callsheet.crm.contract.trouble import TroubleContract

__all__ = [
    "CALL", "SUMMER", "CrmContract", "applied", "deliver", "make_op", "pull", "pull_history", "send", "unique",
]  # fmt: skip
"""The tests, and for tests of one's own the steps that they take."""


class CrmContract(TroubleContract, LeadContract, OwnerContract, DeliveryContract, ReadingContract):
    """All the tests; a subclass gives the `backend`."""
