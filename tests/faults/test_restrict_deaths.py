"""Killed while keys are restricted or come back, one retry makes it whole (R17)."""

from collections.abc import Iterator

import pytest

from tests.faults.moulds import Mould
from tests.faults.points import kill_points, walked
from tests.faults.restrictions import Restrictions
from tests.faults.walk import FAULT, Death

pytestmark = pytest.mark.integration

SAMPLE = Death("restrict.settle.before", 3)
"""The keys of the last level have moved, and it stands where it stood."""


@pytest.fixture(scope="module")
def restrictions(mould: Mould) -> Iterator[Restrictions]:
    """A copy of the loaded site on the evening before."""
    with mould.copy() as loaded:
        restrictions = Restrictions.of(loaded)
        restrictions.pass_once()
        yield restrictions


@pytest.mark.long
def test_every_kill_point_of_a_restriction_is_passed(
    restrictions: Restrictions,
) -> None:
    """Tested = found, and each effect has a point before and after."""
    points = set(kill_points("restrict."))
    effects = {point.rpartition(".")[0] for point in points}

    assert not [point for point in restrictions.passed if point.startswith(FAULT)]
    assert walked("restrict.", restrictions.passed) == set(kill_points("restrict."))
    assert points == {f"{it}.{side}" for it in effects for side in ("before", "after")}


@pytest.mark.long
def test_a_restriction_killed_where_it_matters_converges_in_one_retry(
    restrictions: Restrictions,
) -> None:
    assert SAMPLE in restrictions.deaths()
    restrictions.die(SAMPLE)


@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("server", [False, True])
def test_a_restriction_killed_anywhere_converges_in_one_retry(
    restrictions: Restrictions,
    server: bool,  # noqa: FBT001 - a case
) -> None:
    for death in restrictions.deaths():
        restrictions.die(death, server=server)

    assert restrictions.deaths()
