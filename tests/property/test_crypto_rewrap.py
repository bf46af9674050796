"""The batch door of a rekey unwraps and wraps what the single door does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.crypto import cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.entropy import EntropyPool
from custody.crypto.rewrap import KeyRecords, Wrapping, check_batch, rewrap_batch
from custody.errors import OpenError

NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.binary(min_size=32, max_size=32)
HANDLES = st.binary(min_size=16, max_size=16)
ROWS = st.lists(
    st.tuples(HANDLES, NAMES, NAMES, KEYS, st.sampled_from(cipher.SUITES)), max_size=6
)

Row = tuple[bytes, str, str, bytes, int]
OLD, NEW = Wrapping(key=b"o" * 32, epoch="live/high/1"), b"n" * 32
THEIRS: Row = (b"h" * 16, "customers", "high", b"d" * 32, cipher.AES_256_GCM)


def records_of(rows: list[Row], old: Wrapping) -> KeyRecords:
    """Return the rows as the single door wraps them."""
    key_ids = [cs1.derive(row[3], suite=row[4])[1] for row in rows]
    return KeyRecords(
        handles=[row[0] for row in rows],
        datasets=[row[1] for row in rows],
        levels=[row[2] for row in rows],
        key_ids=key_ids,
        wrapped=[
            keyrecord.wrap_key(
                wrapping_key=old.key,
                data_key=data_key,
                dataset=dataset,
                level=level,
                handle=handle,
                epoch=old.epoch,
                key_id=key_id,
                suite=suite,
            )
            for (handle, dataset, level, data_key, suite), key_id in zip(
                rows, key_ids, strict=True
            )
        ],
    )


def with_wrapped(records: KeyRecords, wrapped: list[bytes]) -> KeyRecords:
    """Return the records with other bytes."""
    return KeyRecords(
        handles=records.handles,
        datasets=records.datasets,
        levels=records.levels,
        key_ids=records.key_ids,
        wrapped=wrapped,
    )


def rewrapped(records: KeyRecords, old: Wrapping, new: Wrapping) -> KeyRecords:
    """Return the records as they stand after."""
    return with_wrapped(
        records, rewrap_batch(records, old=old, new=new, pool=EntropyPool(4096))
    )


@given(rows=ROWS, old_key=KEYS, old_epoch=NAMES, new_key=KEYS, new_epoch=NAMES)
def test_the_single_door_opens_what_was_wrapped_anew(
    *, rows: list[Row], old_key: bytes, old_epoch: str, new_key: bytes, new_epoch: str
) -> None:
    old = Wrapping(key=old_key, epoch=old_epoch)
    new = Wrapping(key=new_key, epoch=new_epoch)
    records = records_of(rows, old)

    made = rewrapped(records, old, new)

    assert len({one[4:16] for one in made.wrapped}) == len(rows)
    assert check_batch(records, wrapping=old) == len(rows)
    assert check_batch(made, wrapping=new) == len(rows)
    for row, key_id, wrapped in zip(rows, made.key_ids, made.wrapped, strict=True):
        assert row[3] == keyrecord.unwrap_key(
            wrapping_key=new_key,
            wrapped=wrapped,
            dataset=row[1],
            level=row[2],
            handle=row[0],
            epoch=new_epoch,
            key_id=key_id,
            suites=(row[4],),
        )


@given(suite=st.sampled_from(cipher.SUITES), data_key=KEYS, key_id=KEYS)
def test_a_key_that_is_not_that_of_its_key_id_stops_the_batch(
    suite: int, data_key: bytes, key_id: bytes
) -> None:
    """Who can wrap under the old key cannot have another key wrapped under the new."""
    whole = records_of([THEIRS], OLD)
    wrapped = keyrecord.wrap_key(
        wrapping_key=OLD.key,
        data_key=data_key,
        dataset="customers",
        level="high",
        handle=b"h" * 16,
        epoch=OLD.epoch,
        key_id=key_id,
        suite=suite,
    )
    forged = KeyRecords(
        handles=[*whole.handles, b"h" * 16],
        datasets=["customers"] * 2,
        levels=["high"] * 2,
        key_ids=[*whole.key_ids, key_id],
        wrapped=[*whole.wrapped, wrapped],
    )

    with pytest.raises(OpenError):
        rewrapped(forged, OLD, Wrapping(key=NEW, epoch="live/high/2"))
    with pytest.raises(OpenError):
        check_batch(forged, wrapping=OLD)


@pytest.mark.parametrize("suite", cipher.SUITES)
def test_every_changed_bit_of_a_record_stops_the_batch(suite: int) -> None:
    records = records_of([(*THEIRS[:4], suite)], OLD)
    (wrapped,) = records.wrapped

    for at in range(8 * len(wrapped)):
        flipped = bytearray(wrapped)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(OpenError):
            check_batch(with_wrapped(records, [bytes(flipped)]), wrapping=OLD)


@pytest.mark.parametrize(
    "field", ["handles", "datasets", "levels", "key_ids", "wrapped"]
)
def test_a_record_in_anothers_place_or_of_an_odd_length_does_not_open(
    field: str,
) -> None:
    other: Row = (b"i" * 16, "others", "low", b"e" * 32, cipher.AES_256_GCM)
    one, two = records_of([THEIRS], OLD), records_of([other], OLD)
    fields = ("handles", "datasets", "levels", "key_ids", "wrapped")
    own = {name: getattr(one, name) for name in fields}

    for strange in (getattr(two, field), [getattr(two, field)[0][:-1]]):
        with pytest.raises(OpenError):
            check_batch(KeyRecords(**{**own, field: strange}), wrapping=OLD)


def test_another_epoch_or_wrapping_key_opens_nothing() -> None:
    records = records_of([THEIRS], OLD)
    new = Wrapping(key=NEW, epoch="live/high/2")
    wrong = [
        Wrapping(key=OLD.key, epoch="live/high/2"),
        Wrapping(key=NEW, epoch=OLD.epoch),
        Wrapping(key=b"short", epoch=OLD.epoch),
    ]

    for wrapping in wrong:
        with pytest.raises(OpenError):
            rewrapped(records, wrapping, new)
    with pytest.raises(OpenError):
        rewrapped(records, OLD, Wrapping(key=b"short", epoch="live/high/2"))


def test_lists_of_different_lengths_are_refused() -> None:
    records = records_of([THEIRS], OLD)

    with pytest.raises(ValueError, match="argument"):
        check_batch(with_wrapped(records, [*records.wrapped] * 2), wrapping=OLD)


def test_a_wrapping_shows_its_epoch_alone_and_records_are_counted() -> None:
    assert repr(OLD) == "Wrapping(live/high/1)"
    assert len(records_of([THEIRS] * 3, OLD)) == 3
