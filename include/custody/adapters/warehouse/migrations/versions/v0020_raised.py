"""What a lower level had sealed of a customer who was raised since (R17, PIPL 47).

Noted before its keys leave the live epoch, so that nobody shows it meanwhile.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE register.raised (
    handle bytea NOT NULL,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    restricted_at timestamptz,
    PRIMARY KEY (handle, level)
);
CREATE INDEX to_restrict ON register.raised (level, handle)
    WHERE restricted_at IS NULL;
GRANT SELECT ON register.raised
    TO custody_reader, custody_rebuilder, custody_destroyer;
GRANT INSERT, DELETE, UPDATE (restricted_at) ON register.raised TO custody_destroyer;
"""


def upgrade() -> None:
    """Create the table, grant the verbs."""
    op.execute(_UP)


def downgrade() -> None:
    """Drop it: the next run would find the same values again."""
    op.execute("DROP TABLE register.raised")
