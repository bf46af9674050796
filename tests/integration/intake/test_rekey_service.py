"""A rotation whose wrapping keys live in AWS KMS, over HTTP, behind the guard."""

import datetime as dt

import pytest

from custody.adapters import roles
from custody.domain.levels import Level
from custody.errors import ConfigurationError, KeyDestroyedError
from tests.contract.conftest import rooms, s3_url
from tests.integration.intake.test_key_service import (
    MEDIUM,
    ROWS,
    Company,
    Loaded,
    company,
    empty_the_projection,
    loaded,
)

__all__ = ["company", "loaded", "rooms", "s3_url"]  # fixtures of the others, here too

pytestmark = pytest.mark.integration

WINDOW = dt.timedelta(days=7)


def test_a_rotation_in_kms_ends_old_keys_on_their_day_and_hides_nobody(
    company: Company, loaded: Loaded
) -> None:
    guard = company.room.guard
    with pytest.raises(ConfigurationError, match="destroyer"):
        company.opened(options="opener=opener").rotate_epochs(
            before=guard.clock.now() + WINDOW
        )
    assert MEDIUM in company.installation.custody.keyring(roles.KEYRING_LOADER).living()
    guard.asked.clear()

    custody = company.installation.custody
    ended = custody.rotate_epochs(before=custody.clock.now())

    day = guard.clock.now().date() + WINDOW
    assert [(one.key.name, one.key.final) for one in ended] == [("pending", day)] * len(
        Level
    )
    asked = {(one.identity, one.operation) for one in guard.asked}
    assert ("destroyer", "Decrypt") not in asked
    assert {"CreateKey", "DisableKey", "ScheduleKeyDeletion"} <= {
        operation for identity, operation in asked if identity == "destroyer"
    }
    empty_the_projection(loaded.custody)
    jobs = company.opened(options="opener=opener")
    assert jobs.rebuild_projection() == len(ROWS)
    assert company.shown() == loaded.shown
    for one in ended:
        with pytest.raises(KeyDestroyedError):
            jobs.provider.open(one.epoch)
