"""One embedded stack for all tests with real Airflow: PostgreSQL and four processes."""

import contextlib
import dataclasses
import datetime as dt
import io
import json
import random
import secrets
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from custody.adapters.airflow_api import AirflowApi
from custody.adapters.config import Settings, read_settings
from custody.adapters.embedded.airflow import EmbeddedAirflow
from custody.adapters.embedded.stack import EmbeddedStack
from custody.bootstrap import Custody, open_custody
from custody.cli.demo_people import Inventor
from custody.cli.demo_runs import Runs
from custody.cli.up import prepare_keys
from custody.domain.delivery import DeliveryId
from custody.domain.language import Language

TIMEOUT_SECONDS = 30


@dataclasses.dataclass
class Heard:
    """A StatsD server of the moment: the last value of each of our gauges."""

    listening: socket.socket

    @property
    def environment(self) -> dict[str, str]:
        """Return how Airflow is told of it."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self.listening.getsockname()[1]),
            # Airflow tells of our pools in every second: the socket would be full.
            "AIRFLOW__METRICS__METRICS_ALLOW_LIST": "^custody[.]",
        }

    def hear(self) -> dict[str, float]:
        """Take what has come, and forget it; name to value."""
        self.listening.setblocking(False)  # noqa: FBT003 - of the library
        heard: dict[str, float] = {}
        with contextlib.suppress(BlockingIOError):
            while packet := self.listening.recv(1_500):
                name, _, value = packet.decode().removesuffix("|g").partition(":")
                heard[name] = float(value)
        return heard


@contextlib.contextmanager
def listening_to_figures() -> Iterator[Heard]:
    """Listen, and tell every Airflow that starts meanwhile where."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        heard = Heard(listening)
        with pytest.MonkeyPatch.context() as patched:
            for name, value in heard.environment.items():
                patched.setenv(name, value)
            yield heard


@dataclasses.dataclass
class Running:
    """A running stack, and what a test may do with it."""

    settings: Settings
    stack: EmbeddedStack
    airflow: EmbeddedAirflow
    heard: Heard

    @property
    def custody(self) -> Custody:
        """Custody over the same home."""
        return open_custody(self.settings)

    @property
    def api(self) -> AirflowApi:
        """The API, as the service that starts runs."""
        return AirflowApi.from_file(
            self.settings.airflow_credentials_file, self.airflow.places.local_url
        )

    def land(
        self, day: dt.date, *, rows: int = 5, source: str = "website"
    ) -> DeliveryId:
        """Land a delivery of website forms."""
        inventor = Inventor(random.Random(secrets.randbits(64)))  # noqa: S311 - rows
        lines = [
            json.dumps(inventor.website_row(day, right=True), ensure_ascii=False)
            for _ in range(rows)
        ]
        content = io.BytesIO("\n".join(lines).encode())
        return self.custody.deliver(
            source, {"forms.jsonl": content}, business_date=day
        ).delivery_id

    def intake(
        self, day: dt.date, source: str = "website"
    ) -> Sequence[tuple[str, str]]:
        """Run a source's intake for a date; return the runs that failed."""
        runs = Runs(self.api, day)
        runs.start_intakes([source])
        return runs.wait()

    def as_user(
        self,
        login: str | None,
        method: str,
        path: str,
        body: object | None = None,
    ) -> tuple[int, Any]:
        """Call any address as a person; return status and JSON or text."""
        headers = {"Content-Type": "application/json"}
        if login is not None:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.airflow.places.local_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                request, timeout=TIMEOUT_SECONDS
            ) as answer:
                return answer.status, _parsed(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _parsed(error.read())

    def token(self, login: str) -> str:
        """Log in."""
        named = {"username": login, "password": self.airflow.logins()[login]}
        status, answer = self.as_user(None, "POST", "/auth/token", named)
        assert status == 201
        return str(answer["access_token"])


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    """Bring a stack up, and down after the last test of this folder.

    Not at the end of all: four processes that wait take a third of a core.
    Not under pytest's own temporary folder: every pytest that starts closes that
    to the database server's account.
    """
    home = Path(tempfile.mkdtemp(prefix="custody-stack-"))
    settings = read_settings({"CUSTODY_HOME": str(home)})
    stack = EmbeddedStack(home=home, environment=settings.environment())
    with listening_to_figures() as heard:
        try:
            airflow = stack.up(
                with_databases=lambda: prepare_keys(settings, Language.EN)
            )
            yield Running(settings, stack, airflow, heard)
        finally:
            stack.down()
            shutil.rmtree(home)


@pytest.fixture(scope="session")
def tree() -> Path:
    """Return the root of the project."""
    return Path(__file__).parents[2]
