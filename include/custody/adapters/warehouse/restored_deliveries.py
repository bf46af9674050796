"""Deliveries of a restore, as the ledger tells them, and what adds their rows up."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.delivery_rows import tally_columns
from custody.adapters.warehouse.restored_customers import bury, tombstones
from custody.adapters.warehouse.restored_indexes import make_again
from custody.domain.delivery_story import DeliveryStory

_DELIVERY = text(
    "INSERT INTO intake.delivery (delivery_id, source_id, business_date, sequence,"
    " state, manifest_digest, files, rows_read, loaded, unchanged, pending,"
    " quarantined, refused, held, reasons, policy_digest, received_at, exported_at,"
    " erased_at) VALUES (:id, :source, :date, :sequence, :state, :manifest, '[]',"
    " :rows_read, :loaded, :unchanged, :pending, :quarantined, :refused, :held,"
    " :reasons, :policy, :received, :exported, :erased)"
    " ON CONFLICT (delivery_id) DO UPDATE SET reasons = excluded.reasons,"
    " exported_at = excluded.exported_at, erased_at = excluded.erased_at"
)
_STORY = text(
    "INSERT INTO restoring.story"
    " (delivery_id, rows_read, unchanged, quarantined, loaded_at, part)"
    " VALUES (:id, :rows_read, :unchanged, :quarantined, :loaded_at, :part)"
    " ON CONFLICT DO NOTHING"
)
_WAITING_VALUES = text(
    "INSERT INTO intake.staged_value"
    " (delivery_id, row, handle, level, sealed, digest, key_id)"
    " SELECT r.delivery_id, r.row, r.handle, w.level, w.sealed, w.digest, w.key_id"
    " FROM restoring.waiting_value w JOIN intake.staged_row r USING (handle)"
)
_WAITING_OUTCOMES = text(
    "INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons, handle)"
    " SELECT r.delivery_id, r.row,"
    " CASE WHEN r.verdict = 'pending' THEN 'pending' ELSE 'held' END,"
    " CASE WHEN r.verdict = 'pending'"
    "  THEN string_to_array(coalesce(r.reasons, ''), ',') ELSE '{restored}' END,"
    " r.handle FROM intake.staged_row r JOIN intake.delivery d USING (delivery_id)"
    " JOIN restoring.story USING (delivery_id)"
    " WHERE d.state = 'loaded' ON CONFLICT DO NOTHING"
)
# What is missing is asked for again (R25), as the load asks.
_ASK = (
    "INSERT INTO intake.supplement_request"
    " (delivery_id, handle, row, field, reason, opened_at)"
    " SELECT DISTINCT r.delivery_id, r.handle, r.row, split_part(p, ':', 1),"
    " coalesce(nullif(substr(p, length(split_part(p, ':', 1)) + 2), ''), 'missing'),"
    " coalesce(s.loaded_at, now()) FROM {rows} r"
    " JOIN restoring.story s USING (delivery_id),"
    " unnest(string_to_array(coalesce(r.reasons, ''), ',')) AS p"
    " WHERE r.verdict {verdict} AND p <> ''"
    " ON CONFLICT (delivery_id, row, field, reason) DO NOTHING"
)
ASK_OF_VERSIONS = (
    text(_ASK.format(rows="restoring.version", verdict="<> 'load'")),
    text(
        "INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons, handle)"
        " SELECT delivery_id, row, 'loaded',"
        " string_to_array(coalesce(reasons, ''), ','), handle"
        " FROM restoring.version WHERE verdict <> 'load' ON CONFLICT DO NOTHING"
    ),
)
"""Of loaded rows with a warning: the requests, and the reasons."""
_ASK_OF_PENDING = text(_ASK.format(rows="intake.staged_row", verdict="= 'pending'"))
# What a row came to is told for rows that wait or were loaded; of the others the
# ledger tells how many, so that each delivery adds up.
_SOME_ROW = text(
    "WITH told AS (SELECT s.delivery_id, s.rows_read, s.unchanged, s.quarantined,"
    "  (SELECT count(*) FROM register.record_version v"
    "   WHERE v.delivery_id = s.delivery_id) AS loaded,"
    "  (SELECT count(*) FILTER (WHERE outcome IN ('held', 'pending')) FROM"
    "   intake.row_outcome o WHERE o.delivery_id = s.delivery_id) AS waiting,"
    "  greatest((SELECT coalesce(max(row), 0) FROM register.record_version v"
    "    WHERE v.delivery_id = s.delivery_id),"
    "   (SELECT coalesce(max(row), 0) FROM intake.row_outcome o"
    "    WHERE o.delivery_id = s.delivery_id)) AS last"
    "  FROM restoring.story s JOIN intake.delivery d USING (delivery_id)"
    "  WHERE d.state = 'loaded'), wanted AS ("
    " SELECT delivery_id, last, outcome, most - (SELECT count(*)"
    "   FROM intake.row_outcome o WHERE o.delivery_id = told.delivery_id"
    "   AND o.outcome = w.outcome) AS more FROM told, LATERAL (VALUES"
    "   ('unchanged', unchanged), ('quarantined', quarantined),"
    "   ('refused', rows_read - loaded - waiting - unchanged - quarantined))"
    "   AS w(outcome, most))"
    " INSERT INTO intake.row_outcome (delivery_id, row, outcome, reasons)"
    " SELECT delivery_id, last + row_number() OVER (PARTITION BY delivery_id),"
    " outcome, '{restored}' FROM wanted, LATERAL generate_series(1, more)"
)
_ADD_UP = text(
    "UPDATE intake.delivery d SET state = d.state, loaded = n.loaded,"
    " unchanged = n.unchanged, pending = n.pending, quarantined = n.quarantined,"
    " refused = n.refused, held = n.held FROM ("
    " SELECT e.delivery_id, (SELECT count(*) FROM register.record_version v"
    "   WHERE v.delivery_id = e.delivery_id) AS loaded,"
    "  count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,"
    "  count(*) FILTER (WHERE outcome = 'pending') AS pending,"
    "  count(*) FILTER (WHERE outcome = 'quarantined') AS quarantined,"
    "  count(*) FILTER (WHERE outcome = 'refused') AS refused,"
    "  count(*) FILTER (WHERE outcome = 'held') AS held"
    "  FROM intake.delivery e LEFT JOIN intake.row_outcome o USING (delivery_id)"
    "  WHERE e.state = 'loaded' GROUP BY e.delivery_id) n"
    " WHERE n.delivery_id = d.delivery_id"
)

# What was copied in brought its own numbers: the next one follows them.
_GO_ON = tuple(
    text(
        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"  # noqa: S608 - constants
        f" greatest(max({column}), 1)) FROM {table}"
    )
    for table, column in (
        ("intake.supplement_request", "id"),
        ("review.decision", "arrival"),
        ("destruction.certificate", "arrival"),
    )
)


def add_stories(engine: Engine, stories: Iterable[DeliveryStory]) -> None:
    """Write deliveries as the ledger tells them, over what a set had of them."""
    rows = [_row(one) for one in stories]
    with transaction(engine, "restore deliveries") as connection:
        for statement in _GO_ON:
            connection.execute(statement)
        if rows:
            connection.execute(_DELIVERY, rows)
            connection.execute(_STORY, rows)


def settle(engine: Engine, ended: Mapping[str, frozenset[str]]) -> int:
    """Leave tombstones of who is gone and count every delivery anew.

    In one transaction, at whose end the database compares every delivery's counts
    with its rows.  Returns how many customers are tombstones.
    """
    with transaction(engine, "add the rows up") as connection:
        make_again(connection)
        connection.execute(_WAITING_VALUES)
        connection.execute(_WAITING_OUTCOMES)
        connection.execute(_ASK_OF_PENDING)
        bury(connection, ended)
        connection.execute(_SOME_ROW)
        connection.execute(_ADD_UP)
        return tombstones(connection)


def _row(one: DeliveryStory) -> dict[str, object]:
    return {
        "id": one.key.delivery_id,
        "source": one.key.source_id,
        "date": one.key.business_date,
        "sequence": one.key.sequence,
        "state": one.state,
        "manifest": one.manifest,
        "reasons": list(one.reasons),
        "policy": one.policy,
        "received": one.received_at,
        "exported": one.exported_at,
        "erased": one.erased_at,
        "loaded_at": one.loaded_at,
        "part": one.part,
        **tally_columns(one.tally),
    }
