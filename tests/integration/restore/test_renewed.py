"""A medium got new cards: they restore everything, and the former open no new set."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from custody.adapters.config import read_settings
from custody.adapters.share_files import read_card, secret_of_cards
from custody.bootstrap import open_custody
from custody.cli.main import app
from custody.crypto import recovery
from custody.errors import CustodyError, EvidenceError
from tests.builders.destructions import Person, bring
from tests.builders.installation import Installation
from tests.builders.restored import empty_target
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]

MEDIUM = "a"


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return databases.install(tmp_path_factory.mktemp("source"))


def _renew(source: Installation, folders: list[Path]) -> str:
    """Renew as a person does, by the command; return what it said."""
    arguments = ["keys", "renew", MEDIUM]
    for folder in folders:
        arguments += ["--cards", str(folder)]
    environment = {**source.environment, "CUSTODY_LANG": "en"}
    done = CliRunner().invoke(app, arguments, env=environment)
    assert done.exit_code == 0, done.output
    return done.output


def _drilled(source: Installation) -> str:
    """Look at every medium, without a restore aside; return what failed."""
    read = replace(source.custody.drill, examined=lambda: nullcontext(()))
    try:
        read()
    except EvidenceError as fault:
        return str(fault)
    return ""


def _cards(folders: list[Path]) -> list[tuple[str, ...]]:
    return [
        read_card(folder / f"{MEDIUM}-share-{at}.txt")
        for at, folder in enumerate(folders, start=1)
    ]


@pytest.fixture(scope="module")
def persons(
    source: Installation, tmp_path_factory: pytest.TempPathFactory
) -> list[Person]:
    """Some in a set for the former cards, one more before the next set, one after."""
    found = bring(source, 3, seed=1)
    assert not source.custody.back_up().faults
    folders = [tmp_path_factory.mktemp(f"holder{at}") for at in (1, 2, 3)]
    assert "Now run `custody backup run`" in _renew(source, folders)
    after = replace(source, custody=open_custody(read_settings(source.environment)))
    found += bring(after, 1, seed=2)
    after.custody.copy_ledger()
    failed = "the newest set opens by former cards alone"
    assert _drilled(after) == f"the restore drill failed: a: cards ({failed})"
    assert not after.custody.back_up().faults
    after.custody.copy_ledger()
    assert _drilled(after) == ""
    found += bring(after, 1, seed=3)
    after.custody.copy_ledger()
    fresh = secret_of_cards(
        _cards(folders)[:2],
        medium=MEDIUM,
        recipient=after.custody.public_keys.media[MEDIUM].age,
    )
    assert isinstance(fresh, bytes)
    file = source.secrets / f"{MEDIUM}.recovery"
    file.rename(source.secrets / f"{MEDIUM}.former")
    file.write_text(recovery.secret_to_text(fresh), "utf-8")
    return found


def test_two_new_cards_restore_everybody(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    with empty_target(databases.server, source, tmp_path) as target:
        target.restore(MEDIUM)

        numbers = {one.number for one in persons}
        assert {one.number for one in target.opened().views.customers()} == numbers


def test_the_former_cards_open_no_new_set(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    assert persons
    former = (source.secrets / f"{MEDIUM}.former").read_text("utf-8")
    with empty_target(databases.server, source, tmp_path) as target:
        given = replace(target.given(MEDIUM), secret=recovery.secret_from_text(former))

        with pytest.raises(CustodyError):
            target.opened().restore(given)()
