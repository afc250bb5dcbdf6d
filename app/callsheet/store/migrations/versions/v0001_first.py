"""The first schema."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE action (
        seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        target TEXT DEFAULT '' NOT NULL,
        label TEXT NOT NULL,
        UNIQUE (id)
    )
    """,
    "CREATE INDEX action_kind ON action (kind, seq)",
    "CREATE INDEX action_target ON action (target)",
    """
    CREATE TABLE agenda (
        lead TEXT NOT NULL,
        lane TEXT NOT NULL,
        channel TEXT NOT NULL,
        "plan" TEXT NOT NULL,
        campaign TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        promise_at INTEGER NOT NULL,
        commitment_at INTEGER NOT NULL,
        counted INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (lead)
    )
    """,
    "CREATE INDEX agenda_commitment ON agenda (commitment_at, promise_at, counted, received_at, lead)",
    "CREATE INDEX agenda_due ON agenda (lane, due_at, promise_at, counted, received_at, lead, commitment_at)",
    "CREATE INDEX agenda_promise ON agenda (promise_at, counted, received_at, lead, lane, commitment_at)",
    "CREATE INDEX agenda_received ON agenda (lane, received_at)",
    """
    CREATE TABLE agreed (
        event TEXT NOT NULL,
        lead TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (event)
    )
    """,
    "CREATE INDEX agreed_at ON agreed (at)",
    "CREATE INDEX agreed_lead ON agreed (lead)",
    """
    CREATE TABLE delivery (
        op TEXT NOT NULL,
        crm TEXT NOT NULL,
        seq INTEGER NOT NULL,
        lead TEXT NOT NULL,
        event TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        urgent INTEGER DEFAULT '0' NOT NULL,
        tries INTEGER DEFAULT '0' NOT NULL,
        not_before INTEGER,
        maybe INTEGER DEFAULT '0' NOT NULL,
        lease_until INTEGER,
        lease_by TEXT DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        field TEXT DEFAULT '' NOT NULL,
        remote_id TEXT DEFAULT '' NOT NULL,
        verified TEXT DEFAULT '' NOT NULL,
        detail BLOB NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (op, crm)
    )
    """,
    "CREATE INDEX delivery_event ON delivery (event)",
    "CREATE INDEX delivery_lead ON delivery (lead, seq)",
    "CREATE INDEX delivery_open ON delivery (crm, state, seq)",
    "CREATE INDEX delivery_remote ON delivery (crm, remote_id)",
    """
    CREATE TABLE event (
        seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        lead TEXT NOT NULL,
        action TEXT NOT NULL,
        at INTEGER NOT NULL,
        zone TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        origin TEXT NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (id)
    )
    """,
    "CREATE INDEX event_action ON event (action)",
    "CREATE INDEX event_lead ON event (lead, seq)",
    """
    CREATE TABLE field_conflict (
        id INTEGER NOT NULL,
        crm TEXT NOT NULL,
        lead TEXT NOT NULL,
        field TEXT NOT NULL,
        mine TEXT NOT NULL,
        theirs TEXT NOT NULL,
        at INTEGER NOT NULL,
        decided TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX conflict_open ON field_conflict (crm, decided)",
    """
    CREATE TABLE lead (
        "row" INTEGER NOT NULL,
        id TEXT NOT NULL,
        state TEXT NOT NULL,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL,
        company TEXT NOT NULL,
        title TEXT NOT NULL,
        phone TEXT NOT NULL,
        email TEXT NOT NULL,
        campaign TEXT NOT NULL,
        received_at INTEGER,
        last_missed INTEGER,
        missing TEXT NOT NULL,
        zones TEXT NOT NULL,
        regions TEXT NOT NULL,
        PRIMARY KEY ("row"),
        UNIQUE (id)
    )
    """,
    "CREATE INDEX lead_campaign ON lead (campaign)",
    "CREATE INDEX lead_name ON lead (name_key)",
    "CREATE INDEX lead_state ON lead (state)",
    """
    CREATE TABLE link (
        lead TEXT NOT NULL,
        crm TEXT NOT NULL,
        remote_id TEXT NOT NULL,
        version TEXT DEFAULT '' NOT NULL,
        base BLOB NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (lead, crm)
    )
    """,
    "CREATE UNIQUE INDEX link_remote ON link (crm, remote_id)",
    "CREATE INDEX link_seen ON link (crm, seen_at)",
    """
    CREATE TABLE note (
        name TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE plan_version (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (name, version)
    )
    """,
    """
    CREATE TABLE point (
        value TEXT NOT NULL,
        lead TEXT NOT NULL,
        PRIMARY KEY (value, lead)
    )
     WITHOUT ROWID
    """,
    "CREATE INDEX point_lead ON point (lead)",
    """
    CREATE TABLE suppressed (
        value TEXT NOT NULL,
        lead TEXT NOT NULL,
        PRIMARY KEY (value, lead)
    )
     WITHOUT ROWID
    """,
    "CREATE INDEX suppressed_lead ON suppressed (lead)",
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
        PRIMARY KEY (event)
    )
    """,
    "CREATE INDEX touch_at ON touch (at)",
    "CREATE INDEX touch_lead ON touch (lead)",
    "CREATE VIRTUAL TABLE find USING fts5(text, tokenize='trigram')",
)
"""Frozen: `store.schema` goes on, this stays what the first version wrote."""


def upgrade() -> None:
    """Create every table."""
    for statement in STATEMENTS:
        op.execute(statement)
