"""The embedded Airflow: four processes of our own, and the step before them.

`airflow standalone` would force another auth manager, take longer and orphan
its children when it is stopped (measured).
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from custody.adapters.embedded.airflow_config import (
    AirflowPlaces,
    write_config,
    write_private,
)
from custody.adapters.embedded.surroundings import lent
from custody.domain.language import Text
from custody.errors import WorldError

PREPARE_TIMEOUT_SECONDS = 300
_INCLUDE = Path(__file__).resolve().parents[3]

PROCESSES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    # -s: no log server, which would listen on every interface.
    "scheduler": ("scheduler", "-s"),
    "dag-processor": ("dag-processor",),
    # It waits for people's answers (reviews), so it stands back at the start.
    "triggerer": ("triggerer", "-s"),
}

LOGINS = (("admin", "admin"), ("operator", "operator"), ("steward", "steward"))
"""The people of an embedded stack: login name and role."""
TRIGGER_LOGIN = ("sweep", "sweep")
"""The service that starts intake runs, and may do nothing else."""
_NOT_PREPARED = Text(
    "Airflow 的数据库未能建立（退出码 {code}）；见 {log}",
    "Airflow's database was not prepared (code {code}); see {log}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedAirflow:
    """One Airflow; `custody_environment` is what its tasks know of the world."""

    places: AirflowPlaces
    custody_environment: Mapping[str, str]

    def prepare(self) -> subprocess.Popen[bytes]:
        """Write the configuration and start migrating; `await_prepared` ends it.

        Tables, roles, users and pools are made or brought up to date in one
        process, because importing Airflow is what costs time.
        """
        write_config(self.places)
        self._ensure_logins()
        log = (self.places.home / "prepare.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", "custody.orchestration.prepare"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                cwd=self.places.home,
                start_new_session=True,
            )

    def await_prepared(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for `prepare`; WorldError names the log when it failed."""
        log = self.places.home / "prepare.log"
        try:
            code = process.wait(PREPARE_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if code:
            raise _NOT_PREPARED.as_error(WorldError, code=code, log=log)

    def command(self, name: str) -> list[str]:
        """Return the command line of one of PROCESSES."""
        command = [sys.executable, "-m", "airflow", *PROCESSES[name]]
        return ["nice", "-n", "10", *command] if name == "triggerer" else command

    def environment(self) -> dict[str, str]:
        """Return the whole environment of Airflow's processes; no secret in it.

        But the credentials of an object store, when one is configured.
        """
        return {
            **lent(os.environ, settings=self.custody_environment),
            **self.custody_environment,
            "AIRFLOW_HOME": str(self.places.home),
            "CUSTODY_AIRFLOW_URL": self.places.local_url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(_INCLUDE),
            "PYTHONUNBUFFERED": "1",
        }

    def logins(self) -> dict[str, str]:
        """Return login name -> generated password of the people."""
        kept: dict[str, str] = json.loads(self._logins_file.read_text(encoding="utf-8"))
        return kept

    @property
    def _logins_file(self) -> Path:
        return self.places.home / "logins.json"

    def _ensure_logins(self) -> None:
        """Draw passwords once; Airflow itself stores only their hashes."""
        if not self._logins_file.exists():
            drawn = {name: secrets.token_urlsafe(12) for name, _ in LOGINS}
            write_private(self._logins_file, json.dumps(drawn))
        trigger = self.places.home / "trigger.json"
        password = secrets.token_urlsafe(24)
        if trigger.exists():
            password = json.loads(trigger.read_text(encoding="utf-8"))["password"]
        named = {
            "url": self.places.local_url,
            "username": TRIGGER_LOGIN[0],
            "password": password,
        }
        write_private(trigger, json.dumps(named))
