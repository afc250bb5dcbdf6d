"""Pipedrive's interface, request by request, and what its refusals mean.

Leads, notes, call logs, labels, users and types of activity exist in version 1 only, persons, organizations and
activities in version 2. Who goes on asking after the day's budget is spent is shut out by the network in front of
Pipedrive, for the whole company: from then on nothing more is sent for a while.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from time import sleep
from typing import Any, Final
from zoneinfo import ZoneInfo

from callsheet.crm.transport import Reply, Transport, failed
from callsheet.domain.text import one_line
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Throttled, Uncertain

BASE_URL: Final = "https://api.pipedrive.com"
VENDOR: Final = "Pipedrive"

PAGE: Final = 500
"""How many records a page holds at most, in both versions."""

LOGS: Final = 50
"""How many call logs a page holds at most."""

IDS: Final = 100
"""How many ids a list takes."""

SHUT_OUT: Final = timedelta(hours=1)
"""How long nothing is sent after the network in front of Pipedrive has shut us out."""

BURST: Final = timedelta(seconds=2)
"""The window in which Pipedrive counts requests."""

WINDOWS: Final = 5
"""How many windows a question may wait for until it is given up."""

Json = Any
Row = Mapping[str, Json]


class Missing(CrmError):
    """There is no such record (any more), or it is not ours to see."""


class Wire:
    """One rep's door to one company, safe to share between threads. Every method may raise what `sync.port` lists.

    `zone` is where the day's budget begins anew at midnight; `clock` counts seconds.
    """

    def __init__(self, transport: Transport, clock: Callable[[], float], zone: str = "") -> None:
        self._transport = transport
        self._clock = clock
        self._zone = zone
        self._lock = threading.Lock()
        self._held: tuple[float, str] = (0.0, "")
        self.skew = timedelta(0)
        self.at: datetime | None = None
        """The server's clock at its last answer."""

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return self._transport.host

    def close(self) -> None:
        """Give back the connection."""
        self._transport.close()

    def get(self, path: str, **query: str) -> Json:
        """What a path holds. Raises `Missing` for a 404."""
        return self._answer(self._read(path, query))["data"]

    def page(self, path: str, **query: str) -> tuple[list[Row], bool]:
        """A page of a list of version 1, by `start` and `limit`, and whether there are more."""
        body = self._answer(self._read(path, query))
        more = _inner(body, "additional_data", "pagination", "more_items_in_collection")
        return rows(body["data"]), more is True

    def part(self, path: str, cursor: str, **query: str) -> tuple[list[Row], str]:
        """A page of a list of version 2, and the cursor of the next one, empty after the last."""
        if cursor:
            query["cursor"] = cursor
        body = self._answer(self._read(path, query))
        following = _inner(body, "additional_data", "next_cursor")
        return rows(body["data"]), following if isinstance(following, str) else ""

    def all(self, path: str, **query: str) -> Iterator[Row]:
        """Every record of a list of version 2."""
        cursor = ""
        while True:
            found, following = self.part(path, cursor, limit=str(PAGE), **query)
            yield from found
            if not following:
                return
            if following == cursor:
                raise Drift("Pipedrive's list does not come to an end.")
            cursor = following

    def pages(self, path: str, **query: str) -> Iterator[list[Row]]:
        """Every page of a list of version 1."""
        start = 0
        query.setdefault("limit", str(PAGE))
        while True:
            found, more = self.page(path, start=str(start), **query)
            yield found
            if not more:
                return
            if not found:
                raise Drift("Pipedrive's list does not come to an end.")
            start += len(found)

    def by_id(self, path: str, ids: Sequence[int]) -> dict[int, Row]:
        """The records of a list of version 2 with these ids; those that are not there are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[int, Row] = {}
        for start in range(0, len(wanted), IDS):
            some = ",".join(str(number) for number in wanted[start : start + IDS])
            found |= {number(row.get("id")): row for row in self.all(path, ids=some)}
        return found

    def send(self, method: str, path: str, body: Row | None = None) -> Json:
        """Change something, and return what became of it. Raises `Missing` for a 404."""
        self._check_hold()
        reply = self._heard(self._transport.write(method, path, json=None if body is None else dict(body)))
        return self._answer(reply, bare=method == "DELETE").get("data")

    def _read(self, path: str, query: Mapping[str, str]) -> Reply:
        """Ask, and wait out the end of a window of two seconds, in which few requests are free.

        A large book takes more requests than one window has, and would never be read through otherwise. A write is left
        to the sync core, which knows what else it could send.
        """
        for _ in range(WINDOWS):
            self._check_hold()
            reply = self._heard(self._transport.read("GET", path, params=dict(query) or None))
            if reply.status != 429:
                break
            error = _throttled(reply, self._zone)
            if error.scope != "burst" or error.after is None or error.after > BURST:
                break
            sleep(error.after.total_seconds())
        return reply

    def _heard(self, reply: Reply) -> Reply:
        if reply.at is not None:
            self.at = reply.at
            self.skew = reply.skew or timedelta(0)
        return reply

    def _answer(self, reply: Reply, *, bare: bool = False) -> dict[str, Json]:
        """The body of a success; a `bare` one may say nothing but that it is one."""
        if not reply.ok:
            error = meaning(reply, self._zone)
            if isinstance(error, Throttled) and error.scope == "daily":
                self._hold(error)
            raise error
        body = reply.body
        if not isinstance(body, dict) or "success" not in body or not (bare or "data" in body):
            raise Drift("Pipedrive's answer has a form that callsheet does not know.")
        if body["success"] is not True:
            raise Invalid(f"Pipedrive refuses this: {_said(reply)}")
        return body

    def _hold(self, error: Throttled) -> None:
        wait = min(error.after or SHUT_OUT, SHUT_OUT)
        with self._lock:
            self._held = self._clock() + wait.total_seconds(), str(error)

    def _check_hold(self) -> None:
        with self._lock:
            until, why = self._held
        left = until - self._clock()
        if why and left > 0:
            raise Throttled(why, scope="daily", after=timedelta(seconds=left))


def meaning(reply: Reply, zone: str = "") -> CrmError:
    """What an answer means that is no success."""
    said = _said(reply)
    match reply.status:
        case 401:
            return AuthBroken(
                "Pipedrive does not accept this API token (any more). Copy the current one in Pipedrive under "
                "Personal preferences, API, and run `callsheet connect pipedrive`."
            )
        case 403 if not isinstance(reply.body, dict):
            return Throttled(
                "Pipedrive has shut out this network for sending too much; nothing is sent for a while.",
                scope="daily",
                after=reply.retry_after() or SHUT_OUT,
            )
        case 402 | 403:
            return Forbidden(f"Pipedrive does not allow this: {said or 'no reason given'}")
        case 404 | 410:
            return Missing(f"This is not in Pipedrive: {said or 'no reason given'}")
        case 429:
            return _throttled(reply, zone)
        case 400 | 405 | 409 | 413 | 414 | 415 | 422:
            return Invalid(f"Pipedrive refuses this: {said or 'no reason given'}")
    if (common := failed(reply, VENDOR)) is not None:
        return common
    if reply.status >= 500:
        return Uncertain(f"Pipedrive is not working right now (error {reply.status}).")
    return Drift(f"Pipedrive answers with error {reply.status}, which callsheet does not know.")


def _throttled(reply: Reply, zone: str) -> Throttled:
    """Too many requests in two seconds, or the company's tokens of today are spent; the headers may be missing."""
    tokens = _count(reply.headers.get("x-daily-ratelimit-token-remaining"))
    requests = _count(reply.headers.get("x-ratelimit-remaining"))
    spent = tokens is not None and tokens <= 0
    if spent or (tokens is None and requests) or "daily" in _said(reply).casefold():
        return Throttled(
            "Your company's Pipedrive requests for today are used up.",
            scope="daily",
            after=reply.retry_after() or until_midnight(reply.at, zone),
        )
    reset = _count(reply.headers.get("x-ratelimit-reset"))
    after = reply.retry_after() or (timedelta(seconds=min(reset, 60)) if reset is not None else BURST)
    return Throttled("Pipedrive asks us to slow down.", scope="burst", after=after)


def until_midnight(at: datetime | None, zone: str) -> timedelta | None:
    """How long until the next midnight in a zone, UTC where it is not known; None without a clock."""
    if at is None:
        return None
    place: tzinfo
    try:
        place = ZoneInfo(zone) if zone else UTC
    except (KeyError, ValueError, OSError):
        place = UTC
    local = at.astimezone(place)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=place)
    return midnight.astimezone(UTC) - at


def number(value: object) -> int:
    """The id of a record, which may come inside of the record it names; 0 when there is none."""
    if isinstance(value, dict):
        value = value.get("value", value.get("id"))
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def rows(value: object) -> list[Row]:
    """A list of records; nothing at all is an empty one.

    Raises:
        Drift: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Drift("Pipedrive's answer is not a list of records.")
    return value


def record(value: object) -> Row:
    """One record.

    Raises:
        Drift: it is something else.
    """
    if not isinstance(value, dict) or not value.get("id"):
        raise Drift("Pipedrive's answer is not a record.")
    return value


def _said(reply: Reply) -> str:
    body = reply.body if isinstance(reply.body, dict) else {}
    parts = [body.get("error"), body.get("message")]
    return one_line(" ".join(part for part in parts if isinstance(part, str)) or reply.text, 300)


def _count(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _inner(body: Json, *names: str) -> Json:
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body
