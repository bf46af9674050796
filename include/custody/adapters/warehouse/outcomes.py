"""What a load leaves of its rows: outcomes, supplement requests, facts, counts."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from operator import or_

import polars as pl
from sqlalchemy import Connection, text

from custody.adapters.warehouse.staged_facts import staged_facts
from custody.adapters.warehouse.supplements import close_answered
from custody.adapters.warehouse.waiting import keep_waiting, note_candidates
from custody.domain.facts import RowVerdict
from custody.domain.outcome import Outcome, Tally

_OUTCOMES = text(
    "INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons, handle)"
    " SELECT :id, a.row, a.outcome, CASE WHEN a.reason IS NOT NULL"
    " THEN ARRAY[a.reason] ELSE string_to_array(coalesce(r.reasons, ''), ',') END,"
    " coalesce(a.same_as, a.handle)"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.outcome <> 'undecided'"
    " AND (a.outcome <> 'loaded' OR r.verdict <> 'load')"
)
# R24, R25: what is missing is asked for, of rows that wait and rows that loaded;
# of a customer who is examined again not twice.
_SUPPLEMENTS = text(
    "INSERT INTO intake.supplement_request"
    " (delivery_id, handle, row, field, reason, opened_at)"
    " SELECT DISTINCT :id, a.handle, a.row, split_part(p, ':', 1),"
    " coalesce(nullif(substr(p, length(split_part(p, ':', 1)) + 2), ''), 'missing'),"
    " CAST(:moment AS timestamptz)"
    " FROM intake.assignment a JOIN intake.staged_row r USING (delivery_id, row),"
    " unnest(string_to_array(coalesce(r.reasons, ''), ',')) AS p"
    " WHERE a.delivery_id = :id AND a.outcome IN ('loaded', 'pending')"
    " AND r.verdict <> 'load' AND p <> '' AND NOT EXISTS ("
    "  SELECT FROM intake.pinned_row q JOIN intake.supplement_request s"
    "  ON s.handle = q.former AND s.state = 'open'"
    "  WHERE q.delivery_id = :id AND q.row = a.row"
    "  AND s.field = split_part(p, ':', 1)) ORDER BY a.row"
)
_COUNTS = text(
    "SELECT outcome, count(*) FROM intake.assignment"
    " WHERE delivery_id = :id AND outcome <> 'undecided' GROUP BY outcome"
)
_READ = text(
    "SELECT rows_read, quarantined FROM intake.delivery WHERE delivery_id = :id"
)
_HELD_ROWS = text(
    "SELECT row FROM intake.assignment WHERE delivery_id = :id AND outcome = 'held'"
)
_ADD_FACTS = text(
    "INSERT INTO intake.row_facts (delivery_id, row, facts)"
    " SELECT :id, row, facts::jsonb"
    " FROM unnest(CAST(:rows AS bigint[]), CAST(:facts AS text[])) AS f(row, facts)"
)


def record_outcomes(
    connection: Connection,
    load: Mapping[str, object],
    keys: Sequence[Sequence[str]] = (),
) -> Tally:
    """Write outcomes, requests and the facts of problem rows; return the counts.

    What waits is kept; requests that the rows answer are closed, `keys` being the
    match keys of the source.
    """
    connection.execute(_OUTCOMES, load)
    connection.execute(_SUPPLEMENTS, load)
    held = connection.execute(_HELD_ROWS, load).scalars().all()
    for rows, facts in _problems(connection, str(load["id"]), frozenset(held)):
        connection.execute(_ADD_FACTS, {"id": load["id"], "rows": rows, "facts": facts})
    counts = {
        str(name): int(count) for name, count in connection.execute(_COUNTS, load)
    }
    if counts.get(Outcome.HELD, 0) or counts.get(Outcome.PENDING, 0):
        keep_waiting(connection, load)
    if held:
        note_candidates(connection, load, keys)
    close_answered(connection, load, keys, staged_facts(connection, str(load["id"])))
    read, quarantined = connection.execute(_READ, load).one()
    return Tally(
        read=read,
        quarantined=quarantined,
        loaded=counts.get(Outcome.LOADED, 0),
        unchanged=counts.get(Outcome.UNCHANGED, 0),
        pending=counts.get(Outcome.PENDING, 0),
        refused=counts.get(Outcome.REFUSED, 0),
        held=counts.get(Outcome.HELD, 0),
    )


def _problems(
    connection: Connection, delivery_id: str, held: frozenset[int]
) -> Iterator[tuple[list[int], list[str]]]:
    """Yield row numbers and facts (JSON) of the rows that have a problem."""
    for block in staged_facts(connection, delivery_id):
        rules = [name for name in block.columns if "__rule" in name]
        tests = [pl.col("row").is_in(list(held))]
        tests += [pl.col(name).cast(pl.String) == "fail" for name in rules]
        if "record__verdict" in block.columns:
            verdict = pl.col("record__verdict").cast(pl.String)
            tests.append(verdict != RowVerdict.LOAD.value)
        found = block.filter(
            functools.reduce(or_, (test.fill_null(value=False) for test in tests))
        )
        if found.height:
            facts = found.select(
                pl.struct(
                    pl.exclude("row", "handle").cast(pl.String)
                ).struct.json_encode()
            ).to_series()
            yield found["row"].to_list(), facts.to_list()
