"""Values on their way into a target, in memory: what is refused, and what is known."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import cast

import polars as pl
import pytest

from custody.adapters.policy import load_policy
from custody.application.opening import Opener
from custody.application.ports import Keyring
from custody.application.ports.restore import (
    RestoreKeyring,
    RestoreRegister,
    RestoreValues,
)
from custody.application.restore.keys import EscrowedKeys, Successors
from custody.application.restore.read import ReadObjects
from custody.application.restore.records import RestoreRecords
from custody.application.restore.run import untold
from custody.application.restore.sets import ChosenSet
from custody.application.restore.values import (
    Read,
    RestoreSealedValues,
    WrapAnew,
)
from custody.application.restore.withheld import NOBODY, FindWithheld, Stored, Withheld
from custody.columns.index import IndexKeys
from custody.crypto.batch import seal_batch
from custody.domain.canonical import encode_fields
from custody.domain.commitments import commit
from custody.domain.delivery import DeliveryKey
from custody.domain.delivery_story import DeliveryStory, Written
from custody.domain.destruction_story import DestructionStory, Replaced
from custody.domain.epochs import EpochId
from custody.domain.full_set import FullSet
from custody.domain.levels import Level
from custody.domain.restoring import Replay
from custody.errors import ConfigurationError, EvidenceError
from tests.builders.installation import ROOT
from tests.fakes.keys import FakeKeyProvider
from tests.fakes.world import FixedClock

POLICY = load_policy(ROOT / "include" / "policy")
OLD, NEW = EpochId.parse("live/low/1"), EpochId.parse("live/low/2")
ONE, TWO = b"1" * 16, b"2" * 16
DELIVERY = "website/2026-11-23/1"


def _keys() -> FakeKeyProvider:
    keys = FakeKeyProvider(FixedClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC)))
    for epoch in (OLD, NEW):
        keys.create(epoch)
    return keys


def _rows(keys: FakeKeyProvider, *customers: str | None) -> pl.DataFrame:
    handles = [bytes([49 + at]) * 16 for at in range(len(customers))]
    batch = seal_batch(
        encodings=[encode_fields({"customer_name": "x"}) for _ in handles],
        handles=handles,
        dataset=POLICY.dataset,
        level="low",
        suite=1,
        wrapping_key=keys.open(OLD),
        epoch=str(OLD),
    )
    return pl.DataFrame(
        {
            "handle": handles,
            "customer": pl.Series(customers, dtype=pl.String),
            "version": pl.Series([1] * len(handles), dtype=pl.Int32),
            "level": ["low"] * len(handles),
            "sealed": batch.sealed,
            "digest": batch.digests,
            "wrapped": batch.wrapped,
            "key_id": batch.key_ids,
            "epoch": [str(OLD)] * len(handles),
            "state": ["loaded"] * len(handles),
            "business_date": [dt.date(2026, 11, 23)] * len(handles),
        }
    )


@dataclasses.dataclass
class Target:
    """What a restore wrote: the objects it reads, values, keys and places."""

    frame: pl.DataFrame
    registered: set[bytes] = dataclasses.field(default_factory=set)
    waiting: set[bytes] = dataclasses.field(default_factory=set)
    keys: list[pl.DataFrame] = dataclasses.field(default_factory=list)
    places: list[pl.DataFrame] = dataclasses.field(default_factory=list)

    def frames(self, path: str, sha256: str) -> Iterator[pl.DataFrame]:
        """Yield what was planted."""
        assert path
        assert not sha256
        yield self.frame

    def known(self, handles: Sequence[bytes]) -> pl.DataFrame:
        """Return what is there."""
        found = [
            (handle, "low", handle in self.registered)
            for handle in handles
            if handle in self.registered | self.waiting
        ]
        schema = {"handle": pl.Binary, "level": pl.String, "registered": pl.Boolean}
        return pl.DataFrame(found, schema=schema, orient="row")

    def deliveries_of(self, handles: Sequence[bytes]) -> dict[bytes, str]:
        """Know the first one only."""
        return {handles[0]: DELIVERY}

    def add_places(self, places: pl.DataFrame) -> None:
        """Note them."""
        self.places.append(places)

    def add_values(self, values: pl.DataFrame) -> None:
        """Note their handles."""
        for handle, customer in values.select("handle", "customer").rows():
            (self.waiting if customer is None else self.registered).add(handle)

    def promote(self, handles: Sequence[bytes]) -> None:
        """Move them."""
        self.waiting -= set(handles)
        self.registered |= set(handles)

    def add_keys(self, keys: pl.DataFrame, *, dataset: str) -> None:
        """Note them."""
        assert dataset == POLICY.dataset
        self.keys.append(keys)


def _restore(
    target: Target, keys: FakeKeyProvider, withheld: Withheld = NOBODY
) -> RestoreSealedValues:
    return RestoreSealedValues(
        policy=POLICY,
        objects=target,  # type: ignore[arg-type] # reads frames alone
        wraps=WrapAnew(
            dataset=POLICY.dataset,
            escrowed=cast("EscrowedKeys", keys),
            successors=Successors(
                live={Level.LOW: NEW}, restricted={}, index=EpochId.parse("index/-/2")
            ),
            provider=keys,
        ),
        values=cast("RestoreValues", target),
        keyring=cast("RestoreKeyring", target),
        withheld=withheld,
    )


STORED = Stored(path="x", sha256="", position=5, delivery=DELIVERY)


def test_values_come_under_new_epochs_and_the_withheld_do_not() -> None:
    keys = _keys()
    target, read = Target(_rows(keys, "FI2026000001", "FI2026000002", None)), Read()

    _restore(target, keys, Withheld(frozenset({"FI2026000002"})))(STORED, read)

    assert (read.restored, read.withheld, read.known) == (2, 1, 0)
    assert read.changed == {DELIVERY}
    assert (target.registered, target.waiting) == ({ONE}, {b"3" * 16})
    (made,) = target.keys
    assert set(made["epoch"]) == {str(NEW)}
    assert made["department"].to_list() == ["sales", "unknown"]
    (places,) = target.places
    assert places.height == 3


def test_a_row_that_waited_and_was_decided_moves_with_its_value() -> None:
    keys = _keys()
    target, read = Target(_rows(keys, "FI2026000001")), Read()
    target.waiting = {ONE}

    _restore(target, keys)(STORED, read)

    assert (target.registered, target.waiting) == ({ONE}, set())
    assert (read.restored, read.known, target.keys) == (0, 1, [])


def test_places_alone_bring_no_value() -> None:
    keys = _keys()
    target, read = Target(_rows(keys, "FI2026000001")), Read()

    _restore(target, keys)(STORED, read, places_only=True)

    assert len(target.places) == 1
    assert (read.restored, target.registered) == (0, set())


def test_an_epoch_without_its_key_stops_the_restore() -> None:
    keys = _keys()
    target = Target(_rows(keys, "FI2026000001"))
    keys.destroy(OLD)

    with pytest.raises(EvidenceError, match="no escrow of live/low/1"):
        _restore(target, keys)(STORED, Read())


def test_a_key_that_is_not_the_one_of_its_value_stops_the_restore() -> None:
    keys = _keys()
    frame = _rows(keys, "FI2026000001", "FI2026000002")
    swapped = frame.with_columns(wrapped=frame["wrapped"].reverse())

    with pytest.raises(EvidenceError, match="not what it must be"):
        _restore(Target(swapped), keys)(STORED, Read())


# --- who stays gone ---------------------------------------------------------------


def _finder(target: Target, keys: FakeKeyProvider, replay: Replay) -> FindWithheld:
    opener = Opener(policy=POLICY, keyring=cast("Keyring", target), provider=keys)
    return FindWithheld(objects=target, opener=opener, replay=replay)  # type: ignore[arg-type] # reads frames alone


def _gone(keys: FakeKeyProvider, frame: pl.DataFrame) -> Replay:
    opener = Opener(policy=POLICY, keyring=cast("Keyring", None), provider=keys)
    row = frame.row(0, named=True)
    one = commit(opener.open_copied(row).salt, str(row["customer"]))
    return Replay("disk", destructions={"p": DestructionStory(commitments={one})})


def test_who_an_intent_names_is_found_in_older_objects() -> None:
    keys = _keys()
    frame = _rows(keys, "FI2026000001", "FI2026000002")
    replay = _gone(keys, frame)

    assert _finder(Target(frame), keys, replay)([STORED]).customers == {"FI2026000001"}
    replay.destructions["p"].deleted_at = 4
    assert _finder(Target(frame), keys, replay)([STORED]) == NOBODY


def test_who_opens_no_more_needs_no_intent() -> None:
    keys = _keys()
    frame = _rows(keys, "FI2026000001")
    replay = _gone(keys, frame)
    keys.destroy(OLD)

    assert _finder(Target(frame), keys, replay)([STORED]) == NOBODY


def test_one_level_stays_away_and_the_others_come_with_their_mark_known() -> None:
    """And whoever goes by another destruction as a whole, goes as a whole (R70)."""
    keys = _keys()
    salted = _rows(keys, "FI2026000001", "FI2026000002")
    replay = _gone(keys, salted)
    story = replay.destructions["p"]
    (commitment,) = story.commitments
    story.levels[commitment] = frozenset({"high"})
    story.suppressed_at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    frame = pl.concat([salted, salted]).with_columns(
        level=pl.Series(["low", "low", "high", "high"])
    )

    found = _finder(Target(salted), keys, replay)([STORED])

    assert found.customers == frozenset()
    assert found.levels == {"FI2026000001": {"high"}}
    assert found.marked == ["FI2026000001"]
    assert found.since == {"FI2026000001": story.suppressed_at}
    assert found.of(frame, None).to_list() == [False, False, True, False]
    replay.destructions["q"] = DestructionStory(commitments={commitment})
    assert _finder(Target(salted), keys, replay)([STORED]).customers == {"FI2026000001"}


def test_a_salt_of_a_later_version_is_found_too() -> None:
    """The first one that was left when somebody was named, not the first there was."""
    keys = _keys()
    frame = _rows(keys, "FI2026000001").with_columns(
        version=pl.Series([3], dtype=pl.Int32)
    )

    found = _finder(Target(frame), keys, _gone(keys, frame))([STORED])

    assert found.customers == {"FI2026000001"}


def test_a_replaced_version_stays_away_and_its_customer_comes() -> None:
    """Of one part, up to its number, but for the value with the salt (decision 21)."""
    keys = _keys()
    frame = pl.concat([_rows(keys, "FI2026000001") for _ in range(4)]).with_columns(
        handle=pl.Series([ONE, TWO, b"3" * 16, b"4" * 16]),
        version=pl.Series([1, 1, 2, 3], dtype=pl.Int32),
        level=pl.Series(["low", "high", "high", "high"]),
    )
    salted = _rows(keys, "FI2026000001")
    replay = _gone(keys, salted)
    (commitment,) = replay.destructions["p"].commitments
    story = DestructionStory(
        replaced={
            Replaced.parse(f"{commitment.hex()} low 2"),
            Replaced.parse(f"{commitment.hex()} high 2"),
            Replaced.parse(f"{'00' * 32} high 9"),  # somebody else's
        }
    )
    replay = Replay("disk", destructions={"p": story})

    found = _finder(Target(salted), keys, replay)([STORED])

    assert found.customers == frozenset()
    assert found.salts == {(ONE, "low")}
    assert found.names(frame["customer"])
    assert not found.names(pl.Series([None, "FI2026000002"], dtype=pl.String))
    parts = pl.Series([""] * 4)
    assert found.of(frame, parts).to_list() == [False, True, True, False]
    assert not found.of(frame, pl.Series(["other"] * 4)).any()
    story.spared.add(commitment)
    assert _finder(Target(salted), keys, replay)([STORED]) == NOBODY


def test_of_which_part_a_row_is_its_delivery_tells() -> None:
    """In a set the warehouse knows of which; a source that left policy has none."""
    keys = _keys()
    frame = _rows(keys, "FI2026000001", "FI2026000002")
    versions = {("FI2026000001", "low", ""): 1, ("FI2026000002", "low", ""): 1}
    withheld = Withheld(versions=versions, salts=frozenset({(ONE, "low")}))
    target, read = Target(frame), Read()

    _restore(target, keys, withheld)(dataclasses.replace(STORED, delivery=""), read)
    _restore(target, keys, withheld)(STORED, read)

    assert target.registered == {ONE}
    assert read.withheld == 2
    assert read.changed == {DELIVERY}


def test_of_a_set_the_warehouse_knows_which_deliveries_lack_something() -> None:
    keys = _keys()
    target = Target(_rows(keys, "FI2026000001", "FI2026000002"))
    of_set = dataclasses.replace(STORED, delivery="")
    first, nobody = Read(), Read()

    _restore(target, keys, Withheld(frozenset({"FI2026000001"})))(of_set, first)
    _restore(target, keys)(of_set, nobody)

    assert (first.withheld, first.changed) == (1, {DELIVERY})
    assert (nobody.withheld, nobody.changed) == (0, set())


# --- reading, and the records --------------------------------------------------------


def _read_objects(target: Target, keys: FakeKeyProvider) -> ReadObjects:
    return ReadObjects(
        find_withheld=_finder(target, keys, Replay("disk")),
        restore=lambda withheld: _restore(target, keys, withheld),
        told=untold,
    )


def _chosen(values: int, root: bytes = bytes(32)) -> ChosenSet:
    full = FullSet(
        dataset="customers", medium="disk", plan="p", values=values, root=root,
        objects=(("full", ""),),
    )  # fmt: skip
    return ChosenSet(full=full, manifest="m", position=9, begun=7)


def test_a_set_of_other_values_than_its_root_is_refused() -> None:
    """One of version 1 tells no places: they are learnt of the older deliveries."""
    keys = _keys()
    target = Target(_rows(keys, "FI2026000001"))
    key = DeliveryKey.parse(DELIVERY)
    assert key is not None
    story = DeliveryStory(
        key=key,
        received_at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        object=Written(path="objects/website/2026-11-23/1/x", sha256="", position=3),
    )
    replay = Replay("disk", deliveries={DELIVERY: story})

    with pytest.raises(EvidenceError, match="root"):
        _read_objects(target, keys)(replay, _chosen(1))

    (places,) = target.places
    assert places["delivery_id"].to_list() == [DELIVERY]
    assert target.registered == {ONE}


def test_a_record_whose_source_left_the_policy_is_told() -> None:
    frame = pl.DataFrame({"delivery_id": ["crawler/2026-11-23/1"], "handle": [ONE]})

    class Pages:
        def pages(self) -> Iterator[pl.DataFrame]:
            yield frame

    records = RestoreRecords(
        policy=POLICY,
        plan=lambda _: pytest.fail("nothing is examined"),
        register=cast("RestoreRegister", Pages()),
        keyring=cast("RestoreKeyring", None),
        wrapping={},
        index_keys=IndexKeys(
            index_key=bytes(32), field_root=bytes(32), suppression_key=bytes(32)
        ),
        index_epoch=2,
    )

    with pytest.raises(ConfigurationError, match="no such source"):
        records(lambda _: None)
