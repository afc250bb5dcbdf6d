"""The descriptions hold both sides of Salesforce's interface and of its sign-in, and all of them is used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull, pull_history
from callsheet.crm.registry import Code
from callsheet.crm.salesforce import Salesforce
from callsheet.crm.salesforce.login import sign_in
from callsheet.domain.profile import Profile
from callsheet.sync.port import LeadCreate, LeadPatch, Note, TakeBack, Task, TaskDone
from tests.crm.openapi import operations
from tests.crm.salesforce.backend import SalesforceBackend, spec
from tests.crm.salesforce.fake import BASE, CLIENT, CLIENT_SECRET, HOST, TOKEN, FakeSalesforce

UNUSED = {
    ("POST", "/sobjects/Task"), ("PATCH", "/sobjects/Task/{extField}/{extValue}"), ("GET", "/sobjects/Lead/{id}"),
    ("GET", "/sobjects/{sobject}/deleted"), ("GET", "/queryAll/{locator}"),
}  # fmt: skip
"""What only the vendor's own client asks for."""


def a_day(backend: SalesforceBackend, crm: Salesforce, name: str) -> None:
    """Everything that the adapter does."""
    lead = backend.make_lead(f"Ann {name}", phone="+442079460013")
    crm.check(create=True)
    crm.vocabulary()
    step = make_op(lead, Task("Call back", SUMMER, "phone"))
    call = make_op(lead, CALL)
    for op in (
        call, make_op(lead, replace(CALL, channel="linkedin")), make_op(lead, Note("Has a dog " * 4000)), step,
        make_op(lead, TaskDone(task=step.id, text="Done")), make_op(lead, TakeBack(of=call.id, was=CALL)),
        make_op(lead, LeadPatch(stage="connected", profile={"title": "Boss"})),
        make_op(lead, LeadPatch(do_not_contact=True)),
        make_op("", LeadCreate(Profile(name=f"Nia {name}", company="New & Co"), received_at=SUMMER)),
    ):  # fmt: skip
        applied(crm.apply([op])[0])
    contact = backend.server.make("Contact", DoNotCall=False, HasOptedOutOfEmail=False)
    backend.server.edit("Lead", lead, IsConverted=True, Status="Closed - Converted", ConvertedContactId=contact)
    applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=False))])[0])
    pull(crm)
    pull_history(crm)
    crm.resolve([lead])


def test_what_is_asked_for_is_described_and_no_more() -> None:
    used: set[tuple[str, str]] = set()
    asked = set()
    for keyed in ((), ("Task",)):
        backend = SalesforceBackend(FakeSalesforce(keyed=keyed, rows=2))
        backend.server.admin = not keyed
        a_day(backend, backend.adapter(), "First")
        alone = backend.adapter(secret=CLIENT_SECRET, grant="client_credentials", user="one@example.com")
        a_day(backend, alone, "Second")
        codes: list[Code] = []
        options = {"grant": "device", "client_id": CLIENT}
        sign_in(f"https://{HOST}", options, show=codes.append, wait=lambda _: None, transport=backend.faults)
        used |= {(one.method, one.path) for one in backend.described.data.used}
        asked |= {(one.method, one.path) for one in backend.described.login.used}
    before = BASE.partition(HOST)[2]
    described = {(one.method, one.path.removeprefix(before)) for one in operations(spec("salesforce.openapi.yaml"))}
    assert described - {(method, path.removeprefix(before)) for method, path in used} == UNUSED
    assert asked == {(one.method, one.path) for one in operations(spec("salesforce-login.openapi.yaml"))}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/query", None),
        ("GET", "/query?q=SELECT&limit=5", None),
        ("PATCH", "/sobjects/Task/00T000000000000001", {"CallDurationInSeconds": "47"}),
        ("PATCH", "/sobjects/Task/00T000000000000001", {"ActivityDate": "2026-07-03T10:00:00Z"}),
        ("PATCH", "/sobjects/Task/notanid", {"Status": "Completed"}),
        ("PATCH", "/sobjects/Lead/00Q000000000000001", {"DoNotCall": "yes"}),
        ("PATCH", "/sobjects/Contact/003000000000000001", {"Title": "x"}),
        ("PATCH", "/composite/sobjects/Task/Callsheet_Id__c", {"records": []}),
        ("PATCH", "/composite/sobjects/Task/Callsheet_Id__c", {"records": [{"Subject": "no attributes"}]}),
        ("POST", "/tooling/sobjects/CustomField", {"FullName": "Callsheet_Id__c", "Metadata": {"type": "Text"}}),
        ("POST", "/sobjects/FieldPermissions", {"ParentId": "0PS1", "SobjectType": "Task", "Field": "Key__c"}),
        ("POST", "/sobjects/Account", {"Name": "x"}),
    ],
)
def test_a_wrong_request_fails(method: str, path: str, body: Any) -> None:
    request = httpx.Request(method, BASE + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    with pytest.raises(AssertionError):
        SalesforceBackend().described.handle_request(request)


@pytest.mark.parametrize(
    "form", [{}, {"grant_type": "password", "username": "x"}, {"grant_type": "refresh_token", "client_id": CLIENT}]
)
def test_a_wrong_sign_in_fails(form: dict[str, str]) -> None:
    request = httpx.Request("POST", f"https://{HOST}/services/oauth2/token", data=form)
    with pytest.raises(AssertionError):
        SalesforceBackend().described.handle_request(request)


def test_a_request_without_a_token_fails() -> None:
    with pytest.raises(AssertionError, match="Security"):
        SalesforceBackend().described.handle_request(httpx.Request("GET", f"{BASE}/query?q=x"))


def test_an_answer_of_another_form_fails() -> None:
    backend = SalesforceBackend()
    backend.server._page = lambda rows: {"records": rows or [{"Id": "1"}]}  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="records"):
        backend.adapter().whoami()
