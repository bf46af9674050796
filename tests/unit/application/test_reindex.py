"""Every token moves to a new index key, and the old key ends when none is left."""

import dataclasses
import datetime as dt
import os

import pytest

from custody.application.keys import EnsureEpochs, escrow_folder
from custody.application.ports.reindex import IndexTurn
from custody.application.reindex import ReindexTokens
from custody.application.secrets import Secrets, make_secrets
from custody.crypto import signing
from custody.crypto.blindindex import field_key, tokens
from custody.domain.epochs import (
    FIELD_ROOT,
    SUPPRESSION_ROOT,
    EpochId,
    EpochState,
)
from custody.domain.levels import Level
from custody.errors import ConflictError, EvidenceError, KeyDestroyedError
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeKeyProvider, FakeMedium
from tests.fakes.reindex import FakeIndexTokens
from tests.fakes.world import FixedClock

FIRST, SECOND = EpochId.parse("index/-/1"), EpochId.parse("index/-/2")
THIRD, LIVE = EpochId.parse("index/-/3"), EpochId.parse("live/high/1")
VALUES = [f"invented {number}".encode() for number in range(5)]


@dataclasses.dataclass
class World:
    """One installation in memory, with tokens under its first index epoch."""

    clock: FixedClock
    secrets: Secrets
    provider: FakeKeyProvider
    media: list[FakeMedium]
    store: FakeIndexTokens = dataclasses.field(default_factory=FakeIndexTokens)
    steps: list[str] = dataclasses.field(default_factory=list)

    @property
    def ensure(self) -> EnsureEpochs:
        return EnsureEpochs(
            provider=self.provider,
            media=self.media,
            public_keys=self.secrets.public,
            keyring=FakeKeyring(),
            index_epochs=FakeIndexEpochs(),
            clock=self.clock,
            suites=dict.fromkeys(Level, 1),
        )

    @property
    def reindex(self) -> ReindexTokens:
        return ReindexTokens(
            provider=self.provider,
            media=self.media,
            tags=self.secrets.public.tags,
            tokens=self.store,
            bear=self.ensure.escrow,
            dataset="customers",
            reached=self.hear,
        )

    def hear(self, step: str) -> None:
        """Remember a step."""
        self.steps.append(step)

    def tokens(self, epoch: EpochId) -> list[bytes]:
        """Return the tokens of the invented values under an epoch."""
        own = field_key(
            self.provider.open(FIELD_ROOT), dataset="customers", field="phone"
        )
        key = self.provider.open(epoch)
        return tokens(index_key=key, field_key=own, values=VALUES)


@pytest.fixture
def world() -> World:
    clock = FixedClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    media = [FakeMedium("disk"), FakeMedium("cloud")]
    secrets = make_secrets(
        ["disk", "cloud"], entropy=os.urandom, ledger_key=signing.generate()
    )
    made = World(clock, secrets, FakeKeyProvider(clock), media)
    made.ensure()
    made.store.tokens = [(token, 1) for token in made.tokens(FIRST)]
    return made


def test_the_tokens_are_those_of_the_new_key_and_the_old_key_is_gone(
    world: World,
) -> None:
    turn = world.reindex.succeed()
    moved = world.reindex.reencrypt()
    state = world.reindex.end(turn)

    assert turn == IndexTurn(1, 2)
    assert moved == len(VALUES)
    assert world.store.tokens == [(token, 2) for token in world.tokens(SECOND)]
    assert state.name == "destroyed"
    with pytest.raises(KeyDestroyedError):
        world.provider.open(FIRST)
    assert [(one.kind, dict(one.body)) for one in world.store.entries] == [
        ("reindex_begun", {"old": "index/-/1", "new": "index/-/2"}),
        ("reindexed", {"old": "index/-/1", "new": "index/-/2"}),
    ]


def test_index_keys_that_a_restore_left_end_too(world: World) -> None:
    """Tokens of older copies could be tested by them; the roots stay."""
    world.provider.create(THIRD)
    world.store.states = {3: EpochState.OPEN}
    world.store.tokens = []

    world.reindex.end(world.reindex.succeed())

    for ended in (FIRST, THIRD):
        with pytest.raises(KeyDestroyedError):
            world.provider.open(ended)
    for living in (FIELD_ROOT, SUPPRESSION_ROOT, EpochId.parse("index/-/4"), LIVE):
        assert world.provider.open(living)


def test_the_successor_is_escrowed_on_every_medium_before_it_opens(
    world: World,
) -> None:
    world.media[1].flip = True

    with pytest.raises(EvidenceError):
        world.reindex.succeed()

    assert world.store.states == {1: EpochState.OPEN}


def test_a_turn_that_has_begun_is_taken_up(world: World) -> None:
    begun = world.reindex.succeed()

    assert world.reindex.succeed() == begun
    assert [one.kind for one in world.store.entries] == ["reindex_begun"]


def test_every_step_is_repeatable(world: World) -> None:
    turn = world.reindex.succeed()
    world.reindex.reencrypt()
    world.reindex.end(turn)

    assert world.reindex.reencrypt() == 0
    assert world.reindex.end(turn).name == "destroyed"
    assert world.reindex.succeed() == IndexTurn(2, 3)


def test_no_key_ends_while_a_token_is_left_under_it(world: World) -> None:
    turn = world.reindex.succeed()

    with pytest.raises(ConflictError, match="5 tokens"):
        world.reindex.end(turn)

    assert world.provider.state(FIRST).name == "live"


@pytest.mark.parametrize("medium", [0, 1])
def test_no_key_ends_before_its_successor_lies_on_every_medium(
    world: World, medium: int
) -> None:
    turn = world.reindex.succeed()
    world.reindex.reencrypt()
    (path,) = world.media[medium].list(escrow_folder(SECOND))
    del world.media[medium].objects[path]

    with pytest.raises(EvidenceError, match=world.media[medium].name):
        world.reindex.end(turn)

    assert world.provider.state(FIRST).name == "live"
    assert world.store.states[1] is EpochState.CLOSING


def test_without_a_medium_no_key_ends(world: World) -> None:
    turn = world.reindex.succeed()
    world.reindex.reencrypt()
    alone = dataclasses.replace(world.reindex, media=())

    with pytest.raises(EvidenceError, match="any"):
        alone.end(turn)

    assert world.provider.state(FIRST).name == "live"


def test_tokens_that_read_back_otherwise_are_not_kept(world: World) -> None:
    world.reindex.succeed()
    before = list(world.store.tokens)
    world.store.damaged = True

    with pytest.raises(EvidenceError):
        world.reindex.reencrypt()

    assert world.store.tokens == before


def test_half_a_token_is_none(world: World) -> None:
    world.store.tokens.append((bytes(15), 1))
    world.reindex.succeed()

    with pytest.raises(EvidenceError):
        world.reindex.reencrypt()


def test_every_effect_stands_between_two_points(world: World) -> None:
    turn = world.reindex.succeed()
    world.reindex.reencrypt()
    world.reindex.end(turn)

    ours = [step for step in world.steps if step.startswith("reindex.")]

    batches = ["reindex.batch.before", "reindex.batch.after"] * 3
    assert ours == [
        "reindex.turn.before", "reindex.turn.after", *batches,
        "reindex.destroy.before", "reindex.destroy.after",
        "reindex.end.before", "reindex.end.after",
    ]  # fmt: skip
