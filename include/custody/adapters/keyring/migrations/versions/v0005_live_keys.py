"""The rebuilder sees live keys alone: what is kept only nobody shows again (R17).

A view, not row security: under that PostgreSQL refuses the COPY by which keys are
written.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = """
CREATE VIEW keyring.live_key WITH (security_barrier) AS
    SELECT handle, level, epoch, key_id, wrapped FROM keyring.data_key
    WHERE epoch LIKE 'live/%';
REVOKE SELECT ON keyring.data_key FROM keyring_rebuilder;
GRANT SELECT ON keyring.live_key TO keyring_rebuilder;
"""
_DOWN = """
DROP VIEW keyring.live_key;
GRANT SELECT ON keyring.data_key TO keyring_rebuilder;
"""


def upgrade() -> None:
    """Make the view, and let the rebuilder see nothing else."""
    op.execute(_UP)


def downgrade() -> None:
    """Let the rebuilder see every key again."""
    op.execute(_DOWN)
