"""EspoCRM behind the port: calls as calls, next steps and other touches as tasks, notes in the lead's stream."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from callsheet.crm.espocrm.delivery import Delivery, failure
from callsheet.crm.espocrm.place import OVERLAP
from callsheet.crm.espocrm.pull import Pull
from callsheet.crm.espocrm.session import Session, begin, findings
from callsheet.crm.espocrm.wire import PAGE, VENDOR, Wire
from callsheet.crm.plain_words import REASON_WORDS
from callsheet.crm.registry import Connection
from callsheet.crm.transport import Transport
from callsheet.crm.unkeyed import Unkeyed
from callsheet.sync.port import (
    Account,
    Applied,
    Capabilities,
    ChangePage,
    Check,
    CrmError,
    Drift,
    HistoryPage,
    Op,
    RemoteId,
    Result,
    Uncertain,
    Vocabulary,
    Whereabouts,
)

_WEB_CLIENT: Final = re.compile(r"(/api/v1)?/*(\?[^#]*)?(#.*)?$")
"""What a browser shows behind the address of an EspoCRM: people copy it along."""

CAPABILITIES: Final = Capabilities(
    name=VENDOR,
    idempotency="lookup",
    cursor_overlap=OVERLAP,
    stale_guard=False,
    removals="poll",
    max_batch=1,
    take_back="delete",
    hands_over=True,
    channels=frozenset({"phone"}),
    creates_leads=True,
)


class EspoCrm:
    """One rep's EspoCRM. Safe to share between threads; nothing is asked of the server before a method is called."""

    def __init__(self, connection: Connection, *, page: int = PAGE) -> None:
        transport = Transport(
            _WEB_CLIENT.sub("", connection.url.strip()) + "/api/v1",
            vendor=VENDOR,
            credentials=lambda: {"X-Api-Key": connection.secret.reveal()},
            transport=connection.transport,
        )
        self._wire = Wire(transport, page)
        self._user = connection.user
        self._options = connection.options
        self._delivery = Delivery(self._wire)
        self._pull = Pull(self._wire, self._delivery.tidied)
        self._lock = threading.Lock()
        self._begun: Session | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What EspoCRM can do; whether leads have version numbers and may be handed over is found out by `whoami`."""
        if (begun := self._begun) is None:
            return CAPABILITIES
        return replace(CAPABILITIES, stale_guard=begun.locked, hands_over=begun.hands_over)

    def whoami(self) -> Account:
        """Check the key and say who we are."""
        session = self._begin()
        return Account(session.me, session.name, session.organization, session.timezone, self._wire.skew)

    def check(self, *, create: bool = False) -> Sequence[Check]:  # noqa: ARG002 - only an administrator makes fields
        """Check rights and our own field; an API user is never an administrator, so nothing can be created."""
        return findings(self._begin(), self._wire.skew)

    def vocabulary(self) -> Vocabulary:
        """Fetch the statuses; an outcome has no place of its own and is told in words."""
        session = self._begin()
        stages = ("working", "connected", "meeting", "nurture", "won")
        closed = session.status("closed")
        return Vocabulary(
            outcomes={},
            stages={stage: status for stage in stages if (status := session.status(stage))},
            lost_reasons={reason: closed for reason in REASON_WORDS if reason != "won" and closed},
            task_kinds={"phone": "Call", "": "Task"},
        )

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of my leads changed since the cursor."""
        return self._pull.changes(self._session(), cursor)

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on my leads since the cursor."""
        return self._pull.history(self._session(), cursor)

    def resolve(self, ids: Sequence[RemoteId]) -> Mapping[RemoteId, Whereabouts]:
        """Say of each lead whether it is there, somebody else's, or deleted."""
        return self._pull.resolve(self._session(), ids)

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops; whatever the first one meets as a whole is raised, later ones are told one by one."""
        session = self._session()
        if not session.keyed:  # somebody may have made the field since
            session = self._begin()
        results: list[Result] = []
        for op in ops:
            try:
                results.append(self._delivery.apply(session, op))
            except Unkeyed as error:
                with self._lock:
                    self._begun = None
                results.append(error.waits)
            except (Uncertain, Drift) as error:
                results.append(failure(error))
            except CrmError as error:
                if not results:
                    raise
                results.append(failure(error))
        return results

    def find_effect(self, op: Op) -> Applied | None:
        """Look for the effect of an op by its key."""
        return self._delivery.find(self._session(), op)

    def close(self) -> None:
        """Give back the connection."""
        self._wire.close()

    def _session(self) -> Session:
        return self._begun or self._begin()

    def _begin(self) -> Session:
        session = begin(self._wire, self._user, self._options)
        with self._lock:
            self._begun = session
        return session


def connect(connection: Connection) -> EspoCrm:
    """Make the adapter; nothing is asked of the server yet. The secret is the key of an API user.

    `user` names the rep by user name or address where the API user is not the one who owns the leads.

    Options: `key_field` is the field that holds callsheet's key, `status_<stage>` the status that a stage means.

    Raises:
        Invalid: the address cannot be right.
    """
    return EspoCrm(connection)
