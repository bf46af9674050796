"""The leaf of a loaded value has one form, and every part of it counts."""

import dataclasses

import pytest

from custody.domain.rowset import LoadedValue, link_leaf, row_leaf

VALUE = LoadedValue(
    handle=b"h" * 16,
    number="FI2026000001",
    version=2,
    level="high",
    key_id=b"k" * 32,
    sealed_digest=b"s" * 32,
)


def test_the_leaf_is_each_field_behind_its_length() -> None:
    assert row_leaf(VALUE) == (
        b"\0\0\0\x10" + b"h" * 16 + b"\0\0\0\x0cFI2026000001" + b"\0\0\0\x012"
        b"\0\0\0\x04high" + b"\0\0\0\x20" + b"k" * 32 + b"\0\0\0\x20" + b"s" * 32
    )


@pytest.mark.parametrize(
    "change",
    [
        {"handle": b"x" * 16},
        {"number": "FI2026000002"},
        {"version": 3},
        {"level": "low"},
        {"key_id": b"x" * 32},
        {"sealed_digest": b"x" * 32},
    ],
)
def test_every_field_changes_the_leaf(change: dict[str, object]) -> None:
    assert row_leaf(dataclasses.replace(VALUE, **change)) != row_leaf(VALUE)  # type: ignore[arg-type]


def test_the_leaf_of_a_link_is_each_field_behind_its_length() -> None:
    assert link_leaf(b"h" * 16, "FI2026000001", 2, "crm") == (
        b"\0\0\0\x10" + b"h" * 16 + b"\0\0\0\x0cFI2026000001" + b"\0\0\0\x012"
        b"\0\0\0\x03crm"
    )
