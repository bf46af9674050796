"""The identity that backs keys up, wrapped as they are (R67, R68).

It does not see what a key service gave out, by which alone a wrapping key opens.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_GRANTS = """
GRANT USAGE ON SCHEMA keyring TO keyring_backup;
GRANT SELECT ON keyring.data_key, keyring.epoch TO keyring_backup;
"""
_REVOKES = """
REVOKE ALL ON ALL TABLES IN SCHEMA keyring FROM keyring_backup;
REVOKE ALL ON SCHEMA keyring FROM keyring_backup;
"""


def upgrade() -> None:
    """Grant."""
    op.execute(_GRANTS)


def downgrade() -> None:
    """Revoke."""
    op.execute(_REVOKES)
