"""Who was destroyed at one level comes back at the others, from older copies too.

By a policy that lets one level end before the others (R17, R70, decision 20).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from custody.application.restore.restored import Restored
from custody.bootstrap import Custody
from custody.domain.destruction import RunState
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.restoring import Replay
from tests.builders.destructions import (
    Person,
    bring,
    copy_everything,
    found_reviewers,
    leave,
    opened_of,
)
from tests.builders.installation import Installation
from tests.builders.lived import media_aside
from tests.builders.restored import empty_target
from tests.integration.conftest import Databases
from tests.integration.destruction.test_superseded import (
    carried_out,
    have_left_long_ago,
    with_rule,
)
from tests.unit.domain.test_retention_plan import DAY

pytestmark = [pytest.mark.integration, pytest.mark.long]


@dataclass(frozen=True)
class Past:
    """One customer was destroyed at one level since the first set, one level by level.

    Of the latter the second intent is made with the salt of what was left by then.
    """

    installation: Installation
    parted: Person
    gone: Person
    whole: Person


@pytest.fixture(scope="module")
def past(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Past:
    made = found_reviewers(databases.install(tmp_path_factory.mktemp("source")))
    here = with_rule(made, tmp_path_factory.mktemp("policy"))
    custody = here.custody
    parted, gone, whole = bring(here, 3, seed=1)
    assert not custody.back_up().faults
    today = custody.policy.today(custody.clock.now())
    leave(custody, parted, gone, on=today - 2 * 366 * DAY)
    assert carried_out(custody) is RunState.CERTIFIED
    have_left_long_ago(custody, gone)
    assert carried_out(custody) is RunState.CERTIFIED
    custody.copy_ledger()
    return Past(here, parted, gone, whole)


@contextmanager
def _from_the_first_set(
    databases: Databases, past: Past, folder: Path
) -> Iterator[tuple[Restored, Custody]]:
    aside = media_aside(past.installation, folder / "media", sets=1)
    with empty_target(databases.server, aside, folder / "target") as target:
        yield target.restore("b"), target.opened()


def _levels(custody: Custody, person: Person) -> set[str]:
    """Return at which levels something of somebody opens."""
    there = copy_everything(custody).of(person)
    assert opened_of(custody, there) == len(there)
    return {str(row["level"]) for row in there}


def test_that_level_stays_away_and_the_others_come(
    databases: Databases, past: Past, tmp_path: Path
) -> None:
    with _from_the_first_set(databases, past, tmp_path) as (restored, custody):
        assert _levels(custody, past.parted) == {"high", "medium"}
        assert _levels(custody, past.gone) == set()
        assert _levels(custody, past.whole) == {"high", "medium", "low"}
        assert (restored.withheld, restored.tombstones) == (4, 1)
        standing = {
            one.level: one.state
            for one in custody.tell_restriction.views.levels(past.parted.number)
        }
        assert standing[Level.LOW] is RecordState.DESTROYED
        assert not custody.back_up().faults
        assert custody.still_linked() == ()


def test_twin_without_the_levels_it_comes_back(
    databases: Databases,
    past: Past,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control switched off, here only."""
    monkeypatch.setattr(Replay, "parted", lambda *_, **__: {})

    with _from_the_first_set(databases, past, tmp_path) as (restored, custody):
        assert _levels(custody, past.parted) == {"high", "medium", "low"}
        assert _levels(custody, past.gone) == set()
        assert restored.withheld == 3
