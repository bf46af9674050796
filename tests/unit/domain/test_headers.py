"""The header cell of an unknown column is kept, sealed, and no more than that."""

import pytest

from custody.domain.headers import (
    MAX_HEADER_CHARS,
    kept_header,
    sealed_name,
    split_sealed_name,
)

LONGEST_NAME = 2**16 - 1
"""Bytes of a field name in the canonical encoding (docs/formats.md)."""


@pytest.mark.parametrize("header", ["loyalty", "会员：等级", "a:b", "?", "", "1 38"])
def test_the_name_goes_both_ways(header: str) -> None:
    name = sealed_name("?7", header)

    assert split_sealed_name(name) == ("?7", header)


def test_a_column_without_header_keeps_its_place_alone() -> None:
    assert sealed_name("?7", "") == "?7"


def test_blanks_and_invisible_marks_around_it_are_no_part_of_it() -> None:
    assert kept_header("\ufeff 会员等级\u3000\u200b") == "会员等级"


@pytest.mark.parametrize(
    "cell", ["x" * 10**6, "\U0001f600" * 10**5], ids=["letters", "emoji"]
)
def test_whatever_the_file_holds_fits_a_field_name(cell: str) -> None:
    name = sealed_name("?10000", kept_header(cell))

    assert len(kept_header(cell)) == MAX_HEADER_CHARS
    assert len(name.encode()) <= LONGEST_NAME


def test_a_lone_surrogate_does_not_stop_the_sealing() -> None:
    assert kept_header("a\ud800b") == "a?b"
