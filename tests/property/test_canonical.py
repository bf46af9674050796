"""The canonical encoding is one to one."""

from hypothesis import given
from hypothesis import strategies as st

from custody.domain.canonical import decode_fields, encode_fields
from custody.errors import OpenError

FIELDS = st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=6)


@given(values=FIELDS)
def test_what_is_encoded_decodes(values: dict[str, str]) -> None:
    """Any names, any values, none of them lost."""
    assert decode_fields(encode_fields(values)) == values


@given(one=FIELDS, other=FIELDS)
def test_equal_bytes_are_equal_fields(
    one: dict[str, str], other: dict[str, str]
) -> None:
    """Digest and row token may stand for the fields."""
    assert (encode_fields(one) == encode_fields(other)) == (one == other)


@given(encoded=st.binary(max_size=60))
def test_bytes_decode_to_what_encodes_to_them_or_not_at_all(encoded: bytes) -> None:
    """No second encoding of the same fields is accepted."""
    try:
        values = decode_fields(encoded)
    except OpenError:
        return

    assert encode_fields(values) == encoded
