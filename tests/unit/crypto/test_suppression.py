"""Suppression tokens: full width, bound to dataset and key, computed another way."""

import hashlib
import hmac
import struct

import pytest

from custody.crypto.blindindex import (
    field_key,
    inner_values,
    inners_of,
    tokens,
    tokens_of,
)
from custody.crypto.suppression import suppression_tokens

KEY = bytes(range(32))
INNERS = [bytes([at]) * 16 for at in range(3)]


def made(
    *, key: bytes = KEY, dataset: str = "customers", match_key: str = "phone"
) -> list[bytes]:
    return suppression_tokens(
        key=key, dataset=dataset, match_key=match_key, inners=INNERS
    )


def test_a_token_is_the_mac_that_is_written_down() -> None:
    label = b"custody/suppression/1"
    context = b"".join(
        struct.pack(">H", len(part)) + part for part in (b"customers", b"phone")
    )

    expected = [
        hmac.new(KEY, label + context + inner, hashlib.sha256).digest()
        for inner in INNERS
    ]

    assert made() == expected


def test_tokens_of_another_key_dataset_or_match_key_are_others() -> None:
    others = (
        made(key=b"k" * 32),
        made(dataset="staff"),
        made(match_key="phones"),
        made(dataset="customersp", match_key="hone"),
    )

    assert all(not set(made()) & set(other) for other in others)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        made(key=b"short")


def test_inner_values_come_from_the_value_and_from_the_token_alike() -> None:
    own = field_key(KEY, dataset="customers", field="phone")
    values = [b"invented", b"other"]
    index_key = b"i" * 32

    inners = inner_values(field_key=own, values=values)
    found = tokens(index_key=index_key, field_key=own, values=values)

    assert tokens_of(index_key=index_key, inners=inners) == found
    assert inners_of(index_key=index_key, tokens=found) == inners
    assert inners_of(index_key=index_key, tokens=[]) == []
