"""What Pipedrive's refusals mean: a burst is waited out, a spent day stops everything, and nobody goes on knocking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callsheet.crm.contract.suite import CALL, make_op, pull
from callsheet.crm.pipedrive import PipedriveCrm, wire
from callsheet.crm.pipedrive.wire import BURST, SHUT_OUT, WINDOWS, Missing, meaning, until_midnight
from callsheet.crm.transport import Reply
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    Throttled,
    Uncertain,
)
from tests.crm.pipedrive.backend import PipedriveBackend

EVENING = datetime(2026, 7, 3, 21, 30, tzinfo=UTC)


def reply(status: int, body: object = None, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body, text="<html>", at=EVENING)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (400, Invalid),
        (401, AuthBroken),
        (402, Forbidden),
        (403, Forbidden),
        (404, Missing),
        (410, Missing),
        (422, Invalid),
        (418, Drift),
        (500, Uncertain),
        (502, Uncertain),
    ],
)
def test_a_status_means_one_thing(status: int, means: type[CrmError]) -> None:
    assert type(meaning(reply(status, {"success": False, "error": "because"}))) is means


def test_a_page_of_the_network_in_front_is_no_refusal_of_a_right() -> None:
    error = meaning(reply(403))
    assert isinstance(error, Throttled)
    assert error.scope == "daily"
    assert error.after == SHUT_OUT


@pytest.mark.parametrize(
    ("headers", "scope", "seconds"),
    [
        ({}, "burst", 2),
        ({"retry_after": "7"}, "burst", 7),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1"}, "burst", 1),
        ({"x_ratelimit_remaining": "19"}, "daily", 2.5 * 3600),
        ({"x_daily_ratelimit_token_remaining": "0"}, "daily", 2.5 * 3600),
        ({"x_daily_ratelimit_token_remaining": "400", "x_ratelimit_remaining": "0"}, "burst", 2),
    ],
)
def test_a_burst_and_a_spent_day_are_told_apart(headers: dict[str, str], scope: str, seconds: float) -> None:
    error = meaning(reply(429, {"success": False, "error": "request over limit"}, **headers))
    assert isinstance(error, Throttled)
    assert (error.scope, error.after) == (scope, timedelta(seconds=seconds))


def test_the_day_ends_at_midnight_of_the_servers_zone() -> None:
    assert until_midnight(EVENING, "Europe/Berlin") == timedelta(minutes=30)
    assert until_midnight(EVENING, "America/New_York") == timedelta(hours=6, minutes=30)
    assert until_midnight(EVENING, "No/Where") == timedelta(hours=2, minutes=30)
    assert until_midnight(None, "") is None


@pytest.mark.parametrize("headers", [True, False])
def test_a_spent_budget_stops_all_calls_and_starts_again_by_itself(
    pipe: PipedriveBackend, rep: PipedriveCrm, headers: bool
) -> None:
    lead = pipe.make_lead("Ann Able")
    server = pipe.server
    server.nasty.budget, server.nasty.daily_headers = server.spent, headers
    with pytest.raises(Throttled) as caught:
        rep.changes(None)
    assert caught.value.scope == "daily"
    asked = len(server.asked)
    for _ in range(10):
        with pytest.raises(Throttled):
            rep.changes(None)
        with pytest.raises(Throttled):
            rep.apply([make_op(lead, CALL)])
    assert len(server.asked) == asked, "nothing may be sent to those who have no more"
    server.nasty.budget = None
    pipe.clock.forward(SHUT_OUT + timedelta(seconds=1))
    assert lead in pull(rep)[0]


def test_being_shut_out_stops_all_calls_of_all_threads(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    pipe.server.nasty.budget = 0
    pipe.server.nasty.patience = 0
    with pytest.raises(Throttled) as caught:
        rep.whoami()
    assert "shut out" in str(caught.value)
    asked = len(pipe.server.asked)
    with pytest.raises(Throttled) as again:
        rep.history(None)
    assert again.value.after is not None
    assert again.value.after <= SHUT_OUT
    assert len(pipe.server.asked) == asked


def test_the_day_ending_between_two_steps_leaves_the_op_uncertain_and_one_effect(
    pipe: PipedriveBackend, rep: PipedriveCrm
) -> None:
    op = make_op(pipe.make_lead("Ann Able"), CALL)
    rep.vocabulary()
    pipe.faults.let_pass(1)
    pipe.faults.throttle()
    assert isinstance(rep.apply([op])[0], Ambiguous)
    assert rep.find_effect(op) is None, "half a call is no call"
    assert isinstance(rep.apply([op])[0], Applied)
    assert len(pipe.effects(op.id)) == 1


def test_a_large_book_is_read_through_in_small_windows(
    pipe: PipedriveBackend, rep: PipedriveCrm, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(some: float) -> None:
        waited.append(some)
        pipe.clock.forward(timedelta(seconds=some))

    monkeypatch.setattr(wire, "sleep", sleep)
    made = {pipe.make_lead(f"Lead {number}", company=f"Firm {number}") for number in range(250)}
    pipe.server.nasty.burst = 3
    leads, cursor = pull(rep)
    assert leads.keys() == made
    pipe.server.touch(pipe.server.persons[pipe.server.leads[next(iter(made))]["person_id"]])
    assert len(pull(rep, cursor)[0]) >= 1
    assert waited
    assert max(waited) <= BURST.total_seconds()


def test_a_window_that_never_ends_is_told(pipe: PipedriveBackend, rep: PipedriveCrm, waited: list[float]) -> None:
    pipe.server.nasty.burst = 0
    pipe.server.lately = [pipe.clock.now()]
    with pytest.raises(Throttled) as caught:
        rep.changes(None)
    assert caught.value.scope == "burst"
    assert len(waited) == WINDOWS
