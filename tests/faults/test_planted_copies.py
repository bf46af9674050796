"""The positive control: a copy planted in any place is found there.

And the twins of what keeps values away: an ordinary table, an ordinary parser, a
process that may dump its core.  Airflow's own places: `tests/dags`.
"""

import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE
from tests.faults.breaking import unasked_check
from tests.faults.canaries import ENCODINGS, KINDS, Canary, draw
from tests.faults.looking import scan_database, scan_process
from tests.faults.scanner import Finding, Scanner
from tests.faults.site import Site, open_site, website_file, website_row

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def seed() -> int:
    """Return this run's seed; pytest-randomly's seed gives it again."""
    return random.getrandbits(32)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as site:
        yield site


def kinds_at(found: list[Finding], place: str) -> set[str]:
    """Return the kinds that were found in a place."""
    return {one.canary.kind for one in found if place in one.place}


# --- files -------------------------------------------------------------------------

FOLDERS: dict[str, Callable[[Site], Path]] = {
    "landing": lambda site: site.home / "landing",
    "quarantine": lambda site: site.home / "quarantine",
    "work": lambda site: site.home / "work",
    "off-site data objects": lambda site: site.home / "offsite" / "a",
    "keys": lambda site: site.home / "keys",
    "home": lambda site: site.home,
    "TMPDIR": lambda site: site.temporary,
    "stores of Great Expectations": lambda site: site.root / "user" / "gx",
    "user": lambda site: site.root / "user",
    "PGDATA base": lambda site: site.cluster / "base",
    "WAL": lambda site: site.wal,
    "server log": lambda site: site.server.home,
    "shared memory": lambda _: Path("/dev/shm"),  # noqa: S108 - it is what is scanned
}


def test_a_copy_planted_in_any_folder_is_found(site: Site, seed: int) -> None:
    """One file for each place and encoding, with every kind of value in it."""
    canaries = draw(seed, "control")
    planted: dict[str, Path] = {}
    for number, (folder_of, encoding) in enumerate(
        itertools.product(FOLDERS.values(), ENCODINGS)
    ):
        folder = folder_of(site)
        folder.mkdir(exist_ok=True)
        texts = [ENCODINGS[encoding](one.value)[0] for one in canaries.values()]
        name = f"custody-control-{seed}-{number}."
        planted[name] = folder / name
        planted[name].write_bytes(b"\n".join(texts))

    found = site.scan(Scanner(canaries.values()))

    for path in planted.values():
        path.unlink()
    missed = {name for name in planted if kinds_at(found, name) != set(KINDS)}
    assert missed == set()
    assert len(planted) == len(FOLDERS) * len(ENCODINGS)


# --- tables ------------------------------------------------------------------------

_REPORT = (
    "INSERT INTO intake.report VALUES (%s, %s, %s, '{}', now())"
    " ON CONFLICT (delivery_id) DO UPDATE"
    " SET page = excluded.page, corrections = excluded.corrections"
)
_LEDGER = "INSERT INTO ledger.entry VALUES (999999999, %s, sha256(%s))"
_WIDE = "CREATE TABLE twin (value text STORAGE extended)"


def workbook(text: str) -> bytes:
    """Return what a workbook is: zipped XML, where other characters are entities."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        content = text.encode("ascii", "xmlcharrefreplace")
        archive.writestr("xl/sharedStrings.xml", content)
    return packed.getvalue()


def plant_in_tables(
    connection: psycopg.Connection[object], delivery_id: str, canaries: dict[str, str]
) -> None:
    """Write a report, a correction list, a ledger line, and a wide logged table."""
    page, list_, line, wide = canaries.values()
    connection.execute(_REPORT, (delivery_id, page.encode(), workbook(list_)))
    connection.execute(_LEDGER, (line.encode(), line.encode()))
    connection.execute(_WIDE)
    connection.execute("INSERT INTO twin VALUES (%s)", (wide,))


TABLES = {
    "report page": "intake.report",
    "correction list": "intake.report",
    "ledger": "ledger.entry",
    "compressed and cut": "public.twin",
}


def test_a_copy_planted_in_any_table_is_found_through_sql(
    site: Site, seed: int
) -> None:
    """What PostgreSQL compressed and cut into pieces no byte scan sees whole."""
    drawn = {place: draw(seed, place) for place in TABLES}
    padding = json.dumps(["compress me"] * 3000)
    texts = {
        place: padding.join(one.value for one in drawn[place].values())
        for place in TABLES
    }
    delivery_id = site.installation.put("website", website_file("tables", 3))
    site.installation.custody.admit("website")
    scanner = Scanner(one for canaries in drawn.values() for one in canaries.values())
    with (
        site.connect(WAREHOUSE_DATABASE) as connection,
        connection.transaction(force_rollback=True),
    ):
        plant_in_tables(connection, delivery_id, texts)
        found = list(scan_database(connection, WAREHOUSE_DATABASE, scanner))

    for place, table in TABLES.items():
        here = [one for one in found if one.canary.label == place]
        assert kinds_at(here, table) == set(KINDS), place


def test_what_statistics_keep_of_a_deleted_value_is_found(
    site: Site, seed: int
) -> None:
    """PostgreSQL keeps samples of what is looked for often, in a catalog."""
    canaries = draw(seed, "statistics")
    scanner = Scanner(canaries.values())
    with site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("CREATE TABLE twin (value text)")
        for one in canaries.values():
            for _ in range(5):
                connection.execute("INSERT INTO twin VALUES (%s)", (one.value,))
        connection.execute("ANALYZE twin")
        connection.execute("TRUNCATE twin")
        found = list(scan_database(connection, WAREHOUSE_DATABASE, scanner))
        connection.execute("DROP TABLE twin")

    assert kinds_at(found, "pg_catalog.pg_statistic") == set(KINDS)
    assert {one.place.rpartition(".")[2] for one in found} == {"pg_statistic"}


@pytest.mark.parametrize("database", [WAREHOUSE_DATABASE, KEYRING_DATABASE])
def test_twin_a_logged_table_leaves_copies_in_the_wal(
    site: Site, seed: int, database: str
) -> None:
    """Deleted, vacuumed: the WAL still tells.  UNLOGGED never tells it."""
    logged = draw(seed, f"logged {database}")
    unlogged = draw(seed, f"unlogged {database}")
    with site.connect(database) as connection:
        for kind, canaries in (("", logged), ("UNLOGGED", unlogged)):
            connection.execute(f"CREATE {kind} TABLE twin (value text)".encode())
            for canary in canaries.values():
                connection.execute("INSERT INTO twin VALUES (%s)", (canary.value,))
            connection.execute("DELETE FROM twin")
            connection.execute("VACUUM FULL twin")
            connection.execute("DROP TABLE twin")

    found = list(Scanner([*logged.values(), *unlogged.values()]).scan_tree(site.wal))

    assert {one.canary.kind for one in found} == set(KINDS)
    assert {one.canary.label for one in found} == {f"logged {database}"}


def test_twin_a_logged_projection_leaves_names_in_the_wal(
    site: Site, seed: int
) -> None:
    """A company's name is shown by design; it must still stay out of the WAL."""
    company = Canary("company", "name", draw(seed, "company")["address"].value)
    row = website_row(
        "company", name=f"{company.value}有限公司", party="legal", phone="13800138000"
    )
    scanner = Scanner([company])
    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    key = site.installation.put("website", line)
    site.installation.custody.admit("website")
    custody = site.installation.custody
    for step in (custody.seal, unasked_check(custody), custody.load):
        step(key)
    kept = list(scanner.scan_tree(site.wal))
    with site.connect(WAREHOUSE_DATABASE) as connection:
        shown = connection.execute(
            "SELECT count(*) FROM projection.record WHERE name LIKE %s",
            (f"{company.value}%",),
        ).fetchone()
        connection.execute("ALTER TABLE projection.record SET LOGGED")
        leaked = list(scanner.scan_tree(site.wal))
        connection.execute("ALTER TABLE projection.record SET UNLOGGED")

    assert shown == (1,)
    assert kept == []
    assert leaked != []


# --- processes ---------------------------------------------------------------------


def test_twin_a_parser_with_a_spool_file_is_found(site: Site, seed: int) -> None:
    """What an ordinary pipeline does: values go to TMPDIR on their way."""
    canaries = draw(seed, "spool")
    with tempfile.NamedTemporaryFile() as spool:
        spool.write(website_file("spool", 20, canaries=canaries))
        spool.flush()

        found = list(Scanner(canaries.values()).scan_tree(site.temporary))

    assert {one.canary.kind for one in found} == set(KINDS)


_READY = "import sys; sys.stdout.write('.'); sys.stdout.flush(); input()"


def test_what_a_process_was_started_with_is_found(seed: int) -> None:
    environment, arguments = draw(seed, "environ"), draw(seed, "cmdline")
    scanner = Scanner([*environment.values(), *arguments.values()])
    with subprocess.Popen(
        [sys.executable, "-c", _READY, *(one.value for one in arguments.values())],
        env={one.kind: one.value for one in environment.values()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"."  # the kernel tells of it from here on
        found = list(scan_process(process.pid, scanner))
        process.communicate(b"\n")

    for place in ("environ", "cmdline"):
        here = [one for one in found if one.canary.label == place]
        assert kinds_at(here, f"/{place}") == set(KINDS)


_DIE = """
import os, resource, sys
values = sys.stdin.read()
if {forbidden}:
    from custody.adapters.local import forbid_core_dumps
    forbid_core_dumps()
os.abort()
"""


@pytest.mark.parametrize("forbidden", [True, False])
def test_no_core_file_of_a_process_that_opened_custody(
    tmp_path: Path, seed: int, *, forbidden: bool
) -> None:
    """The twin may dump, and is found wherever the kernel dumps beside it."""
    canaries = draw(seed, f"core {forbidden}")
    subprocess.run(
        [
            *("prlimit", "--core=unlimited:"),
            *(sys.executable, "-c", _DIE.format(forbidden=forbidden)),
        ],
        input="\n".join(one.value for one in canaries.values()).encode(),
        cwd=tmp_path,
        check=False,
        env=dict(os.environ),
    )

    found = list(Scanner(canaries.values()).scan_tree(tmp_path))

    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8")
    dumps_here = not forbidden and not pattern.startswith(("|", "/"))
    assert {one.canary.kind for one in found} == (set(KINDS) if dumps_here else set())
