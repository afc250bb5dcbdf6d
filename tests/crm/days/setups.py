"""Which CRMs a day is played over: each adapter with its fake server, in a kind setup and in a hard one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from callsheet.crm.contract.backend import Backend
from callsheet.sync.port import RemoteId
from tests.crm.days.clocks import START
from tests.crm.espocrm.backend import EspoBackend
from tests.crm.espocrm.fake import FakeEspo
from tests.crm.hubspot.backend import Clock, HubSpotBackend
from tests.crm.odoo.backend import DATABASE, STOCK_DATABASE, OdooBackend
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import Nasty
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import FakeSalesforce
from tests.crm.salesforce.schema import KEY


@dataclass(frozen=True, slots=True)
class Setup:
    """One CRM: `make` gives a new one; `sleeps` is where its adapter waits by itself, as a name to be patched.

    A `real` server is one for all days, and has a clock of its own. One that is `quiet` shows what is said on a lead
    when the lead changes, and not before.
    """

    make: Callable[[], Backend]
    sleeps: str = ""
    real: bool = False
    quiet: bool = False


HUBSPOT_SLEEPS: Final = "callsheet.crm.hubspot.wire.sleep"
PIPEDRIVE_SLEEPS: Final = "callsheet.crm.pipedrive.wire.sleep"


def hubspot(*, unique: bool = True, sales_hub: bool = False) -> HubSpotBackend:
    return HubSpotBackend(unique=unique, sales_hub=sales_hub, clock=Clock(START))


def nasty_hubspot() -> HubSpotBackend:
    backend = hubspot()
    switches = backend.server.nasty
    switches.lag = timedelta(seconds=20)
    switches.merged = "answers"
    switches.shuffled = switches.whole_batch = True
    return backend


def hubspot_with_lead_objects() -> HubSpotBackend:
    backend = hubspot(sales_hub=True)
    made = backend.make_lead

    def make_lead(name: str, **known: Any) -> RemoteId:
        lead = made(name, **known)
        if known.get("mine", True):
            backend.server.make_lead_object(lead)
        return lead

    backend.make_lead = make_lead  # type: ignore[method-assign]
    return backend


def pipedrive(nasty: Nasty | None = None, page: int = 500) -> PipedriveBackend:
    backend = PipedriveBackend(nasty, page=page)
    backend.clock.at = START
    backend.adapter().check(create=True)
    return backend


def hard_pipedrive() -> PipedriveBackend:
    nasty = Nasty(administrator=False, second_form=True, search_lag=timedelta(seconds=30), page=5)
    return pipedrive(nasty, 5)


def espocrm(fake: FakeEspo | None = None, page: int = 200) -> EspoBackend:
    backend = EspoBackend(fake, page=page)
    backend.server.now, backend.server.dated = START, True
    return backend


def old_espocrm() -> EspoBackend:
    fake = FakeEspo(keyed=("Call", "Task"))
    fake.streamed = fake.campaigns = False
    return espocrm(fake, page=3)


def salesforce(server: FakeSalesforce | None = None, page: int = 500) -> SalesforceBackend:
    backend = SalesforceBackend(server, page=page)
    backend.server.now = START
    return backend


def bare_salesforce() -> SalesforceBackend:
    server = FakeSalesforce(rows=2)
    server.hidden |= {"Task.CallDurationInSeconds", "Task.CallDisposition", "Task.CallType", f"Lead.{KEY}"}
    server.tables.pop("CampaignMember")
    server.tables.pop("Event")
    return salesforce(server, page=3)


def odoo(database: str) -> OdooBackend:
    """A server that is there, with nothing left to the rep: what was made before is the other one's."""
    backend = OdooBackend(database)
    mine = [row["id"] for row in backend.rows("crm.lead", [["user_id", "=", backend.rep]], ["id"])]
    if mine:
        backend.call("crm.lead", "write", ids=mine, vals={"user_id": backend.other})
    return backend


FAKES: Final[Mapping[str, Setup]] = {
    "hubspot": Setup(hubspot, HUBSPOT_SLEEPS),
    "hubspot-nasty": Setup(nasty_hubspot, HUBSPOT_SLEEPS),
    "hubspot-unkeyed": Setup(lambda: hubspot(unique=False), HUBSPOT_SLEEPS),
    "hubspot-lead-objects": Setup(hubspot_with_lead_objects, HUBSPOT_SLEEPS),
    "salesforce": Setup(salesforce),
    "salesforce-bare": Setup(bare_salesforce),
    "pipedrive": Setup(pipedrive, PIPEDRIVE_SLEEPS),
    "pipedrive-hard": Setup(hard_pipedrive, PIPEDRIVE_SLEEPS),
    "espocrm": Setup(espocrm),
    "espocrm-old": Setup(old_espocrm, quiet=True),
}
"""All that need no server, by name."""

REAL: Final[Mapping[str, Setup]] = {
    "odoo": Setup(lambda: odoo(DATABASE), real=True),
    "odoo-stock": Setup(lambda: odoo(STOCK_DATABASE), real=True),
}
"""Those that need one."""

SETUPS: Final[Mapping[str, Setup]] = {**FAKES, **REAL}


def undescribed(backend: Backend) -> Backend:
    """Leave out the description of the interface, which most of the time goes into: requests go to the fake at once."""
    server = getattr(backend, "server", None)
    if isinstance(backend, HubSpotBackend):
        server = backend.contracted._inner
    if not isinstance(backend, OdooBackend) and server is not None:
        backend.faults._inner = server
    return backend
