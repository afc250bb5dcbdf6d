"""EspoCRM's REST API request by request: its errors by status and `X-Status-Reason`, and never a second wrong key.

After ten wrong keys within a minute EspoCRM refuses everybody behind the same address, administrators too. So the
first request goes alone, and after the first refusal of the key nothing is sent any more.
"""

from __future__ import annotations

import json as json_text
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from callsheet.crm.transport import Json, Reply, Transport, failed
from callsheet.domain.text import one_line
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Uncertain

Row = Mapping[str, Any]
Where = Mapping[str, Any]
"""One condition: `type`, `attribute` and `value`, which may be a list."""

VENDOR: Final = "EspoCRM"
PAGE: Final = 200
"""Rows of a page; EspoCRM answers 403 to a wish for more, and a server may be set up to give less."""

SAID: Final = ("Post", "EmailReceived", "EmailSent")
"""The entries of a stream in which people say something; the others are EspoCRM's own."""

UNCOUNTED: Final = {"X-No-Total": "true"}
"""Spares the server a count of all rows, which nobody here reads."""

SIDE_BY_SIDE: Final = 4
"""Requests at the same time: fewer than the wrong keys that lock an office out."""

LOCKED_OUT: Final = (
    f"{VENDOR} lets nobody in from this network for a while, after too many wrong keys. Nothing more is sent: find out "
    "who uses an old key, wait a few minutes, then sync again."
)

NOT_FROM_HERE: Final = (
    f"{VENDOR} lets you in from certain networks only, and this is none of them (Administration, Authentication, IP "
    "Address Whitelist). Nothing more is sent: sync again from there."
)

_ELSEWHERE: Final = re.compile(r"not allowed ip", re.IGNORECASE)
_LOCKED: Final = re.compile(r"login attempt|failed attempt|too many|blocked", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9A-Za-z_=-][0-9A-Za-z_=.-]{0,39}")
_MOST: Final = re.compile(r"max size should not exceed (\d{1,3})\b", re.IGNORECASE)


class Missing(CrmError):
    """There is no such record."""


class Taken(CrmError):
    """409: `kind` is `duplicate` (`body` lists the records in the way) or `modified` (`body` has their values)."""

    def __init__(self, message: str, kind: str, body: Json) -> None:
        super().__init__(message)
        self.kind = kind
        self.body = body


class Hand(threading.local):
    """What this thread has done so far: whether it `wrote` anything."""

    wrote = False


class Wire:
    """One EspoCRM, safe to share between threads. Every method may raise a `CrmError`, `Missing` or `Taken`."""

    def __init__(self, transport: Transport, page: int = PAGE) -> None:
        self._transport = transport
        self.page = page
        self._slots = threading.BoundedSemaphore(SIDE_BY_SIDE)
        self._first = threading.Lock()
        self._known = False
        self._refused: str = ""
        self.skew = timedelta(0)
        self.now: datetime | None = None  # the server's time of its last answer
        self.hand = Hand()

    def close(self) -> None:
        """Give back the connection."""
        self._transport.close()

    @property
    def host(self) -> str:
        """The server's name."""
        return self._transport.host

    def get(self, path: str) -> Row:
        """A record, or another object."""
        body = self._ask(path)
        if not isinstance(body, dict):
            raise Drift(f"{VENDOR}'s answer is not a record.")
        return body

    def value(self, path: str, params: Mapping[str, str]) -> Json:
        """Whatever is there, of any shape."""
        return self._ask(path, params)

    def rows(
        self,
        path: str,
        where: Sequence[Where],
        select: Iterable[str],
        *,
        order: str = "id",
        limit: int = PAGE,
    ) -> list[Row]:
        """The first rows that meet all conditions, in ascending order: as many as a page holds, or all there are.

        Rows bring their id along unasked.
        """
        search = {"select": list(select), "orderBy": order, "order": "asc", "where": list(where)}
        return self._page(path, search, limit, UNCOUNTED)

    def every(self, path: str, where: Sequence[Where], select: Iterable[str]) -> list[Row]:
        """All rows that meet all conditions, page by page."""
        fields, found = list(select), list[Row]()
        while True:
            after: list[Where] = [{"type": "greaterThan", "attribute": "id", "value": found[-1]["id"]}] if found else []
            rows = self.rows(path, [*where, *after], fields)
            found += rows
            if len(rows) < self.page:
                return found

    def stream(self, lead: str, *, after: str = "") -> list[Row]:
        """All that a lead's stream holds, the newest first; `after` leaves out what is not newer than that time."""
        return self._entries(f"{record('Lead', lead)}/stream", _newer(after))

    def posts(self, lead: str) -> list[Row]:
        """What people wrote into a lead's stream, the newest first, without what EspoCRM logs there by itself."""
        return self._entries(f"{record('Lead', lead)}/posts", [])

    def streams(self, leads: Sequence[str], *, after: str = "") -> list[Row]:
        """What people said in the streams of these leads, the newest first; `after` as with one stream."""
        said = [equals("parentType", "Lead"), one_of("parentId", leads), one_of("type", SAID)]
        return self._entries("GlobalStream", [*said, *_newer(after)])

    def _entries(self, path: str, where: Sequence[Where]) -> list[Row]:
        """All entries, page by page: what is new meanwhile moves an offset, but no number."""
        found: list[Row] = []
        older: list[Where] = []
        while True:
            page = self._page(path, {"where": [*where, *older]})
            found += page
            if len(page) < self.page:
                return found
            number = page[-1].get("number")
            if not isinstance(number, int):
                raise Drift(f"{VENDOR}'s entry of a stream has no number.")
            older = [{"type": "lessThan", "attribute": "number", "value": number}]

    def create(self, kind: str, values: Row, *, headers: Mapping[str, str] | None = None) -> Row:
        """Make a record; sent again, another one is made."""
        return self._written("POST", kind, values, headers)

    def update(self, kind: str, one: str, values: Row, *, version: str = "") -> Row:
        """Set fields; with `version` it is refused when one of them changed since."""
        headers = {"X-Version-Number": version} if version else None
        return self._written("PATCH", record(kind, one), values, headers)

    def delete(self, kind: str, one: str) -> None:
        """Delete a record."""
        with self._slot():
            self._checked(self._transport.write("DELETE", record(kind, one)))
        self.hand.wrote = True

    def _ask(
        self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        with self._slot():
            return self._checked(self._transport.read("GET", path, params=params, headers=headers)).body

    def _page(
        self, path: str, search: Mapping[str, Any], limit: int = PAGE, headers: Mapping[str, str] | None = None
    ) -> list[Row]:
        """A page of a list; a server that gives less at a time is asked for that from then on."""
        while True:
            asked = min(limit, self.page)
            try:
                return self._list(self._ask(path, searched({**search, "maxSize": asked}), headers))
            except Forbidden as error:
                most = _MOST.search(str(error))
                if most is None or not 0 < int(most[1]) < asked:
                    raise
                self.page = int(most[1])

    def _written(self, method: str, path: str, values: Row, headers: Mapping[str, str] | None) -> Row:
        with self._slot():
            body = self._checked(self._transport.write(method, path, json=dict(values), headers=headers)).body
        self.hand.wrote = True
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise Drift(f"{VENDOR} does not say what it wrote.")
        return body

    def _list(self, body: Json) -> list[Row]:
        rows = body.get("list") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and _is_id(row.get("id")) for row in rows):
            raise Drift(f"{VENDOR}'s answer is not a list of records.")
        return rows

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """A turn: nobody has one beside the first request, and nobody after a refusal of the key."""
        with self._slots if self._known else self._first:
            if self._refused:
                raise AuthBroken(self._refused)
            yield

    def _checked(self, reply: Reply) -> Reply:
        if reply.skew is not None:
            self.skew, self.now = reply.skew, reply.at
        if reply.ok:
            self._known = True
            return reply
        error = meaning(reply, self.host)
        if isinstance(error, Forbidden) and self._locked_out(reply):
            error = AuthBroken(LOCKED_OUT)
        if isinstance(error, AuthBroken):
            self._refused = str(error)
        raise error

    def _locked_out(self, reply: Reply) -> bool:
        """Whether a 403 is about us and not about a record: then even who we are is not told, which needs no right."""
        if reply.headers.get("x-status-reason", ""):
            return False
        return self._transport.read("GET", "App/user").status in {401, 403}


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def record(kind: str, one: str) -> str:
    """The path of a record.

    Raises:
        Missing: that can be no id.
    """
    if not _is_id(one):
        raise Missing(f"{one_line(one, 50)} is no id of {VENDOR}'s.")
    return f"{kind}/{one}"


def searched(search: Mapping[str, Any]) -> dict[str, str]:
    """A search as the one parameter that EspoCRM's own description has for it."""
    return {"searchParams": json_text.dumps(search, separators=(",", ":"), ensure_ascii=False)}


def _newer(after: str) -> list[Where]:
    return [{"type": "after", "attribute": "createdAt", "value": after}] if after else []


def equals(attribute: str, value: str) -> Where:
    """A condition: an attribute has this value."""
    return {"type": "equals", "attribute": attribute, "value": value}


def one_of(attribute: str, values: Sequence[str]) -> Where:
    """A condition: an attribute has one of these values."""
    return {"type": "in", "attribute": attribute, "value": list(values)}


def meaning(reply: Reply, host: str) -> CrmError:
    """What an answer means that is no success; the reason stands in a header, the body is often empty."""
    reason = one_line(reply.headers.get("x-status-reason", ""), 300)
    match reply.status:
        case 401:
            return AuthBroken(
                f"{VENDOR} does not accept this API key. Nothing more is sent, as wrong keys lock a whole office out: "
                "copy the key of your API user again (Administration, API Users) and run `callsheet connect espocrm`."
            )
        case 403 if _LOCKED.search(reason):
            return AuthBroken(LOCKED_OUT)
        case 403 if _ELSEWHERE.search(reason):
            return AuthBroken(NOT_FROM_HERE)
        case 403:
            return Forbidden(f"{VENDOR} does not allow this: {reason or 'no reason given'}")
        case 404:
            return Missing(f"This is not in {VENDOR} at {host}: {reason or 'no reason given'}")
        case 409:
            kind = "modified" if "modified" in reason.lower() else "duplicate"
            return Taken(f"{VENDOR} has something in the way: {reason or kind}", kind, reply.body)
        case 400 | 405 | 413 | 415 | 422:
            field, said = _blamed(reply.body)
            return Invalid(f"{VENDOR} refuses this: {said or reason or 'no reason given'}", field=field)
    common = failed(reply, VENDOR)
    if common is not None:
        return common
    if reply.status >= 500:
        return Uncertain(f"{VENDOR} had a problem of its own while it worked on this (error {reply.status}).")
    return Drift(f"{host} answers with error {reply.status} in a way that {VENDOR} does not.")


def _blamed(body: Json) -> tuple[str, str]:
    """The field that a validation blames, and what is wrong with it."""
    told = body.get("messageTranslation") if isinstance(body, dict) else None
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict):
        return "", ""
    field, kind = one_line(str(data.get("field") or ""), 100), one_line(str(data.get("type") or ""), 100)
    return field, f"the field {field} is not valid{f' ({kind})' if kind else ''}" if field else ""
