"""Deliveries, their rows' outcomes, supplement requests and reports."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA intake;
CREATE TABLE intake.delivery (
    delivery_id text PRIMARY KEY,
    source_id text NOT NULL,
    business_date date NOT NULL,
    sequence int NOT NULL,
    state text NOT NULL CHECK (state IN ('admitted', 'sealed', 'checked', 'held',
        'loaded', 'refused', 'quarantined')),
    manifest_digest text NOT NULL,
    files jsonb NOT NULL,
    rows_read bigint NOT NULL DEFAULT 0 CHECK (rows_read >= 0),
    loaded bigint NOT NULL DEFAULT 0 CHECK (loaded >= 0),
    unchanged bigint NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
    pending bigint NOT NULL DEFAULT 0 CHECK (pending >= 0),
    quarantined bigint NOT NULL DEFAULT 0 CHECK (quarantined >= 0),
    refused bigint NOT NULL DEFAULT 0 CHECK (refused >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    reasons text[] NOT NULL DEFAULT '{}',
    policy_digest text NOT NULL,
    received_at timestamptz NOT NULL,
    exported_at timestamptz,
    erased_at timestamptz,
    UNIQUE (source_id, business_date, sequence),
    CONSTRAINT rows_conserved CHECK (
        state NOT IN ('held', 'loaded', 'refused', 'quarantined')
        OR rows_read = loaded + unchanged + pending + quarantined + refused + held)
);
CREATE TABLE intake.delivery_file (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    sha256 text NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    rows bigint,
    PRIMARY KEY (delivery_id, name)
);
CREATE INDEX ON intake.delivery_file (sha256);
CREATE TABLE intake.row_outcome (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('loaded', 'unchanged', 'pending',
        'quarantined', 'refused', 'held')),
    reasons text[] NOT NULL DEFAULT '{}',
    handle bytea,
    PRIMARY KEY (delivery_id, row)
);
CREATE TABLE intake.row_facts (
    delivery_id text NOT NULL REFERENCES intake.delivery,
    row bigint NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (delivery_id, row)
);
CREATE TABLE intake.supplement_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id text NOT NULL REFERENCES intake.delivery,
    handle bytea NOT NULL,
    row bigint NOT NULL,
    field text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    opened_at timestamptz NOT NULL,
    UNIQUE (delivery_id, row, field, reason)
);
CREATE TABLE intake.report (
    delivery_id text PRIMARY KEY REFERENCES intake.delivery,
    page bytea NOT NULL,
    corrections bytea NOT NULL,
    summary jsonb NOT NULL,
    made_at timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Create the tables of intake."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Drop intake, its history with it."""
    op.execute("DROP SCHEMA intake CASCADE")
