"""Two indexes of a data key rather than three, the random bytes first (decision 15).

A partition has one epoch: one index of handle and epoch finds what two found, and an
entry is compared by bytes that differ.  A load writes, and a rekey moves, a third less.
No data key stands under two handles of an epoch, as before.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE keyring.data_key DROP CONSTRAINT data_key_pkey;
ALTER TABLE keyring.data_key DROP CONSTRAINT data_key_epoch_key_id_key;
DROP INDEX keyring.data_key_handle_idx;
ALTER TABLE keyring.data_key ADD PRIMARY KEY (handle, epoch);
ALTER TABLE keyring.data_key ADD UNIQUE (key_id, epoch);
"""
_DOWN = """
ALTER TABLE keyring.data_key DROP CONSTRAINT data_key_pkey;
ALTER TABLE keyring.data_key DROP CONSTRAINT data_key_key_id_epoch_key;
ALTER TABLE keyring.data_key ADD PRIMARY KEY (epoch, handle);
ALTER TABLE keyring.data_key ADD UNIQUE (epoch, key_id);
CREATE INDEX ON keyring.data_key (handle);
"""


def upgrade() -> None:
    """Make the two, drop the three."""
    op.execute(_UP)


def downgrade() -> None:
    """Make the three again."""
    op.execute(_DOWN)
