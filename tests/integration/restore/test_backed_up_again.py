"""What a restore could not bring back keeps nobody from the next backup (R65, R72).

The ledger says which deliveries are not as they were loaded: of those destroyed since,
those that never went off-site, and rows that were decided after they had.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from custody.application.destroy.begin import Refusal
from custody.application.intake.decide_row import Answer
from custody.application.restore.restored import Made
from custody.domain.held_rows import ToCustomer
from custody.errors import EvidenceError
from tests.builders.destructions import (
    REASON,
    bring,
    form,
    found_reviewers,
    leave,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.builders.lived import NEXT_DAY, deliver, forms, media_aside
from tests.builders.people import chance
from tests.builders.restored import empty_target
from tests.faults.breaking import unasked_check
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.long]


@dataclass(frozen=True)
class Past:
    """An installation whose oldest set is older than what these deliveries lack."""

    installation: Installation
    lacking: tuple[str, ...]


@pytest.fixture(scope="module")
def past(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Past:
    made = found_reviewers(databases.install(tmp_path_factory.mktemp("source")))
    custody = made.custody
    one, other, gone = bring(made, 3, seed=1)
    (first,) = custody.views.deliveries()
    two = {**one.row, "form_id": other.row["form_id"]}
    held = deliver(custody, "website", forms(two), name="held.jsonl", on=NEXT_DAY)
    assert not custody.back_up().faults
    leave(custody, gone)
    assert not isinstance(custody.destroy(signed_plan(custody, gone).digest), Refusal)
    (row,) = custody.views.waiting(delivery_id=held)
    decided = custody.decide_row(
        row.handle.hex(), ToCustomer(one.number), reason=REASON, actor="test"
    )
    assert decided.answer is Answer.DONE
    lost = _load_only(made)
    custody.copy_ledger()
    return Past(made, tuple(sorted((first.delivery_id, held, lost))))


def _load_only(made: Installation) -> str:
    """Bring a delivery that is loaded, and not off-site, when the machine is lost."""
    delivery = made.put("website", forms(form(chance(7), "lost")), name="lost.jsonl")
    assert delivery in made.custody.admit("website").to_process
    made.custody.seal(delivery)
    unasked_check(made.custody)(delivery)
    made.custody.load(delivery)
    return delivery


def test_a_backup_is_written_and_the_line_says_what_is_not_as_it_was(
    databases: Databases, past: Past, tmp_path: Path
) -> None:
    """From a set of before: what it brought back is whole, and what lacks is told."""
    aside = media_aside(past.installation, tmp_path / "media", sets=1)
    with empty_target(databases.server, aside, tmp_path / "target") as target:
        restored = target.restore("b")
        custody = target.opened()

        written = custody.back_up()

        assert restored.changed == past.lacking
        assert not written.faults
        assert written.reconciled.changed == past.lacking
        assert custody.back_up().reconciled == written.reconciled


def test_twin_without_the_line_the_register_contradicts_the_ledger(
    databases: Databases,
    past: Past,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control switched off, here only: no set would ever be written again."""
    monkeypatch.setattr(Made, "changed", lambda *_: ())
    aside = media_aside(past.installation, tmp_path / "media", sets=1)
    with empty_target(databases.server, aside, tmp_path / "target") as target:
        target.restore("b")

        with pytest.raises(EvidenceError) as told:
            target.opened().back_up()

    assert all(one in str(told.value) for one in past.lacking)
