"""HubSpot behind the port."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from callsheet.crm.hubspot.activities import PLACES
from callsheet.crm.hubspot.delivery import Delivery
from callsheet.crm.hubspot.effects import effect
from callsheet.crm.hubspot.history import History
from callsheet.crm.hubspot.keyed import Keyed
from callsheet.crm.hubspot.pull import OVERLAP, Pull
from callsheet.crm.hubspot.session import Session, begin, create_missing, findings
from callsheet.crm.hubspot.wire import BASE_URL, BATCH, VENDOR, Wire
from callsheet.crm.registry import Connection
from callsheet.crm.transport import Transport
from callsheet.domain.text import one_line
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

SEARCH_LAG: Final = timedelta(minutes=1)
"""How long a look-up by search may miss a record that was just written."""


def connect(connection: Connection) -> HubSpot:
    """Make the adapter without asking the network. `user` is the rep's address there, the secret an access token.

    Options named `outcome_<ours>` and `status_<stage>` choose labels of the account by hand.

    Raises:
        Invalid: the address cannot be used.
    """
    secret = connection.secret

    def credentials() -> Mapping[str, str]:
        return {"Authorization": f"Bearer {secret.reveal()}"}

    transport = Transport(
        connection.url or BASE_URL, vendor=VENDOR, credentials=credentials, transport=connection.transport
    )
    return HubSpot(Wire(transport), connection.user, connection.options)


class HubSpot:
    """One rep's leads in one HubSpot account; the vendor's contacts are our leads."""

    def __init__(self, wire: Wire, user: str, options: Mapping[str, str]) -> None:
        self._wire = wire
        self._user = user
        self._options = options
        self._lock = threading.Lock()
        self._begun: tuple[Session, Keyed] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this account can do; before `whoami` what every account can."""
        begun = self._begun
        native = begun is None or begun[0].native
        return Capabilities(
            name=VENDOR,
            idempotency="native" if native else "lookup",
            lookup_lag=timedelta(0) if native else SEARCH_LAG,
            cursor_overlap=OVERLAP,
            removals="poll",
            max_batch=BATCH,
            take_back="delete",
            hands_over=True,
            channels=frozenset(PLACES),
        )

    def whoami(self) -> Account:
        """Check the token and say who the rep is."""
        session, _ = self._begin()
        return Account(
            user_id=session.me.id,
            name=session.me.name,
            organization=one_line(session.account.ui_domain or str(session.account.portal_id), 200),
            timezone=session.account.time_zone,
            skew=self._wire.skew,
        )

    def check(self, *, create: bool = False) -> Sequence[Check]:
        """Say what the token may do and what the account lacks, and create it when asked."""
        session, _ = self._begin()
        if create:
            create_missing(self._wire, session)
            session, _ = self._begin()
        return findings(self._wire, session)

    def vocabulary(self) -> Vocabulary:
        """Fetch what the account calls outcomes and statuses."""
        return self._begin()[0].words.vocabulary()

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of the rep's contacts changed since the cursor."""
        return Pull(self._wire, self._session()[0]).changes(cursor)

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on the rep's contacts since the cursor."""
        return History(self._wire, self._session()[0]).page(cursor)

    def resolve(self, ids: Sequence[RemoteId]) -> Mapping[RemoteId, Whereabouts]:
        """Say of each contact whether it is there, merged, reassigned or deleted."""
        return Pull(self._wire, self._session()[0]).resolve(ids)

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops, at most a batch: one result each, in their order."""
        session, keyed = self._session()
        return Delivery(self._wire, session, keyed, ops).run()

    def find_effect(self, op: Op) -> Applied | None:
        """Look by its key whether an op has happened, with all that belongs to it."""
        session, keyed = self._session()
        return effect(self._wire, session, keyed, op)

    def close(self) -> None:
        """Give back the connection."""
        self._wire.close()

    def _session(self) -> tuple[Session, Keyed]:
        return self._begun or self._begin()

    def _begin(self) -> tuple[Session, Keyed]:
        session = begin(self._wire, self._user, self._options)
        with self._lock:
            same = self._begun is not None and self._begun[0].unique == session.unique
            keyed = self._begun[1] if self._begun is not None and same else Keyed(self._wire, session.unique)
            self._begun = session, keyed
            return self._begun
