"""A bundle is one table: main rows joined to sides, and nothing of a side is lost."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from custody.columns.blocks import RawBlock
from custody.columns.joining import AMBIGUOUS, UNJOINED
from custody.domain.fault_words import FAULT_WORDS
from custody.domain.sources import Source
from custody.errors import DeliveryError
from tests.builders.bundles import (
    CONTRACTS,
    CUSTOMERS,
    FILES,
    HOLDERS,
    bundle_source,
    capped,
    joined,
)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Return a source of three files in three dialects, one with a header."""
    return bundle_source(tmp_path)


def phones(blocks: Sequence[RawBlock]) -> list[tuple[object, ...]]:
    """Return id and joined phone of every main row, in order."""
    cells = [block.cells for block in blocks if block.cells.height]
    return pl.concat(cells).select("row", "id", "contracts.txt/phone").rows()


def aside(blocks: Sequence[RawBlock]) -> list[tuple[object, ...]]:
    """Return file, row, column and reason of every fault."""
    return [
        (fault.file, fault.row, fault.column, fault.reason)
        for block in blocks
        for fault in block.faults
    ]


def test_three_dialects_are_one_table(source: Source) -> None:
    """`|`, tabulators and `+|` in one delivery, joined over two keys and a chain."""
    blocks = joined(source)

    assert phones(blocks) == [
        (1, "1", "0100 1"),
        (2, "2", "0100 2"),
        (3, "3", "0100 1"),
    ]
    assert aside(blocks) == []


def test_the_table_has_the_columns_that_policy_names(source: Source) -> None:
    """Main columns as they are, of the sides what fills a field; no join key more."""
    (block, _) = joined(source)

    assert block.cells.columns == ["row", "id", "name", "shop", "contracts.txt/phone"]
    assert {column.name for column in source.columns} == set(block.cells.columns) - {
        "row"
    }


def test_a_main_row_without_side_rows_has_none_of_their_fields(source: Source) -> None:
    """It is a row of the delivery all the same, and its facts say what is missing."""
    blocks = joined(source, FILES | {"customers.txt": CUSTOMERS + b"4|Firm Four|n\n"})

    assert phones(blocks)[-1] == (4, "4", None)
    assert aside(blocks) == []


def test_a_row_that_nobody_asks_for_is_told_by_file_row_and_column(
    source: Source,
) -> None:
    """Its cells go along for the quarantine, all of them; no repr shows one."""
    blocks = joined(source, FILES | {"contracts.txt": CONTRACTS + b"C+|0100 3+|z&|\n"})

    assert aside(blocks) == [("contracts.txt", 3, "number", "unjoined_row")]
    fault = blocks[-1].faults[0]
    assert json.loads(fault.raw) == {"number": "C", "phone": "0100 3", "note": "z"}
    assert "0100" not in repr(fault)


def test_the_second_row_of_a_key_is_told_and_joins_nothing(source: Source) -> None:
    """A main row never becomes two, and the first row of a key is taken."""
    blocks = joined(source, FILES | {"contracts.txt": CONTRACTS + b"A+|0100 9+|z&|\n"})

    assert phones(blocks)[0] == (1, "1", "0100 1")
    assert len(phones(blocks)) == 3
    assert aside(blocks) == [("contracts.txt", 3, "number", "ambiguous_join")]


def test_an_empty_key_joins_nothing(source: Source) -> None:
    """Two missing keys are not the same key."""
    holders = HOLDERS.replace(b"1\tn\tA", b"1\tn\t")
    contracts = CONTRACTS + b"+|0100 4+|z&|\n"

    blocks = joined(
        source, FILES | {"holders.tsv": holders, "contracts.txt": contracts}
    )

    assert phones(blocks)[0] == (1, "1", None)
    assert aside(blocks) == [("contracts.txt", 3, "number", "unjoined_row")]


def test_an_unreadable_row_of_a_side_is_placed_in_its_file(source: Source) -> None:
    """Its bytes are kept like those of any unreadable row."""
    blocks = joined(source, FILES | {"holders.tsv": HOLDERS + b"4\tn\n"})

    assert aside(blocks) == [("holders.tsv", 4, None, "short_row")]
    assert blocks[-1].faults[0].raw == b"4\tn"


def test_an_unreadable_main_row_is_a_row_of_the_delivery(source: Source) -> None:
    """Its fault names no file: it is counted, its side rows are left over."""
    blocks = joined(source, FILES | {"customers.txt": b"1|Firm One|n\n2|n\n3|F|s\n"})

    assert aside(blocks) == [
        (None, 2, None, "short_row"),
        ("holders.tsv", 2, "customer", "unjoined_row"),
        ("contracts.txt", 2, "number", "unjoined_row"),
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {name: FILES[name] for name in ("customers.txt", "holders.tsv")},
            "bundle_file_missing in contracts.txt",
        ),
        (FILES | {"else.txt": b"1|x|y\n"}, "bundle_file_unknown"),
        (
            FILES | {"holders.tsv": HOLDERS.replace(b"A", b"\xff", 1)},
            "bad_encoding in holders.tsv at row 1, byte 27",
        ),
        (
            FILES | {"holders.tsv": b"customer\tshop\n1\tn\n"},
            "missing_column in holders.tsv at row 0, column contract",
        ),
        (
            FILES | {"holders.tsv": b"customer\tshop\tcontract\tvip\n1\tn\tA\t1\n"},
            "unknown_column in holders.tsv at row 0, column ?4",
        ),
        (FILES | {"contracts.txt": b""}, "empty_file in contracts.txt"),
        (
            FILES | {"contracts.txt": b"A+|0100 1+|x&"},
            "cut_off_row in contracts.txt at row 1",
        ),
        (FILES | {"customers.txt": b"1|\0|n\n"}, "nul in customers.txt at row 1"),
    ],
)
def test_what_is_wrong_with_a_file_refuses_the_delivery_and_names_it(
    source: Source, files: dict[str, bytes], told: str
) -> None:
    """The name is policy's; a file that policy does not know is not named."""
    with pytest.raises(DeliveryError) as refused:
        joined(source, files)

    assert str(refused.value) == told
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("caps", "told"),
    [
        ({"most_rows": 4}, "bundle_too_large in contracts.txt at row 2"),
        ({"most_rows": 2}, "bundle_too_large in holders.tsv at row 3"),
        ({"most_bytes": 20}, "bundle_too_large"),
        (
            {"most_bytes": len(HOLDERS + CONTRACTS)},
            "bundle_too_large in holders.tsv",
        ),
    ],
)
def test_sides_beyond_the_cap_refuse_the_delivery(
    source: Source, caps: dict[str, int], told: str
) -> None:
    """Rows and bytes are those of all sides; the first row too many is named."""
    with pytest.raises(DeliveryError) as refused:
        joined(capped(source, **caps))

    assert str(refused.value) == told


def test_every_reason_of_a_bundle_has_words() -> None:
    """In both languages, like a reader's."""
    reasons = {UNJOINED, AMBIGUOUS, "unknown_column"}
    reasons |= {f"bundle_{what}" for what in ("file_missing", "file_unknown")}

    assert reasons | {"bundle_too_large"} <= FAULT_WORDS.keys()


def test_a_side_column_that_policy_ignores_is_left_out(source: Source) -> None:
    """`unknown_columns: ignore` is said of all files."""
    lenient = dataclasses.replace(source, unknown_columns="ignore")
    holders = b"customer\tshop\tcontract\tvip\n1\tn\tA\t1\n"

    (block, _) = joined(lenient, FILES | {"holders.tsv": holders})

    assert block.cells.columns == ["row", "id", "name", "shop", "contracts.txt/phone"]


def test_a_side_that_is_not_the_admitted_file_is_refused(source: Source) -> None:
    """Swapped after its admission: what is parsed is what was hashed, of sides too."""
    swapped = FILES | {"holders.tsv": HOLDERS.replace(b"A", b"B", 1)}

    with pytest.raises(DeliveryError, match=r"^file_digest in holders\.tsv$"):
        joined(source, swapped, admitted=FILES)


def test_sides_at_the_cap_are_read(source: Source) -> None:
    """The cap is the largest number that is taken; the main file has none."""
    blocks = joined(capped(source, most_rows=5))

    assert len(phones(blocks)) == 3
