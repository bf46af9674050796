"""Epochs with their gate, wrap counts, and data keys partitioned by epoch."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA keyring;
CREATE TABLE keyring.epoch (
    id text PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('live', 'restricted', 'drill')),
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    number int NOT NULL CHECK (number >= 1),
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'closing', 'destroyed')),
    suite int NOT NULL,
    born_at timestamptz NOT NULL DEFAULT now(),
    gate int NOT NULL DEFAULT 0,
    UNIQUE (purpose, level, number),
    CHECK (id = purpose || '/' || level || '/' || number)
);
CREATE UNIQUE INDEX one_open_epoch ON keyring.epoch (purpose, level)
    WHERE state = 'open';
CREATE TABLE keyring.wrap_count (
    epoch text PRIMARY KEY REFERENCES keyring.epoch,
    wraps bigint NOT NULL DEFAULT 0 CHECK (wraps BETWEEN 0 AND 4294967296)
);
CREATE TABLE keyring.data_key (
    handle bytea NOT NULL CHECK (length(handle) = 16),
    level text NOT NULL,
    dataset text NOT NULL,
    department text NOT NULL,
    epoch text NOT NULL,
    key_id bytea NOT NULL CHECK (length(key_id) = 32),
    wrapped bytea NOT NULL,
    PRIMARY KEY (epoch, handle),
    UNIQUE (epoch, key_id)
) PARTITION BY LIST (epoch);
CREATE INDEX ON keyring.data_key (handle);
"""

_GRANTS = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA keyring
    TO keyring_loader, keyring_exporter, keyring_rebuilder;
GRANT SELECT, UPDATE (gate) ON keyring.epoch TO keyring_loader;
GRANT SELECT, UPDATE (wraps) ON keyring.wrap_count TO keyring_loader;
GRANT INSERT ON keyring.data_key TO keyring_loader;
GRANT SELECT ON keyring.data_key, keyring.epoch TO keyring_exporter;
GRANT SELECT ON keyring.data_key, keyring.epoch TO keyring_rebuilder;
"""


def upgrade() -> None:
    """Create the keyring and give each role its verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop the keyring, every data key with it."""
    op.execute("DROP SCHEMA keyring CASCADE")
