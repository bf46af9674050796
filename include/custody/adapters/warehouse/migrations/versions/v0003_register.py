"""The register: customers, versions, sealed values, tokens; and its projection.

Rows written by the load alone, in the transaction that holds their delivery, bear
no foreign key for it: the check at commit counts them and the ledger's root binds
them.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA register;
CREATE SCHEMA projection;
CREATE TABLE register.customer (
    number text PRIMARY KEY,
    prefix text NOT NULL,
    year int NOT NULL,
    serial bigint NOT NULL,
    first_delivery text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (prefix, year, serial)
);
CREATE TABLE register.serial (
    prefix text NOT NULL,
    year int NOT NULL,
    last bigint NOT NULL CHECK (last >= 0),
    PRIMARY KEY (prefix, year)
);
CREATE TABLE register.record_version (
    handle bytea PRIMARY KEY CHECK (length(handle) = 16),
    number text NOT NULL REFERENCES register.customer,
    version int NOT NULL CHECK (version >= 1),
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    tier text,
    industry text,
    customer_type text,
    party text,
    responsible text,
    classes text,
    state text NOT NULL DEFAULT 'pending_review',
    business_date date NOT NULL,
    loaded_at timestamptz NOT NULL,
    UNIQUE (number, version)
);
CREATE UNIQUE INDEX ON register.record_version (delivery_id, row);
CREATE TABLE register.sealed_value (
    handle bytea NOT NULL,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    sealed bytea STORAGE EXTERNAL NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    key_id bytea NOT NULL CHECK (length(key_id) = 32),
    PRIMARY KEY (handle, level)
);
CREATE TABLE register.token (
    handle bytea NOT NULL,
    number text NOT NULL,
    field text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON register.token (token);
CREATE INDEX ON register.token (handle);
CREATE TABLE register.row_token (
    handle bytea NOT NULL,
    number text NOT NULL,
    version int NOT NULL,
    level text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON register.row_token (handle);
CREATE TABLE register.index_epoch (
    number int PRIMARY KEY CHECK (number >= 1),
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'closing', 'destroyed')),
    gate int NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX one_open_index_epoch ON register.index_epoch (state)
    WHERE state = 'open';
CREATE UNLOGGED TABLE projection.record (
    handle bytea PRIMARY KEY,
    number text NOT NULL,
    name text,
    shown text NOT NULL
);
ALTER TABLE projection.record
    ALTER COLUMN name SET STATISTICS 0,
    ALTER COLUMN shown SET STATISTICS 0;
"""

# Compares what a delivery claims with the rows that are there, at commit.
_CONSERVATION = """
CREATE FUNCTION intake.rows_are_there() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    versions bigint;
    outcomes bigint[];
BEGIN
    SELECT count(*) INTO versions
    FROM register.record_version WHERE delivery_id = NEW.delivery_id;
    SELECT ARRAY[
        count(*) FILTER (WHERE outcome = 'unchanged'),
        count(*) FILTER (WHERE outcome = 'pending'),
        count(*) FILTER (WHERE outcome = 'quarantined'),
        count(*) FILTER (WHERE outcome = 'refused'),
        count(*) FILTER (WHERE outcome = 'held')] INTO outcomes
    FROM intake.row_outcome WHERE delivery_id = NEW.delivery_id;
    IF versions <> NEW.loaded OR outcomes <> ARRAY[NEW.unchanged, NEW.pending,
            NEW.quarantined, NEW.refused, NEW.held] THEN
        RAISE EXCEPTION 'the counts of a delivery contradict its rows';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER rows_are_there
    AFTER UPDATE OF state, rows_read, loaded, unchanged, pending, quarantined,
        refused, held
    ON intake.delivery DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'loaded')
    EXECUTE FUNCTION intake.rows_are_there();
"""

_DROPS = """
DROP TRIGGER rows_are_there ON intake.delivery;
DROP FUNCTION intake.rows_are_there;
DROP SCHEMA projection CASCADE;
DROP SCHEMA register CASCADE;
"""


def upgrade() -> None:
    """Create register and projection, and the check at commit."""
    op.execute(_TABLES)
    op.execute(_CONSERVATION)


def downgrade() -> None:
    """Drop the register and all that it holds."""
    op.execute(_DROPS)
