"""A database that is being made again: empty, marked, and closed to every other role.

A restore is all or nothing: until its last transaction the mark stands, nobody but
the owner may connect, and the next run drops what this one left.  Nothing that bears
no mark is ever dropped.  The keyring is let in first and keeps its mark, as done,
until the warehouse has lost its own: so a run that dies between the two is taken up,
and a keyring in use is never taken for what a killed run left.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.migrating import Migrations, drop, migrate
from custody.domain.language import Text
from custody.errors import ConflictError

_NOT_EMPTY = Text(
    "目标库不是空的：{table} 中已有数据；未作任何改动",
    "the target is not empty: {table} has rows; nothing was changed",
)
_IS_MARKED = text("SELECT to_regclass('restoring.mark') IS NOT NULL")
_IS_DONE = text("SELECT bool_or(done) FROM restoring.mark")
_DONE = text("UPDATE restoring.mark SET done = true")
_MARK = text("INSERT INTO restoring.mark (medium) VALUES (:medium)")
_SCHEMA = """
CREATE SCHEMA restoring;
CREATE TABLE restoring.mark (
    medium text NOT NULL, begun_at timestamptz NOT NULL DEFAULT now(),
    done boolean NOT NULL DEFAULT false
);
"""
_UNMARK = text("DROP SCHEMA restoring CASCADE")
_EXISTS = text("SELECT to_regclass(:table) IS NOT NULL")
_HERE = text("SELECT current_database()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """One database; `tables` must be empty, `roles` are let in at the end."""

    engine: Engine
    migrations: Migrations
    tables: tuple[str, ...]
    roles: tuple[str, ...]

    def claim(
        self,
        medium: str,
        prepare: Callable[[Connection], None] = lambda _: None,
        *,
        again: bool = False,
    ) -> bool:
        """Mark, close, migrate; return whether a killed run had marked it.

        `again`: the other database was left by a killed run.  ConflictError unless
        it is empty, or left by one too.
        """
        with transaction(self.engine, "look at the target") as connection:
            marked = bool(connection.execute(_IS_MARKED).scalar_one())
            done = marked and bool(connection.execute(_IS_DONE).scalar_one())
            if not marked or (done and not again):
                self._refuse_rows(connection)
        with transaction(self.engine, "mark the target") as connection:
            if marked:
                drop(connection, self.migrations)
                connection.execute(_UNMARK)
            connection.execute(text(_SCHEMA))
            connection.execute(_MARK, {"medium": medium})
            self._connect(connection, "REVOKE CONNECT ON DATABASE {} FROM {}")
        migrate(self.engine, self.migrations.location)
        with transaction(self.engine, "make the target ready") as connection:
            prepare(connection)
        return marked

    def let_in(self, connection: Connection) -> None:
        """Let the roles in when this transaction commits; the mark says that it did."""
        connection.execute(_DONE)
        self._connect(connection, "GRANT CONNECT ON DATABASE {} TO {}")

    def unmark(self, connection: Connection) -> None:
        """Take the mark away."""
        connection.execute(_UNMARK)

    def _refuse_rows(self, connection: Connection) -> None:
        for table in self.tables:
            there = connection.execute(_EXISTS, {"table": table}).scalar_one()
            some = text(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608 - ours
            if there and connection.execute(some).scalar_one():
                raise _NOT_EMPTY.as_error(ConflictError, table=table)

    def _connect(self, connection: Connection, verb: str) -> None:
        quote = connection.dialect.identifier_preparer.quote
        here = quote(str(connection.execute(_HERE).scalar_one()))
        for role in self.roles:
            connection.execute(text(verb.format(here, quote(role))))
