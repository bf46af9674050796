"""Restriction is complete when no live epoch of that time is left (R17, PIPL 47)."""

import datetime as dt
from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.application.restriction import (
    EpochLife,
    Raised,
    Restriction,
    StandingLevel,
    TellRestriction,
)
from custody.domain.epochs import EpochId, EpochState
from custody.domain.kept_customer import KeptCustomer
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.domain.retention import Anchor
from custody.domain.retention_plan import Standing
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock

POLICY = load_policy(Path(__file__).parents[3] / "include" / "policy")
MOMENT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ONE, TWO = (EpochId.parse(f"live/high/{at}") for at in (1, 2))
SHOP = "XX2020000001"


class Registry:
    """How customers stand and epochs live, in lists."""

    def __init__(self, *lives: EpochLife) -> None:
        """Take the live epochs of the high level."""
        self.lives = lives

    def of(self, level: Level) -> tuple[EpochLife, ...]:
        """Return the epochs of a level."""
        return self.lives if level is Level.HIGH else ()

    def levels(self, number: str) -> tuple[StandingLevel, ...]:
        """Return one level that is kept only."""
        assert number
        kept = RecordState.STORAGE_ONLY
        return (
            StandingLevel(
                level=Level.HIGH, state=kept, since=MOMENT, restricted_at=MOMENT
            ),
        )

    def counted(self) -> tuple[tuple[Level, RecordState, int, dt.datetime], ...]:
        """Return the same, counted."""
        return ((Level.HIGH, RecordState.STORAGE_ONLY, 1, MOMENT),)

    def raised(self) -> tuple[Raised, ...]:
        """Return whom a policy raised."""
        return (
            Raised(level=Level.HIGH, customers=2, last=MOMENT, restricted_at=MOMENT),
        )

    def customer(self, number: str, *, unknown_industry: str) -> KeptCustomer | None:
        """Return a customer that deregistered in 2024."""
        if number != SHOP:
            return None
        return KeptCustomer(
            number=number,
            levels=frozenset({Level.HIGH}),
            industry=unknown_industry,
            customer_type=None,
            events={Anchor.DEREGISTRATION: dt.date(2024, 3, 31)},
        )


def life(
    epoch: EpochId, state: EpochState, *, born: dt.datetime = MOMENT - DAY
) -> EpochLife:
    """Return a live epoch."""
    return EpochLife(epoch=epoch, born_at=born, state=state)


def telling(provider: FakeKeyProvider, *lives: EpochLife) -> TellRestriction:
    """Return the use case."""
    registry = Registry(*lives)
    return TellRestriction(
        policy=POLICY, views=registry, kept=registry, lives=registry, provider=provider
    )


@pytest.fixture
def provider() -> FakeKeyProvider:
    made = FakeKeyProvider(FixedClock(MOMENT), window=7)
    made.create(ONE)
    made.create(TWO)
    return made


@pytest.mark.parametrize("state", [EpochState.OPEN, EpochState.CLOSING])
def test_an_epoch_that_lives_still_opens_older_copies(
    provider: FakeKeyProvider, state: EpochState
) -> None:
    tell = telling(provider, life(ONE, state))

    assert tell.restriction(Level.HIGH, MOMENT) == Restriction(waits_for=(ONE,))


def test_an_epoch_that_is_ordered_to_die_opens_until_it_is_seen_to_be_gone() -> None:
    """What a provider is expected to say is not what it said."""
    clock = FixedClock(MOMENT)
    slow = FakeKeyProvider(clock, window=7)
    slow.create(ONE)
    slow.destroy(ONE)
    tell = telling(slow, life(ONE, EpochState.DESTROYED))

    pending = tell.restriction(Level.HIGH, MOMENT)
    clock.moment += 8 * DAY
    gone = tell.restriction(Level.HIGH, MOMENT)

    assert pending == Restriction(waits_for=(ONE,))
    assert gone == Restriction(waits_for=(), complete_on=(MOMENT + 7 * DAY).date())


def test_an_epoch_born_later_holds_nothing_of_it(provider: FakeKeyProvider) -> None:
    later = life(TWO, EpochState.OPEN, born=MOMENT + DAY)

    assert telling(provider, later).restriction(Level.HIGH, MOMENT).waits_for == ()


def test_a_customer_is_told_as_policy_judges(provider: FakeKeyProvider) -> None:
    tell = telling(provider)

    (fate,) = tell.of_customer(SHOP, dt.date(2027, 3, 31))

    assert (fate.standing, fate.last_day) == (
        Standing.STORAGE_ONLY,
        dt.date(2027, 3, 31),
    )
    assert tell.of_customer("XX0", dt.date(2027, 3, 31)) == ()
