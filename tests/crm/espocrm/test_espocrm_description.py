"""The description holds both sides: what we send and what the fake answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.crm.espocrm.backend import URL, EspoBackend
from tests.crm.espocrm.fake import KEY, REP


@pytest.fixture
def backend() -> EspoBackend:
    return EspoBackend()


def ask(backend: EspoBackend, method: str, path: str, body: Any = None, key: str | None = KEY) -> httpx.Response:
    headers = {"X-Api-Key": key} if key else {}
    with httpx.Client(transport=backend.faults, headers=headers) as client:
        return client.request(method, f"{URL}/api/v1/{path}", json=body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "Lead?select=id&maxSize=201", None),
        ("GET", "Lead?maxSize=20", None),
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
