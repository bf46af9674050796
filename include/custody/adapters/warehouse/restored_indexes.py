"""Indexes that a restore makes at its end: sorted once, not row by row.

Only such as no step of it reads by.  They come back by the definition that the server
told of each; a restore that is killed between drops every table, and starts afresh.
"""

from sqlalchemy import Connection, text

_TABLES = "'register.token'::regclass, 'register.row_token'::regclass"
_SET_ASIDE = text(
    "CREATE TABLE restoring.index_later AS"  # noqa: S608 - constants
    " SELECT i.indexrelid::regclass::text AS name,"
    "  pg_get_indexdef(i.indexrelid) AS definition"
    f" FROM pg_index i WHERE i.indrelid IN ({_TABLES}) AND NOT EXISTS"
    "  (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
)
_NAMES = text("SELECT name FROM restoring.index_later ORDER BY name")
_DEFINITIONS = text("SELECT definition FROM restoring.index_later ORDER BY name")


def set_aside(connection: Connection) -> None:
    """Note what the indexes are, and drop them."""
    connection.execute(_SET_ASIDE)
    for name in connection.execute(_NAMES).scalars().all():
        connection.execute(text(f"DROP INDEX {name}"))


def make_again(connection: Connection) -> None:
    """Make them as they were."""
    for definition in connection.execute(_DEFINITIONS).scalars().all():
        connection.execute(text(definition))
