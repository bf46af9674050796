"""The destroyer's verbs: it moves data keys between epochs, and ends epochs.

It may change which epoch a key is wrapped under, never add a key: what a destruction
deleted cannot come back through it.  Tables belong to the owner, so partitions come
and go by two functions, which look themselves whether they may (design section 4).
A state only moves forward, whoever writes it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The partition is made beside and attached: CREATE … PARTITION OF would wait for every
# loader, and everybody else for it.
_FUNCTIONS = """
CREATE FUNCTION keyring.partition_of(epoch text) RETURNS text LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog
    AS $$ SELECT 'data_key_' || replace(epoch, '/', '_') $$;

CREATE FUNCTION keyring.add_partition(born text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE name text := keyring.partition_of(born);
BEGIN
    IF NOT EXISTS (SELECT FROM keyring.epoch WHERE id = born AND state = 'open') THEN
        RAISE EXCEPTION 'a partition is made for an epoch that is open';
    END IF;
    EXECUTE format('CREATE TABLE keyring.%I (LIKE keyring.data_key INCLUDING ALL)',
        name);
    EXECUTE format('ALTER TABLE keyring.data_key ATTACH PARTITION keyring.%I'
        ' FOR VALUES IN (%L)', name, born);
END $$;

CREATE FUNCTION keyring.drop_partition(ended text) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    name text := keyring.partition_of(ended);
    found text;
    left_over boolean;
BEGIN
    SELECT state INTO found FROM keyring.epoch WHERE id = ended FOR UPDATE;
    IF found IS NULL OR found = 'open' THEN
        RAISE EXCEPTION 'an epoch that is open, or unknown, keeps its partition';
    END IF;
    IF to_regclass(format('keyring.%I', name)) IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY keyring.%I)', name)
        INTO left_over;
    IF left_over THEN
        RAISE EXCEPTION 'a partition with keys is kept';
    END IF;
    EXECUTE format('DROP TABLE keyring.%I', name);
END $$;

CREATE FUNCTION keyring.forward_only() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION 'an epoch only moves forward, one step at a time'; END $$;
CREATE TRIGGER forward_only BEFORE UPDATE OF state ON keyring.epoch FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        (('open', 'closing'), ('closing', 'destroyed')))
    EXECUTE FUNCTION keyring.forward_only();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA keyring FROM PUBLIC;
"""
_GRANTS = """
GRANT USAGE ON SCHEMA keyring TO keyring_destroyer;
GRANT SELECT, UPDATE (epoch, wrapped), DELETE ON keyring.data_key
    TO keyring_destroyer;
GRANT SELECT, INSERT (id, purpose, level, number, suite), UPDATE (state, gate)
    ON keyring.epoch TO keyring_destroyer;
GRANT SELECT, INSERT (epoch), UPDATE (wraps) ON keyring.wrap_count
    TO keyring_destroyer;
GRANT SELECT, INSERT (epoch, key, wrapped), UPDATE (final) ON keyring.provider_key
    TO keyring_destroyer;
GRANT EXECUTE ON FUNCTION keyring.add_partition(text), keyring.drop_partition(text)
    TO keyring_destroyer;
"""
_DROPS = """
REVOKE ALL ON ALL TABLES IN SCHEMA keyring FROM keyring_destroyer;
REVOKE ALL ON SCHEMA keyring FROM keyring_destroyer;
DROP TRIGGER forward_only ON keyring.epoch;
DROP FUNCTION keyring.forward_only();
DROP FUNCTION keyring.drop_partition(text);
DROP FUNCTION keyring.add_partition(text);
DROP FUNCTION keyring.partition_of(text);
"""


def upgrade() -> None:
    """Create the functions and the guard, grant the verbs."""
    op.execute(_FUNCTIONS)
    op.execute(_GRANTS)


def downgrade() -> None:
    """Take them away: nobody moves or ends an epoch."""
    op.execute(_DROPS)
