"""The set-based half of a load: from staging into the register, by row number."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from custody.domain.merkle import MerkleTree
from custody.domain.rowset import LoadedValue, row_leaf

_LEAVES_PER_FETCH = 20_000

# `loadable` and the numbering of rows that need no rule, in one statement.
_ASSIGN = """
WITH loadable AS MATERIALIZED (
    SELECT row FROM intake.staged_row
    WHERE delivery_id = :id AND verdict <> 'pending'),
notable AS MATERIALIZED ({notable}),
sorted AS MATERIALIZED (
    SELECT r.row, r.handle, r.prefix, CASE
        WHEN r.verdict = 'pending' THEN 'pending'
        WHEN n.row IS NOT NULL THEN 'undecided' ELSE 'loaded' END AS outcome
    FROM intake.staged_row r LEFT JOIN notable n USING (row)
    WHERE r.delivery_id = :id),
fresh AS MATERIALIZED (
    SELECT row, row_number() OVER (PARTITION BY prefix ORDER BY row) AS place,
        count(*) OVER (PARTITION BY prefix) AS places
    FROM sorted WHERE outcome = 'loaded'),
taken AS (
    INSERT INTO register.serial AS s (prefix, year, last)
    SELECT prefix, :year, count(*) FROM sorted WHERE outcome = 'loaded'
    GROUP BY prefix ORDER BY prefix
    ON CONFLICT (prefix, year) DO UPDATE SET last = s.last + excluded.last
    RETURNING prefix, last)
INSERT INTO intake.assignment (delivery_id, row, handle, outcome, number, version)
SELECT :id, s.row, s.handle, s.outcome,
    s.prefix || :year_text || lpad(serial, greatest(:width, length(serial)), '0'),
    CASE WHEN s.outcome = 'loaded' THEN 1 END
FROM sorted s LEFT JOIN fresh f USING (row) LEFT JOIN taken t
    ON t.prefix = s.prefix AND s.outcome = 'loaded'
CROSS JOIN LATERAL (SELECT (t.last - f.places + f.place)::text AS serial) n
ORDER BY s.row
"""

_CUSTOMERS = text(
    "INSERT INTO register.customer"
    " (number, prefix, year, serial, first_delivery, created_at)"
    " SELECT a.number, r.prefix, :year,"
    " substr(a.number, length(r.prefix || :year_text) + 1)::bigint, :id, :moment"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.batch = :batch AND a.outcome = 'loaded'"
    " AND a.version = 1"
)
_VERSIONS = text(
    "INSERT INTO register.record_version (handle, number, version, delivery_id, row,"
    " level, tier, industry, customer_type, party, responsible, classes,"
    " business_date, loaded_at)"
    " SELECT a.handle, a.number, a.version, :id, a.row, r.level, r.tier, r.industry,"
    " r.customer_type, r.party, r.responsible, r.classes, :date, :moment"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.batch = :batch AND a.outcome = 'loaded'"
    " ORDER BY a.row"
)
_TOKENS = text(
    "INSERT INTO register.token (handle, number, field, token, index_epoch)"
    " SELECT a.handle, a.number, t.field, t.token, t.index_epoch"
    " FROM intake.assignment a JOIN intake.staged_token t USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.batch = :batch AND a.outcome = 'loaded'"
    " AND t.row BETWEEN :low AND :high"
)
_ROW_TOKENS = text(
    "INSERT INTO register.row_token"
    " (handle, number, version, level, token, index_epoch)"
    " SELECT a.handle, a.number, a.version, t.level, t.token, t.index_epoch"
    " FROM intake.assignment a JOIN intake.staged_row_token t USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.batch = :batch AND a.outcome = 'loaded'"
    " AND t.row BETWEEN :low AND :high"
)
_VALUES = text(
    "INSERT INTO register.sealed_value (handle, level, sealed, digest, key_id)"
    " SELECT v.handle, v.level, v.sealed, v.digest, v.key_id"
    " FROM intake.assignment a JOIN intake.staged_value v USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
)
_PROJECTION = text(
    "INSERT INTO projection.record (handle, number, name, shown)"
    " SELECT p.handle, a.number, p.name, p.shown"
    " FROM intake.assignment a JOIN intake.staged_projection p"
    " USING (delivery_id, row) WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
)
_LEAVES = text(
    "SELECT a.handle, a.number, a.version, v.level, v.key_id, sha256(v.sealed)"
    " AS sealed_digest FROM intake.assignment a JOIN intake.staged_value v"
    " USING (delivery_id, row) WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
    ' ORDER BY a.handle, v.level COLLATE "C"'
)


def assign_fresh(
    connection: Connection,
    notable: tuple[str, Mapping[str, str]],
    load: Mapping[str, object],
) -> None:
    """Give every row its place: pending, undecided, or a new customer's number."""
    query, bound = notable
    connection.execute(text(_ASSIGN.format(notable=query)), {**load, **bound})


def move_rows(
    connection: Connection,
    load: Mapping[str, object],
    *,
    batch: int,
    low: int,
    high: int,
) -> None:
    """Write the customers, versions and tokens of one batch of assignments."""
    bound = {**load, "batch": batch, "low": low, "high": high}
    for statement in (_CUSTOMERS, _VERSIONS, _TOKENS, _ROW_TOKENS):
        connection.execute(statement, bound)


def move_values(connection: Connection, load: Mapping[str, object]) -> None:
    """Write sealed values and projection of everything loaded."""
    connection.execute(_VALUES, load)
    connection.execute(_PROJECTION, load)


def loaded_root(
    connection: Connection, load: Mapping[str, object]
) -> tuple[bytes, int]:
    """Return the Merkle root over what is loaded, and its number of leaves."""
    tree = MerkleTree()
    for leaf in _leaves(connection, load):
        tree.add(leaf)
    return tree.root(), tree.size


def _leaves(connection: Connection, load: Mapping[str, object]) -> Iterator[bytes]:
    for row in connection.execute(
        _LEAVES, load, execution_options={"yield_per": _LEAVES_PER_FETCH}
    ):
        yield row_leaf(
            LoadedValue(
                handle=row.handle,
                number=row.number,
                version=row.version,
                level=row.level,
                key_id=row.key_id,
                sealed_digest=row.sealed_digest,
            )
        )
