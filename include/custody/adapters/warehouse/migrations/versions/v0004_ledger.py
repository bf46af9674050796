"""The ledger: append-only lines, and the row whose lock orders appends."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA ledger;
CREATE TABLE ledger.entry (
    position bigint PRIMARY KEY CHECK (position >= 0),
    line bytea NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    CHECK (hash = sha256(line))
);
CREATE TABLE ledger.turn (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    gate int NOT NULL DEFAULT 0
);
INSERT INTO ledger.turn DEFAULT VALUES;
CREATE FUNCTION ledger.refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse();
"""


def upgrade() -> None:
    """Create the ledger."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Drop the ledger, the evidence with it."""
    op.execute("DROP SCHEMA ledger CASCADE")
