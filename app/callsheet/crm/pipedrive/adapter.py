"""Pipedrive behind the port."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from callsheet.crm.pipedrive import delivery
from callsheet.crm.pipedrive.history import History
from callsheet.crm.pipedrive.pull import OVERLAP, Pull
from callsheet.crm.pipedrive.session import CUSTOM, Session
from callsheet.crm.pipedrive.wire import BASE_URL, BURST, PAGE, VENDOR, Wire
from callsheet.crm.registry import Connection
from callsheet.crm.transport import Transport
from callsheet.domain.events import Channel
from callsheet.sync.port import (
    Account,
    Applied,
    Capabilities,
    ChangePage,
    Check,
    HistoryPage,
    Op,
    RemoteId,
    Result,
    Vocabulary,
    Whereabouts,
)


def connect(connection: Connection) -> PipedriveCrm:
    """Make the adapter without asking the network; the secret is the rep's personal API token.

    Options: `status_…` and `label_stop` name labels of leads, `outcome_…` one of Pipedrive's outcomes of a call, and
    `server_zone` the zone in which the company's daily limit begins anew (UTC when it is not given).

    Raises:
        Invalid: the address cannot be used.
    """
    return PipedriveCrm(connection)


class PipedriveCrm:
    """One rep's leads in one company's Pipedrive. Safe to share between threads."""

    def __init__(
        self, connection: Connection, *, clock: Callable[[], float] = time.monotonic, page: int = PAGE
    ) -> None:
        secret = connection.secret

        def credentials() -> Mapping[str, str]:
            return {"x-api-token": secret.reveal()}

        transport = Transport(
            _host(connection.url), vendor=VENDOR, credentials=credentials, transport=connection.transport
        )
        self._wire = Wire(transport, clock, connection.options.get("server_zone", ""))
        self._session = Session(self._wire, connection.options)
        self._pull = Pull(self._session, page)
        self._history = History(self._session, self._pull)

    @property
    def capabilities(self) -> Capabilities:
        """What Pipedrive can do: the same in every company, but for types of activity that a company has added."""
        own: set[Channel] = {"phone", "email", "meeting"}
        if (words := self._session.known_words) is not None:
            own |= {channel for channel in CUSTOM if words.has(channel)}
        return Capabilities(
            name=VENDOR,
            idempotency="lookup",
            lookup_lag=BURST,
            cursor_overlap=OVERLAP,
            removals="poll",
            max_batch=1,
            take_back="delete",
            hands_over=True,
            channels=frozenset(own),
        )

    def whoami(self) -> Account:
        """Check the token and say who we are."""
        return self._session.whoami()

    def check(self, *, create: bool = False) -> Sequence[Check]:
        """Say what the rep may do and which labels are missing, and make them when asked."""
        return self._session.check(create=create)

    def vocabulary(self) -> Vocabulary:
        """Fetch which labels mean our stages, and which types of activity our channels."""
        self._session.refresh()
        return self._session.words.vocabulary()

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of my leads changed since the cursor."""
        return self._pull.changes(cursor)

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on my leads since the cursor."""
        return self._history.page(cursor)

    def resolve(self, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say of each lead where it is."""
        return self._pull.resolve(ids)

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops."""
        return delivery.apply(self._session, self._pull, ops)

    def find_effect(self, op: Op) -> Applied | None:
        """Look for the effect of an op by the mark that it left."""
        return delivery.Delivery(self._session, self._pull).find(op)

    def close(self) -> None:
        """Give back the connection."""
        self._wire.close()


def _host(url: str) -> str:
    """The company's address without what a browser shows behind it, which people copy along."""
    scheme, mark, rest = url.strip().rpartition("://")
    return f"{scheme}{mark}{rest.partition('/')[0]}" if rest else BASE_URL
