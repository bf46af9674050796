"""Suppression: marks of the destroyed, and of rows on their way, to compare (R69).

What is staged is sealed again, so that it has its marks, too: its facts go, by which
a delivery is known to be whole.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE register.suppression (
    match_key text NOT NULL,
    token bytea NOT NULL CHECK (length(token) = 32),
    destroyed_on date NOT NULL,
    expires_on date NOT NULL CHECK (expires_on >= destroyed_on),
    legal_basis text NOT NULL,
    PRIMARY KEY (match_key, token)
);
CREATE INDEX ON register.suppression (expires_on);
CREATE UNLOGGED TABLE intake.staged_suppression (
    delivery_id text NOT NULL,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    match_key text NOT NULL,
    token bytea NOT NULL,
    collected_on date
);
CREATE INDEX ON intake.staged_suppression (delivery_id, row);
CREATE TABLE intake.waiting_suppression (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    match_key text NOT NULL,
    token bytea NOT NULL,
    collected_on date
);
CREATE INDEX ON intake.waiting_suppression (delivery_id, row);
CREATE UNIQUE INDEX one_closing_index_epoch ON register.index_epoch (state)
    WHERE state = 'closing';
TRUNCATE intake.staged_facts;
"""
_GRANTS = """
GRANT SELECT ON register.suppression TO custody_loader;
GRANT SELECT, INSERT, DELETE ON intake.staged_suppression,
    intake.waiting_suppression TO custody_loader;
GRANT SELECT, INSERT, UPDATE, DELETE ON register.suppression TO custody_destroyer;
GRANT SELECT, DELETE ON intake.staged_suppression, intake.waiting_suppression
    TO custody_destroyer;
"""
_DROPS = """
DROP INDEX register.one_closing_index_epoch;
DROP TABLE intake.waiting_suppression, intake.staged_suppression,
    register.suppression;
"""


def upgrade() -> None:
    """Create the tables; grant the verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop them: old deliveries may bring the destroyed back."""
    op.execute(_DROPS)
