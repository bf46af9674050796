"""Escrows are kept locked by what they are, not by where they lie."""

import datetime as dt
import os

import pytest

from custody.application.escrows import KeepEscrows
from custody.application.keys import EnsureEpochs, escrow_folder
from custody.application.secrets import make_secrets
from custody.crypto import signing
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.errors import EvidenceError
from tests.builders.deliveries import MOMENT
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.world import FixedClock

HIGH = EpochId.parse("live/high/1")
STRAY = f"{escrow_folder(HIGH)}stray.ce"


@pytest.fixture
def medium() -> FakeMedium:
    """A medium with an object that somebody laid beside an escrow."""
    medium = FakeMedium("disk")
    medium.objects[STRAY] = b"not an escrow"
    return medium


def keeping(medium: FakeMedium) -> KeepEscrows:
    """Bear the first epochs; return what keeps their escrows ten days later."""
    clock = FixedClock(MOMENT)
    keyring, index = FakeKeyring(), FakeIndexEpochs()
    secrets = make_secrets(
        [medium.name], entropy=os.urandom, ledger_key=signing.generate()
    )
    EnsureEpochs(
        provider=FakeKeyProvider(clock),
        media=[medium],
        public_keys=secrets.public,
        keyring=keyring,
        index_epochs=index,
        clock=clock,
        suites=dict.fromkeys(Level, 1),
    )()
    clock.moment += dt.timedelta(days=10)
    return KeepEscrows(
        media=[medium],
        tags=secrets.public.tags,
        keyring=keyring,
        index_epochs=index,
        clock=clock,
    )


def test_what_lies_beside_an_escrow_is_not_locked_and_does_not_hinder(
    medium: FakeMedium,
) -> None:
    keep = keeping(medium)

    keep()

    assert STRAY not in medium.locks
    assert set(medium.locks) == set(medium.objects) - {STRAY}
    assert set(medium.locks.values()) == {MOMENT.date() + dt.timedelta(days=45)}


def test_what_lies_in_an_escrows_place_does_not_pass_for_it(
    medium: FakeMedium,
) -> None:
    """The path names the content: another content is a lost escrow."""
    keep = keeping(medium)
    for path in medium.list(escrow_folder(HIGH)):
        medium.objects[path] = b"something else"

    with pytest.raises(EvidenceError, match="disk: live/high/1"):
        keep()
