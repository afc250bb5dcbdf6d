"""A client that knows nothing of us works with the fake, and is refused what Salesforce refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import requests
from requests.adapters import BaseAdapter
from simple_salesforce.api import Salesforce as Client
from simple_salesforce.exceptions import (
    SalesforceError,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from tests.crm.salesforce.fake import HOST, REP, TOKEN, FakeSalesforce
from tests.crm.salesforce.schema import KEY


class Bridge(BaseAdapter):
    """Carries what the client sends to the fake."""

    def __init__(self, server: FakeSalesforce) -> None:
        super().__init__()
        self._server = server

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        asked = httpx.Request(request.method, request.url, headers=dict(request.headers), content=request.body or b"")
        answer = self._server.handle_request(asked)
        reply = requests.Response()
        reply.status_code = answer.status_code
        reply.headers.update(answer.headers)
        reply._content = answer.content
        reply.url = request.url
        reply.request = request
        return reply

    def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
def server() -> FakeSalesforce:
    return FakeSalesforce(rows=2)


@pytest.fixture
def client(server: FakeSalesforce) -> Any:
    session = requests.Session()
    session.mount("https://", Bridge(server))
    return Client(instance_url=f"https://{HOST}", session_id=TOKEN, session=session, version="67.0")


@pytest.fixture
def lead(server: FakeSalesforce) -> str:
    return server.make(
        "Lead", FirstName="Ann", LastName="O'Ther", Company="X", Status="Open - Not Contacted", OwnerId=REP
    )


def test_it_reads_page_after_page(client: Any, server: FakeSalesforce) -> None:
    made = {
        server.make("Lead", LastName=f"L{n}", Company="X", Status="Open - Not Contacted", OwnerId=REP) for n in range(5)
    }
    found = client.query_all(
        f"SELECT Id, Name, Owner.Name FROM Lead WHERE OwnerId = '{REP}' ORDER BY SystemModstamp, Id"  # noqa: S608
    )
    assert {row["Id"] for row in found["records"]} == made
    assert found["records"][0]["Owner"]["Name"] == "Rep One"
    assert client.api_usage["api-usage"].total == 100_000


def test_it_writes_once_by_an_external_id(client: Any, server: FakeSalesforce, lead: str) -> None:
    values = {"Subject": "Call: busy", "Status": "Completed", "TaskSubtype": "Call", "WhoId": lead}
    assert client.Task.upsert(f"{KEY}/0198-1", values) == 201
    assert client.Task.upsert(f"{KEY}/0198-1", {"Subject": "Call: busy"}) == 200
    assert len(server.tables["Task"]) == 1
    with pytest.raises(SalesforceMalformedRequest, match="must not be in the body"):
        client.Task.upsert(f"{KEY}/0198-1", {KEY: "0198-1"})


def test_it_is_told_of_each_record_in_a_batch(client: Any, lead: str) -> None:
    records = [
        {"attributes": {"type": "Task"}, KEY: "a", "Subject": "fine", "WhoId": lead},
        {"attributes": {"type": "Task"}, KEY: "b", "Subject": "x" * 256, "WhoId": lead},
    ]
    results = client.restful(f"composite/sobjects/Task/{KEY}", method="PATCH", json={"records": records})
    assert [one["success"] for one in results] == [True, False]
    assert results[1]["errors"][0]["statusCode"] == "STRING_TOO_LONG"


def test_it_changes_and_deletes_a_lead(client: Any, server: FakeSalesforce, lead: str) -> None:
    assert client.Lead.update(lead, {"DoNotCall": True}) == 204
    assert client.Lead.get(lead)["DoNotCall"] is True
    old = {"If-Unmodified-Since": "Mon, 06 Jul 2020 09:00:00 GMT"}
    with pytest.raises(SalesforceError) as caught:
        client.Lead.update(lead, {"Title": "late"}, headers=old)
    assert caught.value.status == 412
    assert client.Lead.delete(lead) == 204
    soql = f"SELECT Id, IsDeleted FROM Lead WHERE Id = '{lead}'"  # noqa: S608
    gone = client.query_all(soql, include_deleted=True)
    assert gone["records"][0]["IsDeleted"] is True
    with pytest.raises(SalesforceResourceNotFound):
        client.Lead.get(lead)
    assert server.tables["Lead"][lead]["IsDeleted"]


def test_it_sees_how_an_object_is_made_up(client: Any) -> None:
    fields = {one["name"]: one for one in client.Task.describe()["fields"]}
    assert fields[KEY]["externalId"]
    assert fields["Subject"]["length"] == 255


@pytest.mark.parametrize(
    "soql", ["SELECT FROM Lead", "SELECT Id FROM Lead WHERE Name = 'O'Brien'", "SELECT Nonsense FROM Lead", "nonsense"]
)
def test_it_is_refused_what_does_not_parse(client: Any, soql: str) -> None:
    with pytest.raises(SalesforceMalformedRequest):
        client.query(soql)


def test_its_token_expires(client: Any, server: FakeSalesforce) -> None:
    server.tokens.clear()
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Lead")


def test_its_requests_are_counted(client: Any, server: FakeSalesforce) -> None:
    server.limit = 0
    with pytest.raises(SalesforceError, match="REQUEST_LIMIT_EXCEEDED"):
        client.query("SELECT Id FROM Lead")


def test_it_makes_a_field_and_shows_it(client: Any, server: FakeSalesforce) -> None:
    server.admin = True
    made_up = {"type": "Text", "label": "Other Id", "length": 40, "unique": True, "externalId": True}
    body = {"FullName": "Activity.Other_Id__c", "Metadata": made_up}
    assert client.toolingexecute("sobjects/CustomField", method="POST", data=body)["success"]
    with pytest.raises(SalesforceMalformedRequest, match="already a field"):
        client.toolingexecute("sobjects/CustomField", method="POST", data=body)
    shown = client.PermissionSet.create({"Name": "Shown", "Label": "Shown"})["id"]
    right = {"ParentId": shown, "SobjectType": "Task", "Field": "Task.Other_Id__c", "PermissionsRead": True,
             "PermissionsEdit": True}  # fmt: skip
    with pytest.raises(
        SalesforceMalformedRequest, match="bad value"
    ):  # fields of activities are shown as those of tasks
        client.FieldPermissions.create({**right, "SobjectType": "Activity", "Field": "Activity.Other_Id__c"})
    assert client.FieldPermissions.create(right)["success"]
    server.admin = False
    with pytest.raises(SalesforceRefusedRequest):
        client.toolingexecute("sobjects/CustomField", method="POST", data=body)
