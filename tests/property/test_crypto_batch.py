"""The fast door writes what the single door writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.crypto import blindindex, cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.batch import SealedBatch, seal_batch

ROWS = st.lists(
    st.tuples(st.binary(max_size=200), st.binary(min_size=16, max_size=16)),
    max_size=8,
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = st.binary(min_size=32, max_size=32)


@given(
    rows=ROWS,
    dataset=NAMES,
    level=NAMES,
    epoch=NAMES,
    wrapping_key=KEYS,
    suite=st.sampled_from(cipher.SUITES),
)
def test_the_single_door_opens_what_the_batch_door_seals(
    *,
    rows: list[tuple[bytes, bytes]],
    dataset: str,
    level: str,
    epoch: str,
    wrapping_key: bytes,
    suite: int,
) -> None:
    encodings, handles = [row[0] for row in rows], [row[1] for row in rows]

    batch = seal_batch(
        encodings=encodings,
        handles=handles,
        dataset=dataset,
        level=level,
        suite=suite,
        wrapping_key=wrapping_key,
        epoch=epoch,
    )

    assert len(set(batch.key_ids)) == len(rows)
    for at, (encoding, handle) in enumerate(rows):
        place = {"dataset": dataset, "level": level}
        data_key = keyrecord.unwrap_key(
            wrapping_key=wrapping_key,
            wrapped=batch.wrapped[at],
            handle=handle,
            epoch=epoch,
            key_id=batch.key_ids[at],
            suites=(suite,),
            **place,
        )
        opened = cs1.open_sealed(
            data_key=data_key,
            sealed=batch.sealed[at],
            key_id=batch.key_ids[at],
            handle=handle,
            suites=(suite,),
            **place,
        )
        assert opened.encoding == encoding
        assert opened.digest == batch.digests[at]


@given(root=KEYS, index_key=KEYS, values=st.lists(st.binary(max_size=100), max_size=8))
def test_tokens_are_equal_exactly_when_values_are(
    root: bytes, index_key: bytes, values: list[bytes]
) -> None:
    field_key = blindindex.field_key(root, dataset="customers", field="phone")

    found = blindindex.tokens(index_key=index_key, field_key=field_key, values=values)

    assert [len(token) for token in found] == [16] * len(values)
    assert len(set(found)) == len(set(values))
    for value, token in zip(values, found, strict=True):
        assert [token] == blindindex.tokens(
            index_key=index_key, field_key=field_key, values=[value]
        )


@given(root=KEYS, index_key=KEYS, value=st.binary(max_size=50))
def test_fields_share_no_token(root: bytes, index_key: bytes, value: bytes) -> None:
    tokens = {
        blindindex.tokens(
            index_key=index_key,
            field_key=blindindex.field_key(root, dataset=dataset, field=field),
            values=[value],
        )[0]
        for dataset, field in (("ab", "c"), ("a", "bc"), ("abc", ""))
    }

    assert len(tokens) == 3


def _seal(encodings: list[bytes], handles: list[bytes]) -> SealedBatch:
    return seal_batch(
        encodings=encodings,
        handles=handles,
        dataset="customers",
        level="low",
        suite=1,
        wrapping_key=bytes(32),
        epoch="live/low/1",
    )


def test_lists_that_do_not_match_are_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="one handle"):
        _seal([b""], [])
    with pytest.raises(ValueError, match="16 bytes"):
        _seal([b""], [b"short"])
    with pytest.raises(ValueError, match="index key"):
        blindindex.tokens(index_key=b"", field_key=bytes(32), values=[b"x"])
