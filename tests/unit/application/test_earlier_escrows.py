"""What a rotation left opens older copies too: its escrows leave, or nothing closes.

A key that was moved twice lies in old data objects under its first epoch, and the
value that it opens is the same (R72, design idea 4).
"""

import dataclasses

import pytest

from custody.application import escrow_removal
from custody.application.keys import escrow_path
from custody.domain.certificate import DestructionCertificate
from custody.domain.epochs import FIELD_ROOT, EpochId, leads_up_to
from tests.builders.certificates import (
    ANNEX,
    INDEX,
    ISSUED,
    LATER,
    LIVE,
    LOCKED_UNTIL,
    TAG,
    certificate,
    destruction,
)
from tests.unit.application.test_certificates import NEXT, Yard

THIRD = EpochId.parse("live/high/3")


def of_the_second_epoch() -> DestructionCertificate:
    """Return the certificate of a destruction that ended the second epoch."""
    one = destruction()
    return certificate(
        dataclasses.replace(
            one,
            epochs=(INDEX, NEXT),
            observations=tuple(
                dataclasses.replace(it, epoch=NEXT) if it.epoch == LIVE else it
                for it in one.observations
            ),
        )
    )


@pytest.fixture
def yard() -> Yard:
    """A rotation ended the first epoch, and a destruction the second, in one day."""
    yard = Yard()
    yard.provider.create(THIRD)
    for medium in yard.media:
        sealed = f"{medium.name} {THIRD}".encode()
        medium.put(escrow_path(THIRD, sealed, TAG), sealed, locked_until=LOCKED_UNTIL)
    yard.clock.moment = ISSUED
    yard.provider.destroy(NEXT)
    yard.clock.moment = LATER
    yard.keep(of_the_second_epoch(), ANNEX)
    return yard


def lock_the_first(yard: Yard) -> None:
    """Have somebody lock its escrow for longer than the others."""
    for medium in yard.media:
        for path in medium.list(f"escrow/{LIVE}/"):
            content = medium.read(path)
            medium.put(path, content, locked_until=LOCKED_UNTIL.replace(year=2030))


def test_the_escrows_of_earlier_epochs_leave_with_the_destroyed_ones(
    yard: Yard,
) -> None:
    """Though the sets are of the very day on which the first one ended."""
    assert yard.remove() == {"disk": 3, "cloud": 3}
    assert yard.told() == []


def test_nothing_is_closed_while_an_earlier_one_is_left(yard: Yard) -> None:
    lock_the_first(yard)

    assert yard.remove() == {"disk": 2, "cloud": 2}
    assert yard.told() == ["still_there: disk", "still_there: cloud"]


def test_twin_looking_at_the_destroyed_ones_alone_closes(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And every older data object would open with what still lies there."""
    lock_the_first(yard)
    monkeypatch.setattr(
        escrow_removal, "leads_up_to", lambda epoch, ended: epoch in ended
    )

    yard.remove()
    (closed,) = yard.close()

    assert closed.certificate_id is not None
    assert all(medium.list(f"escrow/{LIVE}/") for medium in yard.media)


def test_an_epoch_leads_up_to_later_ones_of_its_purpose_and_level() -> None:
    before = ("live/high/1", "live/high/2", "index/-/1")
    others = ("live/high/3", "live/low/1", "restricted/high/1", "index/-/2")
    ended = (INDEX, NEXT)

    assert all(leads_up_to(EpochId.parse(one), ended) for one in before)
    assert not any(leads_up_to(EpochId.parse(one), ended) for one in others)
    assert not leads_up_to(FIELD_ROOT, ended)
    assert not leads_up_to(LIVE, ())
