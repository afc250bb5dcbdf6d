"""The tables. The journal and the outbox are facts; everything under *derived* can be dropped and rebuilt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Dialect, Index, Integer, LargeBinary, MetaData, Table, Text, TypeDecorator

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for no time at all in columns that are compared and ordered: nothing comes after it."""


class Instant(TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970 UTC: compares and indexes as a number."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn an aware time into its number."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a number into its time, in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata = MetaData()

# Facts -----------------------------------------------------------------------------------------------------------

event = Table(
    "event", metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("lead", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("zone", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("origin", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("event_lead", "lead", "seq"),
    Index("event_action", "action"),
    sqlite_autoincrement=True,
)  # fmt: skip
"""The journal: appended to, never changed. `body` is JSON, its shape given by `kind`."""

action = Table(
    "action", metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False, server_default=""),
    Column("label", Text, nullable=False),
    Index("action_kind", "kind", "seq"),
    Index("action_target", "target"),
    sqlite_autoincrement=True,
)  # fmt: skip
"""What the rep did, in order: what undo and redo walk along."""

plan_version = Table(
    "plan_version", metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip
"""Every version of a plan that a lead was ever started on: a running lead stays on its version."""

delivery = Table(
    "delivery", metadata,
    Column("op", Text, primary_key=True),
    Column("crm", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("lead", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("urgent", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("not_before", Instant),
    Column("maybe", Integer, nullable=False, server_default="0"),
    Column("lease_until", Instant),
    Column("lease_by", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("field", Text, nullable=False, server_default=""),
    Column("remote_id", Text, nullable=False, server_default=""),
    Column("verified", Text, nullable=False, server_default=""),
    Column("detail", LargeBinary, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("delivery_open", "crm", "state", "seq"),
    Index("delivery_lead", "lead", "seq"),
    Index("delivery_event", "event"),
    Index("delivery_remote", "crm", "remote_id"),
)  # fmt: skip
"""The outbox: an op for each effect that a CRM has to have. `maybe` says that it may be there, `detail` is JSON."""

link = Table(
    "link", metadata,
    Column("lead", Text, primary_key=True),
    Column("crm", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("version", Text, nullable=False, server_default=""),
    Column("base", LargeBinary, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("link_remote", "crm", "remote_id", unique=True),
    Index("link_seen", "crm", "seen_at"),
)  # fmt: skip
"""Which record of the CRM a lead is, and its fields when it was last pulled: the base of a three-way merge."""

conflict = Table(
    "field_conflict", metadata,
    Column("id", Integer, primary_key=True),
    Column("crm", Text, nullable=False),
    Column("lead", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("mine", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("decided", Text, nullable=False, server_default=""),
    Index("conflict_open", "crm", "decided"),
)  # fmt: skip
"""Fields that both sides changed, until the rep chooses."""

note = Table(
    "note", metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)  # fmt: skip
"""What has to outlive a restart and is no fact about a lead: cursors, the last runs, a block under way."""

# Derived ---------------------------------------------------------------------------------------------------------

lead = Table(
    "lead", metadata,
    Column("row", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("received_at", Instant),
    Column("last_missed", Instant),
    Column("missing", Text, nullable=False),
    Column("zones", Text, nullable=False),
    Column("regions", Text, nullable=False),
    Index("lead_state", "state"),
    Index("lead_name", "name_key"),
    Index("lead_campaign", "campaign"),
)  # fmt: skip

agenda = Table(
    "agenda", metadata,
    Column("lead", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("promise_at", Instant, nullable=False),
    Column("commitment_at", Instant, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("agenda_due", "lane", "due_at", "promise_at", "counted", "received_at", "lead", "commitment_at"),
    Index("agenda_received", "lane", "received_at"),
    Index("agenda_promise", "promise_at", "counted", "received_at", "lead", "lane", "commitment_at"),
    Index("agenda_commitment", "commitment_at", "promise_at", "counted", "received_at", "lead"),
)  # fmt: skip
"""One row for each lead with a dated next action; `promise_at` and `commitment_at` are NEVER where there is none.

A lane holds the kinds of entries that stand together on the sheet, so that one index gives them in order.
"""

touch = Table(
    "touch", metadata,
    Column("event", Text, primary_key=True),
    Column("lead", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("counts", Integer, nullable=False),
    Column("mine", Integer, nullable=False),
    Column("acted", Integer, nullable=False),
    Column("followed", Integer, nullable=False),
    Index("touch_at", "at"),
    Index("touch_lead", "lead"),
)  # fmt: skip
"""`acted` says that the rep did something: it was not skipped, nor an answer that came in. `followed` marks a connect
after which a next step was agreed within a day.
"""

quarter = Table(
    "quarter", metadata,
    Column("at", Integer, primary_key=True),
    Column("touches", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("connects", Integer, nullable=False),
    Column("followed", Integer, nullable=False),
)  # fmt: skip
"""What the rep did, summed up by the quarter of an hour (`at` is its number since 1970): kept up by triggers on
`touch`, so that a report over years reads some thousand rows and not a million.
"""

receipt = Table(
    "receipt", metadata,
    Column("received_at", Instant, primary_key=True),
    Column("lead", Text, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("promise_at", Instant, nullable=False),
    Column("touched_at", Instant),
    Column("counted", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("met", Integer, nullable=False),
    Column("barred", Integer, nullable=False),
    Column("system", Integer),
    Column("offline", Integer),
    Column("rep", Integer),
    Column("system_worked", Integer),
    Column("offline_worked", Integer),
    Column("rep_worked", Integer),
    Index("receipt_lead", "lead"),
    Index("receipt_campaign", "campaign", "received_at"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""A row for each lead that the rep received, in the order of receipt, with what the figures say of it (RULES §14).

`touched_at` is the first human attempt since, `counted` the attempts; `reached`, `met` and `barred` say that anybody
was, that a meeting was booked, and that it may not be contacted. The waits, in whole seconds, are those until
`touched_at`, as they passed and in working time.
"""

invited = Table(
    "invited", metadata,
    Column("uid", Text, primary_key=True),
    Column("lead", Text, primary_key=True),
    Column("sent_at", Instant, nullable=False),
    Column("start", Instant, nullable=False),
    Column("status", Text, nullable=False),
    Index("invited_lead", "lead"),
    Index("invited_sent", "sent_at"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Invitations that went out, each with its last answer."""

agreed = Table(
    "agreed", metadata,
    Column("event", Text, primary_key=True),
    Column("lead", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("agreed_at", "at"),
    Index("agreed_lead", "lead"),
)  # fmt: skip
"""Next steps that were set, for the day's figures."""

point = Table(
    "point", metadata,
    Column("value", Text, primary_key=True),
    Column("lead", Text, primary_key=True),
    Index("point_lead", "lead"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Every number and address of every lead."""

suppressed = Table(
    "suppressed", metadata,
    Column("value", Text, primary_key=True),
    Column("lead", Text, primary_key=True),
    Index("suppressed_lead", "lead"),
    sqlite_with_rowid=False,
)  # fmt: skip
"""The do-not-contact list, and by which lead a number or address came onto it."""

DERIVED: Final = (lead, agenda, touch, quarter, receipt, invited, agreed, point, suppressed)

FIND: Final = "CREATE VIRTUAL TABLE find USING fts5(text, tokenize='trigram')"
"""The search index: its rowid is `lead.row`."""

QUARTER_US: Final = 15 * 60 * 1_000_000
"""Microseconds in a quarter of an hour: every zone's wall clock is a whole number of them away from UTC."""

TRIGGERS: Final = (
    """
    CREATE TRIGGER touch_in AFTER INSERT ON touch WHEN new.acted BEGIN
        INSERT INTO quarter (at, touches, attempts, calls, connects, followed)
        VALUES (new.at / 900000000, 1, new.counts, new.channel = 'phone', new.reached, new.followed)
        ON CONFLICT (at) DO UPDATE SET
            touches = touches + 1, attempts = attempts + excluded.attempts, calls = calls + excluded.calls,
            connects = connects + excluded.connects, followed = followed + excluded.followed;
    END
    """,
    """
    CREATE TRIGGER touch_out AFTER DELETE ON touch WHEN old.acted BEGIN
        UPDATE quarter SET
            touches = touches - 1, attempts = attempts - old.counts, calls = calls - (old.channel = 'phone'),
            connects = connects - old.reached, followed = followed - old.followed
        WHERE at = old.at / 900000000;
        DELETE FROM quarter WHERE at = old.at / 900000000 AND touches = 0;
    END
    """,
)
"""What keeps `quarter` up; the number is `QUARTER_US`."""
