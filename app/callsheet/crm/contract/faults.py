"""A network that does what it is told to: loses a request, loses a reply, answers in the CRM's place."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx

KEYS: Final = frozenset({"authorization", "x-api-key", "x-api-token"})
"""Headers that hold a key."""

ERROR_PAGE: Final = "<html><h1>Bad Gateway</h1></html>"
PORTAL: Final = "<html><h1>Welcome to our hotel</h1></html>"

Fault = Callable[[httpx.BaseTransport, httpx.Request], httpx.Response]
"""What becomes of one request on its way to a server, and of the answer on its way back."""

Weather = Callable[[httpx.Request, bool], "Fault | None"]
"""Says of a request, and whether it changes something, which fault it meets; None lets it through."""


# What may go wrong ------------------------------------------------------------------------------------------------


def unreachable(_inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The connection cannot be made: nothing leaves."""
    raise httpx.ConnectError("network is unreachable", request=request)


def lost_on_the_way(_inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The request leaves and never arrives: the sender cannot tell this from a lost reply."""
    raise httpx.ReadError("connection reset", request=request)


def lost_reply(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The server does its work and its reply is lost."""
    inner.handle_request(request).read()
    raise httpx.ReadTimeout("timed out", request=request)


def twice(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The request arrives twice; the second answer comes back."""
    inner.handle_request(request).read()
    return inner.handle_request(request)


def instead(response: Callable[[], httpx.Response]) -> Fault:
    """Something else answers in the server's place, which sees nothing of the request."""
    return lambda _inner, _request: response()


def afterwards(response: Callable[[], httpx.Response]) -> Fault:
    """The server does its work, and something on the way back answers in its place."""

    def fault(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        inner.handle_request(request).read()
        return response()

    return fault


def cut_short(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The server does its work, and only the first half of its answer comes back as if it were all of it."""
    answer = inner.handle_request(request)
    content = answer.read()
    return httpx.Response(answer.status_code, headers=_kind(answer), content=content[: len(content) // 2])


def emptied(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The server does its work, and its answer comes back with nothing in it."""
    answer = inner.handle_request(request)
    answer.read()
    return httpx.Response(answer.status_code, headers=_kind(answer))


def broken_off(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The server does its work, and the connection breaks in the middle of its answer."""
    answer = inner.handle_request(request)
    return httpx.Response(answer.status_code, headers=_kind(answer), stream=_Breaking(answer.read()))


def _kind(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("Content-Type", "Date") if name in answer.headers}


class _Breaking(httpx.SyncByteStream):
    """Half of an answer, and then a reset."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content[: len(self._content) // 2]
        raise httpx.ReadError("connection reset")


def slow_down(after: int = 2) -> Callable[[], httpx.Response]:
    """429 with a Retry-After of so many seconds."""
    return lambda: httpx.Response(429, headers={"Retry-After": str(after)}, json={"message": "slow down"})


def error_page(status: int = 502) -> Callable[[], httpx.Response]:
    """A gateway's error page, as HTML."""
    return lambda: httpx.Response(status, html=ERROR_PAGE)


def portal() -> httpx.Response:
    """A captive portal: HTML with status 200."""
    return httpx.Response(200, html=PORTAL)


def sign_in() -> httpx.Response:
    """A captive portal that sends on to its sign-in page."""
    return httpx.Response(302, headers={"Location": "https://portal.example/sign-in"})


# When it does -----------------------------------------------------------------------------------------------------


class Faults(httpx.BaseTransport):
    """Stands between an adapter and its server; each fault queued meets one request that `hits` (default: a write).

    `requests` counts what was asked for, `writes` what of it changes something. While `offline`, nothing gets through;
    while `expired`, every key is replaced by one that holds no more; `mangle` changes every answer on its way;
    `weather` is asked about each request that met no queued fault.
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
        self.weather: Weather | None = None

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
        if fault is None and self.weather is not None:
            fault = self.weather(request, write)
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

    def let_pass(self, times: int, *, writes_only: bool = True) -> None:
        """The next so many writes go through: the fault queued after them meets a later one."""
        self._add(lambda inner, request: inner.handle_request(request), times, writes_only=writes_only)

    def forget(self) -> None:
        """Nothing that was prepared happens any more."""
        self._queue.clear()

    def lose_request(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The connection cannot be made: nothing leaves."""
        self._add(unreachable, times, writes_only=writes_only)

    def lose_on_the_way(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The request leaves and never arrives: the sender cannot tell this from a lost reply."""
        self._add(lost_on_the_way, times, writes_only=writes_only)

    def lose_reply(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work and its reply is lost."""
        self._add(lost_reply, times, writes_only=writes_only)

    def duplicate(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The request arrives twice."""
        self._add(twice, times, writes_only=writes_only)

    def cut_short(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work, and half of its answer comes back."""
        self._add(cut_short, times, writes_only=writes_only)

    def empty(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work, and its answer comes back with nothing in it."""
        self._add(emptied, times, writes_only=writes_only)

    def break_off(self, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work, and the connection breaks in the middle of its answer."""
        self._add(broken_off, times, writes_only=writes_only)

    def answer(self, response: Callable[[], httpx.Response], times: int = 1, *, writes_only: bool = True) -> None:
        """Something else answers in the server's place, which sees nothing of the request."""
        self._add(instead(response), times, writes_only=writes_only)

    def throttle(self, after: int = 2, times: int = 1, *, writes_only: bool = True) -> None:
        """429 with a Retry-After of so many seconds."""
        self.answer(slow_down(after), times, writes_only=writes_only)

    def server_error(self, status: int = 502, times: int = 1, *, writes_only: bool = True) -> None:
        """A gateway's error page, as HTML."""
        self.answer(error_page(status), times, writes_only=writes_only)

    def late_error(self, status: int = 502, times: int = 1, *, writes_only: bool = True) -> None:
        """The server does its work, and a gateway's error page comes back."""
        self._add(afterwards(error_page(status)), times, writes_only=writes_only)

    def html(self, times: int = 1, *, writes_only: bool = True) -> None:
        """A captive portal: HTML with status 200."""
        self.answer(portal, times, writes_only=writes_only)

    def redirect(self, times: int = 1, *, writes_only: bool = True) -> None:
        """A captive portal that sends on to its sign-in page."""
        self.answer(sign_in, times, writes_only=writes_only)
