"""One way to reach a database: by URL without user, as a named login role.

The URL names the place, the role is chosen by identity, and its password lies
in a file of the credentials folder (design section 5).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from custody.adapters.sql_errors import translated
from custody.errors import ConfigurationError

LOCK_TIMEOUT_SECONDS = 60
_OTHERS = 0o077


def read_password(credentials: Path, role: str) -> str:
    """Return a role's password; ConfigurationError when absent or not private."""
    path = credentials / role
    try:
        mode = path.stat().st_mode
        password = path.read_text(encoding="utf-8").strip()
    except OSError:
        message = f"{path}: no password for the database role {role}"
        raise ConfigurationError(message) from None
    if mode & _OTHERS:
        message = f"{path}: others may read this password; set its mode to 0600"
        raise ConfigurationError(message)
    return password


def role_url(url: str, *, role: str, password: str) -> URL:
    """Return the SQLAlchemy URL of a role; ConfigurationError unless PostgreSQL."""
    try:
        parsed = make_url(url)
    except ValueError:
        parsed = None
    if parsed is None or not parsed.drivername.startswith("postgres"):
        message = "a database URL starts with postgresql://"
        raise ConfigurationError(message)
    return parsed.set(drivername="postgresql+psycopg", username=role, password=password)


def connect_engine(
    url: str,
    *,
    role: str,
    password: str,
    lock_timeout_seconds: int = LOCK_TIMEOUT_SECONDS,
) -> Engine:
    """Return an engine that connects as a role; no connection is made yet.

    Connections are not pooled: a task uses few, and a fork must not share one.
    Parameters are hidden from every error and log line.
    """
    options = f"-c lock_timeout={lock_timeout_seconds}s -c timezone=UTC"
    return create_engine(
        role_url(url, role=role, password=password),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"options": options, "application_name": f"custody {role}"},
    )


def role_engine(url: str, *, role: str, credentials: Path) -> Engine:
    """Return the engine of a role whose password is in the credentials folder."""
    return connect_engine(url, role=role, password=read_password(credentials, role))


@contextmanager
def transaction(engine: Engine, place: str) -> Iterator[Connection]:
    """Open one transaction: commit at a clean exit, else roll back.

    Database errors leave it as Custody's (`translated`).
    """
    with translated(place), engine.begin() as connection:
        yield connection


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Return psycopg's own connection under a SQLAlchemy one, for COPY."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        message = "the database driver must be psycopg 3"
        raise ConfigurationError(message)
    return raw
