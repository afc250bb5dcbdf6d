"""The network between the product and the demo CRM, which a key takes down and up."""

from __future__ import annotations

import threading
import time

import httpx

from callsheet.crm.demo.server import DemoCrm


class Network:
    """A line that can be cut: `up` or not, `lose_reply` while every answer gets lost, `latency` in seconds."""

    def __init__(self, *, up: bool = True, lose_reply: bool = False, latency: float = 0.0) -> None:
        self.up = up
        self.lose_reply = lose_reply
        self.latency = latency
        self._lock = threading.Lock()
        self._to_lose = 0

    def lose_replies(self, count: int) -> None:
        """The answers of the next so many requests get lost, after the CRM has done its work."""
        with self._lock:
            self._to_lose = count

    def loses(self) -> bool:
        """Whether the answer that is coming gets lost; counts it."""
        with self._lock:
            if self._to_lose > 0:
                self._to_lose -= 1
                return True
        return self.lose_reply


class DemoTransport(httpx.BaseTransport):
    """Carries requests to a demo CRM in this process: no port, no account.

    Raises what a real network raises: `httpx.ConnectError` while it is down, `httpx.ReadTimeout` for a lost reply.
    """

    def __init__(self, server: DemoCrm, network: Network | None = None) -> None:
        self.server = server
        self.network = network or Network()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, unless the network is in the way."""
        content = request.read()
        if self.network.latency:
            time.sleep(self.network.latency)
        if not self.network.up:
            raise httpx.ConnectError("the network is down", request=request)
        target = request.url.raw_path.decode("ascii")
        answer = self.server.answer(request.method, target, dict(request.headers), content)
        if self.network.loses():
            raise httpx.ReadTimeout("the answer got lost", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.content, request=request)
