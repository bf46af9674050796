"""Held rows can be decided and supplement requests close.

The tokens of rows that wait stand in logged tables from the load on, as those of
the register do, so that no crash takes from a held row the tokens that it must
have in the register, nor from a pending row those by which it is known again.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = """
ALTER TABLE intake.supplement_request
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN closed_by text REFERENCES intake.delivery,
    ADD CONSTRAINT closed_by_a_delivery CHECK (
        (state = 'closed') = (closed_at IS NOT NULL)
        AND (closed_at IS NULL) = (closed_by IS NULL));
CREATE INDEX open_supplement ON intake.supplement_request (handle)
    WHERE state = 'open';
CREATE INDEX to_decide ON intake.row_outcome (handle)
    WHERE outcome IN ('held', 'refused');
CREATE TABLE intake.waiting_token (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    field text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON intake.waiting_token (delivery_id, row);
CREATE INDEX ON intake.waiting_token (token);
CREATE TABLE intake.waiting_row_token (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    handle bytea NOT NULL,
    level text NOT NULL,
    token uuid NOT NULL,
    index_epoch int NOT NULL
);
CREATE INDEX ON intake.waiting_row_token (delivery_id, row);
CREATE TABLE intake.match_candidate (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    number text NOT NULL REFERENCES register.customer,
    fields text[] NOT NULL,
    PRIMARY KEY (delivery_id, row, number)
);
"""
# What waits already, unless a crash has emptied the UNLOGGED staging.
_COPY = """
INSERT INTO intake.waiting_token (delivery_id, row, handle, field, token, index_epoch)
SELECT t.delivery_id, t.row, t.handle, t.field, t.token, t.index_epoch
FROM intake.staged_token t JOIN intake.row_outcome o USING (delivery_id, row)
WHERE o.outcome IN ('held', 'pending');
INSERT INTO intake.waiting_row_token
    (delivery_id, row, handle, level, token, index_epoch)
SELECT t.delivery_id, t.row, t.handle, t.level, t.token, t.index_epoch
FROM intake.staged_row_token t JOIN intake.row_outcome o USING (delivery_id, row)
WHERE o.outcome IN ('held', 'pending');
"""
_GRANTS = """
GRANT UPDATE (outcome, reasons) ON intake.row_outcome TO custody_loader;
GRANT UPDATE (state, closed_at, closed_by) ON intake.supplement_request
    TO custody_loader;
GRANT SELECT, INSERT, DELETE ON intake.waiting_token, intake.waiting_row_token,
    intake.match_candidate TO custody_loader;
GRANT SELECT ON intake.match_candidate TO custody_reader;
"""
_DROPS = """
REVOKE UPDATE (outcome, reasons) ON intake.row_outcome FROM custody_loader;
REVOKE UPDATE (state, closed_at, closed_by) ON intake.supplement_request
    FROM custody_loader;
DROP TABLE intake.match_candidate, intake.waiting_row_token, intake.waiting_token;
DROP INDEX intake.to_decide, intake.open_supplement;
ALTER TABLE intake.supplement_request
    DROP CONSTRAINT closed_by_a_delivery, DROP COLUMN closed_by, DROP COLUMN closed_at;
"""


def upgrade() -> None:
    """Create the tables and columns, keep what waits, grant the verbs."""
    op.execute(_TABLES)
    op.execute(_COPY)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop them: held rows stay held, closed requests read as closed."""
    op.execute(_DROPS)
