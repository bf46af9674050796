"""The batch door opens what the single doors seal, and refuses what they refuse."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.crypto import cs1, keyrecord
from custody.crypto import suites as cipher
from custody.crypto.batch_open import Place, SealedRecords, open_batch
from custody.crypto.framing import context
from custody.errors import OpenError

PLACE = Place(
    dataset="customers", level="high", epoch="live/high/1", suites=cipher.SUITES
)
KEY = b"\x07" * 32
ENCODINGS = st.lists(st.binary(max_size=80), max_size=6)


def _sealed(encodings: list[bytes], suite: int) -> SealedRecords:
    handles = [bytes([at]) * 16 for at in range(len(encodings))]
    values = [
        cs1.seal(dataset="customers", level="high", handle=h, encoding=e, suite=suite)
        for h, e in zip(handles, encodings, strict=True)
    ]
    return SealedRecords(
        handles=handles,
        key_ids=[one.key_id for one in values],
        wrapped=[
            keyrecord.wrap_key(
                wrapping_key=KEY,
                data_key=one.data_key,
                dataset="customers",
                level="high",
                handle=handle,
                epoch="live/high/1",
                key_id=one.key_id,
                suite=suite,
            )
            for handle, one in zip(handles, values, strict=True)
        ],
        sealed=[one.sealed for one in values],
    )


@given(encodings=ENCODINGS, suite=st.sampled_from(cipher.SUITES))
def test_what_was_sealed_opens(encodings: list[bytes], suite: int) -> None:
    records = _sealed(encodings, suite)

    opened = open_batch(records, PLACE, wrapping_key=KEY)

    assert [one.encoding for one in opened] == encodings
    assert all(
        one.digest == cs1.content_digest(one.salt, one.encoding) for one in opened
    )


@given(
    encoding=st.binary(max_size=60),
    part=st.sampled_from(("handles", "key_ids", "wrapped", "sealed")),
    at=st.integers(0, 2000),
    bit=st.integers(0, 7),
)
def test_no_flipped_bit_opens(encoding: bytes, part: str, at: int, bit: int) -> None:
    """Of handle, key id, key record or sealed value."""
    records = _sealed([encoding], cipher.AES_256_GCM)
    spoilt = bytearray(getattr(records, part)[0])
    spoilt[at % len(spoilt)] ^= 1 << bit

    with pytest.raises(OpenError):
        open_batch(replace(records, **{part: [bytes(spoilt)]}), PLACE, wrapping_key=KEY)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, dataset="others"),
        replace(PLACE, level="low"),
        replace(PLACE, epoch="live/high/2"),
        replace(PLACE, suites=(cipher.SM4_GCM,)),
    ],
)
def test_nothing_opens_at_another_place(place: Place) -> None:
    with pytest.raises(OpenError):
        open_batch(_sealed([b"x"], cipher.AES_256_GCM), place, wrapping_key=KEY)


@pytest.mark.parametrize("key", [b"", b"\x07" * 31, b"\x08" * 32])
def test_no_other_wrapping_key_opens(key: bytes) -> None:
    with pytest.raises(OpenError):
        open_batch(_sealed([b"x"], cipher.AES_256_GCM), PLACE, wrapping_key=key)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80" + bytes(31),  # no salt
        b"\x01" * 32,  # no mark
        b"\x01" * 20 + b"\x80",  # no whole block
        b"\x01" * 20 + b"\x80" + bytes(43),  # a block too many
    ],
)
def test_a_padding_of_another_form_is_refused(content: bytes) -> None:
    """Sealed by somebody who has the data key."""
    data_key, handle = b"\x05" * 32, bytes(16)
    own, key_id = cs1.derive(data_key, suite=cipher.AES_256_GCM)
    head = cs1.header(cipher.AES_256_GCM)
    bound = context(dataset="customers", level="high", handle=handle)
    ciphertext = cipher.encrypt(
        cipher.AES_256_GCM,
        own,
        nonce=cs1.ZERO_NONCE,
        plaintext=content,
        aad=head + bound,
    )
    wrapped = keyrecord.wrap_key(
        wrapping_key=KEY,
        data_key=data_key,
        dataset="customers",
        level="high",
        handle=handle,
        epoch="live/high/1",
        key_id=key_id,
    )
    records = SealedRecords(
        handles=[handle],
        key_ids=[key_id],
        wrapped=[wrapped],
        sealed=[head + key_id + ciphertext],
    )

    with pytest.raises(OpenError):
        open_batch(records, PLACE, wrapping_key=KEY)
