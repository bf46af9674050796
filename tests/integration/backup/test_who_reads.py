"""Who backs up reads every row, changes none, and can open nothing (R67, R68)."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.database import driver, transaction
from custody.adapters.embedded.provision import connect_superuser
from custody.adapters.warehouse.snapshot import PostgresRowSnapshots
from custody.application.restore.keys import EscrowedKeys
from custody.bootstrap import Custody, open_custody
from custody.crypto import recovery
from custody.crypto.keyrecord import unwrap_key
from custody.domain.epochs import EpochId
from custody.errors import ConfigurationError, CustodyError, OpenError, WorldError
from tests.builders.installation import Installation
from tests.integration.backup.conftest import CUSTOMERS, LEVELS
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

POLICY = (
    "ALTER TABLE register.sealed_value ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY part ON register.sealed_value USING (level = 'low')",
)


@pytest.fixture
def filtered(databases: Databases) -> Iterator[None]:
    """Half of the values are hidden from who does not bypass row security."""
    server = databases.server
    with connect_superuser(databases.warehouse_url, server.credentials) as connection:
        for statement in POLICY:
            connection.execute(statement)
        yield
        connection.execute("ALTER ROLE custody_backup BYPASSRLS")
        connection.execute("DROP POLICY part ON register.sealed_value")
        connection.execute(
            "ALTER TABLE register.sealed_value DISABLE ROW LEVEL SECURITY"
        )


@pytest.mark.usefixtures("filtered")
def test_row_security_hides_nothing_from_a_backup(
    installation: Installation, databases: Databases
) -> None:
    """Twin: a role that is filtered and has no guard reads less, without an error."""
    custody = installation.custody
    assert custody.back_up().values == LEVELS * CUSTOMERS
    server = databases.server
    with connect_superuser(databases.warehouse_url, server.credentials) as connection:
        connection.execute("ALTER ROLE custody_backup NOBYPASSRLS")

    with pytest.raises(ConfigurationError, match="BYPASSRLS"):
        custody.back_up()
    engine = custody.warehouse(roles.WAREHOUSE_BACKUP)
    query = "SELECT count(*) FROM register.sealed_value"
    with transaction(engine, "filtered") as connection:
        assert connection.execute(text(query)).scalar_one() == CUSTOMERS
    with transaction(engine, "filtered") as connection:
        connection.execute(text("SET LOCAL row_security = off"))
        with pytest.raises(ProgrammingError):
            connection.execute(text(query))


def test_a_snapshot_changes_nothing(installation: Installation) -> None:
    rows = PostgresRowSnapshots(installation.custody.warehouse(roles.WAREHOUSE_BACKUP))

    with pytest.raises(WorldError), rows.taken() as taken:
        driver(taken._connection).execute("UPDATE ledger.turn SET gate = 1")


def test_what_comes_after_the_snapshot_is_not_in_it(
    installation: Installation,
) -> None:
    """The warehouse's is taken before the keyring's: every value has its key."""
    custody = installation.custody
    rows = PostgresRowSnapshots(custody.warehouse(roles.WAREHOUSE_BACKUP))
    with rows.taken() as taken:
        before = len(list(taken.ledger()))
        custody.back_up()
        assert len(list(taken.ledger())) == before


# --- the job's whole environment ---------------------------------------------------


@pytest.fixture
def job(installation: Installation, tmp_path: Path) -> Custody:
    """Custody as the backup's worker has it: two passwords, and keys to seal with."""
    settings = installation.custody.settings
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for role in (roles.WAREHOUSE_BACKUP, roles.KEYRING_BACKUP):
        shutil.copy(settings.credentials_dir / role, credentials / role)
    environment = {
        **installation.environment,
        "CUSTODY_HOME": str(tmp_path / "home"),
        "CUSTODY_CREDENTIALS_DIR": str(credentials),
        "CUSTODY_OFFSITE_URLS": ",".join(settings.offsite_urls),
        "CUSTODY_LEDGER_KEY_FILE": str(settings.ledger_key_file),
        "CUSTODY_PUBLIC_KEYS_FILE": str(settings.public_keys_file),
    }
    return open_custody(read_settings(environment))


def _opens(job: Custody, keys: set[bytes]) -> int:
    """Count the values whose data key some of the keys unwrap."""
    rows = PostgresRowSnapshots(job.warehouse(roles.WAREHOUSE_BACKUP))
    with rows.taken() as taken:
        handles = [one for page in taken.values() for one in page["handle"]]
    found = job.keyring(roles.KEYRING_BACKUP).wrapped(sorted(set(handles)))
    return sum(
        any(_unwraps(job, row, key) for key in keys)
        for row in found.iter_rows(named=True)
    )


def _unwraps(job: Custody, row: dict[str, object], key: bytes) -> bool:
    try:
        unwrap_key(
            wrapping_key=key,
            wrapped=bytes(row["wrapped"]),  # type: ignore[call-overload]
            epoch=str(row["epoch"]),
            key_id=bytes(row["key_id"]),  # type: ignore[call-overload]
            dataset=job.policy.dataset,
            level=str(row["level"]),
            handle=bytes(row["handle"]),  # type: ignore[call-overload]
        )
    except OpenError:
        return False
    return True


def _everything_within_reach(job: Custody) -> set[bytes]:
    """Return whatever could be a key in the files and media that the job may read."""
    settings = job.settings
    files = [settings.ledger_key_file, settings.public_keys_file]
    files += [one for one in settings.home.rglob("*") if one.is_file()]
    files += [one for one in settings.credentials_dir.iterdir() if one.is_file()]
    contents = [one.read_bytes() for one in files]
    for medium in job.media:
        contents += [medium.read(path) for path in medium.list("escrow/")]
    found: set[bytes] = set()
    for content in contents:
        found |= {content[:32], content[-32:]}
        found |= {bytes.fromhex(one.decode()) for one in _HEX.findall(content)}
    return {one for one in found if len(one) == KEY_BYTES}


_HEX = re.compile(rb"[0-9a-f]{64}")
KEY_BYTES = 32


def test_the_jobs_whole_environment_backs_up_and_opens_nothing(
    installation: Installation, job: Custody
) -> None:
    """Twins: one wrapping key besides, and what it wraps opens; by two cards, all."""
    assert not job.back_up().faults
    within_reach = _everything_within_reach(job)

    assert within_reach
    assert _opens(job, within_reach) == 0
    with pytest.raises((KeyError, CustodyError)):
        job.provider_as(roles.KEYRING_BACKUP).open(EpochId.parse("live/high/1"))
    for role in (*roles.WAREHOUSE_ROLES, *roles.KEYRING_ROLES):
        if role not in roles.SEE_EVERY_ROW:
            with pytest.raises(ConfigurationError):
                job.warehouse(role)

    key = installation.custody.provider.open(EpochId.parse("live/high/1"))
    assert _opens(job, {key}) == CUSTOMERS
    assert _opens(job, _by_cards(installation)) == LEVELS * CUSTOMERS


def _by_cards(installation: Installation) -> set[bytes]:
    """Return every living key, as the secret of one medium opens its escrows."""
    text = (installation.secrets / "a.recovery").read_text("utf-8")
    own = recovery.derive_identities(recovery.secret_from_text(text), medium="a")
    medium = installation.custody.media[0]
    keys = EscrowedKeys(medium=medium, hpke_private=own.hpke_private)
    keys.look()
    living = installation.custody.keyring(roles.KEYRING_OWNER).living()
    return {keys.open(epoch) for epoch in living}
