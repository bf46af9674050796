"""The runs of destruction: what each is to end, whom, and what was seen (R69-R72).

Of a customer who is gone a tombstone remains: the number, so that it is never given
again, and the handles of the versions, so that the rows of every delivery add up.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE destruction.run (
    plan bytea PRIMARY KEY REFERENCES destruction.plan,
    state text NOT NULL CHECK (state IN ('begun', 'approved', 'intended', 'anchored',
        'marked', 'condemned', 'sampled', 'suppressed', 'deleted', 'rewrapped',
        'reshown', 'ended', 'covered', 'proven', 'certified', 'refused', 'spared')),
    begun_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX one_run_at_a_time ON destruction.run ((true))
    WHERE state NOT IN ('certified', 'refused', 'spared');
CREATE TABLE destruction.line (
    plan bytea NOT NULL REFERENCES destruction.run,
    position bigint NOT NULL,
    number text NOT NULL REFERENCES register.customer,
    level text NOT NULL CHECK (level IN ('high', 'medium', 'low')),
    rule text NOT NULL,
    legal_basis text NOT NULL,
    state text NOT NULL DEFAULT 'intended'
        CHECK (state IN ('intended', 'spared', 'condemned', 'deleted')),
    sealed_values bigint NOT NULL DEFAULT 0 CHECK (sealed_values >= 0),
    fields text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (plan, position),
    UNIQUE (plan, number, level)
);
CREATE TABLE destruction.customer (
    plan bytea NOT NULL REFERENCES destruction.run,
    number text NOT NULL REFERENCES register.customer,
    commitment bytea NOT NULL CHECK (length(commitment) = 32),
    salt bytea CHECK (length(salt) = 16),
    PRIMARY KEY (plan, number)
);
CREATE TABLE destruction.succession (
    plan bytea NOT NULL REFERENCES destruction.run,
    old text NOT NULL,
    new text,
    PRIMARY KEY (plan, old)
);
CREATE TABLE destruction.sample (
    plan bytea NOT NULL REFERENCES destruction.run,
    due boolean NOT NULL,
    handle bytea NOT NULL,
    level text NOT NULL,
    sealed bytea STORAGE EXTERNAL NOT NULL,
    key_id bytea NOT NULL,
    digest bytea NOT NULL,
    epoch text NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (plan, handle, level)
);
CREATE TABLE destruction.recovery (
    plan bytea PRIMARY KEY REFERENCES destruction.run,
    due bigint NOT NULL,
    due_before bigint NOT NULL,
    due_after bigint NOT NULL,
    survivors bigint NOT NULL,
    survivors_after bigint NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE TABLE destruction.full_set (
    plan bytea NOT NULL REFERENCES destruction.run,
    medium text NOT NULL,
    manifest bytea NOT NULL CHECK (length(manifest) = 32),
    sealed_values bigint NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (plan, medium)
);
"""

# An UNLOGGED table is written anew: its old file, with what was deleted, goes.
_REWRITE = """
CREATE FUNCTION projection.rewrite() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    ALTER TABLE projection.record
        ALTER COLUMN shown TYPE text USING shown || '';
    ALTER TABLE intake.staged_projection
        ALTER COLUMN shown TYPE text USING shown || '';
END $$;
REVOKE EXECUTE ON FUNCTION projection.rewrite() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION projection.rewrite() TO custody_destroyer;
"""
_GRANTS = """
GRANT SELECT, INSERT, UPDATE ON destruction.run, destruction.line,
    destruction.succession, destruction.recovery, destruction.full_set
    TO custody_destroyer;
GRANT SELECT, INSERT, UPDATE, DELETE ON destruction.customer, destruction.sample
    TO custody_destroyer;
GRANT DELETE ON destruction.full_set TO custody_destroyer;
GRANT SELECT ON destruction.run, destruction.recovery, destruction.full_set
    TO custody_reader;
"""
_DROPS = """
DROP FUNCTION projection.rewrite();
DROP TABLE destruction.full_set, destruction.recovery, destruction.sample,
    destruction.succession, destruction.customer, destruction.line, destruction.run;
"""


def upgrade() -> None:
    """Create the tables and the rewriting, grant the destroyer's verbs."""
    for statement in (_TABLES, _REWRITE, _GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them: what was destroyed stays so, and certificates tell of it."""
    op.execute(_DROPS)
