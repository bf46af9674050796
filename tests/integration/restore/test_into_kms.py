"""Keys in AWS KMS, behind its guard: rows are lost, or a whole warehouse (R67)."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.adapters.database import transaction
from custody.adapters.keyring.restored import RestoredKeyring
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.application.opening import Opener
from custody.application.ports import ListedKeys
from custody.application.restore.keys import ROOTS
from custody.application.retention import Answer, EventKind
from custody.application.watch_keys import WatchKeys
from custody.bootstrap import Custody, open_custody
from custody.cli.main import app
from custody.domain.epochs import EpochId, EpochState, Purpose
from custody.errors import ConfigurationError, EvidenceError
from tests.builders.deliveries import DAY
from tests.builders.destructions import bring, copy_everything
from tests.builders.installation import Installation, describe
from tests.builders.restored import Target, empty_target
from tests.contract.conftest import rooms, s3_url
from tests.contract.key_rooms import KmsRoom
from tests.contract.test_kms import bare
from tests.integration.conftest import Databases

__all__ = ["rooms", "s3_url"]  # fixtures of the contract suites, here too

pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.timeout(1800),
]

CUSTOMERS, LEVELS = 2, 3


@dataclass(frozen=True)
class Office:
    """An installation whose keys are in KMS, and that KMS.

    One customer is kept only: under a key that the destroyer opens.
    """

    installation: Installation
    room: KmsRoom

    @property
    def custody(self) -> Custody:
        return self.installation.custody

    def provider(self, custody: Custody) -> ListedKeys:
        """Return the destroyer's keys; a client of boto3 takes long to make."""
        return custody.provider_as(roles.KEYRING_DESTROYER)

    def arns(self) -> dict[EpochId, str]:
        """Return which KMS key each row of the keyring names."""
        engine = self.custody.keyring_engine(roles.KEYRING_OWNER)
        with transaction(engine, "test") as connection:
            rows = connection.execute(
                text("SELECT epoch, key FROM keyring.provider_key")
            )
            return {EpochId.parse(row.epoch): row.key for row in rows}


@pytest.fixture
def office(
    databases: Databases, rooms: Callable[[], KmsRoom], tmp_path: Path
) -> Office:
    room = rooms()
    room.guard.clock.moment = dt.datetime.now(dt.UTC)
    home = tmp_path / "source"
    told = describe(
        home,
        warehouse_url=databases.warehouse_url,
        keyring_url=databases.keyring_url,
        credentials=databases.server.credentials,
    )
    environment = {**told, "CUSTODY_KEY_PROVIDER": room.url(), "CUSTODY_LANG": "en"}
    custody = open_custody(read_settings(environment))
    custody.prepare()
    made = Installation(custody, home / "secrets", environment)
    first, *_ = bring(made, CUSTOMERS, seed=1)
    left = custody.keep_retention.record(
        first.number, EventKind.DEREGISTRATION, DAY, reason="gone", actor="test"
    )
    assert left.answer is Answer.DONE
    custody.restrict_customers()
    assert not custody.back_up().faults
    custody.copy_ledger()
    return Office(made, room)


def _opens(office: Office, custody: Custody) -> int:
    """Open every value there is; return how many."""
    opener = Opener(
        policy=custody.policy,
        keyring=custody.keyring(roles.KEYRING_DESTROYER),
        provider=office.provider(custody),
    )
    return len([opener.open_copied(row) for row in copy_everything(custody).values])


class _Miscounting(RestoredKeyring):
    """A keyring that counts other many keys than it holds."""

    def count(self) -> int:
        return -1


def _restored_over(target: Target) -> Custody:
    """Restore after a run that ended before anybody was let in."""
    custody = target.opened()
    engine = custody.keyring_engine(roles.KEYRING_OWNER)
    cut = dataclasses.replace(
        custody.restore(target.given()), keyring=_Miscounting(engine)
    )
    with pytest.raises(EvidenceError, match="keys"):
        cut()
    restored = target.restore()
    assert restored.counts.customers == CUSTOMERS
    assert restored.opened == CUSTOMERS * LEVELS
    return target.opened()


def _states(custody: Custody, epochs: Iterable[EpochId]) -> set[EpochState | None]:
    """Return the states of epochs that hold data keys."""
    keys = custody.rekey_epochs.keys
    return {keys.state(one) for one in epochs if one.purpose is not Purpose.INDEX}


def _watched(custody: Custody) -> tuple[str, ...]:
    return WatchKeys(
        provider=custody.provider,
        keyring=custody.keyring(roles.KEYRING_LOADER),
        index_epochs=PostgresIndexEpochs(custody.loader),
    )()


def test_rows_are_lost_then_the_databases_and_kms_stands(
    databases: Databases, office: Office, tmp_path: Path
) -> None:
    """Nothing that stands is harmed until `keys rotate`, which ends every old key.

    Neither a row of the former keyring is there nor a free name of its epochs.
    """
    before = office.arns()
    _recover_rows(office)
    assert office.arns() == before
    with empty_target(databases.server, office.installation, tmp_path) as target:
        _refused_without_destroyer(office, target)

        custody = _restored_over(target)

        _stands(office, custody, before)
        now = custody.clock.now()
        custody.rotate_epochs(before=now - dt.timedelta(days=1))  # what closes, alone
        custody.rotate_index(before=now + dt.timedelta(days=1))
        _ended(office, custody, before)


def _recover_rows(office: Office) -> None:
    """Lose every row, and have it again under the KMS key that stands; twice."""
    engine = office.custody.keyring_engine(roles.KEYRING_OWNER)
    with transaction(engine, "test") as connection:
        connection.execute(text("DELETE FROM keyring.provider_key"))
    secret = ("--secret", str(office.installation.secrets / "a.recovery"))
    command = ["keys", "recover", "--from", "a", *secret]
    for _ in range(2):
        done = CliRunner().invoke(app, command, env=office.installation.environment)
        assert done.exit_code == 0, done.output


def _refused_without_destroyer(office: Office, target: Target) -> None:
    """CreateKey is the destruction identity's alone; the refusal names the setting."""
    asked = len(office.room.guard.asked)
    url = office.room.url(options="opener=opener")
    alone = {**target.environment, "CUSTODY_KEY_PROVIDER": url}

    with pytest.raises(ConfigurationError, match="CUSTODY_KEY_PROVIDER: no destr"):
        dataclasses.replace(target, environment=alone).restore()

    assert {one.identity for one in office.room.guard.asked[asked:]} == {"opener"}


def _stands(office: Office, custody: Custody, before: dict[EpochId, str]) -> None:
    """See that both open, that nothing ends, and which keys came from an escrow."""
    guard, values = office.room.guard, CUSTOMERS * LEVELS
    assert (_opens(office, custody), _opens(office, office.custody)) == (values, values)
    assert guard.deletions == {}
    assert _states(custody, before) == {EpochState.CLOSING}
    assert _watched(custody) == ()
    opening = set(guard.operations("opener"))
    assert opening == {"Decrypt", "DescribeKey", "ListKeys", "ListResourceTags"}


def _ended(office: Office, custody: Custody, before: dict[EpochId, str]) -> None:
    """See that every key ends which is not a root or a new one, a killed run's too."""
    guard, provider = office.room.guard, office.provider(custody)
    former = {bare(arn) for one, arn in before.items() if one not in ROOTS}
    assert former <= set(guard.deletions)
    assert not {bare(before[root]) for root in ROOTS} & set(guard.deletions)
    assert _states(custody, before) == {EpochState.DESTROYED}
    assert _opens(office, custody) == CUSTOMERS * LEVELS
    levels = set(custody.keyring(roles.KEYRING_OWNER).living())
    index = EpochId(
        Purpose.INDEX, None, PostgresIndexEpochs(custody.loader).open_number()
    )
    living = {one for one in provider.epochs() if provider.state(one).name == "live"}
    assert living == {*levels, index, *ROOTS}
    assert provider.strays() == ()
