"""Our descriptions of the vendors' interfaces hold both sides: a wrong request fails, and so does a wrong answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, make_op, pull, pull_history
from callsheet.domain.events import new_id
from callsheet.domain.profile import Profile
from callsheet.sync.port import Applied, Crm, LeadCreate, LeadPatch, Note, Op, TakeBack, Task, TaskDone
from tests.crm.hubspot.backend import HubSpotBackend
from tests.crm.hubspot.backend import spec as hubspot
from tests.crm.openapi import Contracted, operations
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.backend import spec as pipedrive

HUBSPOT, PIPEDRIVE = "https://api.hubapi.com", "https://api.pipedrive.com"
OBJECTS, LEAD = "/crm/objects/2026-09", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
DAY = {"subject": "Call", "type": "call", "due_date": "2026-07-03"}
LOG = {
    "to_phone_number": "+44",
    "outcome": "busy",
    "start_time": "2026-07-03 10:00:00",
    "end_time": "2026-07-03 10:00:47",
}


def a_day(rep: Crm, leads: list[str], settle: Callable[[], None]) -> None:
    """Everything that an adapter does."""
    rep.whoami()
    rep.check(create=True)
    rep.vocabulary()
    cursor = pull(rep)[1]
    past = pull_history(rep)[1]
    [ann, bob, *_] = leads
    step = make_op(ann, Task("Call back", SUMMER + timedelta(days=3), "phone"))
    calls = [make_op(ann, replace(CALL, channel=one)) for one in ("phone", "email", "linkedin", "post", "video")]
    note = make_op(ann, Note("Likes tea" * 20_000))
    profile = Profile(name="New Lead", company="New Ltd", emails=("new@x.example",), phones=("+442079460099",))
    new = make_op("", LeadCreate(profile, received_at=SUMMER, source="Fair"))
    ops: list[Op] = [*calls, note, step, replace(step, body=replace(step.body, title="Call again"))]  # type: ignore[arg-type]
    ops += [make_op(ann, TaskDone(task=step.id, text="Done")), new]
    ops += [make_op(bob, LeadPatch(stage="connected", profile={"name": "Bob Z. Bar", "company": "Another Ltd"}))]
    ops += [make_op(bob, LeadPatch(do_not_contact=True)), make_op(bob, LeadPatch(closed="lost"))]
    ops += [make_op(ann, TakeBack(op.id, op.body)) for op in (calls[0], note)]  # type: ignore[arg-type]
    made: dict[str, str] = {}
    for op in ops:
        of = op.body.task if isinstance(op.body, TaskDone) else op.body.of if isinstance(op.body, TakeBack) else op.id
        whole = replace(op, target=made.get(of, ""))
        [result] = rep.apply([whole])
        assert isinstance(result, Applied), result
        made[op.id] = result.remote_id
        settle()
        rep.find_effect(whole)
    pull(rep, cursor)
    pull_history(rep, past)
    rep.resolve([*leads, "1", new_id()])


def test_what_hubspot_is_asked_for_is_described_and_no_more() -> None:
    used = set()
    for unique in (True, False):
        hub = HubSpotBackend(unique=unique, sales_hub=True, prepare=False)
        leads = [hub.make_lead(f"{name} Able", email=f"{name}@x.example", phone="+44207946") for name in "AB"]
        hub.server.make_lead_object(leads[0])
        for message in ("Hello", "Hello?"):
            hub.server.submit_form(leads[0], "Contact us", message)
        hub.server.hold_event("Fair", hub.clock() - timedelta(days=1), {leads[0]: "ATTENDED"})
        a_day(hub.adapter(), leads, hub.settle)
        used |= {(one.method, one.path) for one in hub.contracted.used}
    assert {(one.method, one.path) for one in operations(hubspot())} - used == {  # asked for by the vendor's own client
        ("POST", f"{OBJECTS}/{{objectType}}"), ("PATCH", f"{OBJECTS}/{{objectType}}/{{objectId}}"),
        ("DELETE", f"{OBJECTS}/{{objectType}}/{{objectId}}"),
    }  # fmt: skip


def test_what_pipedrive_is_asked_for_is_described_and_no_more() -> None:
    pipe = PipedriveBackend()
    leads = [pipe.make_lead(f"{name} Able", email=f"{name}@x.example", company="Old Ltd") for name in "AB"]
    a_day(pipe.adapter(), leads, pipe.settle)
    assert set(operations(pipedrive())) == pipe.contracted.used


def contracted(spec: Any, base: str, answer: Any = None) -> Contracted:
    """A vendor that answers like this; without an answer no request may get through to it."""

    def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answer) if answer is not None else pytest.fail(f"{request.url} got through")

    return Contracted(spec, httpx.MockTransport(answered), base, every_query=True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{OBJECTS}/calls/batch/upsert", {"inputs": [{"id": "1", "properties": {}}]}),
        ("POST", f"{OBJECTS}/calls/batch/upsert", {"inputs": []}),
        ("POST", f"{OBJECTS}/calls/batch/upsert", {"inputs": [{"id": "1", "idProperty": "k", "properties": {"a": 1}}]}),
        ("POST", f"{OBJECTS}/calls/batch/update", {"inputs": [{"id": "1", "idProperty": "k", "properties": {}}]}),
        ("POST", f"{OBJECTS}/calls/batch/read", {"inputs": [{"id": "1"}], "properties": []}),
        ("POST", f"{OBJECTS}/contacts/search", {"limit": 201}),
        ("POST", f"{OBJECTS}/contacts/search", {"filterGroups": [{"filters": [{"propertyName": "a"}]}]}),
        ("POST", f"{OBJECTS}/dogs/search", {"limit": 10}),
        ("POST", "/crm/v3/objects/contacts/search", {"limit": 10}),
        ("GET", "/crm/owners/2026-09?limit=501", None),
        ("GET", "/crm/owners/2026-09?mail=x", None),
        ("POST", "/crm/properties/2026-09/calls", {"name": "Key", "label": "Key", "type": "string"}),
        ("POST", "/crm/associations/2026-09/calls/contacts/batch/read", {"inputs": [{"from": {"id": "1"}}]}),
    ],
)  # fmt: skip
def test_a_wrong_request_to_hubspot_fails(method: str, path: str, body: Any) -> None:
    wire = contracted(hubspot(), HUBSPOT)
    with pytest.raises(AssertionError):
        wire.handle_request(httpx.Request(method, HUBSPOT + path, json=body, headers={"Authorization": "Bearer x"}))


def test_a_request_without_its_token_fails() -> None:
    for spec, base, path in ((hubspot(), HUBSPOT, "/crm/owners/2026-09"), (pipedrive(), PIPEDRIVE, "/v1/users/me")):
        with pytest.raises(AssertionError, match="Security"):
            contracted(spec, base).handle_request(httpx.Request("GET", base + path))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v2/activities", {**DAY, "person_id": 7}),
        ("POST", "/api/v2/activities", {**DAY, "done": 1}),
        ("POST", "/api/v2/activities", {**DAY, "due_date": "03.07.2026"}),
        ("POST", "/api/v2/activities", {**DAY, "lead_id": 12}),
        ("POST", "/v1/callLogs", {**LOG, "duration": 47}),
        ("POST", "/v1/callLogs", {**LOG, "outcome": "gatekeeper"}),
        ("POST", "/v1/callLogs", {**LOG, "start_time": "2026-07-03T10:00:00Z"}),
        ("POST", "/v1/callLogs", {**LOG, "deal_id": 1, "lead_id": LEAD}),
        ("POST", "/v1/callLogs", {**LOG, "direction": "inbound"}),
        ("PUT", "/v1/callLogs/1", LOG),
        ("POST", "/v1/leads", {"title": "Nobody's"}),
        ("PATCH", f"/v1/leads/{LEAD}", {"is_archived": 1}),
        ("POST", "/v1/notes", {"content": "About nobody"}),
        ("GET", "/v1/leads?updated_since=2026-07-03 10:00:00", None),
        ("GET", "/v1/leads/archived?updated_since=2026-07-03T10:00:00Z", None),
        ("GET", "/v1/callLogs?limit=51", None),
        ("GET", "/api/v2/persons?start=0", None),
        ("GET", "/v1/recents", None),
        ("GET", "/v1/persons", None),
    ],
)
def test_a_wrong_request_to_pipedrive_fails(method: str, path: str, body: Any) -> None:
    wire = contracted(pipedrive(), PIPEDRIVE)
    with pytest.raises(AssertionError):
        wire.handle_request(httpx.Request(method, PIPEDRIVE + path, json=body, headers={"x-api-token": "x"}))


@pytest.mark.parametrize(
    ("spec", "base", "path", "answer"),
    [
        (hubspot, HUBSPOT, "/crm/owners/2026-09", {"results": [{"id": 101}]}),
        (hubspot, HUBSPOT, f"{OBJECTS}/calls?limit=1", {"results": [{"id": "1", "properties": {"a": 1}}]}),
        (hubspot, HUBSPOT, "/crm/pipelines/2026-09/leads", {"results": [{"id": "p", "label": "Leads"}]}),
        (hubspot, HUBSPOT, "/account-info/2026-09/details", {"portalId": "7"}),
        (pipedrive, PIPEDRIVE, "/v1/users/me", {"success": True}),
        (pipedrive, PIPEDRIVE, "/v1/leads", {"success": True, "data": [{"id": LEAD}], "additional_data": {}}),
        (pipedrive, PIPEDRIVE, "/api/v2/persons", {"success": True, "data": [{"id": 1}], "additional_data": {}}),
        (pipedrive, PIPEDRIVE, "/api/v2/activities", {"success": True, "data": {}, "additional_data": {}}),
        (pipedrive, PIPEDRIVE, "/v1/notes", {"success": False, "data": [], "additional_data": {}}),
    ],
)
def test_a_wrong_answer_of_a_fake_fails(spec: Callable[[], Any], base: str, path: str, answer: Any) -> None:
    keys = {"Authorization": "Bearer x", "x-api-token": "x"}
    with pytest.raises(AssertionError):
        contracted(spec(), base, answer).handle_request(httpx.Request("GET", base + path, headers=keys))
