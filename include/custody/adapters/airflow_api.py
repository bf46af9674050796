"""Airflow's public API: start a run of a delivery's date, and see how it goes.

The run's id is ours, so that asking twice starts once (409 is an answer).
"""

import datetime as dt
import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from custody.domain.language import Text
from custody.errors import ConfigurationError, WorldError

TIMEOUT_SECONDS = 30
_CONFLICT = 409
_NOT_FOUND = 404
_DENIED = frozenset({401, 403})
_NO_DAG = Text("Airflow 中（尚）没有 DAG {dag_id}", "Airflow has no DAG {dag_id} (yet)")
_DENIES = Text(
    "Airflow 拒绝 {username} 执行 {method} {path}",
    "Airflow denies {method} {path} to {username}",
)
_OTHER_ANSWER = Text(
    "Airflow 对 {method} {path} 返回 {code}",
    "Airflow answered {code} to {method} {path}",
)
_LOGIN = Text(
    "Airflow 拒绝 {username} 登录（状态码 {code}）",
    "Airflow refuses the login {username} (status {code})",
)
_SCHEME = Text(
    "CUSTODY_AIRFLOW_URL：应以 http:// 或 https:// 开头",
    "CUSTODY_AIRFLOW_URL starts with http:// or https://",
)
_NO_JSON = Text("Airflow 的应答不是 JSON", "Airflow answered something that is no JSON")
_NO_LOGIN = Text(
    "{file}：没有 Airflow 登录信息；`custody up` 会写入",
    "{file}: no login of Airflow; `custody up` writes it",
)
_UNREACHED = Text("无法连接 Airflow：{what}", "Airflow cannot be reached: {what}")


@dataclass(slots=True)
class AirflowApi:
    """One login at one Airflow; the password and the token have no `repr`."""

    url: str
    username: str
    password: str = field(repr=False)
    _token: str | None = field(default=None, repr=False)

    @classmethod
    def from_file(cls, file: Path, url: str | None = None) -> Self:
        """Read {"url", "username", "password"}; `url` overrides the file's.

        ConfigurationError names the file when it is absent or incomplete.
        """
        try:
            named = json.loads(file.read_text(encoding="utf-8"))
            return cls(url or named["url"], named["username"], named["password"])
        except (OSError, ValueError, KeyError):
            raise _NO_LOGIN.as_error(ConfigurationError, file=file) from None

    def start_intake(
        self, source_id: str, business_date: dt.date | None, *, run_id: str
    ) -> bool:
        """Start a run of `intake__<source>`; False when this run id is known."""
        return self.start_run(
            f"intake__{source_id}",
            run_id=run_id,
            partition_key=None if business_date is None else business_date.isoformat(),
        )

    def start_run(
        self, dag_id: str, *, run_id: str, partition_key: str | None = None
    ) -> bool:
        """Start a run; False when there is one of this id already.

        ConfigurationError when Airflow knows no such DAG or denies it.
        """
        body: dict[str, str | None] = {"dag_run_id": run_id, "logical_date": None}
        if partition_key is not None:
            body["partition_key"] = partition_key
        code, _ = self.call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", body)
        if code == _NOT_FOUND:
            raise _NO_DAG.as_error(ConfigurationError, dag_id=dag_id)
        return code != _CONFLICT

    def run_state(self, dag_id: str, run_id: str) -> str | None:
        """Return a run's state such as `running` or `success`; None if unknown."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"
        code, answer = self.call("GET", path)
        return None if code == _NOT_FOUND else str(answer["state"])

    def has_dag(self, dag_id: str) -> bool:
        """Whether Airflow has parsed a DAG of this id."""
        code, _ = self.call("GET", f"/api/v2/dags/{quote(dag_id)}")
        return code != _NOT_FOUND

    def call(
        self, method: str, path: str, body: object | None = None
    ) -> tuple[int, Any]:
        """Call and return status and JSON; 404 and 409 are answers.

        ConfigurationError when access is denied, WorldError for other failures.
        """
        if self._token is None:
            self._token = self._log_in()
        code, answer = self._send(method, path, body)
        if code in _DENIED:
            raise _DENIES.as_error(
                ConfigurationError, method=method, path=path, username=self.username
            )
        if code >= http.client.BAD_REQUEST and code not in {_CONFLICT, _NOT_FOUND}:
            raise _OTHER_ANSWER.as_error(
                WorldError, code=code, method=method, path=path
            )
        return code, answer

    def _log_in(self) -> str:
        named = {"username": self.username, "password": self.password}
        code, answer = self._send("POST", "/auth/token", named)
        if code >= http.client.BAD_REQUEST:
            raise _LOGIN.as_error(ConfigurationError, username=self.username, code=code)
        return str(answer["access_token"])

    def _send(self, method: str, path: str, body: object | None) -> tuple[int, Any]:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise _SCHEME.as_error(ConfigurationError)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self.url.rstrip("/") + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with urllib.request.urlopen(  # noqa: S310 - the scheme is checked above
                request, timeout=TIMEOUT_SECONDS
            ) as answer:
                return answer.status, _read_json(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, None
        except (OSError, http.client.HTTPException) as error:
            raise _UNREACHED.as_error(WorldError, what=type(error).__name__) from None


def _read_json(content: bytes) -> object:
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise _NO_JSON.as_error(WorldError) from None
