"""A backup that is disturbed is whole on the other medium, or none; it is told."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.keyring.exclusive import PostgresExclusion
from custody.bootstrap import Custody, open_custody
from custody.errors import ConflictError, EvidenceError
from tests.builders.installation import Installation
from tests.integration.backup.conftest import told
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration


def sets_on(custody: Custody) -> set[tuple[str, str]]:
    """Return medium and name of every set that is believed."""
    return {
        (medium.name, one.name)
        for medium in custody.media
        for one in custody.full_sets.listed(medium)
        if one.full is not None
    }


def test_a_medium_that_fails_stops_no_other_and_is_told(
    installation: Installation, disks: list[Path]
) -> None:
    custody = installation.custody
    shutil.rmtree(disks[0])
    disks[0].write_bytes(b"no folder")

    found = custody.back_up()
    with pytest.raises(EvidenceError, match="a: "):
        custody.back_up.everywhere()

    assert list(found.faults) == ["a"]
    assert [one.medium for one in found.seen] == ["b"]
    assert custody.full_sets.is_whole(
        custody.media[1],
        next(
            one
            for one in custody.full_sets.listed(custody.media[1])
            if one.name == found.name
        ),
    )
    assert told(installation, "backed_up")[-1]["failed"] == ["a"]
    disks[0].unlink()


def test_no_line_is_written_when_every_medium_fails(
    installation: Installation, disks: list[Path]
) -> None:
    for disk in disks:
        shutil.rmtree(disk)
        disk.write_bytes(b"no folder")
    before = told(installation, "backed_up")

    with pytest.raises(EvidenceError, match="no medium"):
        installation.custody.back_up()

    assert told(installation, "backed_up") == before
    for disk in disks:
        disk.unlink()


def test_a_medium_without_an_escrow_bears_no_set(
    installation: Installation, disks: list[Path]
) -> None:
    """What nobody can open is no backup."""
    shutil.rmtree(disks[1] / "escrow" / "live" / "low")

    found = installation.custody.back_up()

    assert list(found.faults) == ["b"]
    assert "live/low/1" in found.faults["b"].en
    assert ("b", found.name) not in sets_on(installation.custody)


LEAST = "(SELECT min(handle) FROM register.record_version)"
CHANGES = (
    f"DELETE FROM register.sealed_value WHERE handle = {LEAST} AND level = 'low'",  # noqa: S608
    f"UPDATE register.record_version SET version = 9 WHERE handle = {LEAST}",  # noqa: S608
    "DELETE FROM ledger.entry WHERE position = 2",
)


@pytest.mark.parametrize("change", CHANGES)
def test_a_register_that_contradicts_its_ledger_is_not_backed_up(
    installation: Installation, databases: Databases, change: str
) -> None:
    """Nothing is signed; the same register unchanged is backed up (above)."""
    custody = installation.custody
    before = sets_on(custody)

    with _changed(databases, change), pytest.raises(EvidenceError):
        custody.back_up()

    assert sets_on(custody) == before


@contextmanager
def _changed(databases: Databases, change: str) -> Iterator[None]:
    """Change the warehouse as its superuser, whom no trigger stops; undo it."""
    server = databases.server
    tables = ("register.sealed_value", "register.record_version", "ledger.entry")
    with connect_superuser(databases.warehouse_url, server.credentials) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in tables:
            connection.execute(f"CREATE TABLE public.kept AS SELECT * FROM {table}")  # noqa: S608
            connection.execute(
                f"ALTER TABLE public.kept RENAME TO {table.partition('.')[2]}_kept"
            )
        connection.execute(change)
        yield
        for table in tables:
            kept = f"public.{table.partition('.')[2]}_kept"
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute(f"INSERT INTO {table} SELECT * FROM {kept}")  # noqa: S608
            connection.execute(f"DROP TABLE {kept}")


def test_a_value_without_a_key_is_not_backed_up(
    installation: Installation, databases: Databases
) -> None:
    server = databases.server
    before = sets_on(installation.custody)
    with connect_superuser(databases.keyring_url, server.credentials) as connection:
        connection.execute("CREATE TABLE public.kept AS SELECT * FROM keyring.data_key")
        connection.execute("DELETE FROM keyring.data_key WHERE level = 'low'")
        with pytest.raises(EvidenceError, match="no key record"):
            installation.custody.back_up()
        connection.execute(
            "INSERT INTO keyring.data_key SELECT * FROM public.kept WHERE level = 'low'"
        )
        connection.execute("DROP TABLE public.kept")

    assert sets_on(installation.custody) == before


def test_nobody_moves_keys_while_a_backup_runs_and_it_waits_for_who_does(
    installation: Installation, databases: Databases
) -> None:
    """The one lock of rekey, destruction and backups, of both sides."""
    custody = installation.custody
    hasty = databases.hasty_keyring(roles.KEYRING_BACKUP)
    exclusively = PostgresExclusion(hasty)

    with custody.exclusively(), pytest.raises(ConflictError), exclusively():
        pass

    heard: list[str] = []

    def ask(step: str) -> None:
        if step == "backup.values.before":
            with pytest.raises(ConflictError), exclusively():
                pass
            heard.append(step)

    settings = read_settings(installation.environment)
    open_custody(settings, reached=ask).back_up()
    assert heard
