"""Supplement requests close when a later row brings what was missing (R25).

Set by set, in the transaction that loads: SQL finds the open requests about the
customers and match keys of the rows that came, their facts say which are answered.
"""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from sqlalchemy import Connection, TextClause, text

from custody.adapters.warehouse.waiting import loops_allowed
from custody.domain.supplements import ANSWERS

_NOT_ASKED_AGAIN = (
    " AND NOT EXISTS (SELECT FROM"
    " unnest(string_to_array(coalesce(r.reasons, ''), ',')) AS p"
    " WHERE split_part(p, ':', 1) = q.field)"
)
_BY_CUSTOMER = text(
    "SELECT q.id, a.row, q.field FROM intake.assignment a"  # noqa: S608 - constants
    " JOIN intake.staged_row r USING (delivery_id, row)"
    " JOIN register.record_version o ON o.number = a.number AND o.version < a.version"
    " JOIN intake.supplement_request q ON q.handle = o.handle AND q.state = 'open'"
    " WHERE a.delivery_id = :id AND a.outcome = 'loaded' AND a.version > 1"
    f"{_NOT_ASKED_AGAIN}"
)
_ANY_OPEN = text(
    "SELECT EXISTS (SELECT FROM intake.supplement_request WHERE state = 'open')"
)
_ANY_WAITING = text("SELECT EXISTS (SELECT FROM intake.waiting_token)")
_CLOSE = text(
    "UPDATE intake.supplement_request SET state = 'closed', closed_at = :moment,"
    " closed_by = :id WHERE id = ANY(:requests) AND state = 'open'"
)
_SCHEMA = {"id": pl.Int64, "row": pl.Int64, "field": pl.String}


def close_answered(
    connection: Connection,
    load: Mapping[str, object],
    keys: Sequence[Sequence[str]],
    facts: Iterable[pl.DataFrame],
) -> int:
    """Close what the rows of `load` answer; return how many requests that is.

    `load` has the delivery's id and the moment; `keys` are its source's match
    keys; `facts` are the facts of its rows, by `row`, and are read only when
    there is something to answer.
    """
    if not connection.execute(_ANY_OPEN).scalar_one():
        return 0
    wanted = _asked(connection, load, keys)
    if wanted.is_empty():
        return 0
    answered = [_answered(wanted, block) for block in facts]
    requests = pl.concat(answered).unique() if answered else pl.Series(dtype=pl.Int64)
    closed = connection.execute(_CLOSE, {**load, "requests": requests.to_list()})
    return int(closed.rowcount)


def _asked(
    connection: Connection,
    load: Mapping[str, object],
    keys: Sequence[Sequence[str]],
) -> pl.DataFrame:
    """Return open requests (id, field) with the rows that may answer them."""
    with loops_allowed(connection):
        found = list(connection.execute(_BY_CUSTOMER, load))
    if connection.execute(_ANY_WAITING).scalar_one():
        for fields in keys:
            bound = {f"field{at}": name for at, name in enumerate(fields)}
            query = _by_key(len(fields))
            found += connection.execute(query, {**load, **bound})
    return pl.DataFrame(
        [tuple(row) for row in found], schema=_SCHEMA, orient="row"
    ).unique()


def _by_key(width: int) -> TextClause:
    """Return the query of requests about waiting rows that bear the same key."""
    same = "".join(
        f" JOIN intake.waiting_token w{at} ON w{at}.delivery_id = w0.delivery_id"
        f" AND w{at}.row = w0.row AND w{at}.field = :field{at}"
        f" JOIN intake.staged_token s{at} ON s{at}.delivery_id = :id"
        f" AND s{at}.row = a.row AND s{at}.field = :field{at}"
        f" AND s{at}.token = w{at}.token"
        for at in range(1, width)
    )
    return text(
        "SELECT q.id, a.row, q.field FROM intake.assignment a"  # noqa: S608 - names are ours
        " JOIN intake.staged_row r USING (delivery_id, row)"
        " JOIN intake.staged_token s0 ON s0.delivery_id = :id AND s0.row = a.row"
        "  AND s0.field = :field0"
        " JOIN intake.waiting_token w0 ON w0.field = :field0 AND w0.token = s0.token"
        f"{same}"
        " JOIN intake.supplement_request q ON q.handle = w0.handle"
        "  AND q.state = 'open'"
        " WHERE a.delivery_id = :id AND a.outcome IN ('loaded', 'unchanged', 'pending')"
        " AND (w0.delivery_id <> :id OR w0.row < a.row)"
        f"{_NOT_ASKED_AGAIN}"
    )


def _answered(wanted: pl.DataFrame, facts: pl.DataFrame) -> pl.Series:
    """Return the requests whose field is there in a row of this block."""
    here = wanted.join(facts.select("row"), on="row", how="semi")
    found = [pl.Series("id", [], dtype=pl.Int64)]
    for (name,), asked in here.group_by("field"):
        if name in facts.columns:
            told = pl.col(str(name)).cast(pl.String).is_in(sorted(ANSWERS))
            rows = facts.filter(told.fill_null(value=False)).select("row")
            found.append(asked.join(rows, on="row", how="semi")["id"])
    return pl.concat(found)
