"""Which rows of a delivery need the matching rule, and what the register knows.

Only a row whose key hits the register, or another row of its delivery, is
decided by the rule; all the others found new customers by set-based SQL.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, TextClause, text

from custody.domain.matching import Applicant, Customer, KeyToken, Matcher

ROWS_PER_BATCH = 20_000
"""Rows decided at a time; memory is that of one batch, not of the delivery."""

MatchKeys = tuple[tuple[str, ...], ...]

_APPLICANTS = text(
    "SELECT a.row, a.handle,"
    " array(SELECT t.field FROM intake.staged_token t WHERE t.delivery_id = :id"
    "  AND t.row = a.row ORDER BY t.field) AS fields,"
    " array(SELECT t.token FROM intake.staged_token t WHERE t.delivery_id = :id"
    "  AND t.row = a.row ORDER BY t.field) AS tokens,"
    " array(SELECT t.level FROM intake.staged_row_token t WHERE t.delivery_id = :id"
    "  AND t.row = a.row ORDER BY t.level) AS levels,"
    " array(SELECT t.token FROM intake.staged_row_token t WHERE t.delivery_id = :id"
    "  AND t.row = a.row ORDER BY t.level) AS row_tokens"
    " FROM intake.assignment a WHERE a.delivery_id = :id AND a.outcome = 'undecided'"
    " ORDER BY a.row"
)
_LATEST = text(
    "SELECT DISTINCT ON (number) number, version, handle"
    " FROM register.record_version WHERE number = ANY(:numbers)"
    " ORDER BY number, version DESC"
)
_TOKENS = text(
    "SELECT handle, field, token FROM register.token WHERE handle = ANY(:handles)"
)
_ROW_TOKENS = text(
    "SELECT handle, level, token FROM register.row_token WHERE handle = ANY(:handles)"
)


def notable_rows(keys: MatchKeys) -> tuple[str, dict[str, str]]:
    """Return the SELECT of rows that the rule must decide, and its parameters.

    Field names are bound; only the number of joins is written into the text.
    """
    if not keys:
        return "SELECT NULL::bigint AS row WHERE false", {}
    parts: list[str] = []
    bound: dict[str, str] = {}
    for position, fields in enumerate(keys):
        names = [f"key{position}_{at}" for at in range(len(fields))]
        bound.update(zip(names, fields, strict=True))
        parts.append(_notable_by(names))
    return " UNION ".join(parts), bound


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
    connection: Connection, batch: Sequence[Applicant], keys: MatchKeys
) -> Matcher:
    """Return a matcher that knows what the register knows of these rows' keys."""
    hits = {
        position: _hits(connection, fields, _distinct(batch, position))
        for position, fields in enumerate(keys)
    }
    numbers = {number for found in hits.values() for _, number in found}
    customers = _customers(connection, sorted(numbers), keys)
    matcher = Matcher()
    for position, found in hits.items():
        for token, number in found:
            matcher.learn(customers[number], ((position, token),))
    return matcher


def _notable_by(names: Sequence[str]) -> str:
    staged = "".join(
        f" JOIN intake.staged_token s{at} ON s{at}.delivery_id = :id"
        f" AND s{at}.row = s0.row AND s{at}.field = :{name}"
        for at, name in enumerate(names)
        if at
    )
    known = "".join(
        f" JOIN register.token t{at} ON t{at}.handle = t0.handle"
        f" AND t{at}.field = :{name} AND t{at}.token = s{at}.token"
        for at, name in enumerate(names)
        if at
    )
    same = ", ".join(f"s{at}.token" for at in range(len(names)))
    return (
        f"SELECT row FROM (SELECT s0.row, count(*) OVER (PARTITION BY {same}) > 1"  # noqa: S608 - names are ours
        f" OR EXISTS (SELECT FROM register.token t0{known}"
        f" WHERE t0.token = s0.token AND t0.field = :{names[0]}) AS notable"
        f" FROM loadable JOIN intake.staged_token s0 USING (row){staged}"
        f" WHERE s0.delivery_id = :id AND s0.field = :{names[0]}) k WHERE notable"
    )


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
    connection: Connection, numbers: Sequence[str], keys: MatchKeys
) -> dict[str, Customer]:
    """Return the customers by number, as their latest versions tell of them."""
    latest = connection.execute(_LATEST, {"numbers": list(numbers)}).all()
    handles = [row.handle for row in latest]
    tokens = _by_handle(connection, _TOKENS, handles)
    row_tokens = _by_handle(connection, _ROW_TOKENS, handles)
    return {
        row.number: Customer(
            number=row.number,
            version=row.version,
            handle=row.handle,
            keys=_keys(tokens.get(row.handle, {}), keys),
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
