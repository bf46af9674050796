"""Pages of restored records: where each stands, and its sealed values by columns."""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.gathered import gathered

RECORDS_PER_PAGE = 4_000
"""What one worker takes, and what bounds memory."""

_FIRST_RECORDS = 500
_BYTES_PER_PAGE = 1 << 24

# Rows that a set's tables know keep their numbers; others get theirs anew, behind
# those of their delivery, for no object tells them.
_NUMBER_ROWS = text(
    "UPDATE restoring.place p SET row = n.row FROM ("
    " SELECT q.handle, coalesce(s.row, v.row, o.row, m.most + row_number() OVER ("
    "  PARTITION BY q.delivery_id, s.row IS NULL AND v.row IS NULL AND o.row IS NULL"
    "  ORDER BY q.customer IS NULL, q.handle)) AS row"
    " FROM restoring.place q"
    " LEFT JOIN intake.staged_row s USING (delivery_id, handle)"
    " LEFT JOIN register.record_version v USING (delivery_id, handle)"
    " LEFT JOIN intake.row_outcome o USING (delivery_id, handle)"
    " CROSS JOIN LATERAL (SELECT greatest("
    "   (SELECT coalesce(max(row), 0) FROM intake.staged_row"
    "    WHERE delivery_id = q.delivery_id),"
    "   (SELECT coalesce(max(row), 0) FROM register.record_version"
    "    WHERE delivery_id = q.delivery_id),"
    "   (SELECT coalesce(max(row), 0) FROM intake.row_outcome"
    "    WHERE delivery_id = q.delivery_id)) AS most) m) n"
    " WHERE p.handle = n.handle"
)
_LINE_UP = (
    "INSERT INTO restoring.work (source, delivery_id, handle, row, customer, version,"
    " business_date, known, party) SELECT split_part({rows}, '/', 1), {rows}, "
)
_WORK = (
    text(
        _LINE_UP.format(rows="v.delivery_id")
        + "v.handle, v.row, v.number, v.version, v.business_date, true, v.party"
        " FROM register.record_version v"
        " WHERE EXISTS (SELECT FROM register.sealed_value s WHERE s.handle = v.handle)"
    ),
    text(
        _LINE_UP.format(rows="p.delivery_id")
        + "p.handle, p.row, p.customer, p.version, p.business_date, false, NULL"
        " FROM restoring.place p WHERE p.customer IS NOT NULL"
        " AND EXISTS (SELECT FROM register.sealed_value s WHERE s.handle = p.handle)"
        " ON CONFLICT DO NOTHING"
    ),
    text(
        _LINE_UP.format(rows="p.delivery_id")
        + "p.handle, p.row, NULL, NULL, p.business_date, s.handle IS NOT NULL, s.party"
        " FROM restoring.place p LEFT JOIN intake.staged_row s"
        "  ON s.delivery_id = p.delivery_id AND s.handle = p.handle"
        " WHERE p.customer IS NULL"
        " AND EXISTS (SELECT FROM restoring.waiting_value w WHERE w.handle = p.handle)"
        " ON CONFLICT DO NOTHING"
    ),
    text(
        _LINE_UP.format(rows="r.delivery_id")
        + "r.handle, r.row, NULL, NULL, d.business_date, true, r.party"
        " FROM intake.staged_row r JOIN intake.delivery d USING (delivery_id)"
        " WHERE EXISTS (SELECT FROM restoring.waiting_value s"
        "  WHERE s.handle = r.handle) ON CONFLICT DO NOTHING"
    ),
)
_COUNT = text("SELECT count(*) FROM restoring.work")
_SOURCES = text("SELECT DISTINCT source FROM restoring.work ORDER BY source")
_UNTIL = text(
    "SELECT max(handle) FROM (SELECT handle FROM restoring.work"
    " WHERE source = :source AND handle > :after ORDER BY handle LIMIT :most) page"
)
_HERE = "w.source = %(source)s AND w.handle > %(after)s AND w.handle <= %(until)s"
_RECORDS = (
    "SELECT string_agg(w.handle, '') AS handle,"  # noqa: S608 - constants
    " array_agg(octet_length(w.handle)) AS sizes,"
    " array_agg(w.delivery_id) AS delivery_id, array_agg(w.row) AS row,"
    " array_agg(w.customer) AS customer, array_agg(w.version) AS version,"
    " array_agg(w.business_date) AS business_date, array_agg(w.known) AS known,"
    " array_agg(w.party) AS party, array_agg(d.state = 'loaded') AS settled"
    f" FROM restoring.work w JOIN intake.delivery d USING (delivery_id) WHERE {_HERE}"
)
# A level that has a standing is out of use, and one from which its customer was raised
# is shown no more; who waits has neither.
_VALUES = (
    "SELECT string_agg(handle, '') AS handle, array_agg(level) AS level,"  # noqa: S608 - constants
    " string_agg(sealed, '') AS sealed, array_agg(octet_length(sealed)) AS sizes,"
    " string_agg(digest, '') AS digest, string_agg(key_id, '') AS key_id,"
    " array_agg(shown) AS shown FROM ("
    " SELECT w.handle, s.level, s.sealed, s.digest, s.key_id, s.shown"
    " FROM restoring.work w JOIN LATERAL ("
    "  SELECT v.level, v.sealed, v.digest, v.key_id, NOT EXISTS ("
    "    SELECT FROM register.standing t"
    "    WHERE t.number = w.customer AND t.level = v.level) AND NOT EXISTS ("
    "    SELECT FROM register.raised q"
    "    WHERE q.handle = v.handle AND q.level = v.level) AS shown"
    "  FROM register.sealed_value v WHERE v.handle = w.handle"
    "  UNION ALL SELECT v.level, v.sealed, v.digest, v.key_id, true"
    "  FROM restoring.waiting_value v WHERE v.handle = w.handle) s ON true"
    f" WHERE {_HERE} ORDER BY w.handle, s.level) page"
)
_RECORD_SCHEMA = pl.Schema(
    {
        "handle": pl.Binary,
        "delivery_id": pl.String,
        "row": pl.Int64,
        "customer": pl.String,
        "version": pl.Int32,
        "business_date": pl.Date,
        "known": pl.Boolean,
        "settled": pl.Boolean,
        "party": pl.String,
    }
)
_VALUE_WIDTHS = {"handle": 16, "digest": 32, "key_id": 32, "sealed": 0}
_VALUE_SCHEMA = pl.Schema(
    {
        "handle": pl.Binary,
        "level": pl.String,
        "sealed": pl.Binary,
        "key_id": pl.Binary,
        "digest": pl.Binary,
        "shown": pl.Boolean,
    }
)


def line_up(engine: Engine) -> int:
    """Give every record its row, work out what is to be opened; return how many."""
    with transaction(engine, "line the records up") as connection:
        connection.execute(_NUMBER_ROWS)
        for statement in _WORK:
            connection.execute(statement)
        return int(connection.execute(_COUNT).scalar_one())


def pages(engine: Engine, *, records: int) -> Iterator[pl.DataFrame]:
    """Yield pages of at most so many records, of one source each, by handle."""
    with transaction(engine, "find what is restored") as connection:
        sources = list(connection.execute(_SOURCES).scalars())
    for source in sources:
        yield from _of_source(engine, source, records)


def _of_source(engine: Engine, source: str, records: int) -> Iterator[pl.DataFrame]:
    bound: dict[str, object] = {"source": source, "after": b""}
    most = min(_FIRST_RECORDS, records)
    while True:
        with transaction(engine, "read what is restored") as connection:
            until = connection.execute(_UNTIL, {**bound, "most": most}).scalar()
            if until is None:
                return
            page = _page(connection, {**bound, "until": until})
        yield page
        bound["after"] = until
        size = max(int(page["sealed"].bin.size().sum()), 1)
        most = min(records, 1 + most * _BYTES_PER_PAGE // size)


def _page(connection: Connection, bound: dict[str, object]) -> pl.DataFrame:
    """Return the values of a page, each with what its record is."""
    records = gathered(
        connection, _RECORDS, bound, widths={"handle": 16}, schema=_RECORD_SCHEMA
    )
    values = gathered(
        connection, _VALUES, bound, widths=_VALUE_WIDTHS, schema=_VALUE_SCHEMA
    )
    return values.join(records, on="handle", how="inner", maintain_order="left")
