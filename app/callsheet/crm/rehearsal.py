"""A request that fails, made to see what its errors show; it never leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import httpx

from callsheet.crm.registry import Connection
from callsheet.crm.transport import Transport
from callsheet.sync.port import CrmError

FAILURES: Final = (httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.DecodingError)


class _Fails(httpx.BaseTransport):
    """A network on which every request fails in one way."""

    def __init__(self, error: type[httpx.RequestError]) -> None:
        self._error = error

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise self._error("it failed on its way", request=request)


def failing_request(connection: Connection) -> Iterator[tuple[str, Exception]]:
    """Make a request with the key of a connection, and yield what is raised, by the name of what went wrong."""
    for failure in FAILURES:
        transport = Transport(
            "https://rehearsal.invalid",
            vendor="the CRM",
            credentials=lambda: {"Authorization": f"Bearer {connection.secret.reveal()}"},
            transport=_Fails(failure),
        )
        try:
            transport.write("POST", "calls", json={})
        except CrmError as error:
            yield failure.__name__, error
        finally:
            transport.close()
