"""A medium is sealed to another secret: told first, and former escrows count no more.

Whoever has two former cards opens what was written to them, and nothing after (R67).
"""

import dataclasses
import datetime as dt
import os

import pytest

from custody.application.escrow_care import CareForEscrows
from custody.application.escrows import KeepEscrows, media_without
from custody.application.keys import EnsureEpochs, escrow_folder
from custody.application.public_keys import MediumKeys, PublicKeys
from custody.application.renew_recipient import RenewRecipient
from custody.application.secrets import make_secrets
from custody.crypto import escrow, recovery, signing
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.errors import ConfigurationError, EvidenceError, OpenError
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.ledger import FakeLedger
from tests.fakes.world import FixedClock

HIGH = EpochId.parse("live/high/1")
NEW = recovery.derive_identities(bytes(range(32)), medium="disk")
NEW_KEYS = MediumKeys(age=NEW.age_recipient, hpke=NEW.hpke_public)


@dataclasses.dataclass
class Room:
    """Two media, the first epochs' escrows on them, and a public keys file."""

    births: EnsureEpochs
    disk: FakeMedium
    former: recovery.Identities
    ledger: FakeLedger
    file: bytes = b""

    def keep(self, content: bytes) -> None:
        """Write the public keys file; the ledger knows of it by then."""
        assert self.ledger.entries
        self.file = content

    @property
    def renew(self) -> RenewRecipient:
        """What renews, over the keys of today."""
        return RenewRecipient(
            public_keys=self.births.public_keys,
            keep=self.keep,
            ledger=self.ledger,
            dataset="customers",
        )

    def renewed(self) -> EnsureEpochs:
        """Renew the disk's keys; return what bears epochs from then on."""
        self.renew("disk", NEW_KEYS)
        return dataclasses.replace(
            self.births, public_keys=PublicKeys.from_json(self.file)
        )

    def care(self, births: EnsureEpochs) -> CareForEscrows:
        """What cares for escrows over some public keys."""
        return CareForEscrows(
            media=births.media,
            keyring=births.keyring,
            index_epochs=births.index_epochs,
            births=births,
            ledger=self.ledger,
            clock=births.clock,
            dataset="customers",
        )


@pytest.fixture
def room() -> Room:
    clock = FixedClock(dt.datetime(2026, 11, 30, tzinfo=dt.UTC))
    disk = FakeMedium("disk")
    made = make_secrets(
        ["disk", "cloud"], entropy=os.urandom, ledger_key=signing.generate()
    )
    births = EnsureEpochs(
        provider=FakeKeyProvider(clock),
        media=[disk, FakeMedium("cloud")],
        public_keys=made.public,
        keyring=FakeKeyring(),
        index_epochs=FakeIndexEpochs(),
        clock=clock,
        suites=dict.fromkeys(Level, 1),
    )
    births()
    secret = recovery.secret_from_text(made.recovery["disk"])
    former = recovery.derive_identities(secret, medium="disk")
    return Room(births, disk, former, FakeLedger())


def test_it_is_told_before_the_file_is_written_and_names_no_key(room: Room) -> None:
    births = room.renewed()

    (told,) = room.ledger.entries
    assert (told.kind, told.body) == (
        "recipient_renewed",
        {
            "medium": "disk",
            "former": room.births.public_keys.tags["disk"],
            "recipient": NEW_KEYS.tag,
        },
    )
    assert births.public_keys == dataclasses.replace(
        room.births.public_keys,
        media={**room.births.public_keys.media, "disk": NEW_KEYS},
    )


def test_the_same_keys_again_change_nothing(room: Room) -> None:
    same = room.births.public_keys.media["disk"]

    room.renew("disk", same)

    assert not room.ledger.entries
    assert not room.file


def test_a_medium_that_nobody_knows_is_refused(room: Room) -> None:
    with pytest.raises(ConfigurationError, match="tape"):
        room.renew("tape", NEW_KEYS)

    assert not room.ledger.entries


def test_former_escrows_count_no_more_until_new_ones_are_sealed(room: Room) -> None:
    births = room.renewed()
    tags = births.public_keys.tags
    assert media_without(HIGH, births.media, tags) == ("disk",)

    disk, cloud = room.care(births)()

    assert (disk.there, len(disk.mended)) == (disk.living, disk.living)
    assert (cloud.mended, cloud.holds) == ((), True)
    assert media_without(HIGH, births.media, tags) == ()


def test_twin_whoever_asks_for_any_escrow_is_content_with_the_former(
    room: Room,
) -> None:
    """Then a set would be signed that opens by the former cards alone."""
    births = room.renewed()

    assert media_without(HIGH, births.media, room.births.public_keys.tags) == ()


def test_the_new_escrow_opens_by_the_new_secret_and_by_no_former(room: Room) -> None:
    before = set(room.disk.list(escrow_folder(HIGH)))
    births = room.renewed()
    room.care(births)()

    (path,) = set(room.disk.list(escrow_folder(HIGH))) - before
    sealed = room.disk.read(path)

    key = escrow.open_escrow(NEW.hpke_private, epoch=str(HIGH), escrow=sealed)
    assert key == births.provider.open(HIGH)
    with pytest.raises(OpenError):
        escrow.open_escrow(room.former.hpke_private, epoch=str(HIGH), escrow=sealed)


def test_the_lock_of_former_escrows_is_lengthened_no_more(room: Room) -> None:
    (former,) = room.disk.list(escrow_folder(HIGH))
    until = room.disk.locks[former]
    births = room.renewed()
    room.care(births)()
    later = FixedClock(births.clock.now() + dt.timedelta(days=20))

    KeepEscrows(
        media=births.media,
        tags=births.public_keys.tags,
        keyring=births.keyring,
        index_epochs=births.index_epochs,
        clock=later,
    )()

    assert room.disk.locks[former] == until
    assert max(room.disk.locks.values()) == later.now().date() + dt.timedelta(days=35)


def test_the_hourly_lengthening_tells_that_new_ones_are_missing(room: Room) -> None:
    births = room.renewed()
    keep = KeepEscrows(
        media=births.media,
        tags=births.public_keys.tags,
        keyring=births.keyring,
        index_epochs=births.index_epochs,
        clock=births.clock,
    )

    with pytest.raises(EvidenceError, match="disk: live/high/1"):
        keep()


def test_an_epoch_that_is_born_after_it_is_sealed_to_the_new_one(room: Room) -> None:
    births = room.renewed()
    born = EpochId.parse("live/high/2")

    births.escrow(born)

    (path,) = room.disk.list(escrow_folder(born))
    assert path.removeprefix(escrow_folder(born)).startswith(f"{NEW_KEYS.tag}-")


def test_the_drill_keeps_its_own_keys(room: Room) -> None:
    """Another secret of the holders is none of the drill's business (ADR 24)."""
    public = room.births.public_keys
    own = dataclasses.replace(
        public.media["disk"], drill_age="age1drill", drill_hpke=b"drill"
    )
    drilled = dataclasses.replace(public, media={**public.media, "disk": own})

    dataclasses.replace(room.renew, public_keys=drilled)("disk", NEW_KEYS)

    kept = PublicKeys.from_json(room.file).media["disk"]
    assert (kept.age, kept.hpke) == (NEW_KEYS.age, NEW_KEYS.hpke)
    assert (kept.drill_age, kept.drill_hpke) == ("age1drill", b"drill")
