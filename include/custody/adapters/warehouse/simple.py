"""The rows that are decided by set, in one statement; the rest is for the rule.

Held to the same answers as `custody.domain.matching` by a property test.  The
register is reached by look-up, so a load costs what its delivery is, however
large the register has become.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from custody.adapters.warehouse.candidates import MatchKeys
from custody.domain.matching import HoldReason

# Every row gets its place in one statement; the parts that depend on the match
# keys come from `_simple_rows`.
_ASSIGN = """
WITH loadable AS MATERIALIZED (
    SELECT row FROM intake.staged_row
    WHERE delivery_id = :id AND verdict <> 'pending'{unplaced}),
{candidates},
latest AS MATERIALIZED (
    SELECT s.row, s.number, v.version, p.handle FROM simple s CROSS JOIN LATERAL (
        SELECT version FROM register.record_version
        WHERE number = s.number ORDER BY version DESC LIMIT 1) v
    LEFT JOIN LATERAL (
        SELECT handle FROM register.record_version
        WHERE number = s.number AND part = :part ORDER BY version DESC LIMIT 1) p
    ON true),
told AS (
    SELECT l.row, r.level, r.token FROM latest l CROSS JOIN LATERAL (
        SELECT level, token FROM register.row_token
        WHERE handle = l.handle OFFSET 0) r
    UNION ALL
    SELECT row, t.level, t.token FROM latest JOIN intake.staged_row_token t USING (row)
    WHERE t.delivery_id = :id),
changed AS (
    SELECT DISTINCT row FROM (
        SELECT row FROM told GROUP BY row, level, token HAVING count(*) <> 2) d),
sorted AS MATERIALIZED (
    SELECT r.row, r.handle, r.prefix, l.number, l.version, l.handle AS latest, CASE
        WHEN r.verdict = 'pending' THEN 'pending'
        WHEN n.row IS NULL THEN '{stranger}'
        WHEN l.row IS NULL THEN 'undecided'
        WHEN c.row IS NULL AND l.handle IS NOT NULL THEN 'unchanged'
        ELSE 'loaded' END AS outcome
    FROM intake.staged_row r LEFT JOIN notable n USING (row)
    LEFT JOIN latest l USING (row) LEFT JOIN changed c USING (row)
    WHERE r.delivery_id = :id{unplaced}),
fresh AS MATERIALIZED (
    SELECT row, row_number() OVER (PARTITION BY prefix ORDER BY row) AS place,
        count(*) OVER (PARTITION BY prefix) AS places
    FROM sorted WHERE outcome = 'founding'),
taken AS (
    INSERT INTO register.serial AS s (prefix, year, last)
    SELECT prefix, :year, count(*) FROM sorted WHERE outcome = 'founding'
    GROUP BY prefix ORDER BY prefix
    ON CONFLICT (prefix, year) DO UPDATE SET last = s.last + excluded.last
    RETURNING prefix, last)
INSERT INTO intake.assignment
    (delivery_id, row, handle, outcome, number, version, same_as, reason)
SELECT :id, s.row, s.handle,
    CASE s.outcome WHEN 'founding' THEN 'loaded' ELSE s.outcome END,
    CASE s.outcome WHEN 'loaded' THEN s.number WHEN 'founding' THEN
    s.prefix || :year_text || lpad(serial, greatest(:width, length(serial)), '0') END,
    CASE s.outcome WHEN 'loaded' THEN s.version + 1 WHEN 'founding' THEN 1 END,
    CASE s.outcome WHEN 'unchanged' THEN s.latest END,
    CASE s.outcome WHEN 'held' THEN '{reason}' END
FROM sorted s LEFT JOIN fresh f USING (row) LEFT JOIN taken t
    ON t.prefix = s.prefix AND s.outcome = 'founding'
CROSS JOIN LATERAL (SELECT (t.last - f.places + f.place)::text AS serial) n
ORDER BY s.row
"""

_UNPLACED = (
    " AND row NOT IN (SELECT row FROM intake.assignment WHERE delivery_id = :id)"
)
_NOTHING = (
    "notable AS (SELECT NULL::bigint AS row WHERE false),"
    " simple AS (SELECT NULL::bigint AS row, NULL::text AS number WHERE false)"
)
# A number in collation "C" would not be found through the index of the register.
_NAMED = """first AS (SELECT row, min(at) AS at FROM borne GROUP BY row),
named AS MATERIALIZED (
    SELECT row, min(at) AS at, min(number COLLATE "C") AS number,
        max(number COLLATE "C") AS other
    FROM hit GROUP BY row),
crowded AS (
    SELECT number FROM hit GROUP BY number HAVING min(row) < max(row)),
notable AS MATERIALIZED (
    SELECT row FROM named UNION SELECT row FROM shared),
simple AS MATERIALIZED (
    SELECT h.row, h.number COLLATE "default" AS number
    FROM named h JOIN first USING (row, at) WHERE h.number = h.other
    AND NOT EXISTS (SELECT FROM shared s WHERE s.row = h.row)
    AND NOT EXISTS (SELECT FROM crowded c WHERE c.number = h.number))"""


def assign_simple(
    connection: Connection,
    keys: MatchKeys,
    load: Mapping[str, object],
    *,
    enriches: bool = False,
    placed: bool = False,
) -> None:
    """Give every row its place; what the rule must decide becomes `undecided`.

    Where some are `placed` already, all the others.

    The others are pending, found a customer (are held, where the source enriches),
    become a known customer's next version, or are unchanged; `keys` are the match
    keys of the source.
    """
    parts, bound = _simple_rows(keys)
    statement = _ASSIGN.format(
        candidates=parts,
        unplaced=_UNPLACED if placed else "",
        stranger="held" if enriches else "founding",
        reason=HoldReason.NOBODY_TO_ENRICH.value,
    )
    connection.execute(text(statement), {**load, **bound})


def _simple_rows(keys: MatchKeys) -> tuple[str, dict[str, str]]:
    """Return the table expressions up to `notable` and `simple`, and their names.

    They read `loadable` (row).  A row is `notable` when a key of it hits the
    register or another row of its delivery; all the others found new customers.
    A notable row is `simple` (row, number) when the rule's answer is already plain:
    its keys name one customer and no other, its first key present does so (then
    no stronger key can differ), no row of the delivery shares a key with it, and
    none names the same customer.  So whatever the other rows become, they
    neither touch its decision nor are touched by it, and it is decided by set:
    unchanged when its row tokens are the latest version's, else the next version.

    Field names are bound; only the number of joins is written into the text.
    """
    if not keys:
        return _NOTHING, {}
    bound: dict[str, str] = {}
    parts: list[str] = []
    for position, fields in enumerate(keys):
        names = [f"key{position}_{at}" for at in range(len(fields))]
        bound.update(zip(names, fields, strict=True))
        parts += [present_rows(position, names), found_customers(position, names)]
    every = range(len(keys))
    shared = (_shared(at, len(keys[at])) for at in every)
    parts += [
        f"shared AS MATERIALIZED ({' UNION '.join(shared)})",
        f"hit AS MATERIALIZED ({_each(every, 'found', ', number')})",
        f"borne AS ({_each(every, 'present')})",
        _NAMED,
    ]
    return ",\n".join(parts), bound


def _each(positions: Sequence[int], name: str, more: str = "") -> str:
    """Return the rows of one table expression of each key, with its position."""
    return " UNION ALL ".join(
        f"SELECT row, {at} AS at{more} FROM {name}{at}"  # noqa: S608 - ours
        for at in positions
    )


def present_rows(position: int, names: Sequence[str]) -> str:
    """Return the rows that have every field of a key, with its tokens."""
    tokens = ", ".join(f"s{at}.token AS k{at}" for at in range(len(names)))
    others = "".join(
        f" JOIN intake.staged_token s{at} ON s{at}.delivery_id = :id"
        f" AND s{at}.row = s0.row AND s{at}.field = :{name}"
        for at, name in enumerate(names)
        if at
    )
    return (
        f"present{position} AS MATERIALIZED (SELECT s0.row, {tokens}"  # noqa: S608 - names are ours
        f" FROM loadable JOIN intake.staged_token s0 USING (row){others}"
        f" WHERE s0.delivery_id = :id AND s0.field = :{names[0]})"
    )


def found_customers(position: int, names: Sequence[str]) -> str:
    """Return the customers that a key names, by look-up: no scan of the register."""
    others = "".join(
        f" JOIN register.token t{at} ON t{at}.handle = t0.handle"
        f" AND t{at}.token = p.k{at} AND t{at}.field = :{name}"
        for at, name in enumerate(names)
        if at
    )
    return (
        f"found{position} AS (SELECT p.row, t.number FROM present{position} p"  # noqa: S608 - names are ours
        f" CROSS JOIN LATERAL (SELECT t0.number FROM register.token t0{others}"
        f" WHERE t0.token = p.k0 AND t0.field = :{names[0]} OFFSET 0) t)"
    )


def _shared(position: int, width: int) -> str:
    """Return the rows whose key another row of the delivery bears too."""
    same = ", ".join(f"k{at}" for at in range(width))
    return (
        "SELECT row FROM (SELECT row, count(*)"  # noqa: S608 - names are ours
        f" OVER (PARTITION BY {same}) AS bearers FROM present{position}) b"
        " WHERE bearers > 1"
    )
