"""The vendor's own client works with the demo CRM and is refused what the vendor refuses.

It speaks the older paths over a real socket, on this machine's own loopback address only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hubspot import Client
from hubspot.crm.associations.v4.models import (
    BatchInputPublicDefaultAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
)
from hubspot.crm.contacts.exceptions import ApiException as ContactsError
from hubspot.crm.objects.calls.exceptions import ApiException as CallsError
from hubspot.crm.objects.leads.exceptions import ApiException as LeadsError

from callsheet.crm.demo.schema import KEY, disposition_id
from callsheet.crm.demo.server import TOKEN, DemoCrm


@pytest.fixture
def server() -> DemoCrm:
    return DemoCrm(lambda: datetime.now(UTC), connected=False)


@pytest.fixture
def address(server: DemoCrm) -> Iterator[str]:
    class Face(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(self.command, self.path, headers, content)
            self.send_response_only(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    for verb in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        setattr(Face, f"do_{verb}", Face._answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Face) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def at(api: Any, address: str) -> Any:
    """One of the vendor's interfaces, pointed at the demo."""
    api.api_client.configuration.host = address
    api.api_client.configuration.retries = False
    return api


@pytest.fixture
def client(address: str) -> Client:
    return Client.create(access_token=TOKEN)


def test_contacts_are_made_read_changed_searched_and_deleted(client: Client, address: str) -> None:
    basic = at(client.crm.contacts.basic_api, address)
    made = basic.create({"properties": {"firstname": "Ann", "email": "ann@lee.example"}})
    assert made.id
    assert made.properties["email"] == "ann@lee.example"
    basic.update(made.id, {"properties": {"lastname": "Lee", "lifecyclestage": "opportunity"}})
    basic.update(made.id, {"properties": {"lifecyclestage": "lead"}})
    read = basic.get_by_id(made.id, properties=["firstname", "lastname", "lifecyclestage"])
    assert (read.properties["lastname"], read.properties["lifecyclestage"]) == ("Lee", "opportunity")
    assert read.created_at.tzinfo is not None
    search = at(client.crm.contacts.search_api, address)
    filters = [{"filters": [{"propertyName": "email", "operator": "EQ", "value": "ANN@lee.example"}]}]
    found = search.do_search({"filterGroups": filters, "properties": ["lastname"], "limit": 10, "sorts": []})
    assert (found.total, found.results[0].id) == (1, made.id)
    basic.archive(made.id)
    with pytest.raises(ContactsError) as caught:
        basic.get_by_id(made.id)
    assert caught.value.status == 404
    assert basic.get_by_id(made.id, archived=True).archived
    assert [one.id for one in basic.get_page(archived=True).results] == [made.id]


def test_pages_follow_each_other(client: Client, address: str, server: DemoCrm) -> None:
    made = [server.make_contact({"firstname": f"Lead {number}"}) for number in range(25)]
    search = at(client.crm.contacts.search_api, address)
    found, after = [], None
    while True:
        page = search.do_search({"limit": 10, "after": after or 0, "sorts": ["hs_object_id"], "filterGroups": []})
        found += [one.id for one in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
    assert found == made


@pytest.mark.parametrize(
    ("properties", "status", "said"),
    [
        ({"shoe_size": "43"}, 400, "PROPERTY_DOESNT_EXIST"),
        ({"hs_email_optout": "true"}, 400, "READ_ONLY_VALUE"),
        ({"hs_lead_status": "MAYBE"}, 400, "INVALID_OPTION"),
        ({"email": "no address"}, 400, "INVALID_VALUE"),
        ({"firstname": "x" * 70_000}, 400, "INVALID_LENGTH"),
        ({"email": "taken@lee.example"}, 409, "Existing ID: 1001"),
    ],
)
def test_what_the_vendor_refuses_is_refused(
    client: Client, address: str, server: DemoCrm, properties: dict[str, str], status: int, said: str
) -> None:
    server.make_contact({"email": "taken@lee.example"})
    with pytest.raises(ContactsError) as caught:
        at(client.crm.contacts.basic_api, address).create({"properties": properties})
    assert caught.value.status == status
    assert said in caught.value.body


def test_a_search_is_refused_beyond_its_limits(client: Client, address: str, server: DemoCrm) -> None:
    search = at(client.crm.contacts.search_api, address)
    bodies: list[dict[str, Any]] = [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": [{"filters": []}] * 6},
    ]
    for body in bodies:
        with pytest.raises(ContactsError) as caught:
            search.do_search({"sorts": [], "filterGroups": [], **body})
        assert caught.value.status == 400


def test_calls_are_logged_once_by_a_unique_property(client: Client, address: str, server: DemoCrm) -> None:
    contact = server.make_contact({"firstname": "Ann"})
    definitions = at(client.crm.properties.core_api, address)
    group = definitions.get_by_name("calls", "hs_timestamp").group_name
    definitions.create(
        "calls",
        {
            "name": KEY, "label": "key", "type": "string", "fieldType": "text", "groupName": group,
            "hasUniqueValue": True,
        },
    )  # fmt: skip
    assert KEY in [one.name for one in definitions.get_all("calls").results]
    batch = at(client.crm.objects.calls.batch_api, address)
    values = {
        "hs_timestamp": "2026-07-03T10:00:00Z", "hs_call_duration": "47000", "hs_call_direction": "OUTBOUND",
        "hs_call_disposition": disposition_id(7_654_321, "Left voicemail"), "hs_call_body": "Back on Monday",
    }  # fmt: skip
    bad = {**values, "hs_call_disposition": "b2cf5968-551e-4856-9783-52b3da59a7d0"}
    inputs = [
        {"idProperty": KEY, "id": key, "objectWriteTraceId": key, "properties": props}
        for key, props in (("k1", values), ("k2", bad))
    ]
    first = batch.upsert({"inputs": inputs})
    assert [one.new for one in first.results] == [True]
    assert first.num_errors == 1
    assert first.errors[0].context["objectWriteTraceId"] == ["k2"]
    again = batch.upsert({"inputs": inputs[:1]})
    assert [(one.id, one.new) for one in again.results] == [(first.results[0].id, False)]
    link = at(client.crm.associations.v4.batch_api, address)
    pair = {"from": {"id": first.results[0].id}, "to": {"id": contact}}
    for _ in range(2):
        link.create_default("calls", "contacts", BatchInputPublicDefaultAssociationMultiPost(inputs=[pair]))
    read = link.get_page("contacts", "calls", BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": contact}]))
    assert [str(one.to_object_id) for one in read.results[0].to] == [first.results[0].id]
    [call] = server.delivered()
    assert (call.lead, call.outcome, call.seconds, call.key) == (contact, "Left voicemail", 47, "k1")


def test_a_call_needs_its_time(client: Client, address: str) -> None:
    with pytest.raises(CallsError) as caught:
        at(client.crm.objects.calls.basic_api, address).create({"properties": {"hs_call_body": "x"}})
    assert caught.value.status == 400
    assert "hs_timestamp" in caught.value.body


def test_a_call_is_created_with_its_association(client: Client, address: str, server: DemoCrm) -> None:
    contact = server.make_contact({"firstname": "Ann"})
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    at(client.crm.objects.calls.basic_api, address).create(
        {
            "properties": {"hs_timestamp": "1783080000000", "hs_call_body": "Hi"},
            "associations": [{"to": {"id": contact}, "types": types}],
        }
    )
    assert [one["hs_timestamp"] for one in server.activities(contact)] == ["2026-07-03T12:00:00.000Z"]


def test_a_lead_needs_its_name_its_contact_and_the_plan(client: Client, address: str, server: DemoCrm) -> None:
    contact = server.make_contact({"firstname": "Ann"})
    leads = at(client.crm.objects.leads.basic_api, address)
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]
    about = [{"to": {"id": contact}, "types": types}]
    with pytest.raises(LeadsError) as without_plan:
        leads.get_page()
    assert without_plan.value.status == 403
    assert "crm.objects.leads.read" in without_plan.value.body
    server._account.sales_hub = True
    for body in (
        {"properties": {"hs_lead_name": "Ann"}},
        {"properties": {"hs_lead_label": "HOT"}, "associations": about},
        {"properties": {"hs_lead_name": "Ann"}, "associations": [{"to": {"id": "999"}, "types": types}]},
        {"properties": {"hs_lead_name": "Ann", "hs_pipeline_stage": "nowhere"}, "associations": about},
    ):
        with pytest.raises(LeadsError) as caught:
            leads.create(body)
        assert caught.value.status in {400, 404}
    [pipeline] = at(client.crm.pipelines.pipelines_api, address).get_all("leads").results
    assert [stage.label for stage in pipeline.stages][:2] == ["New", "Attempting"]
    made = leads.create({"properties": {"hs_lead_name": "Ann"}, "associations": about})
    assert server.lead_object(made.id)["stage"] == "New"
    leads.update(made.id, {"properties": {"hs_pipeline_stage": pipeline.stages[2].id}})
    assert server.lead_object(made.id)["stage"] == "Connected"


def test_an_account_has_few_searches_a_second(client: Client, address: str, server: DemoCrm) -> None:
    noon = datetime(2026, 7, 3, 12, tzinfo=UTC)
    server._account.now = lambda: noon
    server.nasty.searches = 5
    search = at(client.crm.contacts.search_api, address)
    for _ in range(5):
        search.do_search({"filterGroups": [], "sorts": []})
    with pytest.raises(ContactsError) as caught:
        search.do_search({"filterGroups": [], "sorts": []})
    assert caught.value.status == 429
    assert '"policyName": "SECONDLY"' in caught.value.body
    noon += timedelta(seconds=1)
    search.do_search({"filterGroups": [], "sorts": []})


def test_contacts_are_merged(client: Client, address: str, server: DemoCrm) -> None:
    kept, gone = (server.make_contact({"firstname": name}) for name in ("Ann", "Anne"))
    basic = at(client.crm.contacts.basic_api, address)
    merged = basic.merge({"primaryObjectId": kept, "objectIdToMerge": gone})
    assert merged.id == kept
    assert basic.get_by_id(kept, properties=["hs_merged_object_ids"]).properties["hs_merged_object_ids"] == gone
    with pytest.raises(ContactsError) as caught:
        basic.get_by_id(gone)
    assert caught.value.status == 404
    server.nasty.merged = "answers"
    assert basic.get_by_id(gone).id == kept


def test_owners_are_found_by_address(client: Client, address: str) -> None:
    owners = at(client.crm.owners.owners_api, address)
    assert [one.email for one in owners.get_page().results] == ["rep@example.com", "sam@example.com"]
    assert owners.get_page(email="sam@example.com").results[0].first_name == "Sam"


def test_limits_and_tokens_are_refused(client: Client, address: str, server: DemoCrm) -> None:
    basic = at(client.crm.contacts.basic_api, address)
    server.nasty.throttle = "daily"
    server.nasty.throttled = 1
    with pytest.raises(ContactsError) as caught:
        basic.get_page()
    assert caught.value.status == 429
    assert '"policyName": "DAILY"' in caught.value.body
    assert basic.get_page().results == []
    for token, status in (("unknown-token", 401), ("not a token", 530)):
        wrong = at(Client.create(access_token=token).crm.contacts.basic_api, address)
        with pytest.raises(ContactsError) as refused:
            wrong.get_page()
        assert refused.value.status == status
