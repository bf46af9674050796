"""Opened wrapping keys stay in a process's memory for fifteen minutes at most."""

import datetime as dt

import pytest

from custody.application.kept_keys import KEPT, KeptKeys
from custody.domain.epochs import EpochId
from custody.errors import KeyDestroyedError
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/low/1")
MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


class CountedKeys(FakeKeyProvider):
    """Counts how often a key was asked for."""

    asked = 0

    def open(self, epoch: EpochId) -> bytes:
        """Count, and return the key."""
        self.asked += 1
        return super().open(epoch)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MOMENT)


@pytest.fixture
def provider(clock: FixedClock) -> CountedKeys:
    provider = CountedKeys(clock)
    for epoch in (EPOCH, OTHER):
        provider.create(epoch)
    return provider


def test_a_key_is_asked_for_once_in_fifteen_minutes(
    provider: CountedKeys, clock: FixedClock
) -> None:
    keys = KeptKeys(provider, clock)
    times = []
    for later in (SECOND, KEPT - SECOND, KEPT, KEPT + SECOND):
        clock.moment = MOMENT + later
        assert keys.open(EPOCH) == provider._keys[EPOCH]
        times.append(provider.asked)

    assert dt.timedelta(minutes=15) == KEPT
    assert times == [1, 1, 1, 2]


def test_a_stale_key_leaves_memory_when_any_other_is_opened(
    provider: CountedKeys, clock: FixedClock
) -> None:
    keys = KeptKeys(provider, clock)
    keys.open(EPOCH)
    clock.moment += KEPT

    keys.open(OTHER)

    assert list(keys._opened) == [OTHER]


def test_a_clock_that_is_set_back_keeps_nothing_longer(
    provider: CountedKeys, clock: FixedClock
) -> None:
    keys = KeptKeys(provider, clock)
    keys.open(EPOCH)
    clock.moment -= dt.timedelta(days=1)

    keys.open(EPOCH)

    assert provider.asked == 2


def test_what_another_process_destroyed_is_closed_here_in_time(
    provider: CountedKeys, clock: FixedClock
) -> None:
    """The twin, which keeps ten times longer, still opens."""
    keys = KeptKeys(provider, clock)
    twin = KeptKeys(provider, clock, kept=10 * KEPT)
    for one in (keys, twin):
        one.open(EPOCH)
    provider.destroy(EPOCH)
    clock.moment += KEPT

    with pytest.raises(KeyDestroyedError):
        keys.open(EPOCH)
    assert len(twin.open(EPOCH)) == 32


def test_what_is_destroyed_here_is_forgotten_at_once(
    provider: CountedKeys, clock: FixedClock
) -> None:
    keys = KeptKeys(provider, clock)
    keys.open(EPOCH)

    keys.destroy(EPOCH)

    with pytest.raises(KeyDestroyedError):
        keys.open(EPOCH)
    assert keys._opened == {}


def test_keys_are_not_shown(provider: CountedKeys, clock: FixedClock) -> None:
    keys = KeptKeys(provider, clock)

    key = keys.open(EPOCH)

    assert repr(key) not in repr(keys)
