"""Every living epoch has its escrow on every medium, or people are told (idea 4)."""

import dataclasses
import datetime as dt
import os

import pytest

from custody.application.escrow_care import CareForEscrows
from custody.application.escrows import KeepEscrows
from custody.application.keys import EnsureEpochs, escrow_folder
from custody.application.ports import Reached
from custody.application.secrets import make_secrets
from custody.crypto import escrow, recovery, signing
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.errors import EvidenceError, WorldError
from tests.builders.deliveries import MOMENT
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock
from tests.faults.points import kill_points

HIGH = EpochId.parse("live/high/1")
LIVING = 6
LATER = MOMENT + dt.timedelta(days=10)


@dataclasses.dataclass
class Room:
    """What cares, ten days after the first epochs were born."""

    care: CareForEscrows
    disk: FakeMedium
    cloud: FakeMedium
    ledger: FakeLedger
    provider: FakeKeyProvider
    secrets: dict[str, str]

    def lose(self, medium: FakeMedium, epoch: EpochId = HIGH) -> None:
        """Take the escrow of an epoch away."""
        for path in medium.list(escrow_folder(epoch)):
            del medium.objects[path]
            del medium.locks[path]

    def opened(self, medium: FakeMedium) -> bytes:
        """Open the one escrow of HIGH, as who holds the medium's secret."""
        (path,) = medium.list(escrow_folder(HIGH))
        own = recovery.derive_identities(
            recovery.secret_from_text(self.secrets[medium.name]), medium=medium.name
        )
        sealed = medium.read(path)
        return escrow.open_escrow(own.hpke_private, epoch=str(HIGH), escrow=sealed)


@pytest.fixture
def room() -> Room:
    clock = FixedClock(MOMENT)
    disk, cloud = FakeMedium("disk"), FakeMedium("cloud")
    made = make_secrets(
        [disk.name, cloud.name], entropy=os.urandom, ledger_key=signing.generate()
    )
    keyring, index, provider = FakeKeyring(), FakeIndexEpochs(), FakeKeyProvider(clock)
    births = EnsureEpochs(
        provider=provider,
        media=[disk, cloud],
        public_keys=made.public,
        keyring=keyring,
        index_epochs=index,
        clock=clock,
        suites=dict.fromkeys(Level, 1),
    )
    births()
    clock.moment = LATER
    ledger = FakeLedger()
    care = CareForEscrows(
        media=[disk, cloud],
        keyring=keyring,
        index_epochs=index,
        births=births,
        ledger=ledger,
        clock=clock,
        dataset="customers",
    )
    return Room(care, disk, cloud, ledger, provider, dict(made.recovery))


def test_every_lock_is_lengthened_and_every_escrow_counted(room: Room) -> None:
    assert room.care.insist() == {"disk": LIVING, "cloud": LIVING}

    for medium in (room.disk, room.cloud):
        assert set(medium.locks.values()) == {LATER.date() + dt.timedelta(days=35)}
    assert not room.ledger.entries


def test_a_missing_escrow_is_sealed_anew_to_its_own_medium_and_told(
    room: Room,
) -> None:
    """None is copied from elsewhere: the other medium's secret would not open it."""
    key = room.opened(room.cloud)
    room.lose(room.cloud)

    disk, cloud = room.care()

    assert disk.mended == ()
    assert cloud.mended == (str(HIGH),)
    assert cloud.holds
    assert room.opened(room.cloud) == key
    assert [(one.kind, dict(one.body)) for one in room.ledger.entries] == [
        ("escrow_renewed", {"medium": "cloud", "epoch": str(HIGH)})
    ]


def test_a_key_that_is_lost_is_told_and_never_made_again(room: Room) -> None:
    """An escrow of another key would pass for a backup and open nothing."""
    room.lose(room.disk)
    del room.provider._keys[HIGH]

    with pytest.raises(EvidenceError, match="disk: no escrow of live/high/1"):
        room.care.insist()

    assert HIGH not in room.provider.epochs()
    assert room.disk.list(escrow_folder(HIGH)) == ()


def test_a_lock_that_is_longer_than_an_escrows_is_an_alarm(room: Room) -> None:
    """It would keep a destruction from becoming final."""
    (path,) = room.disk.list(escrow_folder(HIGH))
    room.disk.locks[path] = LATER.date() + dt.timedelta(days=36)
    room.disk.put("escrow/README", b"x", locked_until=dt.date(2099, 1, 1))

    with pytest.raises(EvidenceError, match="longer"):
        room.care.insist()

    assert room.care()[0].too_long == (path,)
    room.disk.locks[path] = LATER.date() + dt.timedelta(days=35)
    assert room.care()[0].holds


def test_a_medium_that_is_not_there_stops_no_other(room: Room) -> None:
    """And is told as that; nothing is renewed on it."""
    room.disk.there = False
    room.lose(room.cloud)

    disk, cloud = room.care()

    assert isinstance(disk.fault, WorldError)
    assert disk.there == 0
    assert cloud.there == LIVING
    with pytest.raises(WorldError, match="escrows: disk: not there"):
        room.care.insist()  # of the world alone: Airflow asks again


def test_the_hourly_lengthening_goes_on_with_the_other_medium(room: Room) -> None:
    class Broken(FakeMedium):
        def list(self, prefix: str) -> tuple[str, ...]:
            raise WorldError(f"{self.name}: {prefix}: not there")

    keep = KeepEscrows(
        media=[Broken("broken"), room.cloud],
        tags=room.care.births.public_keys.tags,
        keyring=room.care.keyring,
        index_epochs=room.care.index_epochs,
        clock=room.care.clock,
    )

    with pytest.raises(WorldError):
        keep()

    assert set(room.cloud.locks.values()) == {LATER.date() + dt.timedelta(days=35)}


def test_a_care_that_ends_anywhere_is_made_whole_by_the_next(room: Room) -> None:
    """Every kill point of its own, tested = found."""
    points = [one for one in kill_points("backup.") if ".care." in one]
    for point in points:
        room.lose(room.disk)
        with pytest.raises(_DiedError):
            dataclasses.replace(room.care, reached=_dying(point))()
        assert room.care()[0].holds

    assert set(points) == {"backup.care.before", "backup.care.after"}


class _DiedError(Exception):
    """The process ends here."""


def _dying(point: str) -> Reached:
    def reached(step: str) -> None:
        if step == point:
            raise _DiedError

    return reached
