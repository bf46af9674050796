"""Who was destroyed is known again after a restore from copies of before (R69, R72).

A set that is older than the destruction has no marks; what the older copies hold of
the destroyed leaves them, and an old file that is delivered again is refused.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.opening import Opener
from custody.application.ports import Entry
from custody.application.restore.marks import RestoreMarks
from custody.bootstrap import Custody
from custody.domain.commitments import commit
from custody.domain.outcome import Tally
from tests.builders.destructions import Person, bring, copy_everything
from tests.builders.installation import Installation
from tests.builders.restored import empty_target
from tests.faults.walk import take_intake
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]

_MARKS = text(
    "SELECT match_key, token, destroyed_on, expires_on, legal_basis"
    " FROM register.suppression ORDER BY match_key, token"
)


@pytest.fixture(scope="module")
def persons() -> list[Person]:
    return []


@pytest.fixture(scope="module")
def source(
    databases: Databases,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Two customers, one of whom goes; what lies off-site is from before that."""
    made = databases.install(tmp_path_factory.mktemp("source"))
    persons += bring(made, 2, seed=1)
    _destroy(made.custody, persons[0].number)
    made.custody.copy_ledger()
    return made


def _destroy(custody: Custody, number: str) -> None:
    """Do and tell what a run does until its marks are written."""
    told = {"plan": "p", "from": 1, "lines": 1}
    (value,) = (one for one in copy_everything(custody).values if _is(one, number))
    commitments = [_commitment(custody, value, number)]
    _tell(custody, "destruction_intended", {**told, "commitments": commitments})
    today = custody.policy.today(custody.clock.now())
    tokens = custody.suppress_customers([number], destroyed_on=today)
    assert tokens > 0
    _tell(custody, "destruction_suppressed", {"plan": "p", "tokens": tokens})


def _is(value: Mapping[str, object], number: str) -> bool:
    return value["number"] == number and value["level"] == "low"


def _commitment(custody: Custody, value: Mapping[str, object], number: str) -> str:
    opener = Opener(
        policy=custody.policy,
        keyring=custody.keyring(roles.KEYRING_DESTROYER),
        provider=custody.provider_as(roles.KEYRING_DESTROYER),
    )
    return commit(opener.open_copied(value).salt, number).hex()


def _tell(custody: Custody, kind: str, body: dict[str, object]) -> None:
    entry = Entry(kind=kind, subject=custody.policy.dataset, body=body)  # type: ignore[arg-type] # texts and counts
    custody.ledger.append(entry)


def _marks(custody: Custody) -> list[tuple[object, ...]]:
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return [tuple(row) for row in connection.execute(_MARKS)]


def _delivered_again(custody: Custody, gone: Person, *others: Person) -> Tally:
    """Deliver the same forms again, as a backfill would; the first is dated."""
    there = Installation(custody, custody.settings.home, {})
    rows = [{**gone.row, "collected_at": "2026-11-23"}, *(one.row for one in others)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    delivery = there.put("website", "\n".join(lines).encode(), name="again.jsonl")
    assert take_intake(custody)
    return there.tally(delivery)


def test_the_destroyed_are_refused_and_the_others_known(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    """The very marks that the destruction wrote, with their days."""
    with empty_target(databases.server, source, tmp_path) as target:
        restored, custody = target.restore(), target.opened()

        assert (restored.tombstones, restored.withheld) == (1, 3)
        assert _marks(custody) == _marks(source.custody) != []
        tally = _delivered_again(custody, *persons)
        assert tally == Tally(read=2, unchanged=1, refused=1)


def test_twin_without_the_marks_an_old_file_founds_them_anew(
    databases: Databases,
    source: Installation,
    persons: list[Person],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control switched off, here only."""
    monkeypatch.setattr(RestoreMarks, "__call__", lambda *_: 0)
    with empty_target(databases.server, source, tmp_path) as target:
        target.restore()
        custody = target.opened()

        assert _marks(custody) == []
        assert _delivered_again(custody, *persons).loaded == 1
