"""`load` with an answer for each row, against a server that saves all or none and blames the first row for others."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.crm.odoo.load import load
from callsheet.crm.odoo.wire import Odoo
from callsheet.crm.transport import Transport
from callsheet.sync.port import Applied, Drift, Invalid, Rejected, Result, Retry

REFUSED = "Missing required value for the field 'Call Summary' (name).\nModel: 'Phonecall' (crm.phonecall)\n- create"


class Server:
    """Saves rows of (external id, text); refuses those whose text is `bad`, falls over those whose text is `worse`."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}
        self.calls = 0
        self.context: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        body = json.loads(request.content)
        self.context = body["context"]
        rows = body["data"]
        if any(text == "worse" for _, text in rows):
            return httpx.Response(500, json={"name": "builtins.ValueError", "message": "oh", "debug": "Traceback"})
        errors = [
            {
                "type": "error",
                "record": place,
                "rows": {"from": place, "to": place},
                "message": REFUSED,
                "field": "name",
            }
            for place, (_, text) in enumerate(rows)
            if text == "bad"
        ][:10]
        if errors:
            blamed = {"type": "error", "record": 0, "rows": {"from": 0, "to": 0}, "message": "Security restrictions"}
            return httpx.Response(200, json={"ids": False, "messages": [blamed, *errors], "nextrow": 0})
        for name, text in rows:
            self.saved.setdefault(name, text)
        ids = [list(self.saved).index(name) + 1 for name, _ in rows]
        return httpx.Response(200, json={"ids": ids, "messages": [], "nextrow": 0})


def send(server: Any, rows: dict[str, str]) -> dict[str, Result]:
    odoo = Odoo(Transport("https://odoo.example", vendor="Odoo", transport=httpx.MockTransport(server)))
    return load(odoo, "crm.phonecall", ("id", "name"), {key: (f"callsheet.{key}", text) for key, text in rows.items()})


@given(st.lists(st.sampled_from(["good", "good", "good", "bad", "worse"]), max_size=40))
def test_each_good_row_is_saved_and_each_bad_one_rejected(texts: list[str]) -> None:
    server = Server()
    rows = {f"k{place}": text for place, text in enumerate(texts)}
    results = send(server, rows)
    assert list(results) == list(rows)
    for key, text in rows.items():
        assert isinstance(results[key], Applied if text == "good" else Rejected)
    assert server.saved.keys() == {f"callsheet.{key}" for key, text in rows.items() if text == "good"}


def test_a_good_batch_is_one_call_and_a_bad_row_a_few_more() -> None:
    server = Server()
    send(server, {f"k{place}": "good" for place in range(100)})
    assert server.calls == 1
    send(server, {f"m{place}": "bad" if place == 50 else "good" for place in range(100)})
    assert server.calls == 1 + 4  # together, the others, the blamed first one, the bad one


def test_what_is_there_already_is_left_alone() -> None:
    server = Server()
    first = send(server, {"k": "one"})
    assert send(server, {"k": "two"}) == first
    assert server.saved == {"callsheet.k": "one"}
    assert server.context["mode"] == "update"
    assert server.context["noupdate"] is True
    assert server.context["tz"] == "UTC"


def test_a_refusal_says_why_without_the_technical_rest() -> None:
    result = send(
        lambda _: answer([{"type": "error", "message": REFUSED, "field": "name", "field_name": "Title"}]), {"k": ""}
    )
    assert result == {
        "k": Rejected("Odoo refuses this: Missing required value for the field 'Call Summary' (name).", "Title")
    }


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("No matching record found for database id '9' in field 'Lead/Opportunity'", "gone"),
        ("Record does not exist or has been deleted.\n(Record: crm.lead(9,), User: 5)", "gone"),
        ("The requested operation cannot be completed due to security restrictions.", "forbidden"),
        ("Uh-oh! Looks like you have stumbled upon some top-secret records.", "forbidden"),
        ("Value 'x' not found in selection field 'Status'", "invalid"),
    ],
)
def test_a_refusal_is_classified(message: str, code: str) -> None:
    result = send(lambda _: answer([{"type": "error", "record": 0, "message": message}]), {"k": "x"})["k"]
    assert isinstance(result, Rejected)
    assert result.code == code


def test_a_collision_is_tried_again_later() -> None:
    message = "Unknown error during import: could not serialize access due to concurrent update"
    results = send(lambda _: answer([{"type": "error", "record": 1, "message": message}]), {"a": "x", "b": "x"})
    assert all(isinstance(result, Retry) for result in results.values())


def test_an_answer_that_fits_nothing_is_not_believed() -> None:
    with pytest.raises(Drift):
        send(lambda _: httpx.Response(200, json=[1]), {"k": "x"})
    assert isinstance(send(lambda _: httpx.Response(200, json={"ids": False}), {"k": "x"})["k"], Rejected)


def test_a_wrong_database_is_no_fault_of_the_rows() -> None:
    gone = httpx.Response(404, html="No database is selected")
    with pytest.raises(Invalid):
        send(lambda _: gone, {"a": "x", "b": "x"})


def answer(messages: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json={"ids": False, "messages": messages, "nextrow": 0})
