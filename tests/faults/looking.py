"""Where the scanner looks that is no file: rows through SQL, processes, pages."""

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.faults.scanner import Finding, Scanner

TIMEOUT_SECONDS = 30

_TABLES = (
    "SELECT n.nspname, c.relname FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'information_schema'"
)


def scan_database(
    connection: psycopg.Connection[Any], database: str, scanner: Scanner
) -> Iterator[Finding]:
    """Scan the rows of every table that a superuser sees there, catalogs too.

    What PostgreSQL compressed or cut into pieces is whole there.
    """
    for schema, table in connection.execute(_TABLES).fetchall():
        content = _read_table(connection, schema, table)
        yield from scanner.scan_bytes(content, f"{database}.{schema}.{table}")


def _read_table(connection: psycopg.Connection[Any], schema: str, table: str) -> bytes:
    """Return the rows in binary, as text where a type has no binary form."""
    for form in ("binary", "text"):
        copy = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT {})").format(
            sql.Identifier(schema, table), sql.Identifier(form)
        )
        with (
            contextlib.suppress(psycopg.errors.UndefinedFunction),
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy(copy) as rows,
        ):
            return b"".join(bytes(part) for part in rows)
    message = f"{schema}.{table} cannot be read"
    raise AssertionError(message)


def scan_process(process: int, scanner: Scanner) -> Iterator[Finding]:
    """Scan what every user of the machine's tools can see of a process."""
    for name in ("environ", "cmdline"):
        path = Path(f"/proc/{process}/{name}")
        yield from scanner.scan_file(path, f"/proc/{process}/{name}")


def scan_page(
    url: str, scanner: Scanner, *, headers: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Scan one answer of a web server, head and body, whatever its status."""
    content = read_page(url, headers=headers)
    yield from scanner.scan_bytes(content, url.partition("?")[0])


def read_page(url: str, *, headers: Mapping[str, str] | None = None) -> bytes:
    """Return head and body of an answer of `http(s)://…`."""
    if not url.startswith(("http://", "https://")):
        message = "a page is read from http:// or https://"
        raise ValueError(message)
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - checked above
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310 - checked above
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return str(answer.headers).encode() + b"\n" + bytes(answer.read())
