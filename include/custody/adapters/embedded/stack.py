"""The embedded stack: PostgreSQL, then Airflow on it, up and down.

Every step may be repeated: a second `up` finds what runs, one after a kill ends
what was left behind and starts anew.
"""

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from custody.adapters.embedded import stack_words as words
from custody.adapters.embedded import supervisor
from custody.adapters.embedded.airflow import PROCESSES, EmbeddedAirflow
from custody.adapters.embedded.airflow_config import AirflowPlaces, write_private
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import ensure_password
from custody.adapters.roles import (
    AIRFLOW_ROLE,
    KEYRING_BACKUP,
    KEYRING_DESTROYER,
    KEYRING_EXPORTER,
    KEYRING_LOADER,
    KEYRING_REBUILDER,
    KEYRING_SWEEPER,
    WAREHOUSE_BACKUP,
    WAREHOUSE_DESTROYER,
    WAREHOUSE_EXPORTER,
    WAREHOUSE_LOADER,
    WAREHOUSE_READER,
    WAREHOUSE_REBUILDER,
    WAREHOUSE_REGISTRAR,
)
from custody.adapters.shipped import shipped
from custody.domain.language import Text
from custody.errors import ConfigurationError, WorldError

HEALTH_TIMEOUT_SECONDS = 180
ANSWER_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.2
TASK_CREDENTIALS = (
    *(WAREHOUSE_LOADER, WAREHOUSE_EXPORTER, WAREHOUSE_REBUILDER, WAREHOUSE_READER),
    *(WAREHOUSE_REGISTRAR, WAREHOUSE_DESTROYER, WAREHOUSE_BACKUP),
    *(KEYRING_LOADER, KEYRING_EXPORTER, KEYRING_REBUILDER, KEYRING_SWEEPER),
    *(KEYRING_DESTROYER, KEYRING_BACKUP),
    "smtp",
)
"""What the one executor needs, which serves every queue here, the destroyer's and
the backup's too; `docker-compose.yml` gives those to workers of their own."""
_PARTS = ("metadatabase", "scheduler", "dag_processor")
_TAKEN = Text(
    "CUSTODY_PORT：端口 {port} 已被占用；请换一个",
    "CUSTODY_PORT: port {port} is taken; choose another",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedStack:
    """One stack under `home`; `environment` is what its tasks know of the world.

    `port` None: the port of the last start, or any free one.
    """

    home: Path
    environment: dict[str, str]
    port: int | None = None
    dags: Path = field(default_factory=partial(shipped, "dags"))
    plugins: Path = field(default_factory=partial(shipped, "plugins"))

    def up(
        self,
        tell: Callable[[str], None] = lambda _: None,
        *,
        with_databases: Callable[[], None] = lambda: None,
    ) -> EmbeddedAirflow:
        """Start what is not running and wait until it is healthy.

        `tell` receives one English word for each step done; `with_databases` is
        called when PostgreSQL is up, while Airflow prepares itself.  When a step
        fails, what this call started is stopped again.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as started:
            if not supervisor.is_running(self._folder):
                if not self.postgres.running():
                    started.callback(self.postgres.stop)
                started.callback(supervisor.stop, self._folder)
            airflow = self._up(tell, with_databases, started)
            started.pop_all()
        return airflow

    def _up(
        self,
        tell: Callable[[str], None],
        with_databases: Callable[[], None],
        started: ExitStack,
    ) -> EmbeddedAirflow:
        ensure_password(self.postgres.credentials, AIRFLOW_ROLE)
        if supervisor.is_running(self._folder):
            airflow = self.airflow()
            self._start_databases(tell, with_databases)
        else:
            supervisor.end_leftovers(self._folder)  # they hold the port
            airflow = self.airflow()
            # It imports Airflow while PostgreSQL starts, and waits for it.
            preparing = airflow.prepare()
            started.callback(_end, preparing)
            self._start_databases(tell, with_databases)
            airflow.await_prepared(preparing)
            tell("prepared")
            self._start(airflow)
        self._await_health(airflow.places.local_url)
        tell("airflow")
        return airflow

    def down(self) -> None:
        """Stop Airflow, then PostgreSQL; idempotent."""
        supervisor.stop(self._folder)
        self.postgres.stop()

    def running(self) -> bool:
        """Whether Airflow's supervisor lives."""
        return supervisor.is_running(self._folder)

    @property
    def postgres(self) -> EmbeddedPostgres:
        """The PostgreSQL of this stack."""
        return EmbeddedPostgres(self.home / "postgres", self.home / "credentials")

    def airflow(self) -> EmbeddedAirflow:
        """Return the Airflow of this stack; picks its port at the first call."""
        return EmbeddedAirflow(
            places=AirflowPlaces(
                home=self._folder,
                port=self._choose_port(),
                database_url=self.postgres.airflow_url(),
                dags=self.dags,
                plugins=self.plugins,
            ),
            custody_environment={
                **self.environment,
                "CUSTODY_CREDENTIALS_DIR": str(self._task_credentials),
            },
        )

    @property
    def _folder(self) -> Path:
        return self.home / "airflow"

    def _start_databases(
        self, tell: Callable[[str], None], with_databases: Callable[[], None]
    ) -> None:
        self.postgres.start()
        lend_credentials(self.postgres.credentials, self._task_credentials)
        tell("postgresql")
        with_databases()
        tell("databases")

    @property
    def _task_credentials(self) -> Path:
        return self._folder / "credentials"

    def _start(self, airflow: EmbeddedAirflow) -> None:
        commands = {name: airflow.command(name) for name in PROCESSES}
        write_private(self._folder / "commands.json", json.dumps(commands))
        supervisor.start_detached(self._folder, airflow.environment(), self._folder)

    def _choose_port(self) -> int:
        """Return the port in use, else the wished one, the last one, a free one."""
        kept = self._folder / "port"
        last = int(kept.read_text(encoding="ascii")) if kept.exists() else None
        if last is not None and supervisor.is_running(self._folder):
            return last
        if self.port is not None and not _is_free(self.port):
            raise _TAKEN.as_error(ConfigurationError, port=self.port)
        port = self.port or (last if last and _is_free(last) else _free_port())
        write_private(kept, str(port))
        return port

    def _await_health(self, url: str) -> None:
        deadline = time.monotonic() + HEALTH_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if _is_healthy(url):
                return
            if not supervisor.is_running(self._folder):
                time.sleep(_POLL_SECONDS)  # it may not have taken its lock yet
            time.sleep(_POLL_SECONDS)
        raise words.UNHEALTHY.as_error(WorldError, folder=self._folder)


def lend_credentials(kept: Path, lent: Path) -> None:
    """Copy the passwords that tasks and pages need: no owner's, no superuser's."""
    for name in TASK_CREDENTIALS:
        if (kept / name).exists():
            write_private(lent / name, (kept / name).read_text(encoding="utf-8"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that nobody waits for any more; one that ended is fine."""
    process.kill()
    process.wait()


def _is_healthy(url: str) -> bool:
    """Whether Airflow serves pages and tasks.

    The address that tasks call is asked first: it takes seconds to answer for
    the first time, which would else be the first task's seconds (measured).
    """
    tasks = _answer(f"{url}/execution/health")
    parts = _answer(f"{url}/api/v2/monitor/health")
    return tasks.get("status") == "healthy" and all(
        parts.get(part, {}).get("status") == "healthy" for part in _PARTS
    )


def _answer(url: str) -> dict[str, Any]:
    """Return what an address answers; nothing while nobody is there."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own address
            answered: dict[str, Any] = json.load(answer)
    except (OSError, ValueError):
        return {}
    return answered


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port: int = attempt.getsockname()[1]
    return port
