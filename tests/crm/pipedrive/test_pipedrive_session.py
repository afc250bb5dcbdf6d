"""The address, the token's owner, and what connecting says of a company."""

from __future__ import annotations

import uuid

import httpx
import pytest

from callsheet.crm.contract.suite import make_op
from callsheet.crm.pipedrive import connect
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import Applied, LeadPatch
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import TOKEN


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("", "https://api.pipedrive.com/v1/users/me"),
        ("https://co.pipedrive.com", "https://co.pipedrive.com/v1/users/me"),
        ("co.pipedrive.com", "https://co.pipedrive.com/v1/users/me"),
        (" https://co.pipedrive.com/ ", "https://co.pipedrive.com/v1/users/me"),
        ("https://co.pipedrive.com/leads/inbox?selected=1", "https://co.pipedrive.com/v1/users/me"),
        ("co.pipedrive.com/settings/api", "https://co.pipedrive.com/v1/users/me"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/users/me"),
    ],
)
def test_the_address_may_be_what_the_browser_shows(pipe: PipedriveBackend, url: str, asked: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return pipe.server.handle_request(request)

    adapter = connect(Connection(url, Secret(TOKEN), transport=httpx.MockTransport(answer)))
    assert adapter.whoami().name == "Rita Rep"
    assert seen == [asked]


def test_labels_that_nobody_wanted_are_not_made_behind_their_back() -> None:
    pipe = PipedriveBackend()
    for name in ("Customer", "Do not call"):
        pipe.server.labels.append({"id": str(uuid.uuid4()), "name": name, "color": "red"})
    before = [one["name"] for one in pipe.server.labels]
    rep = pipe.adapter()
    [stages] = [one for one in rep.check() if one.name == "stages"]
    assert (stages.ok, stages.can_create) == (True, True), "connecting does not hang on it"
    assert rep.vocabulary().stages == {"won": "Customer"}
    lead = pipe.make_lead("Ann Able")
    for patch in (LeadPatch(stage="working"), LeadPatch(stage="won", closed="won"), LeadPatch(do_not_contact=True)):
        [result] = rep.apply([make_op(lead, patch)])
        assert isinstance(result, Applied), result
    assert [one["name"] for one in pipe.server.labels] == before
    assert set(pipe.server.leads[lead]["label_ids"]) == {one["id"] for one in pipe.server.labels[-2:]}
    said = "\n".join(pipe.notes(lead))
    assert "Stage: working" in said
    assert "Closed: Won" in said


@pytest.mark.parametrize("name", ["do not contact", "stages"])
def test_without_labels_for_the_won_and_for_those_to_be_left_alone_nothing_is_connected(name: str) -> None:
    checks = {one.name: one for one in PipedriveBackend().adapter().check()}
    assert (checks[name].ok, checks[name].can_create) == (False, True)
