"""Since when an index epoch is open: a rotation that is repeated turns none twice.

Those that are there count as recorded now.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_UP = (
    "ALTER TABLE register.index_epoch"
    " ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()"
)
_DOWN = "ALTER TABLE register.index_epoch DROP COLUMN recorded_at"


def upgrade() -> None:
    """Keep the moment."""
    op.execute(_UP)


def downgrade() -> None:
    """Forget it."""
    op.execute(_DOWN)
