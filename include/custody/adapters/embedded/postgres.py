"""PostgreSQL 18 of the wheel: set up, started and stopped for the embedded default.

The wheel's own starter trusts everybody and opens parent folders for reading
(measured); so only its programs are used.  The server listens on a Unix socket
alone, every role has a generated password, and `pg_hba.conf` admits to each
database its own roles by scram-sha-256.  Repeatable at every step: a second
start, or one after a kill, ends in the same state.
"""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from custody.adapters.database import read_password, role_engine, role_url
from custody.adapters.embedded import cluster_files, postmaster, provision
from custody.adapters.keyring.schema import migrate_keyring
from custody.adapters.roles import (
    AIRFLOW_DATABASE,
    AIRFLOW_ROLE,
    KEYRING_DATABASE,
    KEYRING_OWNER,
    WAREHOUSE_DATABASE,
    WAREHOUSE_OWNER,
)
from custody.adapters.warehouse.schema import migrate_warehouse
from custody.domain.language import Text
from custody.errors import WorldError

START_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.05
_INITDB = Text(
    "initdb 失败（退出码 {code}）；见 {home}",
    "initdb failed with code {code}; see {home}",
)
_DID_NOT = Text(
    "PostgreSQL 未能 {action}（退出码 {code}）；见 {log}",
    "PostgreSQL did not {action} (code {code}); see {log}",
)
_SILENT = Text(
    "PostgreSQL 没有应答；见 {home}", "PostgreSQL does not answer; see {home}"
)


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One embedded server: `home` holds its files, `credentials` its passwords.

    As root the server runs as the user `pgserver`, for PostgreSQL refuses root.
    """

    home: Path
    credentials: Path

    def start(self) -> None:
        """Set up what is missing, start, and migrate; idempotent.

        WorldError when the server does not come up.
        """
        account = cluster_files.server_account()
        sockets = cluster_files.prepare_folders(self._home, account)
        if not (self._files / "PG_VERSION").exists():
            self._initialise(account)
        cluster_files.write_settings(self._files, sockets, account)
        lived = self.running()
        self._bring_up(sockets)
        if lived:
            self._pg_ctl("reload")
        provision.provision(self._server_url(), self.credentials)
        self._migrate(self.warehouse_url, WAREHOUSE_OWNER, migrate_warehouse)
        self._migrate(self.keyring_url, KEYRING_OWNER, migrate_keyring)

    def _migrate(self, url: str, owner: str, to_head: Callable[[Engine], None]) -> None:
        engine = role_engine(url, role=owner, credentials=self.credentials)
        try:
            to_head(engine)
        finally:
            engine.dispose()

    def stop(self) -> None:
        """Stop cleanly, clients disconnected; idempotent."""
        if self.running():
            self._pg_ctl("stop", "-m", "fast")

    def running(self) -> bool:
        """Whether the server of this home is up."""
        return postmaster.server_lives(self._files)

    @property
    def warehouse_url(self) -> str:
        """The value of CUSTODY_WAREHOUSE_URL for this server."""
        return self.database_url(WAREHOUSE_DATABASE)

    @property
    def keyring_url(self) -> str:
        """The value of CUSTODY_KEYRING_URL for this server."""
        return self.database_url(KEYRING_DATABASE)

    def airflow_url(self, driver: str = "psycopg2") -> str:
        """Return Airflow's metadata URL, password included: keep it out of logs."""
        url = role_url(
            self.database_url(AIRFLOW_DATABASE),
            role=AIRFLOW_ROLE,
            password=read_password(self.credentials, AIRFLOW_ROLE),
        )
        return url.set(drivername=f"postgresql+{driver}").render_as_string(
            hide_password=False
        )

    def database_url(self, database: str) -> str:
        """Return the URL of a database of this server, without user."""
        return f"postgresql:///{database}?host={self.socket_folder}"

    @property
    def socket_folder(self) -> Path:
        """Where the server's Unix socket lies."""
        return cluster_files.socket_folder(self._home)

    @property
    def _home(self) -> Path:
        return self.home.resolve()

    @property
    def _files(self) -> Path:
        return self._home / "cluster"

    def _server_url(self) -> str:
        return self.database_url("postgres")

    def _initialise(self, account: cluster_files.Account) -> None:
        """Create the cluster with a password for the superuser from the start."""
        password = provision.ensure_password(self.credentials, provision.SUPERUSER)
        with cluster_files.handed_over(password, self._home, account) as file:
            code = self._program(
                "initdb",
                *("-D", str(self._files), "-U", provision.SUPERUSER),
                *("-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"),
                *("-A", "scram-sha-256", f"--pwfile={file}"),
            )
        if code:
            raise _INITDB.as_error(WorldError, code=code, home=self._home)

    def _bring_up(self, sockets: Path) -> None:
        """Start it unless it answers; wait for one that heals a crash of its own."""
        patience = time.monotonic() + START_TIMEOUT_SECONDS
        while not postmaster.server_answers(self._server_url()):
            if not self.running():
                postmaster.clear_after_death(self._files, sockets)
                self._pg_ctl("start", "-l", str(self._home / "postgres.log"))
            elif time.monotonic() > patience:
                raise _SILENT.as_error(WorldError, home=self._home)
            time.sleep(_POLL_SECONDS)

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        wait = ("-w", "-t", str(START_TIMEOUT_SECONDS))
        code = self._program(
            "pg_ctl", "-D", str(self._files), *wait, *arguments, action
        )
        if code:
            log = self._home / "postgres.log"
            raise _DID_NOT.as_error(WorldError, action=action, code=code, log=log)

    def _program(self, name: str, *arguments: str) -> int:
        """Run a program of the wheel as the server's account, without core dumps."""
        account = cluster_files.server_account()
        command = [str(cluster_files.programs() / name), *arguments]
        with (self._home / "setup.log").open("ab") as log:
            done = subprocess.run(  # noqa: S603 - our own command, no shell input
                ["/bin/sh", "-c", 'ulimit -c 0; umask 077; exec "$@"', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                check=False,
                start_new_session=True,
                **account.as_subprocess(),
            )
        return done.returncode
