"""Once and only once, on a server that makes a second record of a repeated request: retries, races, late arrivals."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, deliver, make_op, pull_history
from callsheet.crm.espocrm import EspoCrm, connect
from callsheet.crm.registry import Connection
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import Applied, LeadCreate, Note, Op, Result, Retry, TakeBack, Task, TaskDone, Touch
from tests.crm.espocrm.backend import URL, EspoBackend
from tests.crm.espocrm.fake import KEY, MANAGER, REP, FakeEspo


class Together(httpx.BaseTransport):
    """A network on which ten requests that make something arrive at one moment: each looked, and saw nothing."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._all = threading.Barrier(10)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "X-Skip-Duplicate-Check" not in request.headers:
            self._all.wait(timeout=30)
        return self._inner.handle_request(request)


def ten_processes(backend: EspoBackend) -> list[EspoCrm]:
    """Adapters that share nothing but the server."""
    network, crms = Together(backend.server), []
    for _ in range(10):
        crm = connect(Connection(url=URL, secret=Secret(KEY), transport=network))
        crm.whoami()
        crm._delivery._locks = [threading.Lock()]
        crms.append(crm)
    return crms


def posts(server: FakeEspo) -> int:
    return sum(line.startswith("POST") for line in server.answered)


def at_once(crms: list[EspoCrm], op: Op) -> list[Result]:
    """Ten retries of one op at the same moment, over these adapters."""
    start = threading.Barrier(10)

    def retry(turn: int) -> Result:
        start.wait()
        return crms[turn % len(crms)].apply([op])[0]

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(retry, range(10)))


@pytest.mark.parametrize("adapters", [1, 2, 10])
def test_ten_retries_at_once_in_one_process_send_one_request(backend: EspoBackend, adapters: int) -> None:
    crms = [backend.adapter() for _ in range(adapters)]
    lead = backend.make_lead("Contended One")
    for body in (CALL, replace(CALL, channel="linkedin"), Note("Has a dog"), Task("Call back", SUMMER, "phone")):
        op, before = make_op(lead, body), posts(backend.server)
        assert all(isinstance(one, Applied) for one in at_once(crms, op))
        assert len(backend.effects(op.id)) == 1
        assert posts(backend.server) - before == 1


@pytest.mark.parametrize("turn", range(5))
def test_ten_processes_at_once_leave_one_effect(backend: EspoBackend, turn: int) -> None:
    crms = ten_processes(backend)
    lead = backend.make_lead(f"Contended Number{turn}")
    for body in (CALL, replace(CALL, channel="linkedin"), Note("Has a dog"), Task("Call back", SUMMER, "phone")):
        op, before = make_op(lead, body), posts(backend.server)
        assert all(isinstance(one, Applied) for one in at_once(crms, op))
        assert posts(backend.server) - before == 10  # nobody could know of the others
        assert len(backend.effects(op.id)) == 1
        assert len(backend.server.tables["Call"]) == 1


@pytest.mark.parametrize("mail", ["new@new.example", ""])
@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("looks", [True, False])
def test_ten_processes_at_once_make_one_lead(
    backend: EspoBackend, monkeypatch: pytest.MonkeyPatch, mail: str, *, deletes: bool, looks: bool
) -> None:
    """Whether the server's own look for duplicates sees the others, or all ten looked before one was made."""
    backend.server.no_delete = not deletes
    if not looks:
        monkeypatch.setattr(backend.server, "_duplicates", lambda *_: None)
    profile = Profile(name="Nia New", company="New & Co", emails=(mail,) if mail else ())
    op = make_op("", LeadCreate(profile, received_at=SUMMER))
    assert all(isinstance(one, Applied) for one in at_once(ten_processes(backend), op))
    leads = backend.server.tables["Lead"].values()
    assert len([row for row in leads if row["cCallsheetId"] == op.id]) == 1
    others = [row for row in leads if row["cCallsheetId"] != op.id]
    assert not others if deletes else all(row["status"] == "Dead" and "mistake" in row["description"] for row in others)


def test_processes_that_may_not_delete_leave_one_with_the_key(backend: EspoBackend) -> None:
    backend.server.no_delete = True
    op = make_op(backend.make_lead("Ann Other"), CALL)
    results = at_once(ten_processes(backend), op)
    assert all(isinstance(result, Applied) for result in results), results
    assert len(backend.effects(op.id)) == 1
    others = [row for row in backend.server.tables["Call"].values() if row["cCallsheetId"] is None]
    assert len(others) == 9
    assert all(row["status"] == "Not Held" and "mistake" in row["name"] for row in others)


def twice(backend: EspoBackend, kind: str, one: str, user: str = REP) -> str:
    """The request that made a record arrives once more, long after its sender had given up."""
    row = backend.server.tables[kind][one]
    backend.server.tick(timedelta(minutes=10))
    left = {
        name: row[name] for name in row if name not in {"id", "createdAt", "modifiedAt", "createdById", "createdByName"}
    }
    return backend.server.make(kind, user, **left)


@pytest.mark.parametrize("channel", ["phone", "email"])
def test_what_arrives_late_is_removed_by_the_next_sync(backend: EspoBackend, crm: EspoCrm, channel: str) -> None:
    op = make_op(backend.make_lead("Ann Other"), replace(CALL, channel=channel))  # type: ignore[arg-type]
    made = applied(crm.apply([op])[0]).remote_id
    _, cursor = pull_history(crm)
    twice(backend, "Call" if channel == "phone" else "Task", made)
    assert len(backend.effects(op.id)) == 2
    touches, _ = pull_history(crm, cursor)
    assert [effect.remote_id for effect in backend.effects(op.id)] == [made]
    assert not [touch for touch in touches if touch.remote_id.partition(",")[2] != made]


def test_what_arrives_late_is_removed_by_the_next_retry(backend: EspoBackend, crm: EspoCrm) -> None:
    op = make_op(backend.make_lead("Ann Other"), CALL)
    made = applied(crm.apply([op])[0]).remote_id
    twice(backend, "Call", made)
    assert applied(crm.apply([op])[0]).remote_id == made
    assert [effect.remote_id for effect in backend.effects(op.id)] == [made]


def test_a_step_that_is_there_twice_is_done_once_and_leaves_none_open(backend: EspoBackend, crm: EspoCrm) -> None:
    op = make_op(backend.make_lead("Ann Other"), Task("Call back", SUMMER, "phone"))
    twice(backend, "Task", applied(crm.apply([op])[0]).remote_id)
    applied(crm.apply([make_op(op.lead, TaskDone(task=op.id))])[0])
    assert [row["status"] for row in backend.server.tables["Task"].values()] == ["Completed"]


@pytest.mark.parametrize("channel", ["phone", "email"])
def test_a_copy_that_somebody_made_there_is_no_twin(backend: EspoBackend, crm: EspoCrm, channel: str) -> None:
    """EspoCRM's own Duplicate copies every field, our key too: it is what somebody wanted, and stays."""
    op = make_op(backend.make_lead("Ann Other"), replace(CALL, channel=channel))  # type: ignore[arg-type]
    made = applied(crm.apply([op])[0]).remote_id
    copied = twice(backend, "Call" if channel == "phone" else "Task", made, MANAGER)
    keys = {touch.remote_id.partition(",")[2]: touch.key for touch in pull_history(crm)[0]}
    assert (keys[made], keys[copied]) == (op.id, "")
    assert applied(crm.apply([op])[0]).remote_id == made
    assert {effect.remote_id for effect in backend.effects(op.id)} == {made, copied}
    assert isinstance(op.body, Touch)
    applied(crm.apply([make_op(op.lead, TakeBack(of=op.id, was=op.body))])[0])
    assert [effect.remote_id for effect in backend.effects(op.id)] == [copied]


def test_a_lost_reply_is_found_by_its_key(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    for body in (CALL, Note("Knows Ann"), Task("Call back", SUMMER, "phone")):
        op = make_op(lead, body)
        assert crm.find_effect(op) is None
        backend.faults.lose_reply()
        assert applied(deliver(backend, crm, op)).replayed
        assert len(backend.effects(op.id)) == 1


def test_what_would_be_hidden_from_us_is_not_made(backend: EspoBackend) -> None:
    """An "own" call is one that is assigned to us: the look-up would never find one that is the rep's."""
    backend.server.knows_colleagues()
    backend.server.may("all")
    backend.server.rights["Call"] = {**backend.server.rights["Call"], "read": "own"}
    crm = connect(Connection(url="https://crm.example", secret=Secret(KEY), user="two", transport=backend.faults))
    op = make_op(backend.make_lead("Ann Other", mine=False), CALL)
    for _ in range(2):
        waits = crm.apply([op])[0]
        assert isinstance(waits, Retry)
        assert "level All" in waits.reason
    assert not backend.server.tables["Call"]
