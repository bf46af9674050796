"""A customer has parts: the full one, and one of each source that enriches (0013)."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ADD = "ALTER TABLE register.record_version ADD COLUMN part text NOT NULL DEFAULT ''"
_DROP = "ALTER TABLE register.record_version DROP COLUMN part"


def upgrade() -> None:
    """Say of every version which part it is; those that are there are full ones."""
    op.execute(_ADD)


def downgrade() -> None:
    """Forget the parts: an enriching version reads as a full one."""
    op.execute(_DROP)
