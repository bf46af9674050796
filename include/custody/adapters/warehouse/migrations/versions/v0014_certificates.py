"""Certificates of destruction, kept as they were signed (R72)."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE destruction.certificate (
    certificate_id bytea PRIMARY KEY CHECK (length(certificate_id) = 32),
    arrival bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL CHECK (kind IN ('destruction', 'closing')),
    plan bytea NOT NULL CHECK (length(plan) = 32),
    closes bytea REFERENCES destruction.certificate,
    issued_at timestamptz NOT NULL,
    content bytea NOT NULL,
    annex bytea NOT NULL,
    UNIQUE (plan, kind),
    CHECK ((kind = 'closing') = (closes IS NOT NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON destruction.certificate FOR EACH STATEMENT EXECUTE FUNCTION review.refuse();
"""

_GRANTS = """
GRANT SELECT, INSERT ON destruction.certificate TO custody_destroyer;
GRANT SELECT ON destruction.certificate TO custody_registrar, custody_reader;
"""

_DROPS = "DROP TABLE destruction.certificate"


def upgrade() -> None:
    """Create the table, grant the verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop what was certified; the ledger still tells of it."""
    op.execute(_DROPS)
