"""The key service is a door of production: who writes backups is refused there (R68).

moto asks nobody who they are; the guard before it does, by the documented policies.
"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custody.adapters.key_providers import KeyPlace, opens_keys
from custody.bootstrap.doors import Doors
from custody.domain.drills import DrillFault
from custody.domain.epochs import FIELD_ROOT
from custody.errors import WorldError
from tests.contract.key_rooms import DATASET, KmsRoom

pytestmark = pytest.mark.integration


@pytest.fixture
def place(kms_room: KmsRoom) -> KeyPlace:
    """A service with the key that every installation has."""
    kms_room.provider().create(FIELD_ROOT)
    return KeyPlace(
        url=kms_room.url(), dataset=lambda: DATASET, clock=kms_room.guard.clock
    )


def doors_of(place: KeyPlace, medium: str) -> list[tuple[DrillFault, Any]]:
    """Return the doors of a medium's bucket, when nothing else lies in buckets."""
    settings = SimpleNamespace(
        offsite_urls=(medium,),
        landing_url="file:///landing",
        quarantine_url="file:///quarantine",
        s3_endpoint_url=None,
    )
    doors = Doors(
        settings=cast("Any", settings),
        keys=place,
        server=cast("Any", None),
        trust=cast("Any", None),
        identities=dict,
        public={},
    )
    return [(one.fault, one.opens) for one in doors._buckets("store")]


def test_who_writes_backups_is_refused_by_the_key_service(
    kms_room: KmsRoom, place: KeyPlace
) -> None:
    """Twin: a service that asks nobody who they are lets them in, and is told."""
    production, backup = doors_of(place, "s3://bucket?writer=writer#store")

    assert (production[0], backup[0]) == (DrillFault.PRODUCTION, DrillFault.BACKUP)
    assert not backup[1]()
    kms_room.guard.identities = False
    assert backup[1]()


def test_one_identity_for_both_is_found(place: KeyPlace) -> None:
    _, backup = doors_of(place, "s3://bucket?writer=opener#store")

    assert backup[1]()


def test_a_disk_has_no_identity_that_could_be_tried(place: KeyPlace) -> None:
    assert not doors_of(place, "file:///mnt/disk#store")


def test_a_key_that_is_not_there_has_refused_nobody(place: KeyPlace) -> None:
    other = replace(place, dataset=lambda: "another")

    with pytest.raises(WorldError, match="no key that could be tried"):
        opens_keys(other, "opener")
