"""Control customers of the restore drill: a table that nothing else reads (R72).

No register, plan, report, view, count or set has them; their data keys stand beside
them, for they are nobody's.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = """
CREATE SCHEMA drill;
CREATE TABLE drill.control (
    handle bytea PRIMARY KEY CHECK (length(handle) = 16),
    place int NOT NULL,
    sealed bytea NOT NULL,
    digest bytea NOT NULL,
    key_id bytea NOT NULL CHECK (length(key_id) = 32),
    wrapped bytea NOT NULL,
    epoch text NOT NULL CHECK (epoch LIKE 'drill/low/%')
);
GRANT USAGE ON SCHEMA drill TO custody_destroyer;
GRANT SELECT, INSERT, DELETE ON drill.control TO custody_destroyer;
"""


def upgrade() -> None:
    """Create it."""
    op.execute(_TABLE)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP SCHEMA drill CASCADE")
