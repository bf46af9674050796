"""Roles, passwords and databases of an embedded server; idempotent."""

import os
import secrets
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from custody.adapters.database import read_password, role_url
from custody.adapters.roles import DATABASES, SEE_EVERY_ROW
from custody.adapters.sql_errors import translated

SUPERUSER = "postgres"
_PASSWORD_BYTES = 24


def ensure_password(credentials: Path, role: str) -> str:
    """Return a role's password, drawn and written (0600) when there is none."""
    path = credentials / role
    if not path.exists():
        credentials.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(_PASSWORD_BYTES))
    return read_password(credentials, role)


def provision(server_url: str, credentials: Path) -> None:
    """Create every role and database that is missing.

    `server_url` names any database of the server; the superuser's password is
    in `credentials`, where those of the roles are written.
    """
    with (
        translated("provision databases"),
        connect_superuser(server_url, credentials) as connection,
    ):
        for database, roles in DATABASES.items():
            for role in roles:
                _ensure_role(connection, role, ensure_password(credentials, role))
            ensure_database(connection, database, roles=roles)


def connect_superuser(
    server_url: str, credentials: Path
) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as superuser, each statement its own transaction."""
    url = role_url(
        server_url, role=SUPERUSER, password=read_password(credentials, SUPERUSER)
    )
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def ensure_database(
    connection: psycopg.Connection[Any],
    name: str,
    *,
    roles: tuple[str, ...],
    template: str = "template0",
) -> None:
    """Create a database owned by the first role; the others may only connect."""
    found = connection.execute(
        "SELECT 1 FROM pg_database WHERE datname = %s", (name,)
    ).fetchone()
    database = sql.Identifier(name)
    if found is None:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                database, sql.Identifier(roles[0]), sql.Identifier(template)
            )
        )
    connection.execute(
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
    )
    for role in roles:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                database, sql.Identifier(role)
            )
        )


def _ensure_role(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    """Create a login role, or give it its password again.

    It has no privilege; row security does not filter who backs everything up.
    """
    found = connection.execute(
        "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
    ).fetchone()
    verb = "ALTER" if found else "CREATE"
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL(
            "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {} PASSWORD {}"
        ).format(
            sql.SQL(verb),
            sql.Identifier(role),
            sql.SQL("BYPASSRLS" if role in SEE_EVERY_ROW else "NOBYPASSRLS"),
            sql.Literal(hashed),
        )
    )
