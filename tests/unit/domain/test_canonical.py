"""The canonical encoding of fields (docs/formats.md)."""

import pytest

from custody.domain.canonical import decode_fields, encode_fields
from custody.errors import OpenError

KNOWN = bytes.fromhex("0002 0001 61 00000000 0002 6262 00000003 e5bca0")


def test_a_known_answer() -> None:
    """Count, then name and value by length, ordered by name."""
    assert encode_fields({"bb": "张", "a": ""}) == KNOWN
    assert decode_fields(KNOWN) == {"a": "", "bb": "张"}


def test_the_order_of_the_mapping_does_not_matter() -> None:
    """The same fields give the same bytes."""
    assert encode_fields({"a": "1", "b": "2"}) == encode_fields({"b": "2", "a": "1"})


def test_names_are_ordered_by_their_bytes() -> None:
    """UTF-8 order, the same in every language."""
    assert decode_fields(encode_fields({"é": "1", "z": "2"})) == {"z": "2", "é": "1"}
    assert encode_fields({"é": "1", "z": "2"}).index(b"z") < 6


def test_absent_and_empty_differ() -> None:
    """A row token must tell a cleared field from a missing one."""
    assert encode_fields({"a": ""}) != encode_fields({})


def test_names_and_values_do_not_run_together() -> None:
    """The lengths part them."""
    assert encode_fields({"ab": "c"}) != encode_fields({"a": "bc"})


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x00",
        KNOWN[:-1],
        KNOWN + b"\x00",
        b"\x00\x01",
        b"\x00\x01\x00\x01a",
        b"\x00\x01\x00\x01a\x00\x00\x00\x05b",
        b"\x00\x01\x00\x01\xff\x00\x00\x00\x00",
        b"\x00\x02\x00\x01b\x00\x00\x00\x00\x00\x01a\x00\x00\x00\x00",
        b"\x00\x02\x00\x01a\x00\x00\x00\x00\x00\x01a\x00\x00\x00\x00",
    ],
    ids=[
        *(
            "empty",
            "half a count",
            "cut",
            "more",
            "no field",
            "no value",
            "short value",
        ),
        *("not UTF-8", "out of order", "twice"),
    ],
)
def test_nothing_else_decodes(encoded: bytes) -> None:
    """One value, one encoding; every other is refused without a reason."""
    with pytest.raises(OpenError) as caught:
        decode_fields(encoded)

    assert caught.value.__cause__ is None
