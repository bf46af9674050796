"""One place is lost, and what was in it comes back: the provider, or the warehouse."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from custody.cli.main import app
from custody.domain.delivery import DeliveryId
from custody.domain.ledger import read_line
from tests.builders.destructions import bring, copy_everything, form, opened_of
from tests.builders.installation import Installation
from tests.builders.people import chance
from tests.builders.restored import empty_target
from tests.integration.conftest import Databases

pytestmark = pytest.mark.integration

EXPORTED = 3
LEVELS = 3


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Customers who lie off-site, and one who was loaded in the last minute."""
    made = databases.install(tmp_path_factory.mktemp("source"))
    bring(made, EXPORTED, seed=1)
    made.put("website", json.dumps(form(chance(2), "late")).encode(), name="l.jsonl")
    made.run("website", steps=("seal", "check", "load"))
    made.custody.copy_ledger()
    return made


@pytest.fixture
def lost(source: Installation) -> Iterator[Path]:
    """The key folder is gone; it comes back at the end."""
    keys = source.custody.settings.home / "keys"
    aside = keys.with_name("aside")
    shutil.copytree(keys, aside)
    shutil.rmtree(keys)
    yield keys
    shutil.rmtree(keys, ignore_errors=True)
    aside.rename(keys)


def _run(source: Installation, *arguments: str) -> Result:
    env = {**source.environment, "CUSTODY_LANG": "en"}
    return CliRunner().invoke(app, ["keys", "recover", *arguments], env=env)


def test_the_provider_is_lost_and_everybody_opens_up_to_the_last_minute(
    source: Installation, lost: Path
) -> None:
    """R67, R68: by the escrows of one medium; before that nothing opens."""
    custody = source.custody
    rows = copy_everything(custody).values
    assert len(rows) == LEVELS * (EXPORTED + 1)
    with pytest.raises(KeyError):
        opened_of(custody, rows)

    done = _run(source, "--from", "b", "--secret", str(source.secrets / "b.recovery"))
    again = _run(source, "--from", "a", "--secret", str(source.secrets / "a.recovery"))

    assert done.exit_code == 0, done.output
    assert "the keys of 6 living epochs" in done.output
    assert again.exit_code == 0, again.output
    assert opened_of(custody, rows) == len(rows)
    assert sorted(lost.rglob("*.key"))
    told = [read_line(line) for line in custody.ledger.lines()][-1]
    assert (told.kind, told.body["medium"]) == ("keys_recovered", "a")


def test_what_does_not_open_gives_the_provider_nothing(
    source: Installation, lost: Path
) -> None:
    """Another medium's secret; an escrow that is gone: all keys or none."""
    other = str(source.secrets / "a.recovery")
    folder = source.custody.settings.home / "offsite" / "b" / "escrow" / "live" / "low"
    aside = folder.with_name("aside")

    wrong = _run(source, "--from", "b", "--secret", other)
    folder.rename(aside)
    try:
        own = str(source.secrets / "b.recovery")
        missing = _run(source, "--from", "b", "--secret", own)
    finally:
        aside.rename(folder)

    assert (wrong.exit_code, missing.exit_code) == (1, 1)
    assert not list(lost.rglob("*.key"))


def test_the_warehouse_is_lost_and_everything_up_to_the_last_object_comes_back(
    source: Installation, databases: Databases, tmp_path: Path
) -> None:
    """And the delivery that had no object yet is named, to be delivered again."""
    with empty_target(databases.server, source, tmp_path) as target:
        restored = target.restore("b")
        there = target.opened()
        rows = copy_everything(there).values

        assert restored.counts.customers == EXPORTED
        assert opened_of(there, rows) == len(rows) == LEVELS * EXPORTED

    assert restored.still_open == ()
    (named,) = restored.lost
    record = source.custody.book.find(DeliveryId(named))
    assert record is not None
    assert record.tally.loaded == 1
