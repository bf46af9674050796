"""A medium got new cards: they restore everything, and the former open no new set."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from custody.crypto import recovery
from custody.errors import CustodyError, EvidenceError
from tests.builders.cards import RENEWED, renew_cards
from tests.builders.destructions import Person, bring
from tests.builders.installation import Installation
from tests.builders.restored import empty_target
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]


@pytest.fixture(scope="module")
def source(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return databases.install(tmp_path_factory.mktemp("source"))


def _drilled(source: Installation) -> str:
    """Look at every medium, without a restore aside; return what failed."""
    read = replace(source.custody.drill, examined=lambda: nullcontext(()))
    try:
        read()
    except EvidenceError as fault:
        return str(fault)
    return ""


@pytest.fixture(scope="module")
def persons(
    source: Installation, tmp_path_factory: pytest.TempPathFactory
) -> list[Person]:
    """Some in a set for the former cards, one more before the next set, one after."""
    found = bring(source, 3, seed=1)
    assert not source.custody.back_up().faults
    after = renew_cards(source, tmp_path_factory.mktemp("cards"))
    found += bring(after, 1, seed=2)
    after.custody.copy_ledger()
    failed = "the newest set opens by former cards alone"
    assert _drilled(after) == f"the restore drill failed: a: cards ({failed})"
    assert not after.custody.back_up().faults
    after.custody.copy_ledger()
    assert _drilled(after) == ""
    found += bring(after, 1, seed=3)
    after.custody.copy_ledger()
    return found


def test_two_new_cards_restore_everybody(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    with empty_target(databases.server, source, tmp_path) as target:
        target.restore(RENEWED)

        numbers = {one.number for one in persons}
        assert {one.number for one in target.opened().views.customers()} == numbers


def test_the_former_cards_open_no_new_set(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    assert persons
    former = (source.secrets / f"{RENEWED}.former").read_text("utf-8")
    with empty_target(databases.server, source, tmp_path) as target:
        given = replace(target.given(RENEWED), secret=recovery.secret_from_text(former))

        with pytest.raises(CustodyError):
            target.opened().restore(given)()
