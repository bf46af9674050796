"""A PostgreSQL for one restore drill: in a folder of the moment, with roles of its own.

Nothing on it is meant to last, so it writes to disk when it likes; what a killed drill
left goes with the next one, and a server whose files are gone stops by itself.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.scratch import scratch_folder
from custody.adapters.sql_errors import translated

_HASTY = "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"


@contextmanager
def throwaway_server(work: Path) -> Iterator[EmbeddedPostgres]:
    """Start one in the work folder; it is stopped and removed in every case."""
    with scratch_folder(work) as folder:
        server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
        try:
            server.start()
            url = server.database_url("postgres")
            with (
                translated("hasten the drill's server"),
                connect_superuser(url, server.credentials) as connection,
            ):
                for statement in _HASTY:
                    connection.execute(statement)
            yield server
        finally:
            server.stop()
            shutil.rmtree(server.socket_folder, ignore_errors=True)
