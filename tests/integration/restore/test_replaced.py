"""Replaced versions whose end the ledger intends come back from no older object.

Their customer does, with the value that has the salt (decision 21, R17, R61).
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
from custody.bootstrap import Custody
from custody.domain.commitments import commit
from custody.domain.restoring import Replay
from tests.builders.destructions import Person, bring, copy_everything
from tests.builders.installation import Installation
from tests.builders.lived import media_aside
from tests.builders.restored import empty_target
from tests.faults.walk import take_intake
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]

LEVELS = ("high", "low", "medium")


@pytest.fixture(scope="module")
def persons() -> list[Person]:
    return []


@pytest.fixture(scope="module")
def source(
    databases: Databases,
    persons: list[Person],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Two customers of whom one has moved; what was before that is to end."""
    made = databases.install(tmp_path_factory.mktemp("source"))
    persons += bring(made, 2, seed=1)
    moved = {**persons[0].row, "form_id": "moved", "phone": "13900139000"}
    line = json.dumps(moved, ensure_ascii=False).encode()
    made.put("website", line, name="more.jsonl")
    assert take_intake(made.custody)
    _intend(made.custody, persons[0].number)
    made.custody.copy_ledger()
    return made


def _intend(custody: Custody, number: str) -> None:
    """Tell the ledger as a run does that was killed right after."""
    (first,) = (
        row
        for row in copy_everything(custody).values
        if row["number"] == number and row["level"] == "low" and _is_first(custody, row)
    )
    opener = Opener(
        policy=custody.policy,
        keyring=custody.keyring(roles.KEYRING_DESTROYER),
        provider=custody.provider_as(roles.KEYRING_DESTROYER),
    )
    told = commit(opener.open_copied(first).salt, number).hex()
    versions = [f"{told} {level} 1" for level in LEVELS]
    custody.ledger.append(
        Entry(
            kind="superseded_intended",
            subject=custody.policy.dataset,
            body={"plan": "p", "from": 1, "lines": 3, "versions": versions},
        )
    )


def _is_first(custody: Custody, row: Mapping[str, object]) -> bool:
    query = text("SELECT version FROM register.record_version WHERE handle = :handle")
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        found = connection.execute(query, {"handle": row["handle"]}).scalar_one()
    return bool(found == 1)


_VALUES = text(
    "SELECT v.number, v.version, s.level FROM register.record_version v"
    " JOIN register.sealed_value s USING (handle) ORDER BY 1, 2, 3"
)


def _restored(
    databases: Databases, source: Installation, home: Path
) -> tuple[int, set[tuple[str, int, str]]]:
    aside = media_aside(source, home / "media")
    with empty_target(databases.server, aside, home / "target") as target:
        restored = target.restore()
        assert target.opened().still_linked() == ()
        assert not target.opened().back_up().faults
        engine = target.opened().warehouse(roles.WAREHOUSE_OWNER)
        with transaction(engine, "test") as connection:
            rows = {tuple(row) for row in connection.execute(_VALUES)}
    assert restored.counts.customers == 2
    assert restored.tombstones == 0
    return restored.withheld, rows


def test_they_stay_away_and_the_salt_comes(
    databases: Databases, source: Installation, persons: list[Person], tmp_path: Path
) -> None:
    gone, stays = (one.number for one in persons)

    withheld, rows = _restored(databases, source, tmp_path)

    assert withheld == 2
    assert rows == {
        (gone, 1, "low"),
        *((gone, 2, level) for level in LEVELS),
        *((stays, 1, level) for level in LEVELS),
    }


@pytest.mark.long
def test_twin_without_the_line_they_come_back(
    databases: Databases,
    source: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control switched off, here only."""
    monkeypatch.setattr(Replay, "replaced", lambda *_, **__: frozenset())

    withheld, rows = _restored(databases, source, tmp_path)

    assert withheld == 0
    assert len(rows) == 3 * len(LEVELS)
