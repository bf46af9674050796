"""What a load keeps of the rows that wait, until they are decided or answered."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, text

from custody.adapters.warehouse.index_epochs import hold_open

_KEEP = tuple(
    text(
        f"INSERT INTO intake.{kept}"  # noqa: S608 - constants
        f" (delivery_id, row, handle, {name}, token, index_epoch)"
        f" SELECT t.delivery_id, t.row, t.handle, t.{name}, t.token, t.index_epoch"
        f" FROM intake.assignment a JOIN intake.{staged} t USING (delivery_id, row)"
        " WHERE a.delivery_id = :id AND a.outcome IN ('held', 'pending')"
    )
    for staged, kept, name in (
        ("staged_token", "waiting_token", "field"),
        ("staged_row_token", "waiting_row_token", "level"),
    )
)
_KEEP_MARKS = text(
    "INSERT INTO intake.waiting_suppression"
    " (delivery_id, row, handle, match_key, token, collected_on)"
    " SELECT t.delivery_id, t.row, t.handle, t.match_key, t.token, t.collected_on"
    " FROM intake.assignment a"
    " JOIN intake.staged_suppression t USING (delivery_id, row)"
    " WHERE a.delivery_id = :id AND a.outcome IN ('held', 'pending')"
)
_TAKE_TOKENS = (
    text("DELETE FROM intake.staged_token WHERE delivery_id = :id AND row = :row"),
    text("DELETE FROM intake.staged_row_token WHERE delivery_id = :id AND row = :row"),
    text(
        "INSERT INTO intake.staged_token"
        " (delivery_id, row, handle, field, token, index_epoch)"
        " SELECT delivery_id, row, handle, field, token, index_epoch"
        " FROM intake.waiting_token WHERE delivery_id = :id AND row = :row"
    ),
    text(
        "INSERT INTO intake.staged_row_token"
        " (delivery_id, row, handle, level, token, index_epoch)"
        " SELECT delivery_id, row, handle, level, token, index_epoch"
        " FROM intake.waiting_row_token WHERE delivery_id = :id AND row = :row"
    ),
)
# Each sealed level of a row has its row token.
_TOKENS_ARE_THERE = text(
    "SELECT (SELECT count(*) FROM intake.staged_value"
    "  WHERE delivery_id = :id AND row = :row)"
    " = (SELECT count(*) FROM intake.waiting_row_token"
    "  WHERE delivery_id = :id AND row = :row)"
)
_EPOCHS = text(
    "SELECT e.state FROM register.index_epoch e WHERE e.number IN"
    " (SELECT index_epoch FROM intake.waiting_token"
    "   WHERE delivery_id = :id AND row = :row UNION"
    "  SELECT index_epoch FROM intake.waiting_row_token"
    "   WHERE delivery_id = :id AND row = :row)"
    " ORDER BY e.number FOR SHARE"
)
_LOOPS = text("SELECT current_setting('enable_nestloop')")
_SET_LOOPS = text("SELECT set_config('enable_nestloop', :loops, true)")
_LET_GO = tuple(
    text(f"DELETE FROM intake.{table} WHERE delivery_id = :id AND row = :row")  # noqa: S608 - constants
    for table in (
        *("staged_row", "staged_value", "staged_token", "staged_row_token"),
        *("staged_suppression", "staged_projection", "assignment"),
        *("waiting_token", "waiting_row_token", "waiting_suppression"),
        "match_candidate",
    )
)


@contextmanager
def loops_allowed(connection: Connection) -> Iterator[None]:
    """Let the block's queries loop over indexes; a load forbids it otherwise."""
    before = connection.execute(_LOOPS).scalar_one()
    connection.execute(_SET_LOOPS, {"loops": "on"})
    yield
    connection.execute(_SET_LOOPS, {"loops": before})


def keep_waiting(connection: Connection, load: Mapping[str, object]) -> None:
    """Keep the tokens of held and pending rows where no crash takes them."""
    for statement in (*_KEEP, _KEEP_MARKS):
        connection.execute(statement, load)


def note_candidates(
    connection: Connection,
    load: Mapping[str, object],
    keys: Sequence[Sequence[str]],
) -> None:
    """Note whom the match keys of each held row name: numbers and field names.

    A steward sees them; tokens are seen by the loader only.
    """
    if not keys:
        return
    bound = {f"key{position}": list(fields) for position, fields in enumerate(keys)} | {
        f"key{position}_{at}": name
        for position, fields in enumerate(keys)
        for at, name in enumerate(fields)
    }
    named = " UNION ALL ".join(
        _named_by(position, len(fields)) for position, fields in enumerate(keys)
    )
    query = (
        "INSERT INTO intake.match_candidate (delivery_id, row, number, fields)"  # noqa: S608 - names are ours
        " SELECT :id, named.row, named.number, array_agg(DISTINCT f ORDER BY f)"
        f" FROM ({named}) named, unnest(named.fields) f GROUP BY 1, 2, 3"
    )
    with loops_allowed(connection):
        connection.execute(text(query), {**load, **bound})


def _named_by(position: int, width: int) -> str:
    """Return the SELECT of held rows and the customers that one key names."""
    joins = "".join(
        f" JOIN intake.waiting_token w{at} ON w{at}.delivery_id = :id"
        f" AND w{at}.row = a.row AND w{at}.field = :key{position}_{at}"
        f" JOIN register.token t{at} ON t{at}.field = w{at}.field"
        f" AND t{at}.token = w{at}.token"
        + (f" AND t{at}.handle = t0.handle" if at else "")
        for at in range(width)
    )
    return (
        f"SELECT a.row, t0.number, CAST(:key{position} AS text[]) AS fields"  # noqa: S608 - names are ours
        f" FROM intake.assignment a{joins}"
        " WHERE a.delivery_id = :id AND a.outcome = 'held'"
    )


def tokens_are_there(connection: Connection, row: Mapping[str, object]) -> bool:
    """Whether a waiting row still has the tokens that the register needs."""
    return bool(connection.execute(_TOKENS_ARE_THERE, row).scalar_one())


def epochs_are_open(connection: Connection, row: Mapping[str, object]) -> bool:
    """Hold the index epochs; whether those of a row's tokens are open.

    EpochClosedError while one is closing.
    """
    hold_open(connection, str(row["id"]))
    states = connection.execute(_EPOCHS, row).scalars().all()
    return all(state == "open" for state in states)


def stage_tokens(connection: Connection, row: Mapping[str, object]) -> None:
    """Put a waiting row's tokens into staging, from where a load moves them."""
    for statement in _TAKE_TOKENS:
        connection.execute(statement, row)


def let_go(connection: Connection, row: Mapping[str, object]) -> None:
    """Remove everything that is kept of one row because it waited."""
    for statement in _LET_GO:
        connection.execute(statement, row)
