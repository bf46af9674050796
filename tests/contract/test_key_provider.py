"""What every key provider promises: fakes, the key folder, AWS KMS over HTTP.

What only one of them promises stands in `test_key_folder.py` and `test_kms.py`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from custody.application.kept_keys import KeptAdoptedKeys
from custody.application.ports import KeyState, ListedKeys
from custody.application.ports.restore import AdoptsKeys
from custody.domain.epochs import FIELD_ROOT, EpochId
from custody.errors import ConflictError, KeyDestroyedError
from tests.contract.key_rooms import KeyKind, fake_kind, folder_kind

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")
KEY = bytes(32)


@pytest.fixture(
    params=[
        "fake",
        "slow",
        "folder",
        "kept",
        pytest.param("kms", marks=pytest.mark.integration),
    ]
)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> KeyKind:
    made: dict[str, Callable[[], KeyKind]] = {
        "fake": fake_kind,
        "slow": lambda: fake_kind(window=7),
        "folder": lambda: folder_kind(tmp_path / "keys"),
        "kept": lambda: _kept(folder_kind(tmp_path / "keys")),
        "kms": lambda: request.getfixturevalue("kms_room").kind,
    }
    return made[request.param]()


def _kept(kind: KeyKind) -> KeyKind:
    def make() -> ListedKeys:
        provider = kind.provider
        assert isinstance(provider, AdoptsKeys)
        return KeptAdoptedKeys(provider, kind.clock)

    return KeyKind(make, kind.clock)


@pytest.fixture
def provider(kind: KeyKind) -> ListedKeys:
    return kind.provider


@pytest.mark.parametrize("epoch", [EPOCH, EpochId.parse("index/-/1"), FIELD_ROOT])
def test_a_key_is_created_once_and_opens(kind: KeyKind, epoch: EpochId) -> None:
    provider = kind.provider
    key = provider.create(epoch)

    assert len(key) == 32
    assert provider.open(epoch) == key
    assert provider.state(epoch) == KeyState(name="live")
    with pytest.raises(ConflictError):
        provider.create(epoch)
    assert provider.open(epoch) == key
    assert kind.provider.open(epoch) == key


def test_each_epoch_has_its_own_key(provider: ListedKeys) -> None:
    assert provider.create(EPOCH) != provider.create(OTHER)


def test_a_key_never_created_is_no_key(provider: ListedKeys) -> None:
    for question in (provider.open, provider.state, provider.destroy):
        with pytest.raises(KeyError):
            question(EPOCH)

    assert provider.epochs() == ()


def test_a_destroyed_key_is_gone_for_good_and_its_bystander_stays(
    kind: KeyKind,
) -> None:
    provider = kind.provider
    provider.create(EPOCH)
    bystander = provider.create(OTHER)
    provider.open(EPOCH)
    gone = KeyState(name="destroyed", final=kind.final)

    provider.destroy(EPOCH)
    provider.destroy(EPOCH)
    kind.wait()
    provider.destroy(EPOCH)

    assert provider.state(EPOCH) == gone
    _assert_closed(provider)
    _assert_closed(kind.provider)
    assert provider.open(OTHER) == bystander
    assert provider.state(OTHER) == KeyState(name="live")


def test_from_the_order_on_a_key_is_closed_while_its_destruction_is_awaited(
    kind: KeyKind,
) -> None:
    """Pending, with the day, is what a slow provider says: never destroyed."""
    provider = kind.provider
    provider.create(EPOCH)

    provider.destroy(EPOCH)

    name = "pending" if kind.waits else "destroyed"
    assert provider.state(EPOCH) == KeyState(name=name, final=kind.final)
    _assert_closed(provider)
    _assert_closed(kind.provider)


def _assert_closed(provider: ListedKeys) -> None:
    with pytest.raises(KeyDestroyedError):
        provider.open(EPOCH)
    with pytest.raises(ConflictError):
        provider.create(EPOCH)


def test_epochs_are_listed_the_destroyed_too_and_nothing_is_left_over(
    provider: ListedKeys,
) -> None:
    for epoch in (OTHER, EPOCH, FIELD_ROOT):
        provider.create(epoch)
    provider.destroy(EPOCH)

    assert provider.epochs() == (FIELD_ROOT, EPOCH, OTHER)
    assert provider.strays() == ()


def test_a_key_of_an_escrow_is_taken_over_once(kind: KeyKind) -> None:
    """A restore brings roots with it; nothing is ever written over (R67)."""
    provider = kind.provider
    assert isinstance(provider, AdoptsKeys)

    provider.adopt(EPOCH, bytes(32))
    provider.adopt(EPOCH, bytes(32))

    assert kind.provider.open(EPOCH) == bytes(32)
    with pytest.raises(ConflictError):
        provider.adopt(EPOCH, bytes(31) + b"1")
    with pytest.raises(ConflictError):
        provider.create(EPOCH)
    provider.create(OTHER)
    provider.destroy(OTHER)
    with pytest.raises(ConflictError):
        provider.adopt(OTHER, bytes(32))
    assert provider.open(EPOCH) == bytes(32)


def test_a_former_epoch_opens_nothing_new_and_its_key_ends(kind: KeyKind) -> None:
    """What is here lives until it is destroyed; of the others no key comes (R67)."""
    provider = kind.provider
    assert isinstance(provider, AdoptsKeys)
    provider.create(EPOCH)
    never = EpochId.parse("restricted/low/7")

    assert provider.known() == (EPOCH,)
    for _ in range(2):
        assert provider.note_former(EPOCH)
        assert not provider.note_former(never)
    assert provider.state(EPOCH) == KeyState(name="live")
    assert provider.state(never) == KeyState(
        name="destroyed", final=kind.clock.now().date()
    )
    with pytest.raises(KeyDestroyedError):
        provider.open(never)
    for refused in (lambda: provider.create(never), lambda: provider.adopt(never, KEY)):
        with pytest.raises(ConflictError):
            refused()
    provider.destroy(EPOCH)
    provider.destroy(never)
    assert not provider.note_former(EPOCH)
    assert provider.known() == (EPOCH, never)
    assert provider.state(never).name == "destroyed"
