"""A data key record opens in its place, under its epoch's key, or not at all."""

from typing import Any

import pytest

from custody.crypto import suites as cipher
from custody.crypto.keyrecord import RECORD_BYTES, unwrap_key, wrap_key
from custody.errors import OpenError

BOTH = pytest.mark.parametrize("suite", cipher.SUITES)
DATA_KEY, WRAPPING_KEY = bytes(range(32)), bytes(range(32, 64))
PLACE: dict[str, Any] = {
    "dataset": "customers",
    "level": "high",
    "handle": bytes(range(16)),
    "epoch": "live/high/1",
    "key_id": bytes(range(64, 96)),
}


def _wrap(suite: int) -> bytes:
    return wrap_key(wrapping_key=WRAPPING_KEY, data_key=DATA_KEY, suite=suite, **PLACE)


def _refuses(wrapped: bytes, **change: Any) -> bool:  # noqa: ANN401 - any part of it
    arguments = {"wrapping_key": WRAPPING_KEY, "wrapped": wrapped, **PLACE, **change}
    with pytest.raises(OpenError):
        unwrap_key(**arguments)
    return True


@BOTH
def test_opens_to_the_data_key(suite: int) -> None:
    wrapped = _wrap(suite)

    assert unwrap_key(wrapping_key=WRAPPING_KEY, wrapped=wrapped, **PLACE) == DATA_KEY
    assert len(wrapped) == RECORD_BYTES == 64


@BOTH
def test_every_single_bit_flip_truncation_and_extension_is_refused(suite: int) -> None:
    wrapped = _wrap(suite)
    for bit in range(8 * len(wrapped)):
        altered = bytearray(wrapped)
        altered[bit // 8] ^= 1 << bit % 8
        assert _refuses(bytes(altered))
    for length in range(len(wrapped)):
        assert _refuses(wrapped[:length])
    for count in range(1, 33):
        assert _refuses(wrapped + bytes(count))


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "suppliers"},
        {"level": "low"},
        {"handle": bytes(16)},
        {"epoch": "live/high/2"},
        {"key_id": bytes(32)},
        {"dataset": "customersh", "level": "igh"},
        {"wrapping_key": bytes(32)},
        {"wrapping_key": bytes(31)},
    ],
)
def test_another_place_or_wrapping_key_is_refused(
    suite: int, change: dict[str, Any]
) -> None:
    assert _refuses(_wrap(suite), **change)


def test_a_suite_that_is_not_allowed_is_refused() -> None:
    assert _refuses(_wrap(cipher.AES_256_GCM), suites=(cipher.SM4_GCM,))
    assert _refuses(_wrap(cipher.SM4_GCM), suites=(cipher.AES_256_GCM,))


def test_a_key_id_of_another_length_is_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        wrap_key(
            wrapping_key=WRAPPING_KEY, data_key=DATA_KEY, **{**PLACE, "key_id": b""}
        )
