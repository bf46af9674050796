"""The client of Airflow's API, against a server that answers as Airflow does."""

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from custody.adapters.airflow_api import AirflowApi
from custody.errors import ConfigurationError, WorldError

pytestmark = pytest.mark.integration


class _Airflow(http.server.BaseHTTPRequestHandler):
    """Knows one DAG and one login; remembers run ids."""

    runs: ClassVar[dict[str, Any]] = {}
    broken: ClassVar[bool] = False

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        if self.path == "/auth/token":
            good = body == {"username": "sweep", "password": "right"}
            self._answer(201 if good else 401, {"access_token": "t"})
        elif "intake__website" not in self.path:
            self._answer(404, {})
        elif self.broken:
            self._answer(500, {})
        else:
            known = body["dag_run_id"] in self.runs
            self.runs.setdefault(body["dag_run_id"], body)
            self._answer(409 if known else 200, body)

    def do_GET(self) -> None:
        self._answer(403 if self.path == "/denied" else 404, {})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def url() -> Iterator[str]:
    """Serve on a free port."""
    _Airflow.runs.clear()
    _Airflow.broken = False
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Airflow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_run_carries_our_id_and_the_date_as_its_key(url: str) -> None:
    """The partition key is the business date; asking twice starts once."""
    api = AirflowApi(url, "sweep", "right")

    answers = [
        api.start_intake("website", dt.date(2026, 11, 23), run_id="r1")
        for _ in range(2)
    ]

    assert answers == [True, False]
    assert _Airflow.runs["r1"]["partition_key"] == "2026-11-23"
    assert _Airflow.runs["r1"]["logical_date"] is None


def test_a_run_without_a_date_has_no_key(url: str) -> None:
    """It takes all dates."""
    AirflowApi(url, "sweep", "right").start_intake("website", None, run_id="r2")

    assert "partition_key" not in _Airflow.runs["r2"]


def test_whose_fault_it_is(url: str) -> None:
    """A wrong login and an unknown DAG are ours to mend, the rest may pass."""
    api = AirflowApi(url, "sweep", "right")

    with pytest.raises(ConfigurationError, match="login"):
        AirflowApi(url, "sweep", "wrong").has_dag("intake__website")
    with pytest.raises(ConfigurationError, match="no DAG"):
        api.start_run("intake__unknown", run_id="r")
    with pytest.raises(ConfigurationError, match="denies"):
        api.call("GET", "/denied")
    _Airflow.broken = True
    with pytest.raises(WorldError, match="500"):
        api.start_intake("website", None, run_id="r3")
    with pytest.raises(WorldError, match="cannot be reached"):
        AirflowApi("http://127.0.0.1:9", "sweep", "right").has_dag("x")
    with pytest.raises(ConfigurationError, match="http"):
        AirflowApi("file:///etc/passwd", "sweep", "right").has_dag("x")


def test_a_password_is_never_shown() -> None:
    """Neither by repr nor in an error."""
    assert "right" not in repr(AirflowApi("http://x", "sweep", "right"))
