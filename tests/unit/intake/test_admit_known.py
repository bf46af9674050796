"""Admission at places that are known, and where a check is missing."""

import dataclasses

import pytest

from custody.application.intake import looking
from custody.domain.delivery import DeliveryState
from custody.errors import DeliveryError
from tests.unit.intake.test_admit import World


def test_a_refused_delivery_is_left_where_it_lies() -> None:
    """A steward refused it: admission neither takes it up again nor destroys it."""
    world = World()
    key = world.drop()
    world.admit("website")
    record = world.book.records[key.delivery_id]
    world.book.records[key.delivery_id] = dataclasses.replace(
        record, state=DeliveryState.REFUSED
    )

    found = world.admit("website")

    assert found.unchanged == (key.delivery_id,)
    assert found.to_process == ()
    assert key in world.landing.folders


def test_without_its_check_a_broken_manifest_is_not_admitted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin of the check: what it stops would have no file to be compared with."""
    monkeypatch.setattr(looking, "judge", lambda *_: ())
    world = World()
    key = world.drop()
    world.landing.folders[key]["manifest.json"] = b"{not json"

    with pytest.raises(DeliveryError, match="manifest_malformed"):
        world.admit("website")

    assert not world.book.records
    assert key in world.landing.folders
