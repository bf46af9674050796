"""What a database superuser alters is found: sealed values, key records, ledger."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE
from custody.adapters.warehouse.ledger import ledger_lines
from custody.crypto import signing
from custody.domain.ledger import Head, hash_line, read_line
from custody.domain.ledger_check import LedgerFault, Verification, verify_lines
from custody.errors import EvidenceError, OpenError
from tests.builders.installation import STEPS
from tests.faults.site import Site, open_site, website_file

pytestmark = pytest.mark.integration

Connection = psycopg.Connection[tuple[Any, ...]]

VALUE_COLUMNS = ("sealed", "digest", "key_id")
KEY_COLUMNS = ("wrapped", "key_id")
LEVELS = ("high", "medium", "low")
BITS = 4  # drawn for each column and level; unit tests flip every one
EDITS = 60


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site with two loaded people, whose projection a crash has emptied."""
    with open_site() as site:
        key = site.installation.put("website", website_file("tamper", 2))
        site.installation.custody.admit("website")
        for step in STEPS:
            getattr(site.installation.custody, step)(key)
        yield site


@pytest.fixture
def warehouse(site: Site) -> Iterator[Connection]:
    """The warehouse as superuser, the projection emptied."""
    with site.connect(WAREHOUSE_DATABASE) as connection:
        connection.execute("TRUNCATE projection.record")
        yield connection


def draw(seed: str) -> random.Random:
    """Return chance that a failed test can repeat; the seed is in its output."""
    number = random.getrandbits(32)
    print(f"seed {number}")  # noqa: T201 - so that a failure can be repeated
    return random.Random(f"{number}/{seed}")  # noqa: S311 - places of a bit


def flip(connection: Connection, place: tuple[str, str], level: str, bit: int) -> None:
    """Flip one bit of a column, in every row of the level; twice is as before."""
    table, column = place
    connection.execute(
        sql.SQL(
            "UPDATE {0} SET {1} = set_bit({1}, mod(%s, 8 * length({1})),"
            " 1 - get_bit({1}, mod(%s, 8 * length({1})))) WHERE level = %s"
        ).format(sql.Identifier(*table.split(".")), sql.Identifier(column)),
        (bit, bit, level),
    )


def shown(connection: Connection) -> int:
    """Return how many records the projection shows."""
    row = connection.execute("SELECT count(*) FROM projection.record").fetchone()
    assert row is not None
    return int(row[0])


def test_untouched_values_open(site: Site, warehouse: Connection) -> None:
    rebuilt = site.installation.custody.rebuild_projection()

    assert rebuilt >= 2
    assert shown(warehouse) == rebuilt


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("database", "place"),
    [
        *((WAREHOUSE_DATABASE, ("register.sealed_value", c)) for c in VALUE_COLUMNS),
        *((KEYRING_DATABASE, ("keyring.data_key", c)) for c in KEY_COLUMNS),
    ],
)
def test_a_flipped_bit_of_a_stored_value_or_key_record_is_found(
    site: Site,
    warehouse: Connection,
    level: str,
    database: str,
    place: tuple[str, str],
) -> None:
    rng = draw(f"{place}/{level}")
    with site.connect(database) as connection:
        for bit in [0, *(rng.randrange(1 << 20) for _ in range(BITS))]:
            flip(connection, place, level, bit)
            try:
                with pytest.raises((OpenError, EvidenceError)):
                    site.installation.custody.rebuild_projection()
            finally:
                flip(connection, place, level, bit)

    assert shown(warehouse) == 0


def test_a_key_record_that_is_not_the_values_is_not_exported(
    site: Site,
) -> None:
    """The off-site copy is refused before it is written, not when it is needed."""
    place = ("keyring.data_key", "key_id")
    key = site.installation.put("website", website_file("export", 2))
    site.installation.custody.admit("website")
    for step in ("seal", "check", "load"):
        getattr(site.installation.custody, step)(key)
    with site.connect(KEYRING_DATABASE) as connection:
        flip(connection, place, "low", 7)
        try:
            with pytest.raises(EvidenceError):
                site.installation.custody.export(key)
        finally:
            flip(connection, place, "low", 7)

    assert site.installation.custody.export(key) == "exported"


@pytest.mark.parametrize("level", LEVELS)
def test_two_customers_values_swapped_are_found(
    site: Site, warehouse: Connection, level: str
) -> None:
    """The whole row with its key id: only the context tells whose it is."""
    swap = (
        "UPDATE register.sealed_value a SET sealed = b.sealed, digest = b.digest"
        " FROM register.sealed_value b"
        " WHERE a.level = %(level)s AND b.level = a.level AND b.handle <> a.handle"
        " AND a.handle = ANY(%(two)s) AND b.handle = ANY(%(two)s)"
    )
    found = warehouse.execute("SELECT handle FROM register.record_version LIMIT 2")
    two = {"level": level, "two": [row[0] for row in found.fetchall()]}
    warehouse.execute(swap, two)
    try:
        with pytest.raises((OpenError, EvidenceError)):
            site.installation.custody.rebuild_projection()
    finally:
        warehouse.execute(swap, two)

    assert shown(warehouse) == 0


# --- the ledger -------------------------------------------------------------------


@contextmanager
def edited(warehouse: Connection) -> Iterator[None]:
    """Let a superuser edit the ledger; all is taken back after."""
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("ALTER TABLE ledger.entry DISABLE TRIGGER append_only")
        yield


def lines_of(warehouse: Connection) -> list[bytes]:
    """Return the lines as a verifier reads them."""
    rows = warehouse.execute("SELECT line FROM ledger.entry ORDER BY position")
    return [bytes(row[0]) for row in rows.fetchall()]


def verified(site: Site, lines: list[bytes], head: Head | None = None) -> Verification:
    """Verify lines against the pinned key, as the command line does."""
    pin = signing.fingerprint(site.installation.custody.public_keys.ledger)
    return verify_lines(
        lines,
        verify=signing.verify_labelled,
        pins=[pin],
        heads=[] if head is None else [head],
    )


def write_over(warehouse: Connection, position: int, line: bytes) -> None:
    """Replace a line together with its hash column, so that no CHECK is broken."""
    warehouse.execute(
        "UPDATE ledger.entry SET line = %s, hash = %s WHERE position = %s",
        (line, hash_line(line), position),
    )


def test_an_untouched_ledger_holds(site: Site, warehouse: Connection) -> None:
    lines = lines_of(warehouse)

    assert lines == list(ledger_lines(site.installation.custody.loader))
    assert verified(site, lines).holds
    kinds = {read_line(line).kind for line in lines}
    assert kinds >= {"admitted", "sealed", "checked", "loaded", "exported", "erased"}


def test_every_line_edited_in_the_table_is_found(
    site: Site, warehouse: Connection
) -> None:
    rng = draw("ledger")
    before = lines_of(warehouse)
    for number in range(EDITS):
        position = number % len(before) + 1
        line = bytearray(before[position - 1])
        line[rng.randrange(len(line))] ^= 1 << rng.randrange(8)
        with edited(warehouse):
            write_over(warehouse, position, bytes(line))

            verdict = verified(site, lines_of(warehouse))

        assert not verdict.holds
        assert position in {place for place, _ in verdict.faults}
    assert lines_of(warehouse) == before


def test_lines_removed_swapped_or_repeated_are_found(
    site: Site, warehouse: Connection
) -> None:
    before = lines_of(warehouse)
    head = verified(site, before).head
    edits = {
        "first removed": "DELETE FROM ledger.entry WHERE position = 1",
        "middle removed": "DELETE FROM ledger.entry WHERE position = 3",
        "last removed": (
            "DELETE FROM ledger.entry"
            " WHERE position = (SELECT max(position) FROM ledger.entry)"
        ),
        "swapped": (
            "UPDATE ledger.entry SET position = 1000 WHERE position = 2;"
            "UPDATE ledger.entry SET position = 2 WHERE position = 3;"
            "UPDATE ledger.entry SET position = 3 WHERE position = 1000"
        ),
        "all removed": "TRUNCATE ledger.entry",
    }
    for name, statements in edits.items():
        with edited(warehouse):
            warehouse.execute(statements.encode())

            verdict = verified(site, lines_of(warehouse), head)

        assert not verdict.holds, name


def test_twin_without_a_head_kept_elsewhere_a_cut_end_is_not_seen(
    site: Site, warehouse: Connection
) -> None:
    with edited(warehouse):
        warehouse.execute("DELETE FROM ledger.entry WHERE position > 4")

        cut = verified(site, lines_of(warehouse))

    assert cut.holds


def test_twin_a_chain_made_again_is_seen_by_signatures_alone(
    site: Site, warehouse: Connection
) -> None:
    """Whoever recomputes every hash passes the chain; the key is elsewhere."""
    lines = lines_of(warehouse)
    forged = lines[0].replace(b'"kind":"', b'"kind":"x', 1)
    again = [forged]
    for line in lines[1:]:
        old = hash_line(lines[len(again) - 1]).hex().encode()
        again.append(line.replace(old, hash_line(again[-1]).hex().encode()))
    with edited(warehouse):
        for position, line in enumerate(again, start=1):
            write_over(warehouse, position, line)

        verdict = verified(site, lines_of(warehouse))

    assert {fault for _, fault in verdict.faults} == {LedgerFault.SIGNATURE}
    assert len(verdict.faults) == len(lines)


def test_the_trigger_stops_an_owner_and_not_a_superuser(warehouse: Connection) -> None:
    """The twin of the trigger: it is disabled here, and the edit goes through."""
    with pytest.raises(psycopg.errors.RaiseException):
        warehouse.execute("DELETE FROM ledger.entry")
    with edited(warehouse):
        assert warehouse.execute("DELETE FROM ledger.entry").rowcount >= 7
