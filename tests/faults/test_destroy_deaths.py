"""Killed at any step of a destruction, one retry makes it whole; others are unhurt."""

from collections.abc import Iterator
from functools import partial

import pytest

from custody.domain.destruction import RunState
from tests.builders.destructions import REASON
from tests.faults.destructions import Destructions, carry
from tests.faults.points import kill_points
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import FAULT, walk

pytestmark = pytest.mark.integration

SAMPLE = (
    *("destroy.take.after", "destroy.intended.after", "destroy.mark.after"),
    *("destroy.condemn.after", "destroy.keys.after", "destroy.rows.after"),
    *("destroy.end.after", "destroy.certificate.after"),
)
"""Where the state of the run and what was done differ most."""


@pytest.fixture(scope="module")
def destructions() -> Iterator[Destructions]:
    """A site of its own, with as many customers as may die."""
    start_server()
    with open_site() as site:
        destructions = Destructions.at(site, customers=90)
        destructions.pass_once()
        yield destructions


def test_every_kill_point_of_a_destruction_is_passed(
    destructions: Destructions,
) -> None:
    """Tested = found, on the road to the certificate and on the one that spares."""
    custody = destructions.custody
    gone, plan = destructions.next_plan()
    custody.destroy(plan, until=RunState.MARKED)
    told = custody.keep_retention.hold(gone.number, reason=REASON, actor="test")
    spared = walk(destructions.installation.environment, work=partial(carry, plan=plan))

    heard = destructions.passed + (spared or [])
    passed = {point for point in heard if point.startswith("destroy.")}

    assert told.answer == "done"
    assert not [point for point in heard if point.startswith(FAULT)]
    assert passed == set(kill_points("destroy."))


def test_every_effect_of_a_destruction_has_a_point_before_and_after() -> None:
    points = set(kill_points("destroy."))

    for effect in {point.rpartition(".")[0] for point in points}:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


def test_a_destruction_killed_where_it_matters_converges_in_one_retry(
    destructions: Destructions,
) -> None:
    for death in destructions.deaths():
        if death.point in SAMPLE:
            destructions.die(death)

    assert destructions.evidence_lost() == []
    assert destructions.nobody_waits()


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_destruction_killed_anywhere_converges_in_one_retry(
    destructions: Destructions,
) -> None:
    for death in destructions.deaths():
        if death.point not in SAMPLE:
            destructions.die(death)

    assert destructions.evidence_lost() == []
    assert destructions.nobody_waits()
