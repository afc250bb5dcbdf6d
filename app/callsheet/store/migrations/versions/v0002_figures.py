"""What the figures need is kept up with the touches, so that a report over years stays quick."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "DROP TABLE touch",
    """
    CREATE TABLE invited (
        uid TEXT NOT NULL,
        lead TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        start INTEGER NOT NULL,
        status TEXT NOT NULL,
        PRIMARY KEY (uid, lead)
    )
     WITHOUT ROWID
    """,
    "CREATE INDEX invited_lead ON invited (lead)",
    "CREATE INDEX invited_sent ON invited (sent_at)",
    """
    CREATE TABLE quarter (
        at INTEGER NOT NULL,
        touches INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        connects INTEGER NOT NULL,
        followed INTEGER NOT NULL,
        PRIMARY KEY (at)
    )
    """,
    """
    CREATE TABLE receipt (
        received_at INTEGER NOT NULL,
        lead TEXT NOT NULL,
        campaign TEXT NOT NULL,
        state TEXT NOT NULL,
        promise_at INTEGER NOT NULL,
        touched_at INTEGER,
        counted INTEGER NOT NULL,
        reached INTEGER NOT NULL,
        met INTEGER NOT NULL,
        barred INTEGER NOT NULL,
        system INTEGER,
        offline INTEGER,
        rep INTEGER,
        system_worked INTEGER,
        offline_worked INTEGER,
        rep_worked INTEGER,
        PRIMARY KEY (received_at, lead)
    )
     WITHOUT ROWID
    """,
    "CREATE INDEX receipt_campaign ON receipt (campaign, received_at)",
    "CREATE INDEX receipt_lead ON receipt (lead)",
    """
    CREATE TABLE touch (
        event TEXT NOT NULL,
        lead TEXT NOT NULL,
        at INTEGER NOT NULL,
        channel TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reached INTEGER NOT NULL,
        counts INTEGER NOT NULL,
        mine INTEGER NOT NULL,
        acted INTEGER NOT NULL,
        followed INTEGER NOT NULL,
        PRIMARY KEY (event)
    )
    """,
    "CREATE INDEX touch_at ON touch (at)",
    "CREATE INDEX touch_lead ON touch (lead)",
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
"""Derived rows only: the book makes them anew from its journal when it is opened by a program of another schema."""


def upgrade() -> None:
    """Make the tables of the figures, and the touches with what they count."""
    for statement in STATEMENTS:
        op.execute(statement)
