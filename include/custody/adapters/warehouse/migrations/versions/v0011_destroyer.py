"""How customers stand towards their end, and the identity that ends them (R17, R69).

A customer's level without a row is in use.  The destroyer alone moves tokens and
deletes what the register holds; who destroys, founds and loads nothing.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE register.standing (
    number text NOT NULL REFERENCES register.customer,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    state text NOT NULL CHECK (state IN ('deregistered', 'storage_only', 'due',
        'destroying', 'destroyed')),
    since timestamptz NOT NULL,
    gate int NOT NULL DEFAULT 0,
    PRIMARY KEY (number, level)
);
CREATE INDEX ON register.standing (state);
"""
_GRANTS = """
GRANT SELECT, UPDATE (gate) ON register.standing TO custody_loader;
GRANT SELECT ON register.standing TO custody_exporter, custody_rebuilder,
    custody_reader;
GRANT SELECT, INSERT, UPDATE (state, since), DELETE ON register.standing
    TO custody_registrar, custody_destroyer;

GRANT USAGE ON SCHEMA intake, register, projection, ledger, retention
    TO custody_destroyer;
GRANT SELECT ON ALL TABLES IN SCHEMA intake, register, projection, retention
    TO custody_destroyer;
GRANT SELECT, INSERT ON ledger.entry TO custody_destroyer;
GRANT SELECT, UPDATE (gate) ON ledger.turn TO custody_destroyer;
GRANT INSERT, UPDATE (state, gate) ON register.index_epoch TO custody_destroyer;
GRANT UPDATE (token, index_epoch), DELETE ON register.token, register.row_token,
    intake.staged_token, intake.staged_row_token, intake.waiting_token,
    intake.waiting_row_token TO custody_destroyer;
GRANT UPDATE (sealed, digest, key_id), DELETE ON register.sealed_value,
    intake.staged_value TO custody_destroyer;
GRANT UPDATE (level, tier, industry, customer_type, party, responsible, classes,
    state) ON register.record_version TO custody_destroyer;
GRANT DELETE ON projection.record, intake.staged_row, intake.staged_projection,
    intake.match_candidate, intake.pinned_row, intake.row_facts,
    intake.supplement_request TO custody_destroyer;
GRANT UPDATE (outcome, reasons, handle) ON intake.row_outcome TO custody_destroyer;
GRANT UPDATE (state, loaded, unchanged, pending, quarantined, refused, held)
    ON intake.delivery TO custody_destroyer;
GRANT SELECT (handle, number), DELETE ON projection.record TO custody_registrar;
GRANT USAGE ON SCHEMA projection TO custody_registrar;
"""
_DROPS = """
REVOKE USAGE ON SCHEMA projection FROM custody_registrar;
REVOKE ALL ON projection.record FROM custody_registrar;
REVOKE ALL ON ALL TABLES IN SCHEMA intake, register, projection, retention, ledger
    FROM custody_destroyer;
REVOKE ALL ON SCHEMA intake, register, projection, retention, ledger
    FROM custody_destroyer;
DROP TABLE register.standing;
"""


def upgrade() -> None:
    """Create the table, grant the verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop it: everybody is in use again, and nobody ends anything."""
    op.execute(_DROPS)
