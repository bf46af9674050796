"""A day may have several plans, one after the other (R69).

What was refused is planned and signed again at once, by a digest of its own.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# A set that was written before knows no ordinal: its plans are the first of their day.
_UP = """
ALTER TABLE destruction.plan
    ADD COLUMN ordinal int NOT NULL DEFAULT 1 CHECK (ordinal > 0),
    DROP CONSTRAINT plan_form_check,
    ADD CONSTRAINT plan_form_check CHECK (form IN (1, 2, 3));
GRANT SELECT ON destruction.run TO custody_registrar;
"""

# Without its ordinal a plan's digest could not be computed again.
_DOWN = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM destruction.plan WHERE form = 3) THEN
        RAISE EXCEPTION 'plans have an ordinal: they cannot be told without';
    END IF;
END $$;
REVOKE SELECT ON destruction.run FROM custody_registrar;
ALTER TABLE destruction.plan DROP COLUMN ordinal,
    DROP CONSTRAINT plan_form_check,
    ADD CONSTRAINT plan_form_check CHECK (form IN (1, 2));
"""


def upgrade() -> None:
    """Add the ordinal; who keeps plans may see which runs are over."""
    op.execute(_UP)


def downgrade() -> None:
    """Take it away, unless a plan needs it."""
    op.execute(_DOWN)
