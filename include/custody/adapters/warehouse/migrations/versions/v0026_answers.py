"""The lines of restores, and those that answer them, are found by an index (R69).

Partial, by the very expression that the query has.  What is sought cannot stand in a
text of a line, where a quotation mark is escaped.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_INDEX = """
CREATE INDEX answers ON ledger.entry (position)
    WHERE position('"kind":"restored"'::bytea IN line) > 0
       OR position('"restored":'::bytea IN line) > 0;
"""


def upgrade() -> None:
    """Index."""
    op.execute(_INDEX)


def downgrade() -> None:
    """Forget the index."""
    op.execute("DROP INDEX ledger.answers")
