"""HMAC-SHA-256 with kept states is HMAC-SHA-256 (RFC 2104, RFC 4231)."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.crypto.keyed import KeyedSha256


@given(st.binary(max_size=64), st.binary(max_size=200), st.binary(max_size=200))
def test_it_gives_what_the_standard_library_gives(
    key: bytes, prefix: bytes, message: bytes
) -> None:
    keyed = KeyedSha256(key, prefix)

    first, again = keyed(message), keyed(message)

    assert first == again == hmac.digest(key, prefix + message, "sha256")


def test_rfc_4231_case_2() -> None:
    mac = KeyedSha256(b"Jefe", b"what do ya want ")(b"for nothing?")

    assert mac.hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_a_key_longer_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="64"):
        KeyedSha256(bytes(65))
