"""Each role gets its verbs and no more (design section 5)."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_GRANTS = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA intake, ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA intake, register, projection, ledger
    TO custody_loader, custody_exporter, custody_rebuilder, custody_reader;

GRANT SELECT, INSERT, UPDATE ON intake.delivery, intake.report TO custody_loader;
GRANT SELECT, INSERT ON intake.delivery_file, intake.row_facts,
    intake.supplement_request TO custody_loader;
GRANT SELECT, INSERT, DELETE ON intake.row_outcome, intake.staged_row,
    intake.staged_value, intake.staged_facts, intake.staged_token,
    intake.staged_row_token, intake.staged_projection, intake.assignment
    TO custody_loader;
GRANT SELECT, INSERT ON register.customer, register.record_version,
    register.token, register.row_token TO custody_loader;
GRANT SELECT, INSERT, UPDATE ON register.serial TO custody_loader;
GRANT INSERT ON register.sealed_value, projection.record TO custody_loader;
GRANT SELECT, UPDATE (gate) ON register.index_epoch TO custody_loader;

GRANT SELECT, UPDATE (exported_at) ON intake.delivery TO custody_exporter;
GRANT SELECT ON intake.staged_row, intake.staged_value, register.record_version,
    register.sealed_value TO custody_exporter;

GRANT SELECT ON intake.delivery, intake.staged_row, intake.staged_value,
    intake.staged_projection, register.record_version, register.sealed_value
    TO custody_rebuilder;
GRANT INSERT, DELETE ON intake.staged_projection TO custody_rebuilder;
GRANT SELECT, INSERT, DELETE ON projection.record TO custody_rebuilder;

GRANT SELECT, INSERT ON ledger.entry
    TO custody_loader, custody_exporter, custody_rebuilder;
GRANT SELECT, UPDATE (gate) ON ledger.turn
    TO custody_loader, custody_exporter, custody_rebuilder;

GRANT SELECT ON intake.delivery, intake.delivery_file, intake.report,
    intake.row_outcome, intake.row_facts, intake.supplement_request,
    intake.staged_row, intake.staged_projection, register.customer,
    register.record_version, projection.record, ledger.entry TO custody_reader;
"""

_REVOKES = """
REVOKE ALL ON ALL TABLES IN SCHEMA intake, register, projection, ledger
    FROM custody_loader, custody_exporter, custody_rebuilder, custody_reader;
REVOKE ALL ON SCHEMA intake, register, projection, ledger
    FROM custody_loader, custody_exporter, custody_rebuilder, custody_reader;
"""


def upgrade() -> None:
    """Grant."""
    op.execute(_GRANTS)


def downgrade() -> None:
    """Revoke."""
    op.execute(_REVOKES)
