"""The address, the token's owner, and what connecting says of a company."""

from __future__ import annotations

import httpx
import pytest

from callsheet.crm.pipedrive import connect
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
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
