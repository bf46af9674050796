"""What staging and its sealed values promise: the fake, and PostgreSQL."""

import dataclasses

import polars as pl
import pytest

from custody.application.ports import Basis, DeliveryRecord
from custody.columns.blocks import SealedBlock
from custody.domain.delivery import DeliveryState, may_move
from custody.domain.outcome import Tally
from custody.errors import ConflictError
from tests.builders.deliveries import MOMENT
from tests.contract.worlds import Shelf
from tests.integration.warehouse.deliveries import Row, entry, sealed_block

S = DeliveryState
TWO = [Row({"resident_id": "a"}), Row({"resident_id": "b"})]
NOT_FROM = {
    Basis.LANDED: S.HELD,
    Basis.STAGED: S.ADMITTED,
    Basis.AFRESH: S.ADMITTED,
}


def stage(
    shelf: Shelf,
    record: DeliveryRecord,
    *blocks: SealedBlock,
    unreadable: int = 0,
    late: pl.DataFrame | None = None,
    basis: Basis = Basis.LANDED,
) -> None:
    """Stage blocks and as many unreadable rows behind them."""
    rows = sum(block.rows.height for block in blocks)
    with shelf.staging.restage(record.key, basis=basis) as writer:
        for block in blocks:
            writer.write(block)
        writer.quarantine_rows(
            [(rows + n, None, "bad_row") for n in range(1, unreadable + 1)]
        )
        writer.finish(late_facts=late, entry=entry("sealed", record.key))


def facts_of(shelf: Shelf, record: DeliveryRecord) -> pl.DataFrame:
    return pl.concat(list(shelf.staging.facts(record.key.delivery_id)))


def test_staged_rows_are_counted_and_the_delivery_is_sealed(shelf: Shelf) -> None:
    record = shelf.added()

    stage(shelf, record, sealed_block(TWO), unreadable=3)

    now = shelf.now(record)
    assert (now.state, now.tally) == (S.SEALED, Tally(read=5, quarantined=3))
    assert shelf.staging.whole(record.key.delivery_id)
    assert shelf.told(record.key.delivery_id) == ["admitted", "sealed"]


def test_the_writer_names_the_index_epoch_of_its_tokens(shelf: Shelf) -> None:
    record = shelf.added()

    with shelf.staging.restage(record.key) as writer:
        assert writer.index_epoch == 1


def test_what_is_not_finished_leaves_what_there_was(shelf: Shelf) -> None:
    record = shelf.added()
    stage(shelf, record, sealed_block(TWO))
    before = shelf.now(record)

    with shelf.staging.restage(record.key) as writer:
        writer.write(sealed_block(TWO * 3))

    assert shelf.now(record) == before
    assert facts_of(shelf, record).height == 2


def test_what_breaks_leaves_what_there_was(shelf: Shelf) -> None:
    record = shelf.added()
    stage(shelf, record, sealed_block(TWO))

    def break_off() -> None:
        with shelf.staging.restage(record.key) as writer:
            writer.write(sealed_block(TWO * 3))
            raise ValueError("invented")

    with pytest.raises(ValueError, match="invented"):
        break_off()

    assert facts_of(shelf, record).height == 2
    stage(shelf, record, sealed_block(TWO[:1]))
    assert facts_of(shelf, record).height == 1


def test_sealing_again_replaces_this_delivery_and_no_other(shelf: Shelf) -> None:
    record, bystander = shelf.added(), shelf.added()
    for each in (record, bystander):
        stage(shelf, each, sealed_block(TWO), unreadable=1)

    stage(shelf, record, sealed_block(TWO[:1]))

    assert shelf.now(record).tally == Tally(read=1)
    assert shelf.now(bystander).tally == Tally(read=3, quarantined=1)
    assert facts_of(shelf, bystander).height == 2


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("state", list(S))
def test_only_a_delivery_that_waits_to_be_sealed_is_staged(
    shelf: Shelf, state: DeliveryState, basis: Basis
) -> None:
    """A held one waits for a person; an admitted one has nothing staged yet."""
    record = shelf.added(state)
    waits = may_move(state, S.SEALED) and state is not NOT_FROM[basis]

    if waits:
        stage(shelf, record, sealed_block(TWO), basis=basis)
    else:
        with pytest.raises(ConflictError):
            stage(shelf, record, sealed_block(TWO), basis=basis)

    assert shelf.now(record).state is (S.SEALED if waits else state)


def test_an_unknown_delivery_is_not_staged(shelf: Shelf) -> None:
    with pytest.raises(ConflictError):
        stage(shelf, shelf.new(), sealed_block(TWO))


def test_one_run_holds_a_delivery_at_a_time_and_hinders_no_other(
    shelf: Shelf,
) -> None:
    record, other = shelf.added(), shelf.added()

    with shelf.staging.restage(record.key):
        with pytest.raises(ConflictError):
            stage(shelf, record, sealed_block(TWO))
        stage(shelf, other, sealed_block(TWO))
    stage(shelf, record, sealed_block(TWO))

    assert shelf.now(record).state is shelf.now(other).state is S.SEALED


@pytest.mark.parametrize(
    ("basis", "unreadable"), [(Basis.LANDED, 0), (Basis.STAGED, 2), (Basis.AFRESH, 2)]
)
def test_unreadable_rows_are_kept_unless_the_file_is_read_again(
    shelf: Shelf, basis: Basis, unreadable: int
) -> None:
    record = shelf.added()
    stage(shelf, record, sealed_block(TWO), unreadable=2)

    stage(shelf, record, sealed_block(TWO), basis=basis)

    tally = Tally(read=2 + unreadable, quarantined=unreadable)
    assert shelf.now(record).tally == tally


@pytest.mark.parametrize(
    ("basis", "released"), [(Basis.STAGED, ("why",)), (Basis.AFRESH, ())]
)
def test_a_release_holds_until_the_rows_are_judged_anew(
    shelf: Shelf, basis: Basis, released: tuple[str, ...]
) -> None:
    record = shelf.added()
    key = record.key
    stage(shelf, record, sealed_block(TWO))
    move = shelf.book.move
    move(key.delivery_id, [S.SEALED], S.HELD, entry("held", key), reasons=["why"])
    move(key.delivery_id, [S.HELD], S.CHECKED, entry("released", key))
    shelf.book.mark_exported(shelf.now(record), entry("exported", key))

    stage(shelf, record, sealed_block(TWO), basis=basis)

    now = shelf.now(record)
    assert (now.released, now.exported_at, now.reasons) == (released, None, ())


def test_facts_come_back_by_row_with_what_only_the_whole_file_told(
    shelf: Shelf,
) -> None:
    record = shelf.added()
    early = sealed_block(TWO)
    early = dataclasses.replace(
        early, facts=early.facts.with_columns(phone__rule1=pl.lit("unchecked"))
    )
    late = pl.DataFrame({"row": [3, 2], "phone__rule1": ["pass", "fail"]})

    stage(shelf, record, early, sealed_block(TWO[:1], first_row=3), late=late)

    facts = facts_of(shelf, record)
    assert facts["row"].to_list() == [1, 2, 3]
    assert facts["phone__rule1"].to_list() == [None, "fail", "pass"]


def test_a_crash_takes_facts_and_wholeness_and_no_sealed_value(shelf: Shelf) -> None:
    record, bystander = shelf.added(), shelf.added()
    for each in (record, bystander):
        stage(shelf, each, sealed_block(TWO))
    delivery_id = record.key.delivery_id

    shelf.lose(delivery_id)

    assert not shelf.staging.whole(delivery_id)
    assert list(shelf.staging.facts(delivery_id)) == []
    assert sum(frame.height for frame in shelf.values.of(delivery_id)) == 4
    assert shelf.staging.whole(bystander.key.delivery_id)


def test_what_was_never_staged_is_not_whole_and_yields_nothing(shelf: Shelf) -> None:
    delivery_id = shelf.added().key.delivery_id

    assert not shelf.staging.whole(delivery_id)
    assert list(shelf.staging.facts(delivery_id)) == []
    assert list(shelf.exporting.sealed_rows(delivery_id)) == []
    assert list(shelf.values.of(delivery_id)) == []


def test_sealed_rows_are_what_was_written_in_no_customer_yet(shelf: Shelf) -> None:
    record = shelf.added()
    block = sealed_block(TWO)
    stage(shelf, record, block)

    (found,) = shelf.exporting.sealed_rows(record.key.delivery_id)

    assert found.columns == [
        *("handle", "row", "customer", "version"),
        *("level", "sealed", "digest", "key_id"),
    ]
    assert found["customer"].null_count() == found["version"].null_count() == 4
    kept = found.select(block.values.columns).sort("handle", "level")
    assert kept.equals(block.values.sort("handle", "level"))
    assert sorted(found["row"].to_list()) == [1, 1, 2, 2]


def test_sealed_values_come_by_row_a_row_never_split_nor_left_out(
    shelf: Shelf,
) -> None:
    record = shelf.added()
    block = sealed_block([Row({})] * 5)
    third = block.rows.filter(pl.col("row") == 3)["handle"].item()
    values = block.values.filter(pl.col("handle") != third)
    stage(shelf, record, dataclasses.replace(block, values=values))

    frames = list(shelf.values.of(record.key.delivery_id))

    found = pl.concat(frames)
    assert found.columns == ["row", "handle", "level", "sealed", "key_id", "digest"]
    assert found["row"].to_list() == [1, 1, 2, 2, 3, 4, 4, 5, 5]
    assert found.filter(pl.col("row") == 3).rows() == [
        (3, third, None, None, None, None)
    ]
    rows = [set(frame["row"]) for frame in frames]
    assert sum(map(len, rows)) == len(set.union(*rows))


def test_staging_is_stamped_by_no_clock_of_its_own(shelf: Shelf) -> None:
    record = shelf.added()

    stage(shelf, record, sealed_block(TWO))

    assert shelf.now(record).received_at == MOMENT
