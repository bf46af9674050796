"""A plan's line may mean the versions that newer ones replaced (R17, R61).

Without a bound it means all versions of a level, as every line before did.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE destruction.plan ADD COLUMN form smallint NOT NULL DEFAULT 1
    CHECK (form IN (1, 2));
ALTER TABLE destruction.plan ALTER COLUMN form DROP DEFAULT;
ALTER TABLE destruction.plan_line ADD COLUMN part text,
    ADD COLUMN up_to bigint CHECK (up_to > 0),
    ADD CHECK ((part IS NULL) = (up_to IS NULL));
ALTER TABLE destruction.line ADD COLUMN part text,
    ADD COLUMN up_to bigint CHECK (up_to > 0),
    ADD COLUMN salt_in bytea,
    ADD CHECK ((part IS NULL) = (up_to IS NULL)),
    DROP CONSTRAINT line_plan_number_level_key,
    ADD CONSTRAINT line_once UNIQUE NULLS NOT DISTINCT (plan, number, level, part);
"""

# Without its bound a line would mean more than people have signed.
_DOWN = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM destruction.plan_line WHERE up_to IS NOT NULL) THEN
        RAISE EXCEPTION 'plans name versions: they cannot be told without';
    END IF;
END $$;
ALTER TABLE destruction.line DROP CONSTRAINT line_once,
    DROP COLUMN part, DROP COLUMN up_to, DROP COLUMN salt_in,
    ADD CONSTRAINT line_plan_number_level_key UNIQUE (plan, number, level);
ALTER TABLE destruction.plan_line DROP COLUMN part, DROP COLUMN up_to;
ALTER TABLE destruction.plan DROP COLUMN form;
"""


def upgrade() -> None:
    """Add the bounds, and the form of a plan that its digest is over."""
    op.execute(_UP)


def downgrade() -> None:
    """Take them away, unless a plan needs them."""
    op.execute(_DOWN)
