"""The adapter without a server: what it answers when the network or the other side fails in the middle."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from callsheet.crm.odoo import OdooCrm
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Crm,
    CrmError,
    Drift,
    Invalid,
    Note,
    Op,
    Rejected,
    Result,
    Retry,
    Throttled,
    Touch,
    Unavailable,
    Uncertain,
)

AT = datetime(2026, 7, 3, 10, tzinfo=UTC)
TOUCH = Touch("phone", "outbound", "voicemail", "Left a voicemail", reached=False, duration=timedelta(seconds=47))
Answer = Callable[[httpx.Request], httpx.Response]

CONSTANT: dict[str, Any] = {
    "res.users/context_get": {"uid": 5, "tz": "Europe/London", "lang": "en_US"},
    "res.users/read": [
        {"id": 5, "name": "Rita Rep", "tz": "Europe/London", "company_id": [1, "Co"], "partner_id": [6, "R"]}
    ],
    "crm.phonecall/has_access": True,
    "mail.activity.type/search_read": [{"id": 2, "name": "Call", "category": "phonecall"}],
}


class Script:
    """A server that answers some calls always and the others as it is told; it keeps what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {name.replace("__", "/").replace("_dot_", "."): answer for name, answer in answers.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/json/2/")
        self.asked.append((name, json.loads(request.content)))
        self.headers.append(request.headers)
        answer = self.answers.get(name, CONSTANT.get(name))
        if isinstance(answer, list) and answer and isinstance(answer[0], (Exception, httpx.Response)):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def crm(script: Script, database: str = "crm19") -> Crm:
    secret = Secret("t0ken-0123456789")
    transport = httpx.MockTransport(script)
    return OdooCrm(Connection("https://odoo.example", secret, database=database, transport=transport))


def op(body: Touch | Note = TOUCH, lead: str = "61", key: str = "k1") -> Op:
    return Op(id=key, lead=lead, at=AT, zone="Europe/London", body=body)


def test_each_request_names_the_database_and_carries_the_key() -> None:
    script = Script()
    assert crm(script).whoami().organization == "Co"
    assert {headers["x-odoo-database"] for headers in script.headers} == {"crm19"}
    assert {headers["authorization"] for headers in script.headers} == {"bearer t0ken-0123456789"}
    script = Script()
    crm(script, database="").whoami()
    assert "x-odoo-database" not in script.headers[0]


def test_a_database_name_cannot_smuggle_a_header() -> None:
    with pytest.raises(Invalid) as caught:
        crm(Script(), database="x\r\nX-Evil: 1")
    assert caught.value.field == "database"


FAILURES: list[tuple[Any, type[CrmError], type[Result]]] = [
    (httpx.ConnectError("no"), Unavailable, Retry),
    (httpx.ReadTimeout("no"), Uncertain, Ambiguous),
    (httpx.Response(200, html="<h1>Hotel</h1>"), Drift, Ambiguous),
    (httpx.Response(429, headers={"Retry-After": "9"}, json={}), Throttled, Retry),
    (httpx.Response(502, html="<h1>Bad Gateway</h1>"), Uncertain, Ambiguous),
]


@pytest.mark.parametrize(("failure", "raised", "told"), FAILURES)
def test_a_failure_of_the_first_request_is_the_call_s_and_a_later_one_the_op_s(
    failure: Any, raised: type[CrmError], told: type[Result]
) -> None:
    with pytest.raises(raised):
        crm(Script(crm_dot_phonecall__load=failure)).apply([op()])
    script = Script(crm_dot_phonecall__load={"ids": [3], "messages": []}, mail_dot_message__load=failure)
    first, second = crm(script).apply([op(), op(Note("x"), key="k2")])
    assert first == Applied(remote_id="3")
    assert isinstance(second, told)
    if isinstance(second, Retry):
        assert second.after in {None, timedelta(seconds=9)}


def test_a_refusal_of_one_is_not_a_failure_of_all() -> None:
    refused = httpx.Response(403, json={"name": "odoo.exceptions.AccessError", "message": "no", "debug": "Traceback"})
    [result] = crm(Script(crm_dot_phonecall__load=refused)).apply([op()])
    assert isinstance(result, Rejected)
    assert result.code == "forbidden"


def test_a_broken_key_stops_everything_at_once() -> None:
    broken = httpx.Response(401, json={"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"})
    script = Script(crm_dot_phonecall__load={"ids": [3], "messages": []}, mail_dot_message__load=broken)
    with pytest.raises(AuthBroken) as caught:
        crm(script).apply([op(), op(Note("x"), key="k2")])
    assert "t0ken" not in str(caught.value)


def test_a_touch_without_its_line_in_the_chatter_is_not_there_yet() -> None:
    script = Script(
        crm_dot_phonecall__has_access=False,
        mail_dot_activity__load={"ids": [3], "messages": []},
        mail_dot_message__load=[httpx.ReadTimeout("no"), httpx.Response(200, json={"ids": [9], "messages": []})],
    )
    adapter = crm(script)
    assert isinstance(adapter.apply([op()])[0], Ambiguous)
    assert adapter.apply([op()]) == [Applied(remote_id="3")]


def test_an_answer_without_a_user_is_not_odoo() -> None:
    answers: list[Any] = [{}, {"uid": True}, [], "hello"]
    for answer in answers:
        with pytest.raises(Drift):
            crm(Script(res_dot_users__context_get=answer)).whoami()


def test_an_op_for_no_lead_of_odoo_s_is_rejected_unsent() -> None:
    script = Script()
    [result] = crm(script).apply([op(lead="61; drop")])
    assert isinstance(result, Rejected)
    assert not script.asked
