"""An embedded server that a test may hurry."""

from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser


def without_fsync(server: EmbeddedPostgres) -> None:
    """Let a running server leave its writes to the operating system.

    What is committed still outlives the death of any process, the server's too;
    only the machine's own death would lose it, and no test can kill that.
    """
    url = server.database_url("postgres")
    with connect_superuser(url, server.credentials) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
