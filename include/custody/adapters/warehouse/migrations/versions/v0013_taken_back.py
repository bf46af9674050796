"""Who was taken back into use has a row until the keys are live again (R17).

A withdrawn event may find keys that were restricted already; the destroyer brings
them back and removes the row.  Until then nothing of the level is opened.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATES = (
    "'deregistered', 'storage_only', 'due', 'destroying', 'destroyed'",
    "'in_use', 'deregistered', 'storage_only', 'due', 'destroying', 'destroyed'",
)
_CHECK = """
ALTER TABLE register.standing DROP CONSTRAINT standing_state_check;
ALTER TABLE register.standing ADD CONSTRAINT standing_state_check
    CHECK (state IN ({states}));
"""


def upgrade() -> None:
    """Let a row say that its level is in use again."""
    op.execute(_CHECK.format(states=_STATES[1]))


def downgrade() -> None:
    """Without a row a level is in use, restricted keys or not."""
    op.execute("DELETE FROM register.standing WHERE state = 'in_use'")
    op.execute(_CHECK.format(states=_STATES[0]))
