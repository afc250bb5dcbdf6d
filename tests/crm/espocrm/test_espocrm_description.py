"""The description holds both sides: what we send and what the fake answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull, pull_history
from callsheet.crm.espocrm import connect
from callsheet.crm.registry import Connection
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import Invalid, LeadCreate, LeadPatch, Note, TakeBack, Task, TaskDone, Touch
from tests.crm.espocrm.backend import URL, EspoBackend, spec
from tests.crm.espocrm.fake import KEY, REP
from tests.crm.openapi import operations


def ask(backend: EspoBackend, method: str, path: str, body: Any = None, key: str | None = KEY) -> httpx.Response:
    headers = {"X-Api-Key": key} if key else {}
    with httpx.Client(transport=backend.faults, headers=headers) as client:
        return client.request(method, f"{URL}/api/v1/{path}", json=body)


def searching(**search: Any) -> str:
    return f"Lead?searchParams={json.dumps(search)}"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", searching(maxSize=201, where=[]), None),
        ("GET", searching(maxSize=20), None),
        ("GET", searching(maxSize=20, where=[], limit=5), None),
        ("GET", searching(maxSize=20, where=[], select=["id"]), None),
        ("GET", searching(maxSize=20, where=[{"type": "in", "attribute": "id", "value": []}]), None),
        ("GET", searching(maxSize=20, where=[{"type": "or", "attribute": "id"}]), None),
        ("GET", "Lead?maxSize=20", None),
        ("GET", searching(maxSize=20, where=[]) + "&select=name", None),
        ("POST", "Call", {"name": "x", "status": "Nope"}),
        ("PATCH", "Lead/6b03", {"title": "x" * 101}),
        ("PATCH", "Lead/6b03", {"doNotCall": "yes"}),
        ("PATCH", "Task/6b03", {"dateEnd": "2026-01-01T10:00:00Z"}),
        ("PUT", "Lead/6b03", {"title": "x"}),
        ("PATCH", "Lead/6b03", {"emailAddressData": [{"emailAddress": "a@b.example", "primary": True, "lower": "a"}]}),
        ("POST", "Contact", {"lastName": "x"}),
    ],
)
def test_a_request_of_another_form_is_told(backend: EspoBackend, method: str, path: str, body: Any) -> None:
    with pytest.raises(AssertionError, match=path.partition("?")[0]):
        ask(backend, method, path, body)


def test_a_request_without_a_key_is_told(backend: EspoBackend) -> None:
    with pytest.raises(AssertionError, match="Security"):
        ask(backend, "GET", "App/user", key=None)


def test_an_answer_of_another_form_is_told(backend: EspoBackend) -> None:
    lead = backend.make_lead("Ann Other")
    assert ask(backend, "GET", f"Lead/{lead}").json()["assignedUserId"] == REP
    backend.server.tables["Lead"][lead]["modifiedAt"] = "yesterday"
    with pytest.raises(AssertionError, match="yesterday"):
        ask(backend, "GET", f"Lead/{lead}")


def test_what_is_asked_for_is_described_and_no_more(backend: EspoBackend) -> None:
    backend.server.make("CampaignLogRecord", action="Clicked", actionDate="2026-07-06 08:00:00", parentType="Lead")
    lead = backend.make_lead("Ann Other", email="ann@x.example", phone="+442079460013")
    crm = connect(Connection(url=URL, secret=Secret(KEY), user="rep two", transport=backend.faults))
    with pytest.raises(Invalid):
        crm.whoami()  # which looks for a user of that name
    crm = backend.adapter()
    crm.check()
    step = make_op(lead, Task("Call back", SUMMER, "phone"))
    done = [make_op(lead, CALL), make_op(lead, replace(CALL, channel="email")), make_op(lead, Note("Has a dog"))]
    bodies = [op.body for op in done if isinstance(op.body, (Touch, Note))]
    backs = [make_op(lead, TakeBack(of=op.id, was=body)) for op, body in zip(done, bodies, strict=True)]
    new = make_op("", LeadCreate(Profile(name="Nia New", emails=("nia@x.example",)), received_at=SUMMER))
    for op in (*done, step, make_op(lead, TaskDone(task=step.id)), *backs, new):
        applied(crm.apply([op])[0])
    applied(crm.apply([make_op(lead, LeadPatch(stage="connected", do_not_contact=True))])[0])
    backend.server.make("Lead", REP, lastName="New", assignedUserId=REP, cCallsheetId=new.id)
    assert any(crm._delivery.tidied("Lead", crm._session(), [new.id]))
    backend.server.no_delete = True  # what may not be deleted is marked
    call = make_op(lead, CALL)
    applied(crm.apply([call])[0])
    applied(crm.apply([make_op(lead, TakeBack(of=call.id, was=CALL))])[0])
    pull(crm)
    pull_history(crm)
    crm.resolve([lead])
    backend.server.global_stream = True
    pull_history(backend.adapter())
    assert {(one.method, one.path) for one in operations(spec())} == {
        (one.method, one.path) for one in backend.contracted.used
    }
