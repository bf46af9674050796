"""A backup has everything, opens with a medium's own identity, and says what it lacks.

R65-R68: off-site, on two media, encrypted, independent of the original.
"""

import io
import os
import signal

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.age_box import decrypt
from custody.adapters.data_objects import DATA_OBJECT_SCHEMA
from custody.adapters.database import transaction
from custody.adapters.gathered import gathered
from custody.adapters.keyring.snapshot import TABLES as KEYRING_TABLES
from custody.adapters.keyring.snapshot import PostgresKeySnapshots
from custody.adapters.snapshots import copy_out
from custody.adapters.warehouse.set_tables import TABLES
from custody.adapters.warehouse.snapshot import PostgresRowSnapshots
from custody.application.drafted_set import WrittenSet
from custody.application.ports.backup import TableOf
from custody.bootstrap import Custody
from custody.domain.full_set import FullSet
from custody.domain.merkle import merkle_root
from custody.domain.rowset import sealed_leaf
from custody.errors import EvidenceError, OpenError, WorldError
from tests.builders.installation import Installation
from tests.integration.backup.conftest import CUSTOMERS, LEVELS, identity_of, told

pytestmark = pytest.mark.integration


def manifests(custody: Custody, name: str) -> dict[str, FullSet]:
    """Return the believed manifests of a set, by medium."""
    return {
        medium.name: one.full
        for medium in custody.media
        for one in custody.full_sets.listed(medium)
        if one.name == name and one.full is not None
    }


def opened(installation: Installation, medium: str, path: str) -> bytes:
    """Return what is inside an object, as who holds the medium's secret."""
    (place,) = [one for one in installation.custody.media if one.name == medium]
    return decrypt(place.read(path), identity=identity_of(installation, medium))


def count(custody: Custody, query: str) -> int:
    """Return a number that the owner of the warehouse sees."""
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_a_set_has_every_value_with_its_key_on_every_medium(
    installation: Installation, written: WrittenSet
) -> None:
    """Its root is over what opens there, by the rules of docs/formats.md."""
    found = manifests(installation.custody, written.name)

    assert set(found) == {"a", "b"}
    assert not written.faults
    for medium, full in found.items():
        frames = [
            pl.read_parquet(io.BytesIO(opened(installation, medium, path)))
            for path, _ in full.objects
        ]
        frame = pl.concat(frames)
        assert frame.columns == DATA_OBJECT_SCHEMA.names
        assert frame.height == full.values == written.values == LEVELS * CUSTOMERS
        assert not any(frame.null_count().row(0))
        assert set(frame["epoch"]) <= set(full.epochs)
        rows = frame.select("handle", "level", "key_id", "sealed").iter_rows()
        assert merkle_root(sealed_leaf(*row) for row in rows) == full.root


def test_a_set_has_the_tables_that_are_listed_and_no_other(
    installation: Installation, written: WrittenSet
) -> None:
    """And each has the rows that its owner counts."""
    for medium, full in manifests(installation.custody, written.name).items():
        named = [(table.name, table.columns) for table in full.tables]
        assert named == [(one.name, one.columns) for one in (*TABLES, *KEYRING_TABLES)]
        for table in full.tables:
            lines = opened(installation, medium, table.path).count(b"\n")
            assert lines == table.rows, table.name
            if not table.name.startswith("keyring."):
                query = f"SELECT count(*) FROM {table.name}"  # noqa: S608
                assert count(installation.custody, query) == lines, table.name


def test_pages_are_cut_between_records(installation: Installation) -> None:
    """And nothing is lost or told twice, wherever they are cut."""
    engine = installation.custody.warehouse(roles.WAREHOUSE_BACKUP)
    pages: list[list[pl.DataFrame]] = []
    for records in (1, CUSTOMERS - 1, CUSTOMERS):
        with PostgresRowSnapshots(engine, records=records).taken() as snapshot:
            pages.append(list(snapshot.values()))

    assert list(map(len, pages)) == [CUSTOMERS, 2, 1]
    whole = pages[-1][0]
    assert whole.height == CUSTOMERS * LEVELS
    assert all(pl.concat(one).equals(whole) for one in pages)


_LARGE = TableOf("pg_catalog.pg_rewrite", ("oid", "ev_action"))


def test_a_table_that_is_left_in_the_middle_leaves_the_connection_whole(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.adapters.snapshots._ROWS_PER_PIECE", 1)
    engine = installation.custody.warehouse(roles.WAREHOUSE_BACKUP)
    with transaction(engine, "test") as connection:
        pieces = copy_out(connection, _LARGE)
        assert next(pieces).endswith(b"\n")
        pieces.close()
        connection.rollback()
    with transaction(engine, "test") as connection:
        whole = b"".join(copy_out(connection, _LARGE))
        counted = connection.execute(text("SELECT count(*) FROM pg_rewrite"))
        assert whole.count(b"\n") == counted.scalar_one()


def test_a_table_whose_server_leaves_is_not_whole(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that the server did not tell is none."""
    monkeypatch.setattr("custody.adapters.snapshots._ROWS_PER_PIECE", 1)
    engine = installation.custody.warehouse(roles.WAREHOUSE_BACKUP)

    def cut() -> None:
        with transaction(engine, "test") as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            pieces = copy_out(connection, _LARGE)
            next(pieces)
            os.kill(pid, signal.SIGTERM)
            list(pieces)

    with pytest.raises(WorldError):
        cut()


def test_keys_between_two_handles_are_those_of_all_that_lie_there(
    installation: Installation,
) -> None:
    engine = installation.custody.keyring_engine(roles.KEYRING_BACKUP)
    rows = installation.custody.warehouse(roles.WAREHOUSE_BACKUP)
    with PostgresRowSnapshots(rows).taken() as snapshot:
        handles = pl.concat(snapshot.values())["handle"].unique().sort().to_list()

    with PostgresKeySnapshots(engine).taken() as keys:
        found = keys.between(handles[1], handles[-2], most=LEVELS * CUSTOMERS)
        few = keys.between(handles[1], handles[-2], most=LEVELS)
        asked = keys.wrapped(handles[1:-1])

    order = ["handle", "level"]
    assert found.height == LEVELS * (CUSTOMERS - 2)
    assert found.sort(order).equals(asked.sort(order))
    assert few.height == LEVELS


def test_cells_of_another_length_are_refused(installation: Installation) -> None:
    """Laid over what came they would be other values."""
    engine = installation.custody.warehouse(roles.WAREHOUSE_BACKUP)
    query = "SELECT '\\x0011'::bytea AS handle, ARRAY[1] AS sizes"
    with transaction(engine, "test") as connection, pytest.raises(EvidenceError):
        gathered(
            connection,
            query,
            {},
            widths={"handle": 16},
            schema=pl.Schema({"handle": pl.Binary}),
        )


FORBIDDEN = ("token", "name", "shown", "mask", "remark", "facts", "salt", "page")


def test_no_table_of_a_set_has_what_belongs_inside_a_seal() -> None:
    """Names of files are the sender's; marks of the destroyed are no index."""
    allowed = {("intake.delivery_file", "name"), ("register.suppression", "token")}
    found = {
        (table.name, column)
        for table in (*TABLES, *KEYRING_TABLES)
        for column in table.columns
        if column in FORBIDDEN
    }

    assert found == allowed


def test_what_was_backed_up_is_told_to_the_ledger_and_goes_off_site(
    installation: Installation, written: WrittenSet
) -> None:
    body = told(installation, "backed_up")[0]

    assert body["set"] == written.name
    assert body["manifests"] == [f"{one.medium}:{one.manifest}" for one in written.seen]
    assert body["proven"] == 1
    assert body["failed"] == []
    full = manifests(installation.custody, written.name)["a"]
    size = int(full.ledger.partition(":")[0])
    assert size < len(list(installation.custody.ledger.lines()))
    for medium in installation.custody.media:
        heads = [one for one in medium.list("ledger/") if one.endswith(".head")]
        assert max(heads) >= f"ledger/{size:012d}.head"


def test_days_that_are_not_complete_are_named(
    installation: Installation, written: WrittenSet
) -> None:
    """The example's website is expected daily and came once."""
    full = manifests(installation.custody, written.name)["b"]

    assert "website 2026-11-24" in full.missing
    assert "website 2026-11-23" not in full.missing
    assert written.missing == full.missing


def test_one_medium_opens_with_its_own_identity_alone(
    installation: Installation, written: WrittenSet
) -> None:
    full = manifests(installation.custody, written.name)["a"]
    sealed = installation.custody.media[0].read(full.objects[0][0])

    with pytest.raises(OpenError):
        decrypt(sealed, identity=identity_of(installation, "b"))

    assert decrypt(sealed, identity=identity_of(installation, "a"))
