"""One snapshot of a database, read by a role that row security does not filter.

REPEATABLE READ, READ ONLY, and `row_security = off`: PostgreSQL then refuses a query
that a policy would have filtered, instead of answering with less (measured: 300 of
451 rows with exit code 0).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, text

from custody.adapters.database import driver, transaction
from custody.application.ports.backup import TableOf
from custody.errors import ConfigurationError

_BEGIN = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_UNFILTERED = text("SET LOCAL row_security = off")
_SEES_ALL = text("SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user")


@contextmanager
def snapshot(engine: Engine, place: str) -> Iterator[Connection]:
    """Hold a snapshot, taken now; ConfigurationError for a role that is filtered."""
    with transaction(engine, place) as connection:
        connection.execute(_BEGIN)
        connection.execute(_UNFILTERED)
        if not connection.execute(_SEES_ALL).scalar():
            raise ConfigurationError(
                f"{place}: the role is filtered by row security: ALTER ROLE … BYPASSRLS"
            )
        yield connection


def copy_out(connection: Connection, table: TableOf) -> Iterator[bytes]:
    """Yield a table in COPY's text format, in the order of its columns."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        columns, sql.Identifier(*table.name.split(".")), columns
    )
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            yield bytes(piece)


def fetched(
    connection: Connection, query: str, *, name: str, at_once: int
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a query in parts, through a cursor of the server's."""
    raw: psycopg.Connection[Any] = driver(connection)
    with raw.cursor(name=name, binary=True) as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(at_once):
            yield rows
