"""The lines of drills are found by an index: ages need no walk of the ledger (R65).

Partial, by the very expression that the query has.  What is sought cannot stand in a
text of a line, where a quotation mark is escaped.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEX = """
CREATE INDEX drill ON ledger.entry (position)
    WHERE position('"kind":"drill'::bytea IN line) > 0;
"""


def upgrade() -> None:
    """Index."""
    op.execute(_INDEX)


def downgrade() -> None:
    """Forget the index."""
    op.execute("DROP INDEX ledger.drill")
