"""Side by side: a backup and its restore, `pg_dump | zstd | age`, and restic.

One register, filled by the whole intake (the shipped source `partner_bank`, invented),
in one server of both databases; three ways to keep it and to bring it back, in turns:

* ours: `custody backup run` to one disk and the ledger's copy, which tells of the set,
  and `custody restore` from it;
* `pg_dump | zstd | age`, a file a database, and `age | zstd | psql` in one transaction;
* `pg_dump | restic backup --stdin` into a local repository that is new each turn, as a
  full set is (one that lies there already would spare restic what did not change), and
  `restic dump | psql`.

All write to the same disk, and each waits until it is there (fsync).  MB are the bytes
that both databases take, vacuumed (`pg_database_size`), the same for all.

What each does is not the same, and stands against us more often than for us.  The dump
reads every table, index tokens and the projection too; ours leaves those out, for they
may lie on no medium, and makes them again.  Ours proves the ledger line by line, takes
SHA-256 of each sealed value, compares the Merkle root of every load with the ledger's,
sees that each value has its key and each epoch its escrow on the medium, encrypts to
the medium's own recipient and its drill's, reads every object back and signs a
manifest.  The others encrypt, `age` to one recipient, and read nothing back.
Our restore verifies the ledger, compares each object with its digest before anything is
decrypted, opens every value once, compares its content digest, wraps its key anew under
new epochs, makes tokens under a new index key and the projection, and lets the roles in
when counts agree.  `psql` copies the rows in, under the old keys, with whoever was
destroyed since; a page of the projection that was wrong stays wrong.

`ratio` is of the backup: our MB/s by those of the better of the other two; above 1 is
ahead.  `restore_ratio` likewise.  `cpu_ratio` and `restore_cpu_ratio` are the same of
the CPU seconds of clients and server, for a machine that others use too: there the
side with more processes gets the larger share.  Figures are medians of the turns;
before each the server makes its checkpoint and the disks are synced, so that nobody
pays for what another wrote.  Ours counts from when its process has its imports, which
take two to three seconds whatever the register has.  Peak memory is that of our two
tasks with their children in a turn of their own before the others, for looking takes
time; the server has no part in it.
Needs zstd, age and restic as commands.
Run: `python benchmarks/backup.py [--rows N] [--repeat N]`; the last line is JSON.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.load import Run, Site, cpu_of_server, open_site  # noqa: E402
from custody.adapters.database import read_password  # noqa: E402
from custody.adapters.embedded.cluster_files import programs  # noqa: E402
from custody.adapters.embedded.provision import (  # noqa: E402
    SUPERUSER,
    connect_superuser,
)
from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE  # noqa: E402
from tests.builders.many import bank_customers  # noqa: E402
from tests.builders.memory import peak_of_tree  # noqa: E402
from tests.builders.restored import Target, empty_target  # noqa: E402

SOURCE = "partner_bank"
ROWS = 50_000
ROWS_PER_DELIVERY = 50_000
REPEAT = 3
NEEDED = ("zstd", "age", "age-keygen", "restic")
DATABASES = (WAREHOUSE_DATABASE, KEYRING_DATABASE)
TABLES = {
    WAREHOUSE_DATABASE: "register.sealed_value",
    KEYRING_DATABASE: "keyring.data_key",
}
_TIMED = """
import json, resource, sys, time
from custody.bootstrap import open_custody
from custody.bootstrap.restore import RestoreFrom
from custody.crypto.recovery import secret_from_text
custody, told = open_custody(), json.load(sys.stdin)
def used():
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)
began, cpu = time.perf_counter(), used()
if told:
    secret = secret_from_text(told["secret"])
    custody.restore(RestoreFrom(url=told["url"], secret=secret, pins=told["pins"]))()
else:
    assert not custody.back_up().faults
    custody.copy_ledger()  # from now on a restore knows of the set
print(json.dumps([time.perf_counter() - began, used() - cpu]))
"""


@dataclass(frozen=True, slots=True)
class Register:
    """A filled register, where copies of it go, and how many bytes it takes."""

    site: Site
    copies: Path
    environment: Mapping[str, str]
    size: int

    def counts(self, names: Mapping[str, str]) -> list[int]:
        """Count sealed values and keys in the databases of these names."""
        found = []
        for database, table in TABLES.items():
            url = self.site.server.database_url(names[database])
            with connect_superuser(url, self.site.server.credentials) as connection:
                query = f"SELECT count(*) FROM {table}"  # noqa: S608 - constants
                ((rows,),) = connection.execute(query.encode()).fetchall()
                assert isinstance(rows, int)
                found.append(rows)
        return found


def fill(site: Site, rows: int) -> int:
    """Bring customers through the whole intake; return the databases' bytes."""
    for at, start in enumerate(range(0, rows, ROWS_PER_DELIVERY)):
        count = min(ROWS_PER_DELIVERY, rows - start)
        content = bank_customers(rows)[start : start + count].write_csv().encode()
        site.installation.put(SOURCE, content, name=f"customers-{at}.csv")
        site.installation.run(SOURCE)
    size = 0
    for database in DATABASES:
        url = site.server.database_url(database)
        with connect_superuser(url, site.server.credentials) as connection:
            connection.execute("VACUUM FULL")
            connection.execute("ANALYZE")
            connection.execute("CHECKPOINT")
            query = "SELECT pg_database_size(current_database())"
            ((taken,),) = connection.execute(query).fetchall()
            size += taken
    return size


@contextmanager
def opened(folder: Path, rows: int) -> Iterator[Register]:
    """Fill a register with a server of its own, for the block."""
    site = open_site(folder)
    try:
        size = fill(site, rows)
        (folder / "copies").mkdir()
        urls = site.installation.custody.settings.offsite_urls
        yield Register(
            site,
            folder / "copies",
            {
                **os.environ,
                "PGHOST": str(site.server.socket_folder),
                "PGUSER": SUPERUSER,
                "PGPASSWORD": read_password(site.server.credentials, SUPERUSER),
                "RESTIC_PASSWORD": "benchmark",
                "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}",
                **site.installation.environment,
                "CUSTODY_OFFSITE_URLS": urls[0],
            },
            size,
        )
    finally:
        site.server.stop()


# --- ours ---------------------------------------------------------------------------


def custody(
    register: Register, target: Target | None = None, *, watched: bool = False
) -> Run:
    """Back up, or restore into a target, in a process of its own."""
    told: dict[str, object] = {}
    environment = dict(register.environment)
    if target is not None:
        given = target.given()
        secret = target.source.secrets / "a.recovery"
        told = {
            "url": given.url,
            "secret": secret.read_text(encoding="utf-8"),
            "pins": list(given.pins),
        }
        environment |= {**target.environment, "CUSTODY_OFFSITE_URLS": given.url}
    before = cpu_of_server(register.site)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", _TIMED],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as task:
        assert task.stdin is not None
        assert task.stdout is not None
        task.stdin.write(json.dumps(told))
        task.stdin.close()
        peak = peak_of_tree(task) if watched else 0.0
        seconds, cpu = json.loads(task.stdout.read())
    return Run(seconds, cpu + cpu_of_server(register.site) - before, peak)


# --- the others ---------------------------------------------------------------------


def by_shell(register: Register, *lines: str) -> Run:
    """Run lines of a shell one after the other, in the folder of the copies."""
    before = cpu_of_server(register.site) + _cpu_of_children()
    start = time.perf_counter()
    for line in lines:
        subprocess.run(  # noqa: S603 - the lines below
            ["/bin/bash", "-o", "pipefail", "-c", line],
            cwd=register.copies,
            env=dict(register.environment),
            check=True,
        )
    seconds = time.perf_counter() - start
    after = cpu_of_server(register.site) + _cpu_of_children()
    return Run(seconds, after - before)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_INTO = "psql -q -1 -v ON_ERROR_STOP=1 -o /dev/null"


def dumped(register: Register) -> Run:
    """Dump both databases into age."""
    return by_shell(
        register,
        *(
            f"pg_dump {one} | zstd -q | age -R recipient > {one}.age && sync {one}.age"
            for one in DATABASES
        ),
    )


def undumped(register: Register, names: Mapping[str, str]) -> Run:
    """Bring both back from age."""
    return by_shell(
        register,
        *(
            f"age -d -i identity {one}.age | zstd -dq | {_INTO} {names[one]}"
            for one in DATABASES
        ),
    )


def kept_by_restic(register: Register) -> Run:
    """Dump both databases into a new repository of restic."""
    shutil.rmtree(register.copies / "repository", ignore_errors=True)
    by_shell(register, "restic init -q -r repository --repository-version 2")
    return by_shell(
        register,
        *(
            f"pg_dump {one} | restic -q -r repository backup"
            f" --stdin --stdin-filename {one}.sql"
            for one in DATABASES
        ),
        "sync -f repository",
    )


def brought_by_restic(register: Register, names: Mapping[str, str]) -> Run:
    """Bring both back from restic."""
    return by_shell(
        register,
        *(
            f"restic -q -r repository dump latest --path /{one}.sql {one}.sql"
            f" | {_INTO} {names[one]}"
            for one in DATABASES
        ),
    )


# --- turns --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One way to keep the register, and to bring it back into empty databases."""

    name: str
    keep: Callable[[Register], Run]
    bring: Callable[[Register, Target, Mapping[str, str]], Run]


SIDES = (
    Side("custody", custody, lambda register, target, _: custody(register, target)),
    Side("pg_dump|zstd|age", dumped, lambda one, _, names: undumped(one, names)),
    Side("restic", kept_by_restic, lambda one, _, names: brought_by_restic(one, names)),
)
Turns = dict[str, list[tuple[Run, Run]]]


def peak_of_both(register: Register) -> float:
    """Back up and restore once, not for time; return MiB at the worst moment."""
    kept = custody(register, watched=True)
    server, source = register.site.server, register.site.installation
    with empty_target(server, source, register.copies / "home-watched") as target:
        return max(kept.peak, custody(register, target, watched=True).peak)


def settle(register: Register) -> None:
    """Bring to disk what was written so far."""
    server = register.site.server
    url = server.database_url(WAREHOUSE_DATABASE)
    with connect_superuser(url, server.credentials) as connection:
        connection.execute("CHECKPOINT")
    os.sync()


def measure(register: Register, *, repeat: int) -> Turns:
    """Let the sides take turns: each keeps the register and brings it back."""
    by_shell(
        register,
        "age-keygen -o identity 2>/dev/null",
        "age-keygen -y identity > recipient",
    )
    turns: Turns = {side.name: [] for side in SIDES}
    whole = register.counts({one: one for one in DATABASES})
    for turn in range(repeat):
        for at, side in enumerate(SIDES):
            settle(register)
            kept = side.keep(register)
            home = register.copies / f"home-{turn}-{at}"
            server, source = register.site.server, register.site.installation
            with empty_target(server, source, home) as target:
                names = {
                    WAREHOUSE_DATABASE: _database(target, "CUSTODY_WAREHOUSE_URL"),
                    KEYRING_DATABASE: _database(target, "CUSTODY_KEYRING_URL"),
                }
                brought = side.bring(register, target, names)
                assert register.counts(names) == whole, side.name
            turns[side.name].append((kept, brought))
            print(
                f"{turn + 1} {side.name:>17}: kept in {kept.seconds:6.2f} s"
                f" (CPU {kept.cpu:6.2f}), brought back in {brought.seconds:6.2f} s"
                f" (CPU {brought.cpu:6.2f})",
                flush=True,
            )
    return turns


def _database(target: Target, variable: str) -> str:
    return target.environment[variable].partition(":///")[2].partition("?")[0]


def better(
    turns: Turns, at: int, of: Callable[[Run], float]
) -> tuple[float, float, float]:
    """Return ours against the better of the others: median, least and most."""
    ours, *others = turns.values()
    found = [
        min(of(other[turn][at]) for other in others) / of(ours[turn][at])
        for turn in range(len(ours))
    ]
    return statistics.median(found), min(found), max(found)


def report(turns: Turns, *, rows: int, size: int, peak: float) -> dict[str, object]:
    """Print MB/s of each side; return what the last line has."""
    for name, runs in turns.items():
        kept, brought = (
            size / 1e6 / statistics.median(run[at].seconds for run in runs)
            for at in (0, 1)
        )
        print(f"{name:>17}: backup {kept:6.1f} MB/s, restore {brought:6.1f} MB/s")
    told: dict[str, object] = {"name": "backup", "rows": rows, "mb": round(size / 1e6)}
    for at, what in enumerate(("", "restore_")):
        for kind, of in (("", _seconds), ("cpu_", _cpu)):
            middle, least, most = better(turns, at, of)
            told[f"{what}{kind}ratio"] = round(middle, 3)
            name = f"{what or 'backup_'}{kind}ratio"
            print(f"{name:>18}: {middle:.3f} ({least:.3f} to {most:.3f})")
    told["against"] = "the better of pg_dump|zstd|age and restic, the same databases"
    return {**told, "peak_mib": round(peak)}


def _seconds(run: Run) -> float:
    return run.seconds


def _cpu(run: Run) -> float:
    return run.cpu


def main() -> None:
    """Measure and print one JSON line."""
    asked = argparse.ArgumentParser(description="A backup and its restore.")
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--repeat", type=int, default=REPEAT)
    given = asked.parse_args()
    missing = [one for one in NEEDED if shutil.which(one) is None]
    if missing:
        raise SystemExit(
            f"not there: {', '.join(missing)}; on Debian: apt-get install"
            " zstd age restic"
        )
    folder = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    try:
        with opened(folder, given.rows) as register:
            peak = peak_of_both(register)
            turns = measure(register, repeat=given.repeat)
            found = report(turns, rows=given.rows, size=register.size, peak=peak)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
