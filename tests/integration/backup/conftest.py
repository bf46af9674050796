"""An installation with customers and two directories as media."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.application.drafted_set import WrittenSet
from custody.crypto import recovery
from custody.domain.ledger import read_line
from tests.builders.destructions import bring
from tests.builders.installation import Installation
from tests.integration.conftest import Databases, databases_of

CUSTOMERS, LEVELS = 12, 3


def back_up_in(databases: Databases, home: Path) -> tuple[Installation, WrittenSet]:
    """Install, bring some customers, and back up."""
    made = databases.install(home)
    bring(made, CUSTOMERS, seed=5)
    return made, made.custody.back_up()


@pytest.fixture(scope="package")
def databases(postgres: EmbeddedPostgres) -> Iterator[Databases]:
    """One pair of databases for all of these tests."""
    with databases_of(postgres, __name__) as made:
        yield made


@pytest.fixture(scope="package")
def backed_up(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Installation, WrittenSet]:
    """Custody with some customers, and the backup that nothing has disturbed."""
    return back_up_in(databases, tmp_path_factory.mktemp("custody"))


@pytest.fixture(scope="package")
def installation(backed_up: tuple[Installation, WrittenSet]) -> Installation:
    """Custody with some customers."""
    return backed_up[0]


@pytest.fixture(scope="package")
def written(backed_up: tuple[Installation, WrittenSet]) -> WrittenSet:
    """The first backup."""
    return backed_up[1]


@pytest.fixture
def disks(installation: Installation) -> Iterator[list[Path]]:
    """The folders of both media; what a test does to them is undone."""
    folders = [
        installation.custody.settings.home / "offsite" / one.name
        for one in installation.custody.media
    ]
    kept = installation.custody.settings.home / "kept"
    shutil.copytree(folders[0].parent, kept)
    yield folders
    shutil.rmtree(folders[0].parent)
    kept.rename(folders[0].parent)


def told(installation: Installation, kind: str) -> list[Mapping[str, object]]:
    """Return the bodies of the ledger's entries of a kind."""
    lines = map(read_line, installation.custody.ledger.lines())
    return [line.body for line in lines if line.kind == kind]


def identity_of(installation: Installation, medium: str) -> str:
    """Return the age identity of a medium, as who holds its recovery secret."""
    text = (installation.secrets / f"{medium}.recovery").read_text("utf-8")
    secret = recovery.secret_from_text(text.strip())
    return recovery.derive_identities(secret, medium=medium).age_identity
