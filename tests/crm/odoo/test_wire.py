"""Odoo's errors, as a real server gave them, and what they mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from callsheet.crm.odoo.wire import CONTEXT, Missing, Odoo
from callsheet.crm.transport import Transport
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Throttled, Uncertain

TRACEBACK = 'Traceback (most recent call last):\n  File "/usr/lib/odoo/http.py", line 1, in dispatch\nsecret detail'


def error(name: str, message: str) -> dict[str, Any]:
    return {"name": name, "message": message, "arguments": [message], "context": {}, "debug": TRACEBACK}


def odoo(answer: httpx.Response) -> Odoo:
    return Odoo(Transport("https://odoo.example", vendor="Odoo", transport=httpx.MockTransport(lambda _: answer)))


@pytest.mark.parametrize(
    ("status", "name", "message", "meaning"),
    [
        (401, "werkzeug.exceptions.Unauthorized", "Invalid apikey", AuthBroken),
        (403, "odoo.exceptions.AccessError", "You are not allowed to access 'Phone Blacklist'", Forbidden),
        (404, "odoo.exceptions.MissingError", "Record does not exist or has been deleted.", Missing),
        (404, "werkzeug.exceptions.NotFound", "the model 'crm.phonecall' does not exist", Missing),
        (422, "werkzeug.exceptions.UnprocessableEntity", "missing a required argument: 'vals'", Invalid),
        (422, "odoo.exceptions.UserError", "Please correct the number and try again.", Invalid),
        (422, "odoo.exceptions.ValidationError", "A lead needs a name.", Invalid),
        (400, "werkzeug.exceptions.BadRequest", "could not parse the body as json", Invalid),
        (500, "builtins.ValueError", "Invalid field 'nofield' on 'crm.lead'", Invalid),
        (500, "builtins.TypeError", "unhashable type", Invalid),
        (500, "psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer", Invalid),
        (500, "psycopg2.errors.NotNullViolation", "null value in column", Invalid),
        (500, "psycopg2.errors.SerializationFailure", "could not serialize access due to concurrent update", Throttled),
        (500, "psycopg2.errors.DeadlockDetected", "deadlock detected", Throttled),
        (500, "psycopg2.OperationalError", "server closed the connection unexpectedly", Uncertain),
        (500, "psycopg2.errors.AdminShutdown", "terminating connection", Uncertain),
        (500, "builtins.MemoryError", "", Uncertain),
        (500, "some.addon.Error", "who knows", Uncertain),
    ],
)
def test_an_error_is_known_by_its_name_and_not_by_its_status(
    status: int, name: str, message: str, meaning: type[CrmError]
) -> None:
    answer = httpx.Response(status, json=error(name, message))
    with pytest.raises(meaning) as caught:
        odoo(answer).do("crm.lead", "write", ids=[1], vals={})
    assert type(caught.value) is meaning
    assert "Traceback" not in str(caught.value)
    assert "secret detail" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "meaning", "field"),
    [
        (
            httpx.Response(404, html="<h1>Not Found</h1><p>No database is selected and the requested"),
            Invalid,
            "database",
        ),
        (httpx.Response(404, html="<h1>nginx</h1>"), Invalid, "url"),
        (httpx.Response(401, html="<h1>Please sign in</h1>"), AuthBroken, ""),
        (httpx.Response(403, html="<h1>Forbidden</h1>"), Forbidden, ""),
        (httpx.Response(500, html="<h1>Internal Server Error</h1>"), Uncertain, ""),
        (httpx.Response(502, html="<h1>Bad Gateway</h1>"), Uncertain, ""),
        (httpx.Response(418, json=["teapot"]), Drift, ""),
        (httpx.Response(200, html="<h1>Hotel</h1>"), Drift, ""),
    ],
)
def test_what_is_not_odoo_is_told_apart(answer: httpx.Response, meaning: type[CrmError], field: str) -> None:
    with pytest.raises(meaning) as caught:
        odoo(answer).ask("res.users", "context_get")
    assert getattr(caught.value, "field", "") == field
    assert "odoo.example" in str(caught.value) or "Odoo" in str(caught.value)


def test_a_proxy_in_front_may_ask_to_slow_down() -> None:
    with pytest.raises(Throttled) as caught:
        odoo(httpx.Response(429, headers={"Retry-After": "3"}, json={})).ask("crm.lead", "search", domain=[])
    assert caught.value.after == timedelta(seconds=3)


def test_times_are_always_asked_for_in_utc_and_archived_records_not_hidden() -> None:
    assert CONTEXT["tz"] == "UTC"
    assert CONTEXT["active_test"] is False


@pytest.mark.parametrize("body", [{"rows": []}, ["a"], False, None])
def test_records_have_to_be_records(body: object) -> None:
    with pytest.raises(Drift):
        odoo(httpx.Response(200, json=body)).rows("crm.lead", [], ["id"])


def test_a_right_is_no_when_the_model_is_missing() -> None:
    assert not odoo(httpx.Response(404, json=error("werkzeug.exceptions.NotFound", "no model"))).may(
        "crm.phonecall", "read"
    )
    assert odoo(httpx.Response(200, json=True)).may("crm.lead", "read")
