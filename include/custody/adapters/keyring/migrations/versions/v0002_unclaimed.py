"""When a key was written, and a role that may delete those that no row claims.

What stands already counts as written now.  The role sees no key, and what is
younger than a day the database itself keeps from it (design section 4).
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE keyring.data_key ADD COLUMN written_at timestamptz NOT NULL DEFAULT now();
CREATE FUNCTION keyring.keep_young() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a key younger than a day is kept'; END $$;
REVOKE EXECUTE ON FUNCTION keyring.keep_young() FROM PUBLIC;
CREATE TRIGGER keep_young BEFORE DELETE ON keyring.data_key FOR EACH ROW
    WHEN (current_user = 'keyring_sweeper'
          AND OLD.written_at > now() - interval '24 hours')
    EXECUTE FUNCTION keyring.keep_young();
GRANT USAGE ON SCHEMA keyring TO keyring_sweeper;
GRANT SELECT (epoch, handle, written_at), DELETE ON keyring.data_key
    TO keyring_sweeper;
"""
_DOWN = """
REVOKE ALL ON keyring.data_key FROM keyring_sweeper;
REVOKE ALL ON SCHEMA keyring FROM keyring_sweeper;
DROP TRIGGER keep_young ON keyring.data_key;
DROP FUNCTION keyring.keep_young();
ALTER TABLE keyring.data_key DROP COLUMN written_at;
"""


def upgrade() -> None:
    """Add the moment, the guard and the grants."""
    op.execute(_UP)


def downgrade() -> None:
    """Take them away."""
    op.execute(_DOWN)
