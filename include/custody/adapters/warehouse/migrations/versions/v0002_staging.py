"""Staging: sealed rows logged; facts, tokens and projection never in the WAL.

UNLOGGED tables are empty after a crash; the delivery is then sealed again
(design section 2).
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE intake.staged_row (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    level text NOT NULL,
    tier text,
    verdict text NOT NULL CHECK (verdict IN ('load', 'supplement', 'pending')),
    reasons text,
    industry text,
    prefix text NOT NULL,
    customer_type text,
    party text,
    responsible text,
    classes text,
    PRIMARY KEY (delivery_id, row)
);
CREATE TABLE intake.staged_value (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    level text NOT NULL,
    sealed bytea STORAGE EXTERNAL NOT NULL,
    digest bytea NOT NULL,
    key_id bytea NOT NULL
);
CREATE INDEX ON intake.staged_value (delivery_id, row);
CREATE UNLOGGED TABLE intake.staged_facts (
    delivery_id text NOT NULL,
    block int NOT NULL,
    ipc bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (delivery_id, block)
);
CREATE UNLOGGED TABLE intake.staged_token (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    field text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON intake.staged_token (delivery_id, row);
CREATE UNLOGGED TABLE intake.staged_row_token (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    level text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON intake.staged_row_token (delivery_id, row);
CREATE UNLOGGED TABLE intake.staged_projection (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    name text,
    shown text NOT NULL
);
CREATE INDEX ON intake.staged_projection (delivery_id, row);
ALTER TABLE intake.staged_projection
    ALTER COLUMN name SET STATISTICS 0,
    ALTER COLUMN shown SET STATISTICS 0;
CREATE UNLOGGED TABLE intake.assignment (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    number text,
    version int,
    outcome text NOT NULL,
    reason text,
    same_as bytea,
    batch int NOT NULL DEFAULT 0
);
CREATE INDEX ON intake.assignment (delivery_id, row);
"""

_DROPS = """
DROP TABLE intake.assignment, intake.staged_projection, intake.staged_row_token,
    intake.staged_token, intake.staged_facts, intake.staged_value,
    intake.staged_row;
"""


def upgrade() -> None:
    """Create the staging tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Drop staging; deliveries on their way must be sealed again."""
    op.execute(_DROPS)
