"""The set-based half of a load: from staging into the register, by row number."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, TextClause, text

from custody.domain.merkle import MerkleTree

_LEAVES_PER_FETCH = 20_000
ROWS_PER_PART = 50_000
"""Rows moved by one statement."""

_PLACES = (
    " WHERE a.delivery_id = :id AND a.batch = :batch AND a.outcome = 'loaded'"
    " AND a.row BETWEEN :low AND :high"
)
_CUSTOMERS = text(
    "INSERT INTO register.customer"  # noqa: S608 - constants
    " (number, prefix, year, serial, first_delivery, created_at)"
    " SELECT a.number, r.prefix, :year,"
    " substr(a.number, length(r.prefix || :year_text) + 1)::bigint, :id, :moment"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row)"
    f"{_PLACES} AND r.row BETWEEN :low AND :high AND a.version = 1"
)
# A customer examined again is of the day on which the data was collected.
_VERSIONS = text(
    "INSERT INTO register.record_version (handle, number, version, delivery_id, row,"  # noqa: S608 - constants
    " level, tier, industry, customer_type, party, responsible, classes,"
    " business_date, loaded_at, part)"
    " SELECT a.handle, a.number, a.version, :id, a.row, r.level, r.tier, r.industry,"
    " r.customer_type, r.party, r.responsible, r.classes,"
    " coalesce(p.business_date, CAST(:date AS date)), :moment, coalesce(p.part, :part)"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row)"
    " LEFT JOIN intake.pinned_row p ON p.delivery_id = :id AND p.row = a.row"
    f"{_PLACES} AND r.row BETWEEN :low AND :high ORDER BY a.row"
)
_TOKENS = text(
    "INSERT INTO register.token (handle, number, field, token, index_epoch)"  # noqa: S608 - constants
    " SELECT a.handle, a.number, t.field, t.token, t.index_epoch"
    " FROM intake.assignment a JOIN intake.staged_token t USING (delivery_id, row)"
    f"{_PLACES} AND t.row BETWEEN :low AND :high"
)
_ROW_TOKENS = text(
    "INSERT INTO register.row_token"  # noqa: S608 - constants
    " (handle, number, version, level, token, index_epoch)"
    " SELECT a.handle, a.number, a.version, t.level, t.token, t.index_epoch"
    " FROM intake.assignment a JOIN intake.staged_row_token t USING (delivery_id, row)"
    f"{_PLACES} AND t.row BETWEEN :low AND :high"
)
_RANGE = text(
    "SELECT coalesce(min(row), 0), coalesce(max(row), -1) FROM intake.assignment"
    " WHERE delivery_id = :id AND outcome = 'loaded'"
)
_VALUES = text(
    "INSERT INTO register.sealed_value (handle, level, sealed, digest, key_id)"
    " SELECT v.handle, v.level, v.sealed, v.digest, v.key_id"
    " FROM intake.assignment a JOIN intake.staged_value v USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
    " AND a.row BETWEEN :low AND :high AND v.row BETWEEN :low AND :high"
)
_PROJECTION = text(
    "INSERT INTO projection.record (handle, number, name, shown)"
    " SELECT p.handle, a.number, p.name, p.shown"
    " FROM intake.assignment a JOIN intake.staged_projection p"
    " USING (delivery_id, row) WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
    " AND a.row BETWEEN :low AND :high AND p.row BETWEEN :low AND :high"
)
# The twin of `custody.domain.rowset.row_leaf`, hashed as a leaf of RFC 9162: the
# sealed bytes never leave the server.
_LEAF_FIELDS = (
    "a.handle",
    "convert_to(a.number, 'UTF8')",
    "convert_to(a.version::text, 'UTF8')",
    "convert_to(v.level, 'UTF8')",
    "v.key_id",
    "sha256(v.sealed)",
)


def _leaf(*fields: str) -> str:
    return " || ".join(f"int4send(octet_length({one})) || {one}" for one in fields)


_LEAF = _leaf(*_LEAF_FIELDS)
# The twin of `link_leaf`: whose a version is.
LINK = "sha256('\\x00'::bytea || {})".format(
    _leaf(
        "v.handle",
        "convert_to(v.number, 'UTF8')",
        "convert_to(v.version::text, 'UTF8')",
        "convert_to(v.part, 'UTF8')",
    )
)
"""The hash of the leaf of a record version `v`, as a term of SQL."""

_LINKS = text(
    f"SELECT {LINK} FROM intake.assignment a JOIN register.record_version v"  # noqa: S608 - constants
    " USING (delivery_id, handle) WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
    " ORDER BY v.handle"
)
_LEAVES = text(
    f"SELECT sha256('\\x00'::bytea || {_LEAF})"  # noqa: S608 - constants
    " FROM intake.assignment a JOIN intake.staged_value v"
    " USING (delivery_id, row) WHERE a.delivery_id = :id AND a.outcome = 'loaded'"
    ' ORDER BY a.handle, v.level COLLATE "C"'
)


def move_rows(
    connection: Connection,
    load: Mapping[str, object],
    *,
    batch: int,
    low: int,
    high: int,
) -> None:
    """Write the customers, versions and tokens of one batch of assignments."""
    for part in _parts(low, high):
        bound = {**load, **part, "batch": batch}
        for statement in (_CUSTOMERS, _VERSIONS, _TOKENS, _ROW_TOKENS):
            connection.execute(statement, bound)


def move_values(connection: Connection, load: Mapping[str, object]) -> None:
    """Write sealed values and projection of everything loaded."""
    low, high = connection.execute(_RANGE, load).one()
    for part in _parts(low, high):
        for statement in (_VALUES, _PROJECTION):
            connection.execute(statement, {**load, **part})


def loaded_root(
    connection: Connection, load: Mapping[str, object]
) -> tuple[bytes, int]:
    """Return the Merkle root over what is loaded, and its number of leaves."""
    tree = _tree(connection, _LEAVES, load)
    return tree.root(), tree.size


def linked_root(connection: Connection, load: Mapping[str, object]) -> bytes:
    """Return the Merkle root over whose the loaded versions are."""
    return _tree(connection, _LINKS, load).root()


def _tree(
    connection: Connection, leaves: TextClause, load: Mapping[str, object]
) -> MerkleTree:
    tree = MerkleTree()
    found = connection.execute(
        leaves, load, execution_options={"yield_per": _LEAVES_PER_FETCH}
    )
    for part in found.partitions(_LEAVES_PER_FETCH):
        for (digest,) in part:
            tree.add_hashed(digest)
    return tree


def _parts(low: int, high: int) -> Iterator[dict[str, int]]:
    """Yield ranges of rows small enough to be joined in memory.

    A join that spills would write names and masks to a temporary file.
    """
    for start in range(low, high + 1, ROWS_PER_PART):
        yield {"low": start, "high": min(start + ROWS_PER_PART - 1, high)}
