"""A network that does what it is told to: loses a request, loses a reply, answers in the CRM's place."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import httpx

KEYS: Final = frozenset({"authorization", "x-api-key", "x-api-token"})
"""Headers that hold a key."""

Fault = Callable[[httpx.BaseTransport, httpx.Request], httpx.Response]


class Faults(httpx.BaseTransport):
    """Stands between an adapter and its server; each fault queued meets one request that `hits` (default: a write).

    `requests` counts what was asked for, `writes` what of it changes something. While `offline`, nothing gets through;
    while `expired`, every key is replaced by one that holds no more; `mangle` changes every answer on its way.
    """

    def __init__(self, inner: httpx.BaseTransport, is_write: Callable[[httpx.Request], bool]) -> None:
        self._inner = inner
        self._is_write = is_write
        self._lock = threading.Lock()
        self._queue: deque[tuple[Fault, bool]] = deque()
        self.requests = 0
        self.writes = 0
        self.offline = False
        self.expired = False
        self.mangle: Callable[[Any], Any] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        write = self._is_write(request)
        with self._lock:
            self.requests += 1
            self.writes += write
            fault = None
            if self._queue and (write or not self._queue[0][1]):
                fault = self._queue.popleft()[0]
        if self.offline:
            raise httpx.ConnectError("network is unreachable", request=request)
        if self.expired:
            for name in KEYS & {name.casefold() for name in request.headers}:
                scheme, _, key = request.headers[name].rpartition(" ")
                request.headers[name] = f"{scheme} {'x' * len(key)}".strip()
        response = fault(self._inner, request) if fault else self._inner.handle_request(request)
        return self._mangled(response) if self.mangle else response

    def _mangled(self, response: httpx.Response) -> httpx.Response:
        response.read()
        if self.mangle is None or not response.is_success or "json" not in response.headers.get("content-type", ""):
            return response
        return httpx.Response(response.status_code, json=self.mangle(json.loads(response.content)))

    def close(self) -> None:
        """Adapters come and go; the network stays."""

    @property
    def pending(self) -> int:
        """How many faults have met no request yet."""
        return len(self._queue)

    def _add(self, fault: Fault, times: int, *, writes_only: bool) -> None:
        self._queue.extend([(fault, writes_only)] * times)

    def let_pass(self, times: int) -> None:
        """The next so many writes go through: the fault queued after them meets a later one."""
        self._add(lambda inner, request: inner.handle_request(request), times, writes_only=True)

    def lose_request(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The connection cannot be made: nothing leaves."""

        def fault(_inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("network is unreachable", request=request)

        self._add(fault, times, writes_only=writes_only)

    def lose_on_the_way(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The request leaves and never arrives: the sender cannot tell this from a lost reply."""

        def fault(_inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("connection reset", request=request)

        self._add(fault, times, writes_only=writes_only)

    def lose_reply(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work and its reply is lost."""

        def fault(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
            inner.handle_request(request).read()
            raise httpx.ReadTimeout("timed out", request=request)

        self._add(fault, times, writes_only=writes_only)

    def duplicate(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The request arrives twice."""

        def fault(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
            inner.handle_request(request).read()
            return inner.handle_request(request)

        self._add(fault, times, writes_only=writes_only)

    def answer(self, response: Callable[[], httpx.Response], times: int = 1, *, writes_only: bool = True) -> None:
        """Something else answers in the server's place, which sees nothing of the request."""

        def fault(_inner: httpx.BaseTransport, _request: httpx.Request) -> httpx.Response:
            return response()

        self._add(fault, times, writes_only=writes_only)

    def throttle(self, after: int = 2, times: int = 1, *, writes_only: bool = True) -> None:
        """429 with a Retry-After of so many seconds."""
        self.answer(
            lambda: httpx.Response(429, headers={"Retry-After": str(after)}, json={"message": "slow down"}),
            times,
            writes_only=writes_only,
        )

    def server_error(self, status: int = 502, times: int = 1, *, writes_only: bool = True) -> None:
        """A gateway's error page, as HTML."""
        self.answer(
            lambda: httpx.Response(status, html="<html><h1>Bad Gateway</h1></html>"), times, writes_only=writes_only
        )

    def html(self, times: int = 1, *, writes_only: bool = True) -> None:
        """A captive portal: HTML with status 200."""
        self.answer(
            lambda: httpx.Response(200, html="<html><h1>Welcome to our hotel</h1></html>"),
            times,
            writes_only=writes_only,
        )

    def redirect(self, times: int = 1, *, writes_only: bool = True) -> None:
        """A captive portal that sends on to its sign-in page."""
        self.answer(
            lambda: httpx.Response(302, headers={"Location": "https://portal.example/sign-in"}),
            times,
            writes_only=writes_only,
        )
