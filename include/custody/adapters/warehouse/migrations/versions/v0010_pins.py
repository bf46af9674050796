"""Customers examined again: each row of such a delivery is pinned to its customer."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE intake.pinned_row (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    number text NOT NULL REFERENCES register.customer,
    part text NOT NULL,
    former bytea NOT NULL,
    business_date date NOT NULL,
    policy_digest text NOT NULL,
    reason text,
    PRIMARY KEY (delivery_id, row),
    CONSTRAINT once_under_a_policy UNIQUE (former, policy_digest)
);
"""
_GRANTS = """
GRANT SELECT, INSERT ON intake.pinned_row TO custody_loader;
GRANT SELECT ON intake.pinned_row, intake.row_outcome, register.customer
    TO custody_rebuilder;
"""
_DROPS = """
REVOKE SELECT ON intake.row_outcome, register.customer FROM custody_rebuilder;
DROP TABLE intake.pinned_row;
"""


def upgrade() -> None:
    """Create the pins; grant the verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop the pins: what was loaded by them stays."""
    op.execute(_DROPS)
