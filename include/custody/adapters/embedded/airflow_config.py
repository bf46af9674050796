"""Airflow's configuration for the embedded stack: one file, mode 0600.

Secrets stand in the file and not in the environment, because every task of
Airflow inherits the environment of the scheduler.  Only the loopback address is
served, nothing is reported to anybody, examples are off.
"""

import base64
import configparser
import io
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

PARALLEL_TASKS = 4
DAG_REFRESH_SECONDS = 10
DAG_REPARSE_SECONDS = 30
SESSION_MINUTES = 60
_SECRET_BYTES = 32

_WEB_SETTINGS = """\
# Written by custody at every start; changes here are lost.
from flask_appbuilder.const import AUTH_DB

AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per 20 second"
WTF_CSRF_ENABLED = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
FAB_ADD_SECURITY_API = False
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowPlaces:
    """Where this Airflow lives: its home, its page's port, its database, our code."""

    home: Path
    port: int
    database_url: str
    dags: Path
    plugins: Path

    @property
    def page_url(self) -> str:
        """The address of the web page, for people."""
        return f"http://localhost:{self.port}"

    @property
    def local_url(self) -> str:
        """The same for programs: no name to resolve."""
        return f"http://127.0.0.1:{self.port}"


def write_config(places: AirflowPlaces) -> None:
    """Write `airflow.cfg` and `webserver_config.py`; repeatable."""
    parser = configparser.RawConfigParser()
    for section, options in _options(places, _ensure_secrets(places.home)).items():
        parser[section] = {name: _escaped(value) for name, value in options.items()}
    text = io.StringIO()
    parser.write(text)
    write_private(places.home / "airflow.cfg", text.getvalue())
    write_private(places.home / "webserver_config.py", _WEB_SETTINGS)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _ensure_secrets(home: Path) -> dict[str, str]:
    """Return the secrets of this Airflow, drawn once and kept."""
    path = home / "secrets.json"
    if not path.exists():
        drawn = {
            "fernet_key": base64.urlsafe_b64encode(
                secrets.token_bytes(_SECRET_BYTES)
            ).decode(),
            "jwt_secret": secrets.token_urlsafe(2 * _SECRET_BYTES),
            "secret_key": secrets.token_urlsafe(_SECRET_BYTES),
        }
        write_private(path, json.dumps(drawn))
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def _options(
    places: AirflowPlaces, secret: dict[str, str]
) -> dict[str, dict[str, str | int]]:
    return {**_engine_options(places, secret), **_page_options(places, secret)}


def _engine_options(
    places: AirflowPlaces, secret: dict[str, str]
) -> dict[str, dict[str, str | int]]:
    return {
        "core": {
            "auth_manager": "custody.orchestration.auth.CustodyAuthManager",
            "dags_are_paused_at_creation": "False",
            "dags_folder": str(places.dags),
            "execution_api_server_url": f"{places.local_url}/execution/",
            "executor": "custody.orchestration.executor.QuietLocalExecutor",
            "fernet_key": secret["fernet_key"],
            "load_examples": "False",
            # The executor's quiet workers and its warm imports need a fork.
            "mp_start_method": "fork",
            "parallelism": PARALLEL_TASKS,
            "plugins_folder": str(places.plugins),
        },
        "database": {
            "load_default_connections": "False",
            "sql_alchemy_conn": places.database_url,
        },
        "dag_processor": {
            "min_file_process_interval": DAG_REPARSE_SECONDS,
            "parsing_processes": 1,
            "refresh_interval": DAG_REFRESH_SECONDS,
        },
        "scheduler": {"scheduler_idle_sleep_time": "0.3"},
        "logging": {"base_log_folder": str(places.home / "logs")},
        "usage_data_collection": {"enabled": "False"},
    }


def _page_options(
    places: AirflowPlaces, secret: dict[str, str]
) -> dict[str, dict[str, str | int]]:
    return {
        "api": {
            "base_url": places.page_url,
            "enable_swagger_ui": "False",
            "expose_config": "False",
            "host": "127.0.0.1",
            "port": places.port,
            "secret_key": secret["secret_key"],
            "workers": 1,
        },
        "api_auth": {"jwt_secret": secret["jwt_secret"]},
        "fab": {
            "config_file": str(places.home / "webserver_config.py"),
            "session_lifetime_minutes": SESSION_MINUTES,
            "update_fab_perms": "False",  # `prepare` decides what roles may do
        },
    }


def _escaped(value: str | int) -> str:
    """Keep `%` from being read as interpolation."""
    return str(value).replace("%", "%%")
