"""One way to reach a database: by URL without user, as a named login role.

The URL names the place, the role is chosen by identity, and its password lies
in a file of the credentials folder (design section 5).
"""

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from custody.adapters.sql_errors import translated
from custody.domain.language import Text
from custody.errors import ConfigurationError

LOCK_TIMEOUT_SECONDS = 60
_OTHERS = 0o077
_READABLE = Text(
    "{path}：他人可读此密码；请将权限设为 0600",
    "{path}: others may read this password; set its mode to 0600",
)
_SCHEME = Text(
    "数据库 URL 应以 postgresql:// 开头", "a database URL starts with postgresql://"
)
_DRIVER = Text("数据库驱动必须是 psycopg 3", "the database driver must be psycopg 3")
_NO_PASSWORD = Text(
    "{path}：没有数据库角色 {role} 的密码：由 `custody up` 写入；"
    "自有服务器的请放在此处",
    "{path}: no password for the database role {role}: `custody up` writes it; of"
    " servers of your own put it there",
)


def read_password(credentials: Path, role: str) -> str:
    """Return a role's password; ConfigurationError when absent or not private."""
    path = credentials / role
    try:
        mode = path.stat().st_mode
        password = path.read_text(encoding="utf-8").strip()
    except OSError:
        raise _NO_PASSWORD.as_error(ConfigurationError, path=path, role=role) from None
    if mode & _OTHERS:
        raise _READABLE.as_error(ConfigurationError, path=path)
    return password


def role_url(url: str, *, role: str, password: str) -> URL:
    """Return the SQLAlchemy URL of a role; ConfigurationError unless PostgreSQL."""
    try:
        parsed = make_url(url)
    except ValueError:
        parsed = None
    if parsed is None or not parsed.drivername.startswith("postgres"):
        raise _SCHEME.as_error(ConfigurationError)
    return parsed.set(drivername="postgresql+psycopg", username=role, password=password)


def connect_engine(
    url: str,
    *,
    role: str,
    password: str,
    lock_timeout_seconds: int = LOCK_TIMEOUT_SECONDS,
) -> Engine:
    """Return an engine that connects as a role; no connection is made yet.

    A connection is kept from one transaction to the next, and a second for who reads
    ahead: a new one costs ten times a short transaction.  It is asked whether it
    lives before it is used again, and a forked child never has its parent's.  What
    holds for a session (a lock, a setting) must go with its user: such a user
    detaches its connection.
    Parameters are hidden from every error and log line.
    """
    options = f"-c lock_timeout={lock_timeout_seconds}s -c timezone=UTC"
    engine = create_engine(
        role_url(url, role=role, password=password),
        pool_size=2,
        max_overflow=-1,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": options, "application_name": f"custody {role}"},
    )
    _engines.add(engine)
    return engine


def role_engine(url: str, *, role: str, credentials: Path) -> Engine:
    """Return the engine of a role whose password is in the credentials folder."""
    return connect_engine(url, role=role, password=read_password(credentials, role))


class RoleEngines:
    """The engines of one credentials folder: one for each database and role."""

    def __init__(self, credentials: Path) -> None:
        """Take the folder with a password for each role."""
        self._credentials = credentials
        self._made: dict[tuple[str, str], Engine] = {}

    def __call__(self, url: str, role: str) -> Engine:
        """Return the engine of a role; the same for the same database."""
        if (url, role) not in self._made:
            made = role_engine(url, role=role, credentials=self._credentials)
            self._made[url, role] = made
        return self._made[url, role]

    def dispose(self) -> None:
        """Close every connection that is kept."""
        for engine in self._made.values():
            engine.dispose()


_engines: "weakref.WeakSet[Engine]" = weakref.WeakSet()


def _forget_connections() -> None:
    """Let go of what the parent keeps, without a word to its server."""
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


@contextmanager
def transaction(engine: Engine, place: str) -> Iterator[Connection]:
    """Open one transaction: commit at a clean exit, else roll back.

    Database errors leave it as Custody's (`translated`).
    """
    with translated(place), engine.begin() as connection:
        yield connection


_NO_FLUSH = text("SET LOCAL synchronous_commit = off")


@contextmanager
def unflushed(engine: Engine, place: str) -> Iterator[Connection]:
    """Open one transaction whose commit does not wait for the disk.

    For what counts only when a later transaction of the same server has committed,
    which waits, and takes everything before it along.
    """
    with transaction(engine, place) as connection:
        connection.execute(_NO_FLUSH)
        yield connection


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Return psycopg's own connection under a SQLAlchemy one, for COPY."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise _DRIVER.as_error(ConfigurationError)
    return raw
