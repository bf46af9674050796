"""The lines of backups are found by an index: pages need no walk of the ledger (R65).

Partial, by the very expression that the query has.  What is sought cannot stand in a
text of a line, where a quotation mark is escaped.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INDEX = """
CREATE INDEX sets ON ledger.entry (position)
    WHERE position('"kind":"backed_up"'::bytea IN line) > 0
       OR position('"kind":"full_set_written"'::bytea IN line) > 0;
"""


def upgrade() -> None:
    """Index."""
    op.execute(_INDEX)


def downgrade() -> None:
    """Forget the index."""
    op.execute("DROP INDEX ledger.sets")
