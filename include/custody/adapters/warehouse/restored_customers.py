"""Customers of a restore: their numbers, and the tombstones of who stays gone."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from custody.domain.numbering import parts_of

_CUSTOMER = text(
    "INSERT INTO register.customer"
    " (number, prefix, year, serial, first_delivery, created_at)"
    " SELECT n.number, n.prefix, n.year, n.serial, n.delivery_id, d.received_at"
    " FROM unnest(CAST(:numbers AS text[]), CAST(:prefixes AS text[]),"
    "  CAST(:years AS int[]), CAST(:serials AS int8[]), CAST(:deliveries AS text[]))"
    "  AS n(number, prefix, year, serial, delivery_id)"
    " JOIN intake.delivery d USING (delivery_id) ON CONFLICT (number) DO NOTHING"
)
# Pages are of handles, which have no order: a later page may have an earlier version.
_EARLIER = text(
    "UPDATE register.customer c"
    " SET first_delivery = n.delivery_id, created_at = d.received_at"
    " FROM unnest(CAST(:numbers AS text[]), CAST(:versions AS int[]),"
    "  CAST(:deliveries AS text[])) AS n(number, version, delivery_id)"
    " JOIN intake.delivery d USING (delivery_id)"
    " WHERE c.number = n.number AND c.first_delivery <> n.delivery_id AND NOT EXISTS"
    "  (SELECT FROM register.record_version v"
    "   WHERE v.number = n.number AND v.version < n.version)"
)
_SERIAL = text(
    "INSERT INTO register.serial AS s (prefix, year, last)"
    " SELECT prefix, year, max(serial) FROM unnest(CAST(:prefixes AS text[]),"
    "  CAST(:years AS int[]), CAST(:serials AS int8[])) AS n(prefix, year, serial)"
    " GROUP BY prefix, year ON CONFLICT (prefix, year) DO UPDATE"
    "  SET last = greatest(s.last, excluded.last)"
)
# Of who stays, a replaced version may be gone alone (decision 21).
_WHOLLY_GONE = (
    "NOT EXISTS (SELECT FROM register.record_version o"
    " JOIN register.sealed_value s USING (handle) WHERE o.number = v.number)"
)
# Who has a place and no value was destroyed: what remains is what a destruction leaves.
_GONE = text(
    "SELECT handle, delivery_id, customer, version, level FROM restoring.place p"
    " WHERE customer IS NOT NULL AND NOT EXISTS"
    "  (SELECT FROM register.sealed_value s WHERE s.handle = p.handle)"
    " AND NOT EXISTS"
    "  (SELECT FROM register.record_version v WHERE v.handle = p.handle)"
)
_TOMBSTONES = text(
    "INSERT INTO register.record_version (handle, number, version, delivery_id, row,"
    " level, state, business_date, loaded_at, part)"
    " SELECT p.handle, p.customer, p.version, p.delivery_id, p.row, p.level,"
    " 'destroyed', p.business_date, d.received_at, coalesce(s.part, '')"
    " FROM restoring.place p JOIN intake.delivery d USING (delivery_id)"
    " LEFT JOIN restoring.story s USING (delivery_id)"
    " WHERE p.handle = ANY(:handles)"
)
_BURY = (
    text(
        "UPDATE register.record_version v SET state = 'destroyed', tier = NULL,"
        " industry = NULL, customer_type = NULL, party = NULL, responsible = NULL,"
        " classes = NULL WHERE state <> 'destroyed' AND NOT EXISTS"
        "  (SELECT FROM register.sealed_value s WHERE s.handle = v.handle)"
    ),
    text(
        "DELETE FROM intake.supplement_request r USING register.record_version v"
        " WHERE r.handle = v.handle AND v.state = 'destroyed'"
    ),
    *(
        text(
            f"DELETE FROM intake.{table} c WHERE NOT EXISTS"  # noqa: S608 - constants
            "  (SELECT FROM register.record_version o JOIN register.sealed_value s"
            "   USING (handle) WHERE o.number = c.number)"
        )
        for table in ("match_candidate", "pinned_row")
    ),
    text(
        "UPDATE register.standing t SET state = 'destroyed'"
        " WHERE state <> 'destroyed' AND NOT EXISTS"
        "  (SELECT FROM register.record_version o JOIN register.sealed_value s"
        "   USING (handle) WHERE o.number = t.number)"
    ),
    text(
        "INSERT INTO register.standing (number, level, state, since)"  # noqa: S608 - constants
        " SELECT DISTINCT v.number, v.level, 'destroyed', now()"
        f" FROM register.record_version v WHERE {_WHOLLY_GONE} ON CONFLICT DO NOTHING"
    ),
)
_TOMBSTONED = text(
    "SELECT count(DISTINCT v.number) FROM register.record_version v"  # noqa: S608 - constants
    f" WHERE {_WHOLLY_GONE}"
)

# A level that a later delivery brought again is not gone.
_END_LEVELS = text(
    "INSERT INTO register.standing AS t (number, level, state, since)"
    " SELECT n.number, n.level, 'destroyed', now() FROM"
    "  unnest(CAST(:numbers AS text[]), CAST(:levels AS text[])) AS n(number, level)"
    " WHERE EXISTS (SELECT FROM register.customer c WHERE c.number = n.number)"
    "  AND NOT EXISTS (SELECT FROM register.record_version v"
    "   JOIN register.sealed_value s USING (handle)"
    "   WHERE v.number = n.number AND s.level = n.level)"
    " ON CONFLICT (number, level) DO UPDATE SET state = 'destroyed',"
    "  since = excluded.since WHERE t.state <> 'destroyed'"
)
_BURIED = text(
    "SELECT DISTINCT v.delivery_id FROM register.record_version v"
    " WHERE v.state = 'destroyed' AND NOT EXISTS (SELECT FROM destruction.line l"
    "  WHERE l.number = v.number AND l.state IN ('condemned', 'deleted'))"
)


def bury(connection: Connection, ended: Mapping[str, frozenset[str]]) -> None:
    """Leave of who is gone what a destruction leaves, and of levels that ended."""
    _entomb(connection, connection.execute(_GONE).all())
    for statement in _BURY:
        connection.execute(statement)
    pairs = [(number, level) for number in ended for level in sorted(ended[number])]
    bound = {
        "numbers": [number for number, _ in pairs],
        "levels": [level for _, level in pairs],
    }
    connection.execute(_END_LEVELS, bound)


def tombstones(connection: Connection) -> int:
    """Count the customers who are gone."""
    return int(connection.execute(_TOMBSTONED).scalar_one())


def buried(connection: Connection) -> frozenset[str]:
    """Return the deliveries of tombstones that no run which is there explains."""
    return frozenset(connection.execute(_BURIED).scalars())


def add_customers(connection: Connection, rows: pl.DataFrame) -> None:
    """Insert customers of `customer`, `version` and `delivery_id`, before the versions.

    No number is given again; the delivery of the first version is the customer's.
    """
    first = rows.sort("version").unique("customer", keep="first")
    numbers = first["customer"].to_list()
    parts: list[tuple[str, int, int]] = [parts_of(one) for one in numbers]
    bound: dict[str, Any] = {
        "numbers": numbers,
        "prefixes": [prefix for prefix, _, _ in parts],
        "years": [year for _, year, _ in parts],
        "serials": [serial for _, _, serial in parts],
        "deliveries": first["delivery_id"].to_list(),
        "versions": first["version"].to_list(),
    }
    for statement in (_CUSTOMER, _EARLIER, _SERIAL):
        connection.execute(statement, bound)


def _entomb(connection: Connection, gone: Sequence[Any]) -> None:
    if not gone:
        return
    frame = pl.DataFrame(
        {
            "customer": [row.customer for row in gone],
            "version": [row.version for row in gone],
            "delivery_id": [row.delivery_id for row in gone],
        }
    )
    add_customers(connection, frame)
    handles = [bytes(row.handle) for row in gone]
    connection.execute(_TOMBSTONES, {"handles": handles})
