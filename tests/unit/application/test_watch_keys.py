"""A living key that is disabled, condemned or gone is an alarm; a dead one is not."""

import dataclasses
import datetime as dt

import pytest

from custody.application.ports import KeyState
from custody.application.watch_keys import WatchKeys
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId
from custody.domain.levels import Level
from custody.errors import EvidenceError
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock

CLOCK = FixedClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
LIVE = {level: EpochId.parse(f"live/{level.value}/2") for level in Level}
INDEX = EpochId.parse("index/-/1")


def provider_of(*missing: EpochId, window: int = 7) -> FakeKeyProvider:
    """Return a provider with every living key but those."""
    provider = FakeKeyProvider(CLOCK, window=window)
    for epoch in (FIELD_ROOT, SUPPRESSION_ROOT, *LIVE.values(), INDEX):
        if epoch not in missing:
            provider.create(epoch)
    return provider


def watching(provider: FakeKeyProvider) -> WatchKeys:
    """Return the watch over one living epoch of each level."""
    keyring, index = FakeKeyring(), FakeIndexEpochs()
    for epoch in LIVE.values():
        keyring.add_epoch(epoch, suite=1)
    index.add(1)
    return WatchKeys(provider=provider, keyring=keyring, index_epochs=index)


def test_keys_that_are_as_they_must_be_are_no_news() -> None:
    assert watching(provider_of())() == ()


def test_a_key_of_an_epoch_that_is_closing_or_restricted_is_watched_too() -> None:
    """Survivors are still on their way; the restricted wait for their end."""
    provider = provider_of()
    watch = watching(provider)
    assert isinstance(watch.keyring, FakeKeyring)
    restricted, third = (
        EpochId.parse(one) for one in ("restricted/low/1", "live/high/3")
    )
    watch.keyring.close_epoch(LIVE[Level.HIGH])
    for epoch in (restricted, third):
        watch.keyring.add_epoch(epoch, suite=1)
        provider.create(epoch)
    assert watch() == ()

    for epoch in (restricted, LIVE[Level.HIGH]):
        provider.destroy(epoch)

    assert len(watch()) == 2


def test_a_key_whose_epoch_is_over_may_be_destroyed() -> None:
    provider, former = provider_of(), EpochId.parse("live/high/1")
    provider.create(former)
    provider.destroy(former)

    assert watching(provider)() == ()


@pytest.mark.parametrize(
    "epoch", [FIELD_ROOT, SUPPRESSION_ROOT, *LIVE.values(), INDEX], ids=str
)
def test_a_deletion_that_somebody_ordered_is_told_with_its_day(epoch: EpochId) -> None:
    provider = provider_of()
    provider.destroy(epoch)

    [threat] = watching(provider)()

    assert threat == (
        f"the key of the living epoch {epoch}: pending, for good on 2026-03-08"
    )


def test_a_key_that_is_gone_and_one_that_never_was_are_told() -> None:
    provider = provider_of(INDEX, window=0)
    provider.destroy(FIELD_ROOT)

    gone, never = watching(provider)()

    assert gone.endswith(f"{FIELD_ROOT}: destroyed, for good on 2026-03-01")
    assert never.endswith(f"{INDEX}: not at the provider")


def test_what_a_provider_finds_wrong_hides_no_other_key() -> None:
    class Disabled(FakeKeyProvider):
        def state(self, epoch: EpochId) -> KeyState:
            if epoch == LIVE[Level.HIGH]:
                message = "disabled, and nobody ordered it"
                raise EvidenceError(message)
            return KeyState(name="pending")

    told = watching(Disabled(CLOCK))()

    assert len(told) == len(LIVE) + 3
    assert any(
        one.endswith("live/high/2: disabled, and nobody ordered it") for one in told
    )
    assert sum(one.endswith(": pending, for good on no day") for one in told) == 5


def test_the_key_of_a_closing_index_epoch_must_still_open() -> None:
    """Tokens are on their way from it: without it they stay unreadable for good."""
    provider, closing = provider_of(), EpochId.parse("index/-/7")
    watch = watching(provider)
    index = FakeIndexEpochs()
    index.open, index.closing = 1, closing.number

    [threat] = dataclasses.replace(watch, index_epochs=index)()

    assert threat == f"the key of the living epoch {closing}: not at the provider"
