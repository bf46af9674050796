"""Races of processes: one stopped at a named step, the other running whole (issue 4).

Intake, a steward's decision, a hold, rotation and destruction against each other: no
survivor is lost, nobody destroyed is back, rows add up, nothing deadlocks.
"""

import dataclasses
import random
from collections.abc import Callable, Iterator

import pytest

from custody.application.destroy.delete import DeleteCondemned
from custody.application.destroy.run import Destroy
from custody.application.ports.destruction import Batch
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from tests.builders.destructions import copy_everything, opened_of
from tests.faults.moulds import Mould
from tests.faults.races import Stop
from tests.faults.racing import (
    DECISION,
    DESTRUCTION,
    HOLD,
    INDEX,
    INTAKE,
    REKEY,
    Racing,
)
from tests.faults.walk import FAULT

pytestmark = pytest.mark.integration

PAIRS = (
    *((INTAKE, second) for second in (DESTRUCTION, REKEY, INDEX, HOLD, DECISION)),
    *((DESTRUCTION, second) for second in (INTAKE, HOLD, DECISION, REKEY, INDEX)),
    *((REKEY, second) for second in (INTAKE, DESTRUCTION, DECISION)),
    *((INDEX, second) for second in (INTAKE, DECISION, DESTRUCTION)),
    *((HOLD, second) for second in (DESTRUCTION, INTAKE)),
    *((DECISION, second) for second in (DESTRUCTION, INDEX, REKEY)),
)

CROSSINGS = (
    (INTAKE, "keys.commit.before", REKEY),
    (INTAKE, "stage.commit.before", INDEX),
    (INTAKE, "load.match.before", INDEX),
    (INTAKE, "stage.commit.before", DESTRUCTION),
    (INTAKE, "load.commit.before", DESTRUCTION),
    (DESTRUCTION, "destroy.mark.before", INTAKE),
    (DESTRUCTION, "destroy.condemn.before", HOLD),
    (DESTRUCTION, "destroy.keys.after", INTAKE),
    (DESTRUCTION, "reindex.turn.after", INTAKE),
    (INDEX, "reindex.turn.before", INTAKE),
    (HOLD, "ledger.before", DESTRUCTION),
    (DECISION, "ledger.before", DESTRUCTION),
)
"""Where one holds what the other one wants."""
IN_SAMPLE = 2


@pytest.fixture(scope="module")
def racing(mould: Mould) -> Iterator[Racing]:
    """A copy of the loaded site on the eve of it all."""
    with mould.copy() as loaded:
        yield Racing.of(loaded)


@pytest.mark.long
def test_drawn_crossings_lose_nobody_and_bring_nobody_back(racing: Racing) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201 - so that a failure can be repeated
    drawn = random.Random(seed).sample(CROSSINGS, IN_SAMPLE)  # noqa: S311 - cases

    for first, point, second in drawn:
        made = racing.run(first, Stop(point), second)
        assert made.first
        assert made.second


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_each_crossing_loses_nobody_and_brings_nobody_back(racing: Racing) -> None:
    """Whoever holds what the other one wants is waited for, or made to come again."""
    for first, point, second in CROSSINGS:
        assert racing.run(first, Stop(point), second).first


@pytest.mark.faults
@pytest.mark.timeout(14400)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_stopped_at_any_step_nobody_is_lost_and_nobody_is_back(
    racing: Racing, first: str, second: str
) -> None:
    points = racing.passes(first)

    assert points
    assert not [point for point in points if point.startswith(FAULT)]
    for point in points:
        assert racing.run(first, Stop(point), second).first


# --- between two tasks of one destruction --------------------------------------------

BEFORE_REWRAPPING = list(RunState)[: list(RunState).index(RunState.REWRAPPED)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forgetful(DeleteCondemned):
    """The twin: only those epochs end that lived when the intent was told."""

    def _expect(self, run: Run, batch: Batch) -> None:
        """Note nothing."""


def forgetful(destroy: Destroy) -> Destroy:
    """Return a destruction that does not look where keys are when it deletes them."""
    step = destroy.steps[RunState.SUPPRESSED]
    assert isinstance(step, DeleteCondemned)
    parts = {one.name: getattr(step, one.name) for one in dataclasses.fields(step)}
    twin = Forgetful(**parts)
    return dataclasses.replace(
        destroy, steps={**destroy.steps, RunState.SUPPRESSED: twin}
    )


def rotated_in_between(
    racing: Racing,
    state: RunState,
    carrying: Callable[[Destroy], Destroy] = lambda destroy: destroy,
) -> tuple[int, int]:
    """Rotate every key between two tasks, and copy everything; then let it go on.

    Return how many values of who is destroyed were copied, and how many open at last.
    """
    with racing.copy() as one:
        custody = one.custody
        custody.destroy(one.plan, until=state)
        one.work_of(REKEY)(custody)
        one.work_of(INDEX)(custody)
        copied = copy_everything(custody).of(one.gone)
        assert opened_of(custody, copied) == len(copied)

        run = carrying(custody.destroy)(one.plan)

        assert isinstance(run, Run)
        assert run.state is RunState.CERTIFIED
        one.others_open()
        one.is_gone()
        return len(copied), opened_of(custody, copied)


@pytest.mark.long
def test_keys_that_were_rotated_between_two_tasks_die_all_the_same(
    racing: Racing,
) -> None:
    """What was copied under the epoch that came in between opens no more."""
    copied, opened = rotated_in_between(racing, RunState.SUPPRESSED)

    assert copied
    assert opened == 0


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("state", BEFORE_REWRAPPING)
def test_keys_that_were_rotated_at_any_state_die_all_the_same(
    racing: Racing, state: RunState
) -> None:
    copied, opened = rotated_in_between(racing, state)

    assert bool(copied) is (state is not RunState.DELETED)
    assert opened == 0


@pytest.mark.faults
def test_twin_an_epoch_that_nobody_looked_for_opens_the_destroyed(
    racing: Racing,
) -> None:
    """A certificate is issued, and who copied in between reads everything."""
    copied, opened = rotated_in_between(racing, RunState.SUPPRESSED, forgetful)

    assert copied == opened > 0
