"""The demo CRM: what a manager does shows in its answers, it can be closed and opened again, and it says no well."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull
from callsheet.crm.demo.nasty import Rule
from callsheet.crm.demo.network import DemoTransport, Network
from callsheet.crm.demo.server import TOKEN, DemoCrm
from callsheet.crm.hubspot import HubSpot, connect
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import Note, Task, TaskDone, Unavailable

OBJECTS = "/crm/objects/2026-09"


class Hand:
    """A hand-made request to the demo CRM."""

    def __init__(self, server: DemoCrm) -> None:
        self.client = httpx.Client(
            base_url="https://api.hubapi.com",
            transport=DemoTransport(server),
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(path, json=body)

    def search(self, kind: str = "contacts", **body: Any) -> list[str]:
        answer = self.post(f"{OBJECTS}/{kind}/search", body)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["results"]]


class Clock:
    def __init__(self) -> None:
        self.at = SUMMER

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> DemoCrm:
    return DemoCrm(clock)


@pytest.fixture
def hand(server: DemoCrm) -> Hand:
    return Hand(server)


def rep_of(server: DemoCrm, network: Network | None = None) -> HubSpot:
    transport = DemoTransport(server, network)
    return connect(Connection("", Secret(TOKEN), user=server.rep.email, transport=transport))


def condition(name: str, operator: str, value: str = "", **more: Any) -> list[Any]:
    given = {"propertyName": name, "operator": operator, **more}
    return [{"filters": [given | ({"value": value} if value else {})]}]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (condition("lastname", "EQ", "LEE"), "a"),
        (condition("lastname", "NEQ", "lee"), "bc"),
        (condition("lastname", "HAS_PROPERTY"), "ab"),
        (condition("lastname", "NOT_HAS_PROPERTY"), "c"),
        (condition("lastname", "IN", values=["lee", "ray"]), "ab"),
        (condition("lastname", "NOT_IN", values=["lee"]), "bc"),
        (condition("email", "CONTAINS_TOKEN", "*@ray.example"), "b"),
        (condition("email", "NOT_CONTAINS_TOKEN", "*@ray.example"), "ac"),
        (condition("createdate", "GT", "1783072800500"), "bc"),
        (condition("createdate", "LTE", "1783072800000"), "a"),
        (condition("createdate", "BETWEEN", "1783072801000", highValue="1783072801999"), "b"),
        (condition("lastname", "EQ", "lee") + condition("lastname", "EQ", "ray"), "ab"),
        ([], "abc"),
    ],
)
def test_a_search_finds_what_its_filters_mean(
    server: DemoCrm, hand: Hand, clock: Clock, filters: list[Any], found: str
) -> None:
    ids = {}
    people = {
        "a": {"lastname": "Lee", "email": "ann@lee.example"},
        "b": {"lastname": "Ray", "email": "bob@ray.example"},
        "c": {"firstname": "Cy"},
    }
    for name, values in people.items():
        ids[server.make_contact(values)] = name
        clock.at += timedelta(seconds=1)
    assert "".join(ids[one] for one in hand.search(filterGroups=filters)) == found


def test_a_search_is_sorted_both_ways_with_blanks_last(server: DemoCrm, hand: Hand) -> None:
    low, blank, high = (server.make_contact(values) for values in ({"city": "Aix"}, {}, {"city": "Zug"}))
    for direction, expected in (("ASCENDING", [low, high, blank]), ("DESCENDING", [high, low, blank])):
        assert hand.search(sorts=[{"propertyName": "city", "direction": direction}]) == expected


def test_the_index_lags_behind_the_records(server: DemoCrm, hand: Hand, clock: Clock) -> None:
    server.nasty.lag = timedelta(seconds=30)
    named = condition("lastname", "EQ", "after")
    hand.post(f"{OBJECTS}/contacts", {"properties": {"lastname": "before"}})
    assert hand.search() == []
    clock.at += timedelta(seconds=30)
    [lead] = hand.search(filterGroups=condition("lastname", "EQ", "before"))
    hand.client.patch(f"{OBJECTS}/contacts/{lead}", json={"properties": {"lastname": "after"}})
    assert hand.client.get(f"{OBJECTS}/contacts/{lead}?properties=lastname").json()["properties"]["lastname"] == "after"
    assert hand.search(filterGroups=named) == []
    clock.at += timedelta(seconds=30)
    assert hand.search(filterGroups=named) == [lead]


def test_a_batch_answers_for_each_input(server: DemoCrm, hand: Hand) -> None:
    lead = server.make_contact({"firstname": "Ann"})
    answer = hand.post(f"{OBJECTS}/contacts/batch/read", {"inputs": [{"id": lead}, {"id": "5"}], "properties": []})
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == [lead]
    assert answer.json()["errors"][0]["context"] == {"ids": ["5"]}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{OBJECTS}/contacts/batch/read", {"inputs": [{"id": "1"}] * 101}, 400),
        (f"{OBJECTS}/contacts/batch/upsert", {"inputs": []}, 400),
        (f"{OBJECTS}/contacts/batch/upsert", {"inputs": [{"id": "a", "idProperty": "city", "properties": {}}]}, 207),
        (f"{OBJECTS}/unicorns", {"properties": {}}, 400),
        (f"{OBJECTS}/contacts", {"properties": {"firstname": 7}}, 400),
        (f"{OBJECTS}/contacts", {"properties": []}, 400),
        (f"{OBJECTS}/contacts", [], 400),
        ("/crm/objects/2019-01/contacts", {"properties": {}}, 404),
        (f"{OBJECTS}/contacts/search", {"filterGroups": condition("nonsense", "EQ", "1")}, 400),
        (f"{OBJECTS}/contacts/search", {"filterGroups": condition("city", "ALMOST", "1")}, 400),
        (f"{OBJECTS}/contacts/search", {"filterGroups": condition("createdate", "GT", "soon")}, 400),
        (f"{OBJECTS}/contacts/search", {"sorts": ["city", "zip"]}, 400),
        (f"{OBJECTS}/contacts/search", {"after": "x"}, 400),
    ],
)
def test_what_is_not_of_the_right_form_is_refused(hand: Hand, path: str, body: Any, status: int) -> None:
    answer = hand.post(path, body)
    assert answer.status_code == status
    assert answer.json()["status"] in {"error", "COMPLETE"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BODY_KEYS = ("inputs", "properties", "filterGroups", "sorts", "limit", "after", "name", "id", "idProperty")
PATHS = (
    "contacts/search", "contacts", "contacts/batch/read", "contacts/batch/upsert", "contacts/batch/update",
    "contacts/batch/create", "contacts/batch/archive", "contacts/merge",
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(BODY_KEYS), json_values))
def test_no_body_brings_it_down(path: str, body: dict[str, Any]) -> None:
    answer = Hand(DemoCrm(lambda: SUMMER)).client.post(f"{OBJECTS}/{path}", content=json.dumps(body))
    assert answer.status_code < 500


def test_a_rule_of_the_administrator_holds_on_every_write(server: DemoCrm, hand: Hand) -> None:
    server.nasty.rules = (Rule("contacts", "city"), Rule("contacts", "zip", max_length=3))
    assert hand.post(f"{OBJECTS}/contacts", {"properties": {"firstname": "Ann"}}).status_code == 400
    assert hand.post(f"{OBJECTS}/contacts", {"properties": {"city": "Bonn", "zip": "53111"}}).status_code == 400
    assert hand.post(f"{OBJECTS}/contacts", {"properties": {"city": "Bonn", "zip": "531"}}).status_code == 201


def test_a_deleted_record_frees_its_unique_values(server: DemoCrm, hand: Hand) -> None:
    lead = server.make_contact({"email": "ann@lee.example"})
    same = {"properties": {"email": "ANN@lee.example"}}
    assert hand.post(f"{OBJECTS}/contacts", same).status_code == 409
    server.delete(lead)
    assert hand.post(f"{OBJECTS}/contacts", same).status_code == 201


# the network


def test_the_network_goes_down_and_up(server: DemoCrm) -> None:
    network = Network()
    rep = rep_of(server, network)
    lead = server.make_contact({"firstname": "Ann"})
    network.up = False
    with pytest.raises(Unavailable):
        rep.changes(None)
    with pytest.raises(Unavailable):
        rep.apply([make_op(lead, CALL)])
    network.up = True
    assert lead in pull(rep)[0]


def test_a_lost_reply_has_done_its_work(server: DemoCrm) -> None:
    network = Network()
    client = httpx.Client(base_url="https://demo.example", transport=DemoTransport(server, network))
    network.lose_replies(1)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with pytest.raises(httpx.ReadTimeout):
        client.post(f"{OBJECTS}/contacts", json={"properties": {"firstname": "Ann"}}, headers=headers)
    assert len(server.contacts()) == 1
    assert client.get(f"{OBJECTS}/contacts", headers=headers).status_code == 200
    network.lose_reply = True
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"{OBJECTS}/contacts", headers=headers)


# what is kept


def test_it_is_ready_to_take_deliveries(server: DemoCrm) -> None:
    assert all(one.ok for one in rep_of(server).check() if one.name != "Clock")
    bare = rep_of(DemoCrm(lambda: SUMMER, connected=False))
    assert any(one.can_create for one in bare.check())


def worked(server: DemoCrm) -> str:
    rep = rep_of(server)
    lead = server.make_contact(
        {"firstname": "Ann", "email": "ann@lee.example"}, source="PAID_SEARCH", campaign="Spring"
    )
    server.submit_form(lead, "Contact us", "Call me")
    task = make_op(lead, Task("Send the offer", SUMMER + timedelta(days=1), "email"))
    for result in rep.apply(
        [make_op(lead, CALL), make_op(lead, Note("Likes tea")), task, make_op(lead, TaskDone(task.id))]
    ):
        applied(result)
    server.merge(lead, server.make_contact({"firstname": "Anne"}))
    server.delete(server.make_contact({"firstname": "Gone"}))
    return lead


def test_what_was_delivered_is_listed(server: DemoCrm) -> None:
    lead = worked(server)
    found = [(one.kind, one.lead, one.outcome, one.at, one.seconds, one.done) for one in server.delivered()]
    assert found == [
        ("calls", lead, "Left voicemail", SUMMER, 47, False),
        ("notes", lead, "", SUMMER, 0, False),
        ("tasks", lead, "COMPLETED", SUMMER + timedelta(days=1), 0, True),
    ]
    assert server.delivered()[0].text == f"Call: {CALL.label}\n{CALL.label}\n{CALL.text}"
    assert server.delivered()[1].text == "Likes tea"


def test_it_can_be_closed_and_opened_again(server: DemoCrm, clock: Clock) -> None:
    lead = worked(server)
    server.set_rep("me@example.com", "Maria Muster")
    again = DemoCrm(clock)
    again.load(server.dump())
    assert again.dump() == server.dump()
    assert again.delivered() == server.delivered()
    assert again.contact(lead) == server.contact(lead)
    assert again.rep.email == "me@example.com"
    rep = rep_of(again)
    assert rep.whoami().name == "Maria Muster"
    assert pull(rep)[0][lead].interactions[0].text == "Call me"
    applied(rep.apply([make_op(lead, CALL)])[0])
    assert len(again.delivered()) == len(server.delivered()) + 1


def test_what_it_never_kept_is_not_opened(server: DemoCrm) -> None:
    lead = worked(server)
    for content in (b"", b"{}", b"[]", b'{"custom": {}}'):
        with pytest.raises((ValueError, KeyError, TypeError)):
            server.load(content)
    assert server.contact(lead), "what was there is still there"


def test_many_at_once_lose_nothing(server: DemoCrm) -> None:
    leads = [server.make_contact({"firstname": f"Lead {number}"}) for number in range(8)]
    rep = rep_of(server)
    ops = [make_op(lead, CALL) for lead in leads for _ in range(5)]
    with ThreadPoolExecutor(8) as pool:
        results = [one for found in pool.map(lambda op: rep.apply([op]), ops) for one in found]
    assert len({applied(one).remote_id for one in results}) == len(ops)
    assert {one.key for one in server.delivered()} == {op.id for op in ops}
    assert len(server.delivered()) == len(ops)


def test_a_form_makes_a_contact_ask(server: DemoCrm) -> None:
    rep = rep_of(server)
    lead = server.make_contact({"firstname": "Ann"}, created_at=datetime(2026, 7, 1, tzinfo=UTC))
    server.submit_form(lead, "Contact us", "Call me today")
    [found] = pull(rep)[0].values()
    assert found.created_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert [(one.kind, one.at, one.text) for one in found.interactions] == [("contact_form", SUMMER, "Call me today")]
