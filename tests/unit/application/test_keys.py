"""An epoch is escrowed on every medium and read back before anything uses it."""

import dataclasses
import datetime as dt
import json
import os

import pytest

from custody.application.escrows import KeepEscrows
from custody.application.keys import ESCROW_LOCK_DAYS, EnsureEpochs, escrow_folder
from custody.application.public_keys import PublicKeys
from custody.application.secrets import Secrets, make_secrets
from custody.crypto import escrow, recovery, signing
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId
from custody.domain.levels import Level
from custody.errors import (
    ConfigurationError,
    EvidenceError,
    KeyDestroyedError,
)
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.world import FixedClock

HIGH, INDEX = EpochId.parse("live/high/1"), EpochId.parse("index/-/1")


@dataclasses.dataclass
class World:
    """One installation in memory."""

    secrets: Secrets
    clock: FixedClock
    provider: FakeKeyProvider
    media: list[FakeMedium]
    keyring: FakeKeyring = dataclasses.field(default_factory=FakeKeyring)
    index: FakeIndexEpochs = dataclasses.field(default_factory=FakeIndexEpochs)

    @property
    def ensure(self) -> EnsureEpochs:
        return EnsureEpochs(
            provider=self.provider,
            media=self.media,
            public_keys=self.secrets.public,
            keyring=self.keyring,
            index_epochs=self.index,
            clock=self.clock,
            suites=dict.fromkeys(Level, 1),
        )


@pytest.fixture
def world() -> World:
    clock = FixedClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    return World(
        secrets=make_secrets(
            ["disk", "cloud"], entropy=os.urandom, ledger_key=signing.generate()
        ),
        clock=clock,
        provider=FakeKeyProvider(clock),
        media=[FakeMedium("disk"), FakeMedium("cloud")],
    )


def test_every_epoch_is_escrowed_on_every_medium_to_its_own_key(world: World) -> None:
    born = world.ensure()

    assert [str(epoch) for epoch in born] == [
        "live/high/1", "live/medium/1", "live/low/1", "index/-/1",
    ]  # fmt: skip
    for epoch in (*born, FIELD_ROOT, SUPPRESSION_ROOT):
        for medium in world.media:
            (path,) = medium.list(escrow_folder(epoch))
            secret = recovery.secret_from_text(world.secrets.recovery[medium.name])
            own = recovery.derive_identities(secret, medium=medium.name)
            assert world.provider.open(epoch) == escrow.open_escrow(
                own.hpke_private, epoch=str(epoch), escrow=medium.read(path)
            )
    assert {epoch.level for epoch in world.keyring.states} == set(Level)
    assert world.index.open == 1


def test_doing_it_again_changes_nothing_but_lengthens_the_locks(world: World) -> None:
    world.ensure()
    before = [dict(medium.objects) for medium in world.media]
    world.clock.moment += dt.timedelta(days=10)

    world.ensure()

    assert [medium.objects for medium in world.media] == before
    for medium in world.media:
        assert set(medium.locks.values()) == {dt.date(2026, 4, 15)}


def test_a_run_killed_after_the_key_was_made_is_finished(world: World) -> None:
    key = world.provider.create(HIGH)

    world.ensure()

    assert world.provider.open(HIGH) == key
    assert len(world.media[0].list(escrow_folder(HIGH))) == 1


def test_a_medium_that_gives_other_bytes_back_stops_the_birth(world: World) -> None:
    world.media[1].flip = True

    with pytest.raises(EvidenceError, match="cloud"):
        world.ensure.bear(HIGH, suite=1)

    assert world.keyring.states == {}


def test_a_damaged_escrow_does_not_pass_for_one(world: World) -> None:
    world.ensure.bear(HIGH, suite=1)
    (path,) = world.media[0].list(escrow_folder(HIGH))
    world.media[0].objects[path] = b"damaged"

    world.ensure.bear(HIGH, suite=1)

    assert len(world.media[0].list(escrow_folder(HIGH))) == 2


def test_a_destroyed_epoch_is_never_born_again(world: World) -> None:
    world.ensure.bear(HIGH, suite=1)
    world.provider.destroy(HIGH)
    world.keyring.states.clear()

    with pytest.raises(KeyDestroyedError):
        world.ensure()

    assert HIGH not in world.keyring.states


def test_a_later_index_epoch_is_the_one_kept(world: World) -> None:
    world.ensure()
    world.provider.destroy(INDEX)
    world.index.open = 2

    born = world.ensure()

    assert born[-1] == EpochId.parse("index/-/2")
    assert len(world.media[0].list(escrow_folder(born[-1]))) == 1


def test_without_a_medium_or_its_key_no_epoch_is_born(world: World) -> None:
    unknown = dataclasses.replace(world.ensure, media=[FakeMedium("elsewhere")])
    for ensure in (unknown, dataclasses.replace(world.ensure, media=[])):
        with pytest.raises(ConfigurationError):
            ensure()

    assert world.keyring.states == {}


def test_the_public_keys_file_comes_back_and_holds_no_secret(world: World) -> None:
    public = world.secrets.public
    written = public.to_json()

    assert PublicKeys.from_json(written) == public
    assert b"SECRET" not in written.upper()
    assert repr(world.secrets) == "Secrets(…)"


def test_another_public_keys_file_is_refused(world: World) -> None:
    parsed = json.loads(world.secrets.public.to_json())
    wrong = [
        b"", b"[]", b"{}", b"null",
        json.dumps({**parsed, "version": 2}).encode(),
        json.dumps({**parsed, "ledger": "x"}).encode(),
        json.dumps({**parsed, "media": {"disk": "x"}}).encode(),
    ]  # fmt: skip
    for content in wrong:
        with pytest.raises(ConfigurationError):
            PublicKeys.from_json(content)


@pytest.mark.parametrize("media", [[], ["disk", "disk"]])
def test_each_medium_needs_a_name_of_its_own(media: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        make_secrets(media, entropy=os.urandom, ledger_key=signing.generate())


def test_public_keys_derive_from_the_secrets_alone(world: World) -> None:
    kept = dataclasses.replace(world.secrets)

    assert kept.public == world.secrets.public


def test_a_mistyped_secret_is_the_operators_fault(world: World) -> None:
    wrong = [
        dataclasses.replace(world.secrets, quarantine_identity="AGE-SECRET-KEY-1"),
        dataclasses.replace(world.secrets, ledger_key=b"x"),
        dataclasses.replace(world.secrets, recovery={"disk": "x"}),
    ]
    for secrets in wrong:
        with pytest.raises(ConfigurationError, match="cannot be read"):
            _ = secrets.public


# --- the sweep keeps escrows locked ------------------------------------------------


def test_the_sweep_lengthens_every_lock_and_misses_a_lost_escrow(world: World) -> None:
    """It takes no key: what stands there is put once more."""
    world.ensure()
    keep = KeepEscrows(
        media=world.ensure.media,
        tags=world.secrets.public.tags,
        keyring=world.ensure.keyring,
        index_epochs=world.ensure.index_epochs,
        clock=FixedClock(world.ensure.clock.now() + dt.timedelta(days=30)),
    )

    keep()
    locks = {lock for medium in world.media for lock in medium.locks.values()}
    lost = dataclasses.replace(keep, media=[FakeMedium("empty")])

    assert locks == {keep.clock.now().date() + dt.timedelta(days=ESCROW_LOCK_DAYS)}
    with pytest.raises(EvidenceError, match="empty: "):
        lost()
