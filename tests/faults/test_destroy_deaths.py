"""Killed at any step of a destruction, one retry makes it whole; others are unhurt."""

from collections.abc import Iterator

import pytest

from custody.adapters import roles
from custody.domain.destruction import RunState
from custody.domain.epochs import EpochId
from tests.builders.destructions import REASON
from tests.faults.approved import ApprovedSite
from tests.faults.moulds import Mould
from tests.faults.points import kill_points, walked
from tests.faults.survivors import lost
from tests.faults.walk import FAULT, Death

pytestmark = pytest.mark.integration

SAMPLE = ("destroy.rows.after", "rekey.destroy.after", "destroy.proven.before")
"""Half deleted; an epoch destroyed that is not told of; the sample forgotten."""
SPARING = ("destroy.condemn.", "destroy.spare.")
"""Where a run passes that a hold has ended."""


@pytest.fixture(scope="module")
def approved(mould: Mould) -> Iterator[ApprovedSite]:
    """A copy of the loaded site with a destruction that is approved."""
    with mould.copy() as loaded:
        approved = ApprovedSite.of(loaded)
        approved.pass_once()
        yield approved


@pytest.mark.long
def test_every_kill_point_of_a_destruction_is_passed(
    approved: ApprovedSite,
) -> None:
    """Tested = found, on the road to the certificate and on the one that spares."""
    with approved.copy() as spared:
        custody = spared.custody
        custody.destroy(spared.plan, until=RunState.MARKED)
        told = custody.keep_retention.hold(
            spared.gone.number, reason=REASON, actor="test"
        )
        heard = approved.passed + (spared.walk() or [])

    assert told.answer == "done"
    assert not [point for point in heard if point.startswith(FAULT)]
    assert walked("destroy.", heard) == set(kill_points("destroy."))
    assert walked("reindex.", heard) == set(kill_points("reindex."))


def test_every_effect_of_a_destruction_has_a_point_before_and_after() -> None:
    points = {*kill_points("destroy."), *kill_points("reindex.")}

    for effect in {point.rpartition(".")[0] for point in points}:
        assert {f"{effect}.before", f"{effect}.after"} <= points, effect


@pytest.mark.long
def test_a_destruction_killed_where_it_matters_converges_in_one_retry(
    approved: ApprovedSite,
) -> None:
    for point in SAMPLE:
        approved.die(Death(point))

    assert {Death(point) for point in SAMPLE} <= set(approved.deaths())


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_a_destruction_killed_anywhere_converges_in_one_retry(
    approved: ApprovedSite,
) -> None:
    """At every point of its road, those of rekey, reindexing and the ledger too."""
    for death in approved.deaths():
        approved.die(death)

    assert approved.deaths()


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_a_server_killed_anywhere_under_a_destruction_loses_nothing(
    approved: ApprovedSite,
) -> None:
    for death in approved.deaths():
        if death.visit == 1:
            approved.die(death, server=True)

    assert approved.deaths()


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_destruction_that_is_spared_and_killed_is_spared_once(
    approved: ApprovedSite,
) -> None:
    """On the road that a hold leads to: everybody is there, whatever has died."""
    points = [one for one in kill_points("destroy.") if one.startswith(SPARING)]
    for point in points:
        with approved.copy() as one:
            custody = one.custody
            custody.destroy(one.plan, until=RunState.MARKED)
            custody.keep_retention.hold(one.gone.number, reason=REASON, actor="test")
            assert one.walk(Death(point)) is None
            everybody = [*one.survivors, one.gone.number]
            assert lost(custody, everybody) == []
            one.retry()
            run = custody.destructions.find(one.plan)
            assert run is not None
            assert run.state is RunState.SPARED
            assert lost(custody, everybody) == []
            one.others_open()

    assert points


@pytest.mark.long
def test_twin_an_epoch_that_is_destroyed_too_early_is_seen(
    approved: ApprovedSite,
) -> None:
    """Of a level and of the index, before their survivors have moved."""
    early = {"live/high/1", "index/-/1"}
    with approved.copy() as hasty:
        custody = hasty.custody
        custody.destroy(hasty.plan, until=RunState.DELETED)
        assert lost(custody, hasty.survivors) == []
        for epoch in early:
            custody.provider_as(roles.KEYRING_DESTROYER).destroy(EpochId.parse(epoch))

        found = lost(custody, hasty.survivors)

    assert found == [
        f"{epoch} is destroyed, and something is under it"
        for epoch in ("index/-/1", "live/high/1")
    ]
