"""A release is remembered with its reasons, for staging may have to be made again.

A delivery that is checked again after a crash, and found as it was when a steward
released it, is not held a second time.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; roles read it by the grants on its table."""
    op.execute(
        "ALTER TABLE intake.delivery ADD COLUMN released text[] NOT NULL DEFAULT '{}'"
    )


def downgrade() -> None:
    """Drop it; a released delivery that is checked again is held again."""
    op.execute("ALTER TABLE intake.delivery DROP COLUMN released")
