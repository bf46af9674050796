"""A whole intake whose wrapping keys live in AWS KMS, over HTTP, behind the guard."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from custody.adapters import roles
from custody.adapters.config import read_settings
from custody.bootstrap import Custody, open_custody
from custody.cli.main import app
from custody.cli.up import prepare_keys
from custody.crypto import escrow, recovery
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId
from custody.domain.language import Language
from custody.errors import ConfigurationError, KeyDestroyedError
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation, describe
from tests.contract.conftest import rooms, s3_url
from tests.contract.key_rooms import KmsRoom
from tests.faults.kms_guard import Asked
from tests.integration.conftest import Databases

__all__ = ["rooms", "s3_url"]  # fixtures of the contract suites, here too

pytestmark = pytest.mark.integration

ROWS = [
    {
        "form_id": f"W-{number}",
        "name": name,
        "party": party,
        "phone": f"1380013800{number}",
        "customer_type": "new",
        "consent_time": f"{DAY}T00:00:00+08:00",
    }
    for number, name, party in (
        (1, "示例甲乙", "natural"),
        (2, "示例科技有限公司", "legal"),
    )
]
MEDIUM = EpochId.parse("live/medium/1")


@dataclass(frozen=True)
class Company:
    """An installation, and the KMS it asks."""

    installation: Installation
    room: KmsRoom

    def opened(self, *, options: str) -> Custody:
        """Return Custody as a process with these identities has it."""
        return open_custody(
            read_settings(
                {
                    **self.installation.environment,
                    "CUSTODY_KEY_PROVIDER": self.room.url(options=options),
                }
            )
        )

    @property
    def keyring_owner(self) -> Engine:
        """The keyring as its owner."""
        return self.installation.custody.keyring_engine(roles.KEYRING_OWNER)

    def shown(self) -> dict[str, tuple[str | None, object]]:
        """Return the name and the masks of every customer."""
        views = self.installation.custody.views
        return {str(one.number): (one.name, one.shown) for one in views.customers()}


@pytest.fixture(scope="module")
def company(
    databases: Databases,
    rooms: Callable[[], KmsRoom],
    tmp_path_factory: pytest.TempPathFactory,
) -> Company:
    """Keys and databases made ready as `custody up` does it, with both identities."""
    room = rooms()
    room.guard.clock.moment = dt.datetime.now(dt.UTC)
    home = tmp_path_factory.mktemp("custody")
    environment = {
        **describe(
            home,
            warehouse_url=databases.warehouse_url,
            keyring_url=databases.keyring_url,
            credentials=databases.server.credentials,
        ),
        "CUSTODY_KEY_PROVIDER": room.url(),
    }
    settings = read_settings(environment)
    prepare_keys(settings, Language.EN)
    installation = Installation(open_custody(settings), home / "secrets", environment)
    return Company(installation, room)


@dataclass(frozen=True)
class Loaded:
    """A delivery that went its way, by jobs that hold the opener's identity alone."""

    custody: Custody
    answers: list[str]
    asked: list[Asked]
    shown: dict[str, tuple[str | None, object]]


@pytest.fixture(scope="module")
def loaded(company: Company) -> Loaded:
    custody = company.opened(options="opener=opener")
    jobs = dataclasses.replace(company.installation, custody=custody)
    company.room.guard.asked.clear()
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    jobs.put("website", lines.encode(), name="rows.jsonl")
    (answers,) = jobs.run("website").values()
    asked = list(company.room.guard.asked)
    return Loaded(custody, answers, asked, company.shown())


def test_a_delivery_is_loaded_by_jobs_that_decrypt_and_nothing_else(
    loaded: Loaded,
) -> None:
    assert loaded.answers == ["sealed", "checked", "loaded", "exported", "erased"]
    assert {(one.identity, one.operation) for one in loaded.asked} == {
        ("opener", "Decrypt")
    }
    levels = {one.body["EncryptionContext"]["custody:level"] for one in loaded.asked}
    assert levels == {"high", "medium", "low", "-"}


def test_the_projection_is_made_again_from_sealed_values(
    company: Company, loaded: Loaded
) -> None:
    empty_the_projection(loaded.custody)

    rebuilt = loaded.custody.rebuild_projection()

    assert rebuilt == len(loaded.shown) == len(ROWS)
    assert company.shown() == loaded.shown


def empty_the_projection(custody: Custody) -> None:
    """Do what a crash of PostgreSQL does to an UNLOGGED table."""
    with custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        connection.execute(text("TRUNCATE projection.record"))


def test_every_escrow_opens_to_the_key_that_kms_gives(company: Company) -> None:
    """And that key stands in no file of the installation."""
    custody = company.installation.custody
    home = company.installation.secrets.parent
    born = custody.provider.epochs()

    for epoch in born:
        key = custody.provider.open(epoch)
        for medium in custody.media:
            file = company.installation.secrets / f"{medium.name}.recovery"
            secret = recovery.secret_from_text(file.read_text("utf-8").strip())
            own = recovery.derive_identities(secret, medium=medium.name)
            (path,) = medium.list(f"escrow/{epoch}/")
            assert key == escrow.open_escrow(
                own.hpke_private, epoch=str(epoch), escrow=medium.read(path)
            )
        assert not _holds(home, key)

    assert len(born) == 6
    assert {FIELD_ROOT, SUPPRESSION_ROOT} < set(born)
    assert not (home / "keys").exists()


def _holds(home: Path, key: bytes) -> bool:
    files = [path for path in home.rglob("*") if path.is_file()]
    return any(key in path.read_bytes() for path in files)


def test_getting_ready_again_asks_for_no_new_key(company: Company) -> None:
    """A start without the destroyer's identity works while nothing is to be born."""
    company.room.guard.asked.clear()

    epochs = company.opened(options="opener=opener").prepare()

    assert len(epochs) == 4
    assert set(company.room.guard.operations()) == {"DescribeKey", "Decrypt"}
    with pytest.raises(ConfigurationError, match="destroyer"):
        company.opened(options="opener=opener").provider.create(
            EpochId.parse("live/high/2")
        )


def test_keys_and_status_are_told_by_the_command_line(company: Company) -> None:
    environment = {**company.installation.environment, "CUSTODY_LANG": "en"}

    listed = CliRunner().invoke(app, ["keys", "list"], env=environment)
    again = CliRunner().invoke(app, ["keys", "init"], env=environment)
    status = CliRunner().invoke(app, ["status"], env=environment)

    assert (listed.exit_code, again.exit_code, status.exit_code) == (0, 0, 0)
    assert f"{MEDIUM}\tlive" in listed.output
    assert "stray" not in listed.output
    assert "nothing was changed" in again.output


@pytest.fixture
def destroyed(company: Company) -> Iterator[EpochId]:
    """An epoch that was destroyed; AWS and the row are set back after the test."""
    keyed = company.installation.custody.provider_as(roles.KEYRING_OWNER)
    keyed.destroy(MEDIUM)
    yield MEDIUM
    with company.keyring_owner.begin() as connection:
        row = "WHERE epoch = 'live/medium/1' RETURNING key"
        undo = f"UPDATE keyring.provider_key SET final = NULL {row}"  # noqa: S608 - ours
        arn = str(connection.execute(text(undo)).scalar_one())
    company.room.guard.forget(arn)


def test_a_destroyed_epoch_opens_no_more_from_the_order_on(
    company: Company, loaded: Loaded, destroyed: EpochId
) -> None:
    """Its last day is told, and nothing of that level is shown again."""
    empty_the_projection(loaded.custody)
    custody = company.opened(options="opener=opener")

    with pytest.raises(KeyDestroyedError):
        custody.rebuild_projection()

    environment = {**company.installation.environment, "CUSTODY_LANG": "en"}
    listed = CliRunner().invoke(app, ["keys", "list"], env=environment)
    day = company.room.guard.clock.now().date() + dt.timedelta(days=7)
    assert f"{destroyed}\tpending\t{day}" in listed.output
