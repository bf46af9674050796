"""Tokens on PostgreSQL, moved from one index epoch to the next where they stand.

Tables are walked by ranges of their blocks, so a pass costs what the tables are and
nothing is sorted; the tokens of a batch travel as one byte string each way.  While
an epoch is closing nobody adds a token under it, so what a pass has passed stays
passed.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.index_epochs import standing
from custody.adapters.warehouse.ledger import LedgerWriter
from custody.application.ports import Entry
from custody.application.ports.reindex import IndexTurn, Rewrite, Verify
from custody.crypto.blindindex import TOKEN_BYTES
from custody.domain.language import Text
from custody.errors import ConflictError

TOKEN_TABLES = (
    "register.token",
    "register.row_token",
    "intake.staged_token",
    "intake.staged_row_token",
    "intake.waiting_token",
    "intake.waiting_row_token",
)
BLOCKS_PER_BATCH = 256
"""Blocks of 8 KiB rewritten in one transaction: some twenty thousand tokens."""

_PATIENCE = text("SET LOCAL lock_timeout = '15min'")
_STATE = text("SELECT state FROM register.index_epoch WHERE number = :old FOR UPDATE")
_MOVE_ON = text("UPDATE register.index_epoch SET state = :state WHERE number = :old")
_OPEN = text(
    "INSERT INTO register.index_epoch (number) VALUES (:new) ON CONFLICT DO NOTHING"
)
_OLDER = text(
    "SELECT EXISTS (SELECT FROM register.index_epoch"
    " WHERE state = 'open' AND recorded_at < :moment)"
)
_BLOCKS = text(
    "SELECT pg_relation_size(CAST(:name AS regclass))"
    " / CAST(current_setting('block_size') AS bigint)"
)
_PLACES = (
    "index_epoch = :old AND ctid >= CAST(:first AS tid) AND ctid < CAST(:beyond AS tid)"
)
_CLOSED = Text(
    "索引纪元 {old} 未开放：另一次运行已关闭它",
    "index epoch {old} is not open: another run closed it",
)
_CLOSING = Text(
    "有索引纪元正在关闭：请先将其结束", "an index epoch is closing: end it first"
)
_KNOWN = Text("索引纪元 {new} 已存在", "index epoch {new} is known already")
_NOT_CLOSING = Text("索引纪元 {old} 不在关闭中", "index epoch {old} is not closing")


def _per_table(template: str) -> dict[str, TextClause]:
    return {name: text(template.format(table=name)) for name in TOKEN_TABLES}


# What another transaction holds is being sealed anew: it goes, or the next pass
# finds it.  Waiting for it could be waiting for each other.
_TAKE = _per_table(
    "SELECT CAST(coalesce(array_agg(place ORDER BY place), '{{}}') AS text) AS places,"  # noqa: S608 - constants
    " coalesce(string_agg(uuid_send(token), ''::bytea ORDER BY place), '') AS tokens"
    " FROM (SELECT ctid AS place, token FROM {table}"
    f" WHERE {_PLACES} FOR UPDATE SKIP LOCKED) held"
)
_PUT = _per_table(
    "WITH fresh AS MATERIALIZED (SELECT place, at, CAST(encode("  # noqa: S608 - constants
    f"  substr(:tokens, CAST((at - 1) * {TOKEN_BYTES} + 1 AS int), {TOKEN_BYTES}),"
    "  'hex') AS uuid) AS token"
    "  FROM unnest(CAST(:places AS tid[])) WITH ORDINALITY AS held(place, at)),"
    " put AS (UPDATE {table} t SET token = fresh.token, index_epoch = :new FROM fresh"
    "  WHERE t.ctid = fresh.place AND t.index_epoch = :old"
    "  RETURNING fresh.at, t.token)"
    " SELECT coalesce(string_agg(uuid_send(token), ''::bytea ORDER BY at), '') FROM put"
)
_COUNTS = " + ".join(
    f"(SELECT count(*) FROM {table} WHERE index_epoch = :old)"  # noqa: S608 - constants
    for table in TOKEN_TABLES
)
_LEFT = text(f"SELECT {_COUNTS}")


class PostgresIndexTokens:
    """Implements `IndexTokens`; made for custody_destroyer."""

    def __init__(
        self, engine: Engine, ledger: LedgerWriter, *, blocks: int = BLOCKS_PER_BATCH
    ) -> None:
        """Take the destroyer's engine and the ledger's writer."""
        self._engine = engine
        self._ledger = ledger
        self._blocks = blocks

    def standing(self) -> tuple[int | None, int]:
        """Return the closing index epoch, or None, and the open one."""
        with transaction(self._engine, "find the index epochs") as connection:
            return standing(connection)

    def is_older(self, moment: dt.datetime) -> bool:
        """Tell whether the open epoch was recorded before a moment."""
        with transaction(self._engine, "ask since when it is open") as connection:
            return bool(connection.execute(_OLDER, {"moment": moment}).scalar_one())

    def turn(self, turn: IndexTurn, entry: Entry) -> None:
        """Close the open epoch and open its successor, with the entry, at once."""
        bound = {"old": turn.old, "new": turn.new}
        with transaction(self._engine, "turn the index epoch") as connection:
            connection.execute(_PATIENCE)
            if connection.execute(_STATE, bound).scalar() != "open":
                raise _CLOSED.as_error(ConflictError, old=turn.old)
            if standing(connection)[0] is not None:
                raise _CLOSING.as_error(ConflictError)
            connection.execute(_MOVE_ON, {**bound, "state": "closing"})
            if connection.execute(_OPEN, bound).rowcount != 1:
                raise _KNOWN.as_error(ConflictError, new=turn.new)
            self._ledger.append(connection, entry)

    def move(self, turn: IndexTurn, rewrite: Rewrite, verify: Verify) -> Iterator[int]:
        """Rewrite every token under the old epoch, batch by batch; yield their counts.

        A batch is a range of a table's blocks, and one transaction.
        """
        for table in TOKEN_TABLES:
            with transaction(self._engine, f"measure {table}") as connection:
                blocks = int(connection.execute(_BLOCKS, {"name": table}).scalar_one())
            for first in range(0, blocks, self._blocks):
                bound = {
                    "old": turn.old,
                    "new": turn.new,
                    "first": f"({first},0)",
                    "beyond": f"({first + self._blocks},0)",
                }
                with transaction(self._engine, f"reindex {table}") as connection:
                    count = _move_batch(connection, table, bound, rewrite, verify)
                if count:
                    yield count

    @contextmanager
    def ending(self, turn: IndexTurn, entry: Entry) -> Iterator[int]:
        """Hold the old epoch's row; yield how many tokens are left under it."""
        bound = {"old": turn.old, "state": "destroyed"}
        with transaction(self._engine, "end an index epoch") as connection:
            connection.execute(_PATIENCE)
            state = connection.execute(_STATE, bound).scalar()
            if state not in {"closing", "destroyed"}:
                raise _NOT_CLOSING.as_error(ConflictError, old=turn.old)
            yield int(connection.execute(_LEFT, bound).scalar_one())
            if state == "closing":
                connection.execute(_MOVE_ON, bound)
                self._ledger.append(connection, entry)


def _move_batch(
    connection: Connection,
    table: str,
    bound: dict[str, object],
    rewrite: Rewrite,
    verify: Verify,
) -> int:
    """Move the tokens of one range of blocks; return how many."""
    taken = connection.execute(_TAKE[table], bound).one()
    before = bytes(taken.tokens)
    if not before:
        return 0
    put = {**bound, "places": taken.places, "tokens": rewrite(before)}
    verify(before, bytes(connection.execute(_PUT[table], put).scalar_one()))
    return len(before) // TOKEN_BYTES
