"""Wrapping keys as a key service gave them out: wrapped under a key that it keeps.

Useless without that service.  Whoever seals or opens reads them; the exporter, who
holds no provider right, does not (design section 5).
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE keyring.provider_key (
    epoch text PRIMARY KEY CHECK (epoch ~ '^[a-z]+/([a-z]+|-)/[1-9][0-9]*$'),
    key text NOT NULL,
    wrapped bytea NOT NULL CHECK (length(wrapped) BETWEEN 1 AND 6144),
    born_at timestamptz NOT NULL DEFAULT now(),
    final date
);
GRANT SELECT ON keyring.provider_key TO keyring_loader, keyring_rebuilder;
"""


def upgrade() -> None:
    """Create the table and give its readers their verb."""
    op.execute(_UP)


def downgrade() -> None:
    """Drop it: the wrapping keys then come back from their escrows only."""
    op.execute("DROP TABLE keyring.provider_key")
