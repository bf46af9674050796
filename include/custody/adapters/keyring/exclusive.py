"""One at a time: who moves or ends keys holds a lock of the keyring's server.

A lock of a session, not of a transaction: the work commits many times under it, and
it goes with its connection when the process dies.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from custody.adapters.sql_errors import translated

_TAKE = text("SELECT pg_advisory_lock(8403)")


class PostgresExclusion:
    """Implements `Exclusively` for keyring_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine; its lock timeout is how long the lock is waited for."""
        self._engine = engine

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold it for the block; ConflictError while another run does."""
        with translated("wait for the one who moves keys"):
            connection = self._engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
            # Never kept for another: the lock ends as the connection does.
            connection.detach()
        with connection:
            with translated("wait for the one who moves keys"):
                connection.execute(_TAKE)
            yield
