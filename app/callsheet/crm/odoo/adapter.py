"""Odoo behind the port: the CRM of Odoo 19 and later, with or without the addon that keeps calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, get_args

from callsheet.crm.odoo import deliver, leads
from callsheet.crm.odoo.place import OVERLAP
from callsheet.crm.odoo.pull import PAGE, Pull
from callsheet.crm.odoo.session import CALL, LEAD, MESSAGE, Session
from callsheet.crm.odoo.wire import Odoo
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
    Invalid,
    LeadCreate,
    LeadPatch,
    Note,
    Op,
    RemoteId,
    Result,
    Task,
    Touch,
    Vocabulary,
    Whereabouts,
)

MAX_BATCH: Final = 200

_WEB_CLIENT: Final = re.compile(r"/(odoo|web)(/[^?#]*)?([?#].*)?$")
"""What a browser shows behind the address of an Odoo: people copy it along."""

CAPABILITIES: Final = Capabilities(
    name="Odoo",
    idempotency="native",
    cursor_overlap=OVERLAP,
    stale_guard=False,
    removals="poll",
    max_batch=MAX_BATCH,
    take_back="delete",
    hands_over=True,
    channels=frozenset({"phone", "email", "meeting"}),
    creates_leads=True,
)


class OdooCrm:
    """One rep's Odoo. Safe to share between threads; nothing is asked of the server before a method is called."""

    def __init__(self, connection: Connection, *, page: int = PAGE) -> None:
        headers = {"X-Odoo-Database": _database(connection.database)} if connection.database else {}
        self._transport = Transport(
            _WEB_CLIENT.sub("", connection.url.strip()),
            vendor="Odoo",
            credentials=lambda: {"Authorization": f"bearer {connection.secret.reveal()}"},
            headers=headers,
            transport=connection.transport,
        )
        self._session = Session(Odoo(self._transport), connection.options)
        self._pull = Pull(self._session, page)

    @property
    def capabilities(self) -> Capabilities:
        """What Odoo can do: the same everywhere, but for a call's own record, which is found out when needed."""
        return CAPABILITIES

    def whoami(self) -> Account:
        """Check the key and say who we are."""
        return self._session.whoami()

    def check(self, *, create: bool = False) -> Sequence[Check]:  # noqa: ARG002 - Odoo needs no fields made
        """Check what the rep may do here."""
        session, may = self._session, self._session.odoo.may
        reads = may(LEAD, "read")
        return (
            Check("leads", reads and may(LEAD, "write"), "" if reads else "Your user may not read leads."),
            Check("history", may(MESSAGE, "read") and may(MESSAGE, "create")),
            Check("next steps", may("mail.activity", "create"), "They become planned activities."),
            Check(
                "calls",
                ok=True,
                detail="Calls are kept with their length."
                if session.has_calls
                else "Calls become done activities: this Odoo has no call record (the addon crm_phonecall).",
            ),
            Check(
                "do not contact",
                ok=True,
                detail="Numbers go on Odoo's blacklist, and the lead gets a tag."
                if session.may_stop_numbers
                else "Your user may not write Odoo's blacklist: the lead gets a tag that says it.",
            ),
        )

    def vocabulary(self) -> Vocabulary:
        """Fetch how stages, lost reasons and activities are called here; an outcome is told in words."""
        session = self._session
        ours = (*leads.OUR_STAGES, "nurture", "won")
        stages = {name: leads.stage_of(name, session.stages, session.chosen) for name in ours}
        channels: tuple[Channel, ...] = get_args(Channel)
        return Vocabulary(
            outcomes={},
            stages={name: stage.name for name, stage in stages.items() if stage},
            lost_reasons={ours: label for ours, (_, label) in leads.lost_reasons(session).items()},
            task_kinds={channel: session.activity_type(channel).name for channel in channels},
        )

    def changes(self, cursor: str | None) -> ChangePage:
        """Fetch a page of my leads changed since the cursor."""
        return self._pull.changes(cursor)

    def history(self, cursor: str | None) -> HistoryPage:
        """Fetch a page of what was done on my leads since the cursor."""
        return self._pull.history(cursor)

    def resolve(self, ids: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say of each lead where it is."""
        return self._pull.resolve(ids)

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        """Deliver ops."""
        return deliver.apply(self._session, ops)

    def find_effect(self, op: Op) -> Applied | None:
        """Look for the effect of an op by its external id; what only changes a record leaves none of its own."""
        match op.body:
            case Touch():
                found = self._session.effect("touch", op.id)
                if found[0] not in ("", CALL) and not self._session.effect("message", op.id)[1]:
                    return None
            case Note() | LeadPatch():
                found = self._session.effect("note", op.id)
            case Task():
                found = self._session.effect("task", op.id)
            case LeadCreate():
                found = self._session.effect("lead", op.id)
            case _:
                return None
        return Applied(remote_id=str(found[1]), replayed=True) if found[1] else None

    def close(self) -> None:
        """Give back the connection."""
        self._transport.close()


def connect(connection: Connection) -> OdooCrm:
    """Make the adapter; nothing is asked of the server yet. Options named `status_<ours>` choose stages by hand.

    Raises:
        Invalid: the address or the name of the database cannot be right.
    """
    return OdooCrm(connection)


def _database(name: str) -> str:
    if not (name.isascii() and name.isprintable()) or any(sign in name for sign in " /\\"):
        raise Invalid("The name of the database holds characters that Odoo does not allow.", field="database")
    return name
