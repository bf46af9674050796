"""One customer at a time, backups included, survivors untouched (R69-R72)."""

import pytest

from custody.application.destroy.begin import Refusal
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from tests.builders.destructions import (
    Loot,
    bring,
    copy_everything,
    leave,
    opened_of,
    signed_plan,
)
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration


def test_who_is_due_is_destroyed_and_everybody_else_opens(
    installation: Installation,
) -> None:
    custody = installation.custody
    persons = bring(installation, 6, seed=41)
    due, survivors = persons[:2], persons[2:]
    leave(custody, *due)
    before: Loot = copy_everything(custody)
    assert opened_of(custody, before.of(*due)) == len(before.of(*due)) > 0
    plan = signed_plan(custody)

    run = custody.destroy(plan.digest)

    assert isinstance(run, Run), run
    assert run.state is RunState.CERTIFIED
    assert opened_of(custody, before.of(*due)) == 0
    now = copy_everything(custody)
    assert not now.of(*due)
    assert opened_of(custody, now.of(*survivors)) == len(before.of(*survivors)) > 0


def test_a_plan_that_nobody_signed_is_refused(installation: Installation) -> None:
    refused = installation.custody.destroy("ab" * 32)

    assert refused == Refusal(("unknown_plan",))
