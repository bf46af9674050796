"""Side by side: sealing a landed file into staging, and raw COPY of what it gives.

One side is the sealing task as it is, in a process of its own with its workers:
parse, normalise, rules and facts, seal, and COPY into staging and the keyring, until
both have committed.  The file is the shipped source `partner_bank` with its shipped
checks, invented: 16 columns; a row becomes up to three sealed values with their keys,
six index tokens, and the rows beside them.

The other side sends the very same rows, sealed and encoded before, by binary COPY
into the same tables with the same indexes, one transaction a database, the two
databases at once.  So both sides give PostgreSQL the same work, and what the ratio
tells is the price of everything before it.  `ratio` is raw seconds by sealing
seconds: 1 were sealing for nothing.  `cpu_ratio` is the same of the CPU seconds of
client, workers and server, for a machine that others use too: there the side with
more processes gets the larger share.  It is not the price beside a plain table: for
scale, COPY of the 16 columns in clear into one table without an index is printed too
and is many times faster than either, for it stores a tenth of the bytes.

Both sides start with empty tables and a checkpoint and take turns; each figure is the
median of the turns.  Peak memory is that of the sealing task and its workers together
at their worst moment (`tests.builders.memory`); the server has no part in it.
Run: `python benchmarks/load.py [--rows N …] [--repeat N]`; the cost by step is printed
first, the last line is JSON.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks._steps import breakdown  # noqa: E402
from custody.adapters.embedded.postgres import EmbeddedPostgres  # noqa: E402
from custody.adapters.embedded.provision import connect_superuser  # noqa: E402
from tests.builders.installation import Installation, install  # noqa: E402
from tests.builders.many import bank_customers  # noqa: E402
from tests.builders.memory import peak_of_tree  # noqa: E402
from tests.builders.processes import descendants  # noqa: E402
from tests.builders.unsigned import unsigned  # noqa: E402

SOURCE = "partner_bank"
ROWS = (100_000, 1_000_000)
REPEAT = 5
PIECE = 1024 * 1024  # bytes handed to COPY at once
STAGED = (
    "staged_row",
    "staged_value",
    "staged_token",
    "staged_row_token",
    "staged_projection",
    "staged_facts",
)
SEAL = (
    "import sys, time; from custody.bootstrap import open_custody;"
    "custody = open_custody(); start = time.perf_counter();"
    "assert custody.seal(sys.argv[1]) == 'sealed';"
    "print(time.perf_counter() - start)"
)


@dataclass(frozen=True, slots=True)
class Site:
    """An installation with its server, and a folder for rows as COPY has them."""

    server: EmbeddedPostgres
    installation: Installation
    encoded: Path

    def connect(self, url: str) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as superuser: the benchmark empties and reads tables."""
        return connect_superuser(url, self.server.credentials)

    def empty(self, delivery_id: str) -> None:
        """Bring the delivery and every table back to where sealing starts."""
        with self.connect(self.server.warehouse_url) as warehouse:
            for table in STAGED:
                warehouse.execute(sql.SQL("TRUNCATE {}").format(_staged(table)))
            warehouse.execute(
                "UPDATE intake.delivery SET state = 'admitted' WHERE delivery_id = %s",
                (delivery_id,),
            )
            warehouse.execute("CHECKPOINT")
        with self.connect(self.server.keyring_url) as keyring:
            keyring.execute("TRUNCATE keyring.data_key")


def _staged(table: str) -> sql.Identifier:
    return sql.Identifier("intake", table)


def open_site(folder: Path) -> Site:
    """Start a server of its own; let the partner deliver without a signature."""
    server = EmbeddedPostgres(folder / "postgres", folder / "credentials")
    server.start()
    installation = install(
        folder / "home",
        warehouse_url=server.warehouse_url,
        keyring_url=server.keyring_url,
        credentials=server.credentials,
        overlays=[unsigned(SOURCE, folder / "policy")],
    )
    (folder / "encoded").mkdir()
    return Site(server, installation, folder / "encoded")


def deliver(site: Site, rows: int) -> str:
    """Land a delivery of invented rows and admit it; return its id."""
    content = bank_customers(rows).write_csv().encode()
    delivery_id = site.installation.put(SOURCE, content, name="customers.csv")
    assert delivery_id in site.installation.custody.admit(SOURCE).to_process
    return delivery_id


@dataclass(frozen=True, slots=True)
class Run:
    """One side's turn: seconds, CPU seconds of client and server, peak MiB."""

    seconds: float
    cpu: float
    peak: float = 0.0


def seal(site: Site, delivery_id: str) -> Run:
    """Run the sealing task in a process of its own."""
    before = cpu_of_server(site) + _cpu_of_children()
    command = [sys.executable, "-c", SEAL, delivery_id]
    environment = {**os.environ, **site.installation.environment}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as task:
        peak = peak_of_tree(task)
        assert task.stdout is not None
        seconds = float(task.stdout.read())
    cpu = cpu_of_server(site) + _cpu_of_children() - before
    return Run(seconds, cpu, peak)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of_server(site: Site) -> float:
    """Return the CPU seconds that the server and its backends have used."""
    (told,) = (site.encoded.parent / "postgres").rglob("postmaster.pid")
    postmaster = int(told.read_text(encoding="utf-8").split()[0])
    return sum(map(_cpu, (postmaster, *descendants(postmaster))))


def _cpu(process: int) -> float:
    with contextlib.suppress(OSError):
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
        ticks = told.rpartition(")")[2].split()[11:15]  # own, and of ended children
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return 0.0


def keep_encoded(site: Site) -> int:
    """Write what was sealed as COPY has it, a file a table; return the rows."""
    rows = 0
    for url, name in _tables(site):
        with (
            site.connect(url) as connection,
            connection.cursor() as cursor,
            (site.encoded / ".".join(name)).open("wb") as file,
        ):
            statement = sql.SQL("COPY {} TO STDOUT (FORMAT binary)")
            if name[1] == "data_key":  # of a partitioned table only a query is copied
                statement = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)")
            with cursor.copy(statement.format(sql.Identifier(*name))) as copy:
                for piece in copy:
                    file.write(piece)
            rows += cursor.rowcount
    return rows


def _tables(site: Site) -> Iterator[tuple[str, tuple[str, str]]]:
    yield site.server.keyring_url, ("keyring", "data_key")
    for table in STAGED:
        yield site.server.warehouse_url, ("intake", table)


def raw_copy(site: Site) -> Run:
    """COPY the kept rows into the same tables, until both have committed."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for url, name in _tables(site):
        tables.setdefault(url, []).append(name)
    before = cpu_of_server(site) + time.process_time()
    with ThreadPoolExecutor(len(tables)) as both:
        start = time.perf_counter()
        list(both.map(lambda url: _copy_all(site, url, tables[url]), tables))
        seconds = time.perf_counter() - start
    return Run(seconds, cpu_of_server(site) + time.process_time() - before)


def _copy_all(site: Site, url: str, names: list[tuple[str, str]]) -> None:
    with site.connect(url) as connection, connection.transaction():
        for name in names:
            _copy(connection, site.encoded / ".".join(name), sql.Identifier(*name))


def plain_copy(site: Site, rows: int) -> float:
    """COPY the columns in clear into one table without an index, for scale."""
    frame = bank_customers(rows)
    content = frame.write_csv(include_header=False).encode()
    columns = sql.SQL(", ").join(
        sql.SQL("{} text").format(sql.Identifier(name)) for name in frame.columns
    )
    with site.connect(site.server.warehouse_url) as connection:
        connection.execute(sql.SQL("CREATE TABLE plain ({})").format(columns))
        start = time.perf_counter()
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            cursor.copy("COPY plain FROM STDIN (FORMAT csv)") as copy,
        ):
            for at in range(0, len(content), PIECE):
                copy.write(content[at : at + PIECE])
        seconds = time.perf_counter() - start
        connection.execute("DROP TABLE plain")
    return seconds


def _copy(
    connection: psycopg.Connection[tuple[object, ...]], path: Path, name: sql.Identifier
) -> None:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(name)
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        while piece := file.read(PIECE):
            copy.write(piece)


def measure(site: Site, rows: int, *, repeat: int) -> dict[str, float]:
    """Let both sides take turns; return medians, their ratio, and the peak."""
    delivery_id = deliver(site, rows)
    sealed: list[Run] = []
    raw: list[Run] = []
    stored = 0
    for turn in range(repeat):
        site.empty(delivery_id)
        sealed.append(seal(site, delivery_id))
        stored = stored if turn else keep_encoded(site)
        site.empty(delivery_id)
        raw.append(raw_copy(site))
    site.empty(delivery_id)
    plain = plain_copy(site, rows)
    turns = [r.seconds / s.seconds for r, s in zip(raw, sealed, strict=True)]
    found = {
        "rows": rows,
        "seal": statistics.median(run.seconds for run in sealed),
        "raw": statistics.median(run.seconds for run in raw),
        "ratio": statistics.median(turns),
        "cpu_ratio": statistics.median(run.cpu for run in raw)
        / statistics.median(run.cpu for run in sealed),
        "peak_mib": max(run.peak for run in sealed),
    }
    print(
        f"{rows:>9,} rows ({stored / rows:.1f} stored each): sealed in"
        f" {found['seal']:.2f} s ({rows / found['seal']:,.0f} rows/s), raw COPY in"
        f" {found['raw']:.2f} s ({rows / found['raw']:,.0f} rows/s), ratio"
        f" {found['ratio']:.3f} (turns {min(turns):.3f} to {max(turns):.3f}; by CPU"
        f" {found['cpu_ratio']:.3f}), peak"
        f" {found['peak_mib']:.0f} MiB; in clear {rows / plain:,.0f} rows/s",
        flush=True,
    )
    return found


def main() -> None:
    """Measure each size and print one JSON line."""
    asked = argparse.ArgumentParser(description="Sealing beside raw COPY.")
    asked.add_argument("--rows", type=int, nargs="+", default=ROWS)
    asked.add_argument("--repeat", type=int, default=REPEAT)
    given = asked.parse_args()
    for step, cost in breakdown().items():
        print(f"{step:>24}: {cost:5.1f} us of CPU a row", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="custody-bench-"))
    site = open_site(folder)
    try:
        found = [measure(site, rows, repeat=given.repeat) for rows in given.rows]
    finally:
        site.server.stop()
        shutil.rmtree(folder)
    last = found[-1]
    print(
        json.dumps(
            {
                "name": "load",
                "rows": last["rows"],
                "ratio": round(last["ratio"], 3),
                "cpu_ratio": round(last["cpu_ratio"], 3),
                "against": "raw COPY of the same sealed rows into the same tables",
                "peak_mib": round(last["peak_mib"]),
                "peak_growth": round(last["peak_mib"] / found[0]["peak_mib"], 3),
            }
        )
    )


if __name__ == "__main__":
    main()
