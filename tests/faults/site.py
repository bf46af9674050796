"""One whole Custody on a cluster of its own, every byte of it below one folder.

So that "everywhere" is a folder that can be scanned: databases with WAL and server
log, the home with landing, quarantine, work and off-site folders, the folder of
temporary files, the user's home; and shared memory besides.
"""

import contextlib
import dataclasses
import itertools
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from custody.adapters.config import read_settings
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.provision import connect_superuser, ensure_database
from custody.adapters.roles import (
    DATABASES,
    KEYRING_DATABASE,
    WAREHOUSE_DATABASE,
)
from custody.bootstrap import open_custody
from custody.crypto import signing
from tests.builders import people
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation, describe, install
from tests.builders.servers import without_fsync
from tests.faults.canaries import Canary
from tests.faults.looking import scan_database
from tests.faults.scanner import Finding, Scanner

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - scanned, not written
_GONE_SECONDS = 30
_COPIES = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """An installation below `root`; `server` is its PostgreSQL.

    `ending` tells it from others on the same server: of its databases and its home.
    """

    root: Path
    server: EmbeddedPostgres
    installation: Installation
    ending: str = ""

    @property
    def home(self) -> Path:
        """CUSTODY_HOME."""
        return self.root / f"home{self.ending}"

    @property
    def temporary(self) -> Path:
        """TMPDIR, while the site is open."""
        return self.root / "tmp"

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self.server.home / "cluster"

    @property
    def wal(self) -> Path:
        """The write-ahead log."""
        return self.cluster / "pg_wal"

    def connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as superuser."""
        url = self.server.database_url(f"{database}{self.ending}")
        return connect_superuser(url, self.server.credentials)

    def connect_server(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as superuser to none of its databases."""
        url = self.server.database_url("postgres")
        return connect_superuser(url, self.server.credentials)

    @property
    def databases(self) -> tuple[str, str]:
        """The names of its warehouse and its keyring."""
        return (
            f"{WAREHOUSE_DATABASE}{self.ending}",
            f"{KEYRING_DATABASE}{self.ending}",
        )

    def stop_at_once(self) -> None:
        """Stop the server without a checkpoint, as `pg_ctl -m immediate` does."""
        os.kill(self.postmaster(), signal.SIGQUIT)
        self._wait_until_gone()

    def kill_server(self) -> None:
        """SIGKILL the postmaster; its backends notice and go."""
        os.kill(self.postmaster(), signal.SIGKILL)
        self._wait_until_gone()

    def postmaster(self) -> int:
        """Return the process id of the server."""
        lines = (self.cluster / "postmaster.pid").read_text(encoding="utf-8")
        return int(lines.split()[0])

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + _GONE_SECONDS
        while self._backends() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not self._backends(), "the server's processes are still there"

    def _backends(self) -> list[int]:
        """Return the processes that work in this cluster's folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").resolve() == self.cluster:
                    found.append(int(process.name))
        return found

    def bear(self, name: str) -> Mapping[str, str]:
        """Make a home and databases where no epoch is born; return its environment."""
        _copy_databases(self.server, UNBORN, f"_{name}")
        warehouse, keyring = (
            self.server.database_url(f"{one}_{name}")
            for one in (WAREHOUSE_DATABASE, KEYRING_DATABASE)
        )
        home = self.root / name
        home.mkdir()
        return describe(
            home,
            warehouse_url=warehouse,
            keyring_url=keyring,
            credentials=self.server.credentials,
        )

    @contextlib.contextmanager
    def copy(self) -> Iterator["Site"]:
        """Lend a copy of it as it stands, on the same server, and remove it after.

        So that what is slow to prepare is prepared once, and spoilt many times.
        Nobody may work on the original while it is copied.
        """
        ending = f"_{next(_COPIES)}"
        _copy_databases(self.server, self.ending, ending)
        home = self.root / f"home{ending}"
        shutil.copytree(self.home, home)
        warehouse, keyring = (
            self.server.database_url(f"{one}{ending}")
            for one in (WAREHOUSE_DATABASE, KEYRING_DATABASE)
        )
        environment = {
            **self.installation.environment,
            "CUSTODY_HOME": str(home),
            "CUSTODY_WAREHOUSE_URL": warehouse,
            "CUSTODY_KEYRING_URL": keyring,
        }
        custody = open_custody(read_settings(environment))
        copied = Installation(custody, home / "secrets", environment)
        try:
            yield dataclasses.replace(self, installation=copied, ending=ending)
        finally:
            _drop_databases(self.server, ending)
            shutil.rmtree(home)

    # --- looking everywhere -------------------------------------------------------

    def scan(
        self, scanner: Scanner, *, leave_out: Iterable[Path] = ()
    ) -> list[Finding]:
        """Scan every file of the site, and what lies in shared memory."""
        found = list(scanner.scan_tree(self.root, leave_out=leave_out))
        found += scanner.scan_tree(SHARED_MEMORY)
        return found

    def scan_tables(self, scanner: Scanner) -> list[Finding]:
        """Scan every table of both databases as its rows are read, catalogs too.

        What PostgreSQL compressed or cut into pieces is whole there.
        """
        found: list[Finding] = []
        for database in (WAREHOUSE_DATABASE, KEYRING_DATABASE):
            with self.connect(database) as connection:
                found += scan_database(connection, database, scanner)
        return found


UNBORN = "_unborn"
_DISCONNECT = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
)


def _copy_databases(server: EmbeddedPostgres, old: str, new: str) -> None:
    """Copy both databases, from one ending of their names to another.

    PostgreSQL copies what nobody is connected to: kept connections are ended.
    """
    url = server.database_url("postgres")
    with connect_superuser(url, server.credentials) as connection:
        for name in (WAREHOUSE_DATABASE, KEYRING_DATABASE):
            roles = DATABASES[name]
            connection.execute(_DISCONNECT, (name + old,))
            ensure_database(connection, name + new, roles=roles, template=name + old)


def _drop_databases(server: EmbeddedPostgres, ending: str) -> None:
    """Drop both databases of an ending, whoever is connected still."""
    url = server.database_url("postgres")
    with connect_superuser(url, server.credentials) as connection:
        for name in (WAREHOUSE_DATABASE, KEYRING_DATABASE):
            database = sql.Identifier(name + ending)
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database)
            )


@contextlib.contextmanager
def open_site(
    *,
    partner_key: bytes | None = None,
    within: Path | None = None,
    unborn: bool = False,
    lent: bool = True,
) -> Iterator[Site]:
    """Set up a site, with TMPDIR and HOME in it, and remove it after.

    `partner_key`: the seed with which the partner bank signs.  `within`: a folder
    that others may enter, such as a file system of the test's own.  `unborn`: keep
    copies of the databases from before the first epoch (`Site.bear`).  `lent`:
    whether this process has TMPDIR and HOME there meanwhile.
    """
    root = Path(tempfile.mkdtemp(prefix="custody-site-", dir=within))
    server = EmbeddedPostgres(root / "postgres", root / "credentials")
    for name in ("home", "tmp", "user"):
        (root / name).mkdir()
    if partner_key is not None:
        known = {"partner_bank": [signing.public_key_of(partner_key).hex()]}
        text = json.dumps(known)
        (root / "home" / "partner_keys.json").write_text(text, encoding="utf-8")
    try:
        server.start()
        without_fsync(server)
        if unborn:
            _copy_databases(server, "", UNBORN)
        places = {"TMPDIR": root / "tmp", "HOME": root / "user"}
        with _environment(**places if lent else {}):
            installation = install(
                root / "home",
                warehouse_url=server.warehouse_url,
                keyring_url=server.keyring_url,
                credentials=server.credentials,
            )
            yield Site(root, server, installation)
    finally:
        server.stop()
        shutil.rmtree(root)


@contextlib.contextmanager
def _environment(**variables: Path) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update({name: str(value) for name, value in variables.items()})
    tempfile.tempdir = None
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        tempfile.tempdir = None


# --- deliveries of the website that carry canaries -------------------------------


def website_row(
    form_id: str, canaries: Mapping[str, Canary] | None = None, **others: object
) -> dict[str, object]:
    """Return a natural person's form; the remark hides what has no column."""
    row: dict[str, object] = {
        "form_id": form_id,
        "name": "示例甲乙",
        "party": "natural",
        "customer_type": "new",
        "consent_time": f"{DAY}T08:00:00+08:00",
        **others,
    }
    if canaries is None:
        return row
    carried = {column: canaries[kind].value for column, kind in _CARRIED.items()}
    remark = "，".join(f"{word} {canaries[kind].value}" for kind, word in _HIDDEN)
    return {**row, **carried, "remark": remark}


_CARRIED = {
    "form_id": "customer_number",
    "name": "person_name",
    "id_number": "resident_id",
    "phone": "phone",
    "email": "email",
    "address": "address",
}
_HIDDEN = (
    ("bank_card", "扣款卡号"),
    ("landline", "座机"),
    ("passport", "护照"),
    ("plate", "车牌"),
    ("birth_date", "出生"),
    ("free_text", "另"),
)


def website_file(
    label: str, rows: int, *, canaries: Mapping[str, Canary] | None = None
) -> bytes:
    """Return a JSONL file of invented people; the first one carries the canaries."""
    rng = random.Random(label)  # noqa: S311 - invented people
    lines = [
        website_row(
            f"{label}-{number}",
            canaries if number == 0 else None,
            name=people.person_name(rng),
            id_number=people.resident_id(rng),
            phone=people.mobile(rng),
            email=people.email(rng),
            address=people.address(rng),
        )
        for number in range(rows)
    ]
    return b"".join(
        json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines
    )
