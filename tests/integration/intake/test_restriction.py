"""Restriction is complete on a whole installation once the old epochs are gone."""

import datetime as dt

import polars as pl
import pytest
from sqlalchemy import text

from custody.adapters import roles
from custody.domain.epochs import Purpose
from custody.domain.record_states import RecordState
from tests.builders.installation import Installation
from tests.integration.intake.test_restrict import bring, end, raise_level

pytestmark = pytest.mark.integration


def test_older_copies_open_until_the_epoch_that_the_keys_left_is_destroyed(
    installation: Installation,
) -> None:
    """R17, PIPL 47: the date is the provider's, not one that is hoped for."""
    custody = installation.custody
    number, _ = bring(installation)
    end(custody, number)
    custody.restrict_customers()
    tell = custody.tell_restriction
    standing = tell.views.levels(number)

    before = [tell.restriction(one.level, one.restricted_at) for one in standing]
    now = custody.clock.now()
    custody.rotate_epochs(before=now + dt.timedelta(hours=1))
    after = [tell.restriction(one.level, one.restricted_at) for one in standing]

    assert {one.state for one in standing} == {RecordState.STORAGE_ONLY}
    for one in before:
        (epoch,) = one.waits_for
        assert (epoch.purpose, epoch.number) == (Purpose.LIVE, 1)
    for one in after:
        assert one.waits_for == ()
        assert one.complete_on is not None
        assert abs(one.complete_on - now.date()) <= dt.timedelta(days=1)
    counted = {(level, state): n for level, state, n, _ in tell.views.counted()}
    assert counted == {(one.level, RecordState.STORAGE_ONLY): 1 for one in standing}
    assert tell.of_customer(number, dt.date(2040, 1, 1))


def test_who_was_raised_is_told_with_the_level_they_left(
    installation: Installation,
) -> None:
    """What the lower level had sealed leaves the live epoch, and is not shown."""
    custody = installation.custody
    number, _ = bring(installation)
    raise_level(custody, number)

    (raised,) = custody.tell_restriction.views.raised()

    assert (raised.level, raised.customers, raised.open) == ("low", 1, 1)
    assert raised.restricted_at is None
    done = custody.restrict_customers()
    (moved,) = custody.tell_restriction.views.raised()
    assert done["low raised"] == 1
    assert moved.open == 0
    assert moved.restricted_at is not None
    found = custody.tell_restriction.restriction(moved.level, moved.restricted_at)
    assert [one.level for one in found.waits_for][:1] == ["low"]
    assert custody.restrict_customers()["low raised"] == 0
    with custody.warehouse(roles.WAREHOUSE_OWNER).begin() as connection:
        query = "SELECT v.handle FROM register.record_version v WHERE version = 1"
        query += " AND number = :number"
        (handle,) = connection.execute(text(query), {"number": number}).scalars()
        connection.execute(
            text("DELETE FROM projection.record WHERE handle = :one"), {"one": handle}
        )
    keys = custody.keyring(roles.KEYRING_OWNER).wrapped([bytes(handle)])
    (epoch,) = keys.filter(pl.col("level") == "low")["epoch"]
    assert epoch.startswith("restricted/low/")
    custody.rebuild_projection()  # what it may not open it does not ask for
