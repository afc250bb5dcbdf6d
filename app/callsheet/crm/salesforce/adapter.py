"""Salesforce behind the port: leads, and tasks for all that is done on them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Final

from callsheet.crm.plain_words import REASON_WORDS
from callsheet.crm.registry import Connection
from callsheet.crm.salesforce import key_field
from callsheet.crm.salesforce.delivery import Delivery
from callsheet.crm.salesforce.login import VENDOR, Login, org_address
from callsheet.crm.salesforce.pull import OVERLAP, PAGE, Pull
from callsheet.crm.salesforce.session import Session, begin, findings
from callsheet.crm.salesforce.wire import BATCH, Wire
from callsheet.crm.transport import Transport
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

CAPABILITIES: Final = Capabilities(
    name=VENDOR,
    idempotency="native",
    cursor_overlap=OVERLAP,
    stale_guard=True,
    removals="poll",
    max_batch=BATCH,
    take_back="delete",
    hands_over=True,
    channels=frozenset({"phone", "email"}),
    creates_leads=True,
)


class Salesforce:
    """One rep's leads in one org. Safe to share between threads; nothing is asked before a method is called."""

    def __init__(self, connection: Connection, *, page: int = PAGE) -> None:
        url = org_address(connection.url)
        self._door = Transport(url, vendor=VENDOR, transport=connection.transport)
        login = Login(self._door, url, connection)
        self._wire = Wire(login, url, connection.transport)
        self._user = connection.user
        self._options = connection.options
        self._pull = Pull(self._wire, page)
        self._lock = threading.Lock()
        self._begun: Session | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What Salesforce can do, the same in every org."""
        return CAPABILITIES

    def whoami(self) -> Account:
        """Sign in and say who we are."""
        session = self._begin()
        return Account(session.me, session.name, session.organization, session.timezone, self._wire.skew)

    def check(self, *, create: bool = False) -> Sequence[Check]:
        """Check the rep's rights and our own field, which whoever may customize the org can have made."""
        session, refused = self._begin(), ""
        makes = bool(key_field.lacking(session)) and key_field.may_make(self._wire, session)
        if create and makes:
            refused = key_field.make(self._wire, session)
            session = self._begin()
        return findings(session, self._wire.skew, self._wire.usage, makes=makes, refused=refused)

    def vocabulary(self) -> Vocabulary:
        """Fetch the statuses; an outcome is free text, so our own words are kept where the rep has chosen none."""
        session = self._begin()
        stages = ("working", "connected", "meeting", "nurture", "won")
        closed = session.status("closed")
        return Vocabulary(
            outcomes={
                name.removeprefix("outcome_"): label
                for name, label in self._options.items()
                if name.startswith("outcome_") and label
            },
            stages={stage: status for stage in stages if (status := session.status(stage))},
            lost_reasons={reason: closed for reason in REASON_WORDS if reason != "won" and closed},
            task_kinds={"phone": "Call", "email": "Email", "": "Task"},
        )

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of my leads changed since the cursor."""
        return self._pull.changes(self._session(), cursor)

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on my leads since the cursor."""
        return self._pull.history(self._session(), cursor)

    def resolve(self, ids: Sequence[RemoteId]) -> Mapping[RemoteId, Whereabouts]:
        """Say of each lead whether it is there, merged, somebody else's or deleted."""
        return self._pull.resolve(self._session(), ids)

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops, at most a batch: one result each, in their order."""
        session = self._session()
        if not session.keyed:  # somebody may have made the field since
            session = self._begin()
        return Delivery(self._wire, session).apply(ops)

    def find_effect(self, op: Op) -> Applied | None:
        """Look for the effect of an op by its key."""
        return Delivery(self._wire, self._session()).find(op)

    def close(self) -> None:
        """Give back the connections."""
        self._wire.close()
        self._door.close()

    def _session(self) -> Session:
        return self._begun or self._begin()

    def _begin(self) -> Session:
        session = begin(self._wire, self._user, self._options)
        with self._lock:
            self._begun = session
        return session


def connect(connection: Connection) -> Salesforce:
    """Make the adapter; nothing is asked of the network yet. `url` is the org's own address (My Domain).

    The secret is a refresh token, or with the option `grant = "client_credentials"` the app's secret; both
    need the option `client_id`. Without one it is an access token, which lasts some hours. With client credentials
    `user` is the rep's user name or address there. Options: `key_field` is the field with callsheet's key,
    `status_<stage>` the status that a stage means, `outcome_<ours>` the words for an outcome.

    Raises:
        Invalid: the address or the way of signing in cannot be right.
    """
    return Salesforce(connection)
