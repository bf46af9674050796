"""What people decide, and the plans that they decide about (R69, R70)."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = """
CREATE SCHEMA review;
CREATE TABLE review.decision (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    arrival bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind text NOT NULL CHECK (kind IN ('destruction_request', 'destruction_approval',
        'destruction_withdrawal', 'enrolment', 'revocation')),
    subject text NOT NULL,
    line bytea NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE SCHEMA destruction;
CREATE TABLE destruction.plan (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    on_day date NOT NULL,
    policy_digest text NOT NULL,
    dataset text NOT NULL,
    lines bigint NOT NULL CHECK (lines >= 0),
    made_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'taken')),
    request bytea CHECK (length(request) = 32),
    approval bytea CHECK (length(approval) = 32),
    taken_at timestamptz,
    CHECK ((state = 'taken') = (num_nonnulls(request, approval, taken_at) = 3))
);
CREATE TABLE destruction.plan_line (
    digest bytea NOT NULL REFERENCES destruction.plan,
    position bigint NOT NULL CHECK (position > 0),
    number text NOT NULL,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    last_day date NOT NULL,
    rule text NOT NULL,
    legal_basis text NOT NULL,
    PRIMARY KEY (digest, position)
);
CREATE FUNCTION review.refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'what was decided and planned is append-only';
END $$;
REVOKE EXECUTE ON FUNCTION review.refuse() FROM PUBLIC;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON review.decision
    FOR EACH STATEMENT EXECUTE FUNCTION review.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON destruction.plan_line FOR EACH STATEMENT EXECUTE FUNCTION review.refuse();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON destruction.plan
    FOR EACH STATEMENT EXECUTE FUNCTION review.refuse();
"""

# Who signs may not use an approval up; who does, signs nothing.
_GRANTS = """
GRANT USAGE ON SCHEMA review, destruction
    TO custody_registrar, custody_destroyer, custody_reader;
GRANT SELECT ON review.decision, destruction.plan, destruction.plan_line
    TO custody_registrar, custody_destroyer, custody_reader;
GRANT INSERT ON review.decision, destruction.plan, destruction.plan_line
    TO custody_registrar;
GRANT UPDATE (state, request, approval, taken_at) ON destruction.plan
    TO custody_destroyer;
"""

_DROPS = "DROP SCHEMA destruction, review CASCADE"


def upgrade() -> None:
    """Create the tables, grant the verbs."""
    op.execute(_TABLES)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Drop what people decided."""
    op.execute(_DROPS)
