"""What the destroyed leave: a mark by each match key that any version bore."""

import dataclasses
import datetime as dt

import pytest

from custody.application import suppress
from custody.application.ports.suppress import VersionTokens
from custody.application.suppress import ExpireSuppressions, SuppressCustomers
from custody.crypto.blindindex import field_key, inner_values, tokens
from custody.crypto.suppression import suppression_tokens
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId
from custody.errors import KeyDestroyedError
from tests.builders.policies import policy_of, source
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.suppress import FakeSuppressions
from tests.fakes.world import FixedClock

DAY = dt.date(2026, 3, 31)
MOMENT = dt.datetime(2029, 3, 31, 16, tzinfo=dt.UTC)  # the next day in Shanghai
INDEX = EpochId.parse("index/-/1"), EpochId.parse("index/-/2")
NAME = "birth_date+customer_name"


class World:
    """Policy with two match keys, a provider, and tokens of customers."""

    def __init__(self) -> None:
        self.provider = FakeKeyProvider(FixedClock(MOMENT))
        for epoch in (FIELD_ROOT, SUPPRESSION_ROOT, *INDEX):
            self.provider.create(epoch)
        self.store = FakeSuppressions()
        self.policy = policy_of(
            source(match_keys=(("resident_id",),)),
            source(match_keys=(("customer_name", "birth_date"), ("resident_id",))),
        )
        self.steps: list[str] = []

    def hear(self, step: str) -> None:
        self.steps.append(step)

    @property
    def suppress(self) -> SuppressCustomers:
        return SuppressCustomers(
            policy=self.policy,
            provider=self.provider,
            suppressions=self.store,
            reached=self.hear,
        )

    def bears(self, number: str, epoch: EpochId = INDEX[0], **values: str) -> None:
        """Give a customer a version with these indexed values."""
        key = self.provider.open(epoch)
        made = {
            name: tokens(
                index_key=key, field_key=self.field(name), values=[value.encode()]
            )[0]
            for name, value in values.items()
        }
        version = VersionTokens(index_epoch=epoch.number, tokens=made)
        self.store.known.setdefault(number, []).append(version)

    def field(self, name: str) -> bytes:
        root = self.provider.open(FIELD_ROOT)
        return field_key(root, dataset="customers", field=name)

    def mark(self, **values: str) -> tuple[str, bytes]:
        """Return the mark of a match key as sealing makes it, from the values."""
        name = "+".join(sorted(values))
        inner = b"".join(
            inner_values(field_key=self.field(one), values=[values[one].encode()])[0]
            for one in sorted(values)
        )
        (made,) = suppression_tokens(
            key=self.provider.open(SUPPRESSION_ROOT),
            dataset="customers",
            match_key=name,
            inners=[inner],
        )
        return name, made


@pytest.fixture
def world() -> World:
    return World()


def test_every_key_of_every_version_is_marked_as_sealing_would(world: World) -> None:
    world.bears("A", resident_id="ID1", phone="p", customer_name="n", birth_date="d")
    world.bears("A", INDEX[1], resident_id="ID2", customer_name="n")
    world.bears("B", resident_id="B's")

    count = world.suppress(["A"], destroyed_on=DAY)

    expected = [
        world.mark(resident_id="ID1"),
        world.mark(resident_id="ID2"),
        world.mark(customer_name="n", birth_date="d"),
    ]
    assert count == 3
    assert set(world.store.standing) == set(expected)
    assert set(world.store.standing.values()) == {(DAY, dt.date(2029, 3, 31))}


def test_no_field_of_a_compound_key_can_be_tried_alone(world: World) -> None:
    world.bears("A", customer_name="n", birth_date="d")

    world.suppress(["A"], destroyed_on=DAY)

    assert [name for name, _ in world.store.standing] == [NAME]


def test_it_tells_counts_and_days_alone(world: World) -> None:
    world.bears("A", resident_id="ID1")

    world.suppress(["A"], destroyed_on=DAY)

    (entry,) = world.store.entries
    assert (entry.kind, entry.subject) == ("suppressed", "customers")
    assert entry.body == {
        "customers": 1,
        "tokens": 1,
        "destroyed_on": "2026-03-31",
        "expires_on": "2029-03-31",
        "legal_basis": "an invented basis",
    }
    assert world.steps == ["destroy.suppress.before", "destroy.suppress.after"]


def test_doing_it_again_changes_nothing(world: World) -> None:
    world.bears("A", resident_id="ID1")
    world.suppress(["A"], destroyed_on=DAY)
    before = dict(world.store.standing)

    assert world.suppress(["A"], destroyed_on=DAY) == 1
    assert world.store.standing == before
    assert len(world.store.entries) == 1


def test_customers_go_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppress, "CUSTOMERS_PER_BATCH", 2)
    for number in "ABC":
        world.bears(number, resident_id=number)

    assert world.suppress(list("ABC"), destroyed_on=DAY) == 3
    assert len(world.store.entries) == 2
    assert world.suppress([], destroyed_on=DAY) == 0


def test_tokens_whose_index_key_is_gone_tell_nothing(world: World) -> None:
    world.bears("A", resident_id="ID1")
    world.provider.destroy(INDEX[0])

    with pytest.raises(KeyDestroyedError):
        world.suppress(["A"], destroyed_on=DAY)

    assert world.store.standing == {}


def test_marks_go_on_the_day_after_their_last_in_policys_zone(world: World) -> None:
    world.bears("A", resident_id="ID1")
    world.suppress(["A"], destroyed_on=DAY)
    expire = ExpireSuppressions(
        policy=world.policy, suppressions=world.store, clock=FixedClock(MOMENT)
    )
    before = FixedClock(MOMENT - dt.timedelta(hours=1))

    assert dataclasses.replace(expire, clock=before)() == 0
    assert [expire(), expire()] == [1, 0]
