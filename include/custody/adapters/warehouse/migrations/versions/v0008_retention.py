"""Events of customers and legal holds, kept by the registrar (R17, R44)."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA retention;
CREATE TABLE retention.event (
    event_id bytea PRIMARY KEY CHECK (length(event_id) = 16),
    number text NOT NULL REFERENCES register.customer,
    kind text NOT NULL CHECK (kind IN ('deregistration', 'relationship_end',
        'last_transaction', 'deletion_request')),
    happened_on date NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX one_standing_event ON retention.event (number, kind)
    WHERE withdrawn_at IS NULL;
CREATE TABLE retention.legal_hold (
    hold_id bytea PRIMARY KEY CHECK (length(hold_id) = 16),
    number text NOT NULL REFERENCES register.customer,
    reason text NOT NULL,
    actor text NOT NULL,
    set_at timestamptz NOT NULL,
    lifted_at timestamptz
);
CREATE INDEX standing_hold ON retention.legal_hold (number)
    WHERE lifted_at IS NULL;
"""

# Nothing recorded is ever changed or deleted: it is only taken back.
_GRANTS = """
GRANT USAGE ON SCHEMA retention, register, ledger TO custody_registrar;
GRANT SELECT, INSERT, UPDATE (withdrawn_at) ON retention.event TO custody_registrar;
GRANT SELECT, INSERT, UPDATE (lifted_at) ON retention.legal_hold TO custody_registrar;
GRANT SELECT ON register.customer, register.record_version TO custody_registrar;
GRANT SELECT (handle, level) ON register.sealed_value TO custody_registrar;
GRANT SELECT, INSERT ON ledger.entry TO custody_registrar;
GRANT SELECT, UPDATE (gate) ON ledger.turn TO custody_registrar;
"""

_DROPS = """
DROP SCHEMA retention CASCADE;
REVOKE ALL ON ALL TABLES IN SCHEMA register, ledger FROM custody_registrar;
REVOKE ALL ON SCHEMA register, ledger FROM custody_registrar;
"""


def upgrade() -> None:
    """Create the tables and grant the registrar's verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop what people recorded."""
    op.execute(_DROPS)
