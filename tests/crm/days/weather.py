"""The weather between an adapter and its server: which fault a request meets, drawn from the day's seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from callsheet.crm.contract import faults
from callsheet.crm.contract.faults import Fault

LATE: Final = 8.0
"""So many seconds later a request may still arrive whose connection broke: less than the sync core's patience."""

Later = Callable[[float, Callable[[], object]], None]
"""Does something so many seconds from now."""

ANYTHING: Final[Mapping[str, Fault]] = {
    "unreachable": faults.unreachable,
    "lost on the way": faults.lost_on_the_way,
    "lost reply": faults.lost_reply,
    "cut short": faults.cut_short,
    "empty": faults.emptied,
    "broken off": faults.broken_off,
    "portal": faults.instead(faults.portal),
    "sign-in": faults.instead(faults.sign_in),
    "500": faults.instead(faults.error_page(500)),
    "502": faults.instead(faults.error_page(502)),
    "503": faults.instead(faults.error_page(503)),
    "slow down": faults.instead(faults.slow_down(2)),
    "slow down, come later": faults.instead(faults.slow_down(40)),
}
"""What may become of any request."""

WRITES: Final[Mapping[str, Fault]] = {
    "late 500": faults.afterwards(faults.error_page(500)),
    "late 502": faults.afterwards(faults.error_page(502)),
    "late 503": faults.afterwards(faults.error_page(503)),
    "late portal": faults.afterwards(faults.portal),
    "late sign-in": faults.afterwards(faults.sign_in),
    "lost reply": faults.lost_reply,
}
"""What may become of a request that changes something, beside that."""

TWICE: Final = "twice"
LATER: Final = "arrives later"


@dataclass
class Weather:
    """`contract.faults.Weather`: which part of the `reads` and `writes` meets something; `met` counts what happened.

    Requests arrive twice only where that is `harmless`: a read, or anything where the CRM itself knows our keys.
    """

    chance: random.Random
    wait: Callable[[float], None]
    later: Later
    note: Callable[[str], None]
    harmless: bool
    reads: float = 0.0
    writes: float = 0.0
    met: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: httpx.Request, write: bool) -> Fault | None:
        self.wait(self.chance.uniform(0.02, 0.3))
        if self.chance.random() >= (self.writes if write else self.reads):
            return None
        kinds = dict(ANYTHING)
        if write:
            kinds |= {**WRITES, LATER: self._arriving_later}
        if self.harmless or not write:
            kinds[TWICE] = faults.twice
        name = self.chance.choice(sorted(kinds))
        self.met[name] += 1
        self.note(f"    {name}: {request.method} {request.url.path}")
        return kinds[name]

    def _arriving_later(self, inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        """The connection breaks, and what was sent arrives all the same, a few seconds later."""
        again = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        self.later(self.chance.uniform(1, LATE), lambda: inner.handle_request(again).read())
        raise httpx.ReadError("connection reset", request=request)
