"""Odoo's JSON-2 interface: named calls with a bearer key, and what its errors really mean.

Odoo answers 500 for a caller's mistake and 200 for a `load` that saved nothing, so an error is classified by the name
of the exception in its body. The server's traceback, which every error carries, is neither shown nor logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callsheet.crm.transport import Reply, Transport, failed
from callsheet.domain.text import one_line
from callsheet.sync.port import AuthBroken, CrmError, Drift, Forbidden, Invalid, Throttled, Uncertain

Json = Any
Row = Mapping[str, Json]

CONTEXT: Final[Mapping[str, Json]] = {"tz": "UTC", "lang": "en_US", "active_test": False}
"""Times in UTC (`load` would read them in the rep's zone), messages in English, archived records not hidden."""

KEEP: Final[Mapping[str, Json]] = {**CONTEXT, "mode": "update", "noupdate": True}
"""With this a `load` makes what is not there yet and leaves alone what is: nobody's later edit is overwritten."""

BUSY: Final = ("could not serialize access", "deadlock detected", "could not obtain lock")
"""What PostgreSQL says when two transactions met: nothing was saved, and it may be tried again."""

_OPERATIONAL: Final = frozenset(
    {"OperationalError", "InterfaceError", "AdminShutdown", "CrashShutdown", "CannotConnectNow", "QueryCanceled",
     "DiskFull", "OutOfMemory", "TooManyConnections", "ConnectionException", "ConnectionFailure", "PoolError"}
)  # fmt: skip
_BUSY_NAMES: Final = frozenset({"SerializationFailure", "DeadlockDetected", "LockNotAvailable"})
_MISTAKES: Final = frozenset(
    {"ValueError", "TypeError", "KeyError", "AttributeError", "IndexError", "AssertionError", "OverflowError",
     "UnicodeDecodeError", "UnicodeEncodeError", "ParserError", "XMLSyntaxError"}
)  # fmt: skip


class Missing(CrmError):
    """There is no such record, model or method (any more)."""


class Odoo:
    """One rep's door to one database: `ask` reads, `do` changes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return self._transport.host

    def ask(
        self, model: str, method: str, *, ids: Sequence[int] | None = None, context: Row = CONTEXT, **values: Json
    ) -> Json:
        """Call a method that changes nothing, and return what it returns.

        Raises:
            CrmError: the call failed; the class says how.
        """
        return self._result(self._transport.read("POST", _path(model, method), json=_body(ids, context, values)))

    def do(
        self, model: str, method: str, *, ids: Sequence[int] | None = None, context: Row = CONTEXT, **values: Json
    ) -> Json:
        """Call a method that changes something, and return what it returns.

        Raises:
            CrmError: the call failed; `Uncertain` and `Drift` leave open whether the change was made.
        """
        return self._result(self._transport.write("POST", _path(model, method), json=_body(ids, context, values)))

    def reply(self, model: str, method: str) -> Reply:
        """Ask for something and return the answer with its headers, checked for errors."""
        reply = self._transport.read("POST", _path(model, method), json=_body(None, CONTEXT, {}))
        self._result(reply)
        return reply

    def rows(
        self, model: str, domain: Sequence[Json], fields: Sequence[str], *, limit: int | None = None, order: str = ""
    ) -> list[Row]:
        """The records of a model that fit a domain, archived ones too.

        Raises:
            CrmError: the call failed, or something else than records came back.
        """
        values: dict[str, Json] = {"domain": domain, "fields": fields}
        if limit is not None:
            values["limit"] = limit
        if order:
            values["order"] = order
        return checked_rows(self.ask(model, "search_read", **values))

    def may(self, model: str, operation: str) -> bool:
        """Whether the rep may read, create, write or unlink records of a model; no when there is no such model."""
        try:
            return self.ask(model, "has_access", ids=[], operation=operation) is True
        except (Missing, Forbidden, Invalid):
            return False

    def _result(self, reply: Reply) -> Json:
        if reply.ok:
            return reply.body
        raise classified(reply, self.host)


def classified(reply: Reply, host: str) -> CrmError:
    """What an error answer of Odoo means."""
    if (common := failed(reply, "Odoo")) is not None:
        return common
    body = reply.body if isinstance(reply.body, dict) else {}
    name = str(body.get("name") or "").rpartition(".")[2]
    message = one_line(str(body.get("message") or ""), 300)
    if not name:
        return _not_odoo(reply, host)
    if name in _BUSY_NAMES or any(word in message for word in BUSY):
        return Throttled("Somebody else is changing the same record in Odoo.", scope="concurrent", after=None)
    match reply.status:
        case 401:
            return AuthBroken(
                "Odoo does not accept this API key. It may have expired (they last three months at most): "
                "make a new one in Odoo under My Preferences, Security, and run `callsheet connect odoo`."
            )
        case 403:
            return Forbidden(f"Odoo does not allow this: {message or 'no reason given'}")
        case 404:
            return Missing(f"This is not in Odoo: {message or 'no reason given'}")
        case 400 | 405 | 409 | 413 | 415 | 422:
            return Invalid(f"Odoo refuses this: {message or 'no reason given'}")
    if name in _OPERATIONAL or (name not in _MISTAKES and not _is_database_mistake(body)):
        return Uncertain("Odoo had a problem of its own while it worked on this.")
    return Invalid(f"Odoo cannot take this: {message or name}")


def _is_database_mistake(body: Row) -> bool:
    name = str(body.get("name") or "")
    return name.startswith(("psycopg2.errors.", "odoo.exceptions.")) or name in {
        "psycopg2.DataError",
        "psycopg2.IntegrityError",
        "psycopg2.ProgrammingError",
    }


def _not_odoo(reply: Reply, host: str) -> CrmError:
    if "No database is selected" in reply.text:
        return Invalid(f"{host} runs Odoo, but has no database of this name.", field="database")
    if reply.status == 404:
        return Invalid(
            f"{host} does not know Odoo's JSON-2 interface: it is no Odoo, or one older than version 19.", field="url"
        )
    if reply.status == 401:
        return AuthBroken(f"{host} wants to know who we are before Odoo is asked. Is something in front of it?")
    if reply.status == 403:
        return Forbidden(f"Something in front of Odoo at {host} does not let us in.")
    if reply.status >= 500:
        return Uncertain(f"Odoo at {host} is not working right now (error {reply.status}), or the address is wrong.")
    return Drift(f"{host} answers with error {reply.status} in a way that Odoo does not.")


def checked_rows(value: Json) -> list[Row]:
    """A list of records as it has to be.

    Raises:
        Drift: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(row, dict) and type(row.get("id")) is int for row in value):
        raise Drift("Odoo's answer is not a list of records.")
    return value


def _path(model: str, method: str) -> str:
    return f"json/2/{model}/{method}"


def _body(ids: Sequence[int] | None, context: Row, values: Row) -> dict[str, Json]:
    body: dict[str, Json] = {**values, "context": context}
    if ids is not None:
        body["ids"] = list(ids)
    return body
