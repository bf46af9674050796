"""Since when a level's keys are restricted: what older copies open is asked by that.

`since` moves on with the state; this stays from the first restriction on (R17).
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE register.standing ADD COLUMN restricted_at timestamptz;
UPDATE register.standing SET restricted_at = since
    WHERE state NOT IN ('in_use', 'deregistered');
GRANT UPDATE (restricted_at) ON register.standing TO custody_destroyer;
"""
_DOWN = "ALTER TABLE register.standing DROP COLUMN restricted_at"


def upgrade() -> None:
    """Keep the moment."""
    op.execute(_UP)


def downgrade() -> None:
    """Forget it: a later change of state stands for it again."""
    op.execute(_DOWN)
