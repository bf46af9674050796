"""The identity that backs everything up: it reads, and can open nothing (R65-R68).

It sees no token, no name, no fact and no salt, so none can get into a set.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_GRANTS = """
GRANT USAGE ON SCHEMA intake, register, retention, review, destruction, ledger
    TO custody_backup;
GRANT SELECT ON intake.delivery, intake.delivery_file, intake.row_outcome,
    intake.staged_row, intake.staged_value, intake.match_candidate,
    intake.pinned_row, intake.supplement_request,
    register.customer, register.serial, register.record_version,
    register.sealed_value, register.standing, register.raised,
    register.suppression,
    register.index_epoch, retention.event, retention.legal_hold, review.decision,
    destruction.plan, destruction.plan_line, destruction.run, destruction.line,
    destruction.succession, destruction.recovery, destruction.full_set,
    destruction.certificate TO custody_backup;
GRANT SELECT (plan, number, commitment) ON destruction.customer TO custody_backup;
GRANT SELECT, INSERT ON ledger.entry TO custody_backup;
GRANT SELECT, UPDATE (gate) ON ledger.turn TO custody_backup;
"""
_REVOKES = """
REVOKE ALL ON ALL TABLES IN SCHEMA intake, register, retention, review, destruction,
    ledger FROM custody_backup;
REVOKE ALL ON SCHEMA intake, register, retention, review, destruction, ledger
    FROM custody_backup;
"""


def upgrade() -> None:
    """Grant."""
    op.execute(_GRANTS)


def downgrade() -> None:
    """Revoke: nothing is backed up."""
    op.execute(_REVOKES)
