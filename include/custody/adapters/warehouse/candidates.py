"""Which rows of a delivery need the matching rule, and what the register knows.

Most rows are decided by set: they found a customer, or their keys name just one
and nothing else of the delivery does.  Every other row goes through the rule.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, TextClause, text

from custody.domain.matching import Applicant, Customer, KeyToken, Matcher
from custody.domain.sources import Source

ROWS_PER_BATCH = 20_000
"""Rows decided at a time; memory is that of one batch, not of the delivery."""

MatchKeys = tuple[tuple[str, ...], ...]

_APPLICANTS = text(
    "WITH undecided AS MATERIALIZED (SELECT row, handle FROM intake.assignment"
    "  WHERE delivery_id = :id AND outcome = 'undecided'),"
    " keyed AS (SELECT row, array_agg(t.field) AS fields, array_agg(t.token) AS tokens"
    "  FROM undecided JOIN intake.staged_token t USING (row)"
    "  WHERE t.delivery_id = :id GROUP BY row),"
    " levelled AS (SELECT row, array_agg(t.level) AS levels,"
    "  array_agg(t.token) AS row_tokens"
    "  FROM undecided JOIN intake.staged_row_token t USING (row)"
    "  WHERE t.delivery_id = :id GROUP BY row)"
    " SELECT row, handle, coalesce(fields, '{}') AS fields,"
    " coalesce(tokens, '{}') AS tokens, coalesce(levels, '{}') AS levels,"
    " coalesce(row_tokens, '{}') AS row_tokens"
    " FROM undecided LEFT JOIN keyed USING (row) LEFT JOIN levelled USING (row)"
    " ORDER BY row"
)
# Of each customer: the number of versions, the latest full one, which tells the
# keys, and the latest of the part that is decided about, which may be none.
_LATEST = text(
    "SELECT n.number, l.version, f.handle AS full_handle, p.handle"
    " FROM unnest(CAST(:numbers AS text[])) AS n(number)"
    " CROSS JOIN LATERAL (SELECT version FROM register.record_version"
    "  WHERE number = n.number ORDER BY version DESC LIMIT 1) l"
    " CROSS JOIN LATERAL (SELECT handle FROM register.record_version"
    "  WHERE number = n.number AND part = '' ORDER BY version DESC LIMIT 1) f"
    " LEFT JOIN LATERAL (SELECT handle FROM register.record_version"
    "  WHERE number = n.number AND part = :part ORDER BY version DESC LIMIT 1) p"
    " ON true"
)
_TOKENS = text(
    "SELECT handle, field, token FROM register.token WHERE handle = ANY(:handles)"
)
_ROW_TOKENS = text(
    "SELECT handle, level, token FROM register.row_token WHERE handle = ANY(:handles)"
)


def applicants(
    connection: Connection, delivery_id: str, keys: MatchKeys
) -> Iterator[list[Applicant]]:
    """Yield the rows to decide in row order, in batches."""
    found = connection.execute(
        _APPLICANTS,
        {"id": delivery_id},
        execution_options={"yield_per": ROWS_PER_BATCH},
    )
    for part in found.partitions(ROWS_PER_BATCH):
        yield [
            Applicant(
                row=row.row,
                handle=row.handle,
                keys=_keys(_bytes(row.fields, row.tokens), keys),
                row_tokens=_bytes(row.levels, row.row_tokens),
            )
            for row in part
        ]


def informed_matcher(
    connection: Connection, batch: Sequence[Applicant], source: Source
) -> Matcher:
    """Return a matcher that knows what the register knows of these rows' keys."""
    keys = source.match_keys
    hits = {
        position: _hits(connection, fields, _distinct(batch, position))
        for position, fields in enumerate(keys)
    }
    numbers = {number for found in hits.values() for _, number in found}
    customers = _customers(connection, sorted(numbers), source)
    matcher = Matcher(enriches=source.enriches)
    for position, found in hits.items():
        for token, number in found:
            matcher.learn(customers[number], ((position, token),))
    return matcher


def _bytes(names: Iterable[str], tokens: Iterable[uuid.UUID]) -> dict[str, bytes]:
    return {name: token.bytes for name, token in zip(names, tokens, strict=True)}


def _keys(tokens: Mapping[str, bytes], keys: MatchKeys) -> tuple[KeyToken | None, ...]:
    """Return each key's token; None when one of its fields is missing."""
    return tuple(
        tuple(tokens[name] for name in fields)
        if all(name in tokens for name in fields)
        else None
        for fields in keys
    )


def _distinct(batch: Sequence[Applicant], position: int) -> list[KeyToken]:
    found = {applicant.keys[position] for applicant in batch}
    return sorted(key for key in found if key is not None)


def _hits(
    connection: Connection, fields: Sequence[str], wanted: Sequence[KeyToken]
) -> list[tuple[KeyToken, str]]:
    """Return (key token, customer number) for every version that bears the key."""
    if not wanted:
        return []
    bound: dict[str, object] = {f"field{at}": name for at, name in enumerate(fields)}
    for at in range(len(fields)):
        bound[f"tokens{at}"] = [uuid.UUID(bytes=key[at]) for key in wanted]
    rows = connection.execute(_hits_query(len(fields)), bound)
    return [(wanted[row.place - 1], row.number) for row in rows]


def _hits_query(width: int) -> TextClause:
    arrays = ", ".join(f"CAST(:tokens{at} AS uuid[])" for at in range(width))
    names = ", ".join(f"k{at}" for at in range(width))
    joins = "".join(
        f" JOIN register.token t{at} ON t{at}.handle = t0.handle"
        f" AND t{at}.token = w.k{at} AND t{at}.field = :field{at}"
        for at in range(1, width)
    )
    return text(
        f"SELECT DISTINCT w.place, t0.number FROM unnest({arrays})"  # noqa: S608 - names are ours
        f" WITH ORDINALITY AS w({names}, place) JOIN register.token t0"
        f" ON t0.token = w.k0 AND t0.field = :field0{joins}"
    )


def _customers(
    connection: Connection, numbers: Sequence[str], source: Source
) -> dict[str, Customer]:
    """Return the customers by number, as their latest versions tell of them."""
    wanted = {"numbers": list(numbers), "part": source.part}
    latest = connection.execute(_LATEST, wanted).all()
    tokens = _by_handle(connection, _TOKENS, [row.full_handle for row in latest])
    handles = [row.handle for row in latest if row.handle is not None]
    row_tokens = _by_handle(connection, _ROW_TOKENS, handles)
    return {
        row.number: Customer(
            number=row.number,
            version=row.version,
            handle=row.handle,
            keys=_keys(tokens.get(row.full_handle, {}), source.match_keys),
            row_tokens=row_tokens.get(row.handle, {}),
        )
        for row in latest
    }


def _by_handle(
    connection: Connection, query: TextClause, handles: Sequence[bytes]
) -> dict[bytes, dict[str, bytes]]:
    found: dict[bytes, dict[str, bytes]] = {}
    for handle, name, token in connection.execute(query, {"handles": list(handles)}):
        found.setdefault(handle, {})[name] = token.bytes
    return found
