"""What every book of deliveries promises: the fake, and PostgreSQL."""

import dataclasses
import datetime as dt

import pytest

from custody.domain.delivery import MOVES, DeliveryState, may_move
from custody.domain.outcome import Tally
from custody.errors import EvidenceError
from tests.builders.deliveries import DAY, MOMENT, delivery_key
from tests.contract.worlds import Shelf
from tests.integration.warehouse.deliveries import entry

S = DeliveryState
READ = Tally(read=5, quarantined=2)


def test_a_delivery_is_added_once_with_one_entry(shelf: Shelf) -> None:
    record = shelf.new()

    added = shelf.book.add(record, entry("admitted", record.key))
    again = shelf.book.add(record, entry("admitted", record.key))

    assert (added, again) == (True, False)
    assert shelf.book.find(record.key.delivery_id) == record
    assert shelf.told(record.key.delivery_id) == ["admitted"]


def test_a_new_delivery_is_neither_exported_nor_erased_nor_released(
    shelf: Shelf,
) -> None:
    record = dataclasses.replace(
        shelf.new(), exported_at=MOMENT, erased_at=MOMENT, released=("x",)
    )

    shelf.book.add(record, entry("admitted", record.key))

    now = shelf.now(record)
    assert (now.exported_at, now.erased_at, now.released) == (None, None, ())


def test_an_unknown_delivery_is_none_and_nothing_moves_or_marks_it(
    shelf: Shelf,
) -> None:
    unknown = shelf.new(S.SEALED)
    key = unknown.key

    moved = shelf.book.move(key.delivery_id, [S.SEALED], S.HELD, entry("held", key))
    marked = shelf.book.mark_exported(unknown, entry("exported", key))
    shelf.book.mark_erased(key.delivery_id, entry("erased", key))

    assert (moved, marked) == (False, False)
    assert shelf.book.find(key.delivery_id) is None
    assert shelf.told(key.delivery_id) == []


def test_a_list_has_the_newest_first_and_obeys_what_it_is_asked(shelf: Shelf) -> None:
    records = []
    for hours in (3, 1, 2):
        record = dataclasses.replace(
            shelf.new(S.SEALED if hours == 1 else S.ADMITTED),
            received_at=MOMENT + dt.timedelta(hours=hours),
        )
        shelf.book.add(record, entry("admitted", record.key))
        records.append(record)
    first, second, third = records[0], records[2], records[1]

    assert shelf.book.list(source_id=shelf.source) == (first, second, third)
    assert shelf.book.list(source_id=shelf.source, limit=2) == (first, second)
    assert shelf.book.list(source_id=shelf.source, states=[S.SEALED]) == (third,)
    assert shelf.book.list(source_id=shelf.source, business_date=DAY) == (
        first, second, third,
    )  # fmt: skip
    other_day = DAY + dt.timedelta(days=1)
    assert shelf.book.list(source_id=shelf.source, business_date=other_day) == ()


def test_of_two_received_together_the_higher_id_is_listed_first(shelf: Shelf) -> None:
    one, two = shelf.added(), shelf.added()

    assert shelf.book.list(source_id=shelf.source) == (two, one)
    assert shelf.book.owed(shelf.source) == (one, two)


def test_owed_is_what_its_own_rule_calls_owed_oldest_first(shelf: Shelf) -> None:
    for state in S:
        shelf.added(state)
    held, loaded = (
        next(r for r in shelf.book.list(source_id=shelf.source) if r.state is state)
        for state in (S.HELD, S.LOADED)
    )
    shelf.book.mark_exported(loaded, entry("exported", loaded.key))
    shelf.book.mark_erased(loaded.key.delivery_id, entry("erased", loaded.key))
    shelf.book.mark_exported(held, entry("exported", held.key))

    owed = shelf.book.owed(shelf.source, DAY)

    everything = reversed(shelf.book.list(source_id=shelf.source))
    assert owed == tuple(record for record in everything if record.is_owed)
    assert [record.state for record in owed] == [
        S.ADMITTED,
        S.SEALED,
        S.CHECKED,
        S.HELD,
        S.QUARANTINED,
    ]
    assert shelf.book.owed(shelf.source, DAY + dt.timedelta(days=1)) == ()


def test_a_file_is_seen_again_of_its_source_unless_it_was_not_let_in(
    shelf: Shelf,
) -> None:
    let_in, out = "a1" * 32, "b2" * 32
    record = shelf.added(sha256=let_in)
    shelf.added(S.QUARANTINED, sha256=out)

    assert shelf.book.seen(shelf.source, ["ff" * 32, let_in]) == record.key.delivery_id
    assert shelf.book.seen("elsewhere", [let_in]) is None
    assert shelf.book.seen(shelf.source, [out]) is None
    assert shelf.book.seen(shelf.source, []) is None


@pytest.mark.parametrize("old", list(S))
@pytest.mark.parametrize("new", list(S))
def test_only_the_moves_of_the_table_of_life_are_made(
    shelf: Shelf, old: DeliveryState, new: DeliveryState
) -> None:
    record = shelf.added(old)

    moved = shelf.book.move(
        record.key.delivery_id, list(S), new, entry("moved", record.key)
    )

    assert moved is (new in MOVES[old]) is may_move(old, new)
    assert shelf.now(record).state is (new if moved else old)
    assert shelf.told(record.key.delivery_id) == ["admitted", *["moved"] * moved]


def test_a_move_from_a_state_that_it_does_not_name_is_not_made(shelf: Shelf) -> None:
    record = shelf.added(S.SEALED)
    key = record.key

    moved = shelf.book.move(key.delivery_id, [S.CHECKED], S.HELD, entry("held", key))

    assert not moved
    assert shelf.now(record) == record


@pytest.mark.parametrize(
    ("new", "rows"),
    [
        (S.HELD, Tally(read=5, quarantined=2, held=3)),
        (S.CHECKED, READ),
        (S.QUARANTINED, Tally()),
    ],
)
def test_rows_follow_a_state_that_is_told_without_them(
    shelf: Shelf, new: DeliveryState, rows: Tally
) -> None:
    record = dataclasses.replace(shelf.new(S.SEALED), tally=READ)
    shelf.book.add(record, entry("admitted", record.key))

    shelf.book.move(
        record.key.delivery_id,
        [S.SEALED],
        new,
        entry("moved", record.key),
        reasons=["because"],
    )

    now = shelf.now(record)
    assert (now.tally, now.reasons) == (rows, ("because",))


def test_a_refused_delivery_refuses_the_rows_it_held(shelf: Shelf) -> None:
    record = dataclasses.replace(
        shelf.new(S.HELD), tally=Tally(read=5, quarantined=2, held=3)
    )
    shelf.book.add(record, entry("admitted", record.key))

    key = record.key
    shelf.book.move(key.delivery_id, [S.HELD], S.REFUSED, entry("refused", key))

    assert shelf.now(record).tally == Tally(read=5, quarantined=2, refused=3)


def test_a_tally_that_is_given_is_the_one_that_counts(shelf: Shelf) -> None:
    record = dataclasses.replace(shelf.new(S.SEALED), tally=READ)
    shelf.book.add(record, entry("admitted", record.key))
    given = Tally(read=5, quarantined=2, held=1, pending=2)

    key = record.key
    shelf.book.move(
        key.delivery_id, [S.SEALED], S.HELD, entry("held", key), tally=given
    )

    assert shelf.now(record).tally == given


def test_rows_that_do_not_add_up_are_refused_and_nothing_changes(shelf: Shelf) -> None:
    record = dataclasses.replace(shelf.new(S.SEALED), tally=READ)
    shelf.book.add(record, entry("admitted", record.key))
    wrong = Tally(read=5, quarantined=2, held=2)

    key = record.key
    with pytest.raises(EvidenceError):
        shelf.book.move(
            key.delivery_id, [S.SEALED], S.HELD, entry("held", key), tally=wrong
        )

    assert shelf.now(record) == record
    assert shelf.told(key.delivery_id) == ["admitted"]


def test_a_delivery_whose_rows_do_not_add_up_is_not_added_as_final(
    shelf: Shelf,
) -> None:
    record = dataclasses.replace(shelf.new(S.HELD), tally=READ)

    with pytest.raises(EvidenceError):
        shelf.book.add(record, entry("admitted", record.key))

    assert shelf.book.find(record.key.delivery_id) is None


def test_a_release_is_remembered_and_its_export_is_owed_again(shelf: Shelf) -> None:
    record = shelf.added(S.SEALED)
    key = record.key
    shelf.book.move(
        key.delivery_id, [S.SEALED], S.HELD, entry("held", key), reasons=["why"]
    )
    shelf.book.mark_exported(shelf.now(record), entry("exported", key))

    shelf.book.move(key.delivery_id, [S.HELD], S.CHECKED, entry("released", key))

    now = shelf.now(record)
    assert (now.released, now.reasons, now.exported_at) == (("why",), (), None)


def test_a_delivery_that_was_never_held_is_not_released(shelf: Shelf) -> None:
    record = shelf.added(S.SEALED)
    key = record.key

    shelf.book.move(key.delivery_id, [S.SEALED], S.CHECKED, entry("checked", key))

    assert shelf.now(record).released == ()


def test_an_export_is_marked_once(shelf: Shelf) -> None:
    record = shelf.added(S.LOADED)
    bystander = shelf.added(S.LOADED)
    key = record.key

    first = shelf.book.mark_exported(record, entry("exported", key))
    again = shelf.book.mark_exported(record, entry("exported", key))

    assert (first, again) == (True, False)
    assert shelf.now(record) == dataclasses.replace(record, exported_at=MOMENT)
    assert shelf.told(key.delivery_id) == ["admitted", "exported"]
    assert shelf.now(bystander) == bystander


def test_an_export_of_what_has_changed_since_is_not_marked(shelf: Shelf) -> None:
    """What was written off-site is what stood when it was read, or it is no export."""
    read = dataclasses.replace(
        shelf.new(S.HELD), tally=Tally(read=3, quarantined=1, held=2)
    )
    shelf.book.add(read, entry("admitted", read.key))
    key = read.key
    fewer = dataclasses.replace(read, tally=dataclasses.replace(read.tally, held=1))

    other_rows = shelf.book.mark_exported(fewer, entry("exported", key))
    shelf.book.move(key.delivery_id, [S.HELD], S.CHECKED, entry("released", key))
    other_state = shelf.book.mark_exported(read, entry("exported", key))

    assert (other_rows, other_state) == (False, False)
    assert shelf.now(read).exported_at is None
    assert shelf.told(key.delivery_id) == ["admitted", "released"]


def test_an_erasure_is_marked_once(shelf: Shelf) -> None:
    record, bystander = shelf.added(S.LOADED), shelf.added(S.LOADED)
    key = record.key

    shelf.book.mark_erased(key.delivery_id, entry("erased", key))
    shelf.book.mark_erased(key.delivery_id, entry("erased", key))

    assert shelf.now(record) == dataclasses.replace(record, erased_at=MOMENT)
    assert shelf.told(key.delivery_id) == ["admitted", "erased"]
    assert shelf.now(bystander) == bystander


def test_a_delivery_of_another_source_is_another_delivery(shelf: Shelf) -> None:
    record = shelf.added()

    other = delivery_key(record.key.sequence, source=f"{shelf.source}x")

    assert shelf.book.find(other.delivery_id) is None
