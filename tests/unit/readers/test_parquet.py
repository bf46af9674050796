"""Parquet: every cell is text by one rule, and what is hostile is placed."""

import datetime as dt
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custody.adapters.readers import limits
from custody.adapters.readers.unknown import open_unknown
from custody.domain.sources import FileFormat, Layout
from custody.errors import DeliveryError
from tests.builders.readers import blocks, read

PARQUET = Layout(format=FileFormat.PARQUET)


def written(table: pa.Table, **options: object) -> bytes:
    """Return a table as the bytes of a file."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def refusal(content: bytes, *names: str) -> str:
    """Return how a file as a whole is refused."""
    with pytest.raises(DeliveryError) as caught:
        read(content, names, PARQUET)
    return str(caught.value)


MOMENT = dt.datetime(2026, 11, 23, 8, 30, 0, 120000)  # noqa: DTZ001 - a file has such


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        (pa.string(), ["007", "NA", "", None], ["007", "NA", "", None]),
        (pa.large_string(), ["示例"], ["示例"]),
        (pa.dictionary(pa.int32(), pa.string()), ["a", None, "a"], ["a", None, "a"]),
        (pa.int64(), [-7, 2**62, None], ["-7", str(2**62), None]),
        (pa.uint64(), [2**63], [str(2**63)]),
        (pa.int8(), [5], ["5"]),
        (pa.bool_(), [True, False, None], ["true", "false", None]),
        (pa.float64(), [1.0, 0.1, 1e20, 5.54563e15], ["1", "0.1", "1E+20"]),
        (pa.float32(), [0.1, 2.0], ["0.1", "2"]),
        (pa.decimal128(20, 4), [Decimal("10.0000"), None], ["10.0000", None]),
        (pa.decimal128(38, 2), [Decimal("-0.10")], ["-0.10"]),
        (pa.date32(), [dt.date(1962, 2, 9)], ["1962-02-09"]),
        (pa.timestamp("ms"), [MOMENT], ["2026-11-23T08:30:00.120000"]),
        (
            pa.timestamp("us"),
            [MOMENT.replace(hour=0, minute=0, microsecond=0)],
            ["2026-11-23"],
        ),
        (
            pa.timestamp("us", tz="Asia/Shanghai"),
            [MOMENT.replace(tzinfo=dt.UTC)],
            ["2026-11-23T08:30:00.120000+00:00"],
        ),
        (pa.timestamp("ns"), [MOMENT], ["2026-11-23T08:30:00.120000"]),
        (pa.time64("us"), [dt.time(8, 30)], ["08:30:00"]),
        (pa.null(), [None, None], [None, None]),
    ],
)
def test_every_type_has_one_spelling(
    kind: pa.DataType, values: list[object], texts: list[str | None]
) -> None:
    """Nothing is inferred: text stays text, decimals keep their scale."""
    rows, faults = read(
        written(pa.table({"a": pa.array(values, kind)})), ("a",), PARQUET
    )

    assert [row["a"] for row in rows][: len(texts)] == texts
    assert faults == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.list_(pa.string()), [["x"]]),
        (pa.struct([("x", pa.string())]), [{"x": "y"}]),
        (pa.map_(pa.string(), pa.string()), [[("x", "y")]]),
        (pa.binary(), [b"x"]),
        (pa.binary(4), [b"xxxx"]),
        (pa.duration("s"), [dt.timedelta(1)]),
    ],
)
def test_a_column_without_one_spelling_is_refused_by_its_place(
    kind: pa.DataType, values: list[object]
) -> None:
    """Nested columns and raw bytes; an undeclared one by position only."""
    table = pa.table({"a": pa.array(["x"]), "b": pa.array(values, kind)})

    declared = refusal(written(table), "a", "b")
    unknown = refusal(written(table), "a")

    assert declared == "column_type at row 0, column b"
    assert unknown == "column_type at row 0, column ?2"


def test_a_moment_finer_than_text_has_it_is_refused() -> None:
    array = pa.array([0, 1], pa.timestamp("ns"))

    assert refusal(written(pa.table({"a": array})), "a").startswith(
        "column_type at row 2, column a"
    )


def test_columns_are_found_by_name_and_unknown_ones_kept() -> None:
    table = pa.table({"x": ["1"], "b": ["2"], "a": ["3"]})

    (block,) = blocks(written(table), ("a", "b"), PARQUET)

    assert block.cells.to_dicts() == [{"row": 1, "?1": "1", "b": "2", "a": "3"}]
    assert block.unknown == {"?1": "x"}


def test_headers_are_judged_like_any_other() -> None:
    twice = pa.Table.from_arrays([pa.array(["1"])] * 2, ["a", "a"])

    assert refusal(written(twice), "a") == "duplicate_column at row 0, column a"
    assert refusal(written(pa.table({"b": ["1"]})), "a") == (
        "missing_column at row 0, column a"
    )


def test_a_row_that_cannot_be_taken_is_a_fault_of_its_own() -> None:
    """NUL, a cell too long, NaN: the row goes to quarantine, the others load."""
    long = "x" * (limits.MAX_FIELD_CHARS + 1)
    table = pa.table(
        {"a": ["ok", "n\0l", long, "ok", "ok"], "b": [1.0, 1.0, 1.0, float("nan"), 2]}
    )

    rows, faults = read(written(table, row_group_size=2), ("a", "b"), PARQUET)

    assert [(row["row"], row["b"]) for row in rows] == [(1, "1"), (5, "2")]
    assert [(fault.row, fault.column, fault.reason) for fault in faults] == [
        (2, "a", "nul"),
        (3, "a", "field_too_long"),
        (4, "b", "not_a_number"),
    ]
    assert json.loads(faults[0].raw) == ["n\0l", "1"]


def test_row_groups_are_read_one_after_the_other() -> None:
    table = pa.table({"a": [str(n) for n in range(20_000)]})

    rows, _ = read(written(table, row_group_size=3_000), ("a",), PARQUET)

    assert [row["a"] for row in rows] == [str(n) for n in range(20_000)]
    assert [row["row"] for row in rows] == list(range(1, 20_001))


def test_an_empty_table_has_no_rows() -> None:
    assert read(
        written(pa.table({"a": pa.array([], pa.string())})), ("a",), PARQUET
    ) == (
        [],
        [],
    )


GOOD = written(pa.table({"a": [str(n) * 50 for n in range(3_000)]}), compression="gzip")


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda _: b"", "empty_file"),
        (lambda _: b"PAR1", "not_parquet"),
        (lambda content: content[:-1], "not_parquet"),
        (lambda content: content[: len(content) // 2], "not_parquet"),
        (lambda content: content[:-8] + b"\xff\xff\xff\x7fPAR1", "not_parquet"),
        (lambda content: content[:-8] + b"\0\0\0\0PAR1", "not_parquet"),
        (lambda _: b"a,b\n1,2\n" * 50, "not_parquet"),
        (lambda content: b"PARE" + content[4:-4] + b"PARE", "parquet_encrypted"),
        (lambda content: content[:-4] + b"PARE", "parquet_encrypted"),
        (lambda content: _flipped(content, 60), "parquet_damaged at row 1"),
    ],
)
def test_a_damaged_file_is_refused_by_name(
    damage: Callable[[bytes], bytes], reason: str
) -> None:
    """PyArrow's own errors hold what it read; none of it is shown."""
    assert refusal(damage(GOOD), "a").startswith(reason)


def test_any_byte_flipped_gives_rows_or_a_refusal() -> None:
    """Nothing else comes out of hostile bytes, wherever they stand."""
    for at in range(0, len(GOOD), max(len(GOOD) // 40, 1)):
        try:
            rows, _ = read(_flipped(GOOD, at), ("a",), PARQUET)
        except DeliveryError:
            continue
        assert len(rows) == 3_000


def test_text_that_is_no_utf8_is_placed() -> None:
    """A writer says `string`; the bytes are GB 18030."""
    raw = pa.array([b"ok", "示例".encode("gb18030")], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    content = written(pa.table({"b": ["1", "2"], "a": text}), use_dictionary=False)

    assert refusal(content, "a", "b").startswith("bad_encoding at row 2, column a")


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_small_file_of_enormous_cells_is_refused(*, dictionary: bool) -> None:
    """6 GB of text: told by the ratio of a group, or before a dictionary spreads."""
    one = pa.array(["x" * 100_000])
    many = pa.array([0] * 60_000, pa.int32())
    table = pa.table({"a": pa.DictionaryArray.from_arrays(many, one)})
    if not dictionary:
        table = pa.table({"a": ["x" * 100_000] * 40})

    content = written(table, use_dictionary=dictionary, compression="zstd")

    assert len(content) < 200_000
    assert refusal(content, "a").startswith("parquet_bomb at row 1")


def test_an_unknown_parquet_file_is_looked_at_by_its_content(tmp_path: Path) -> None:
    """`custody classify` and `source propose` take it as it lies."""
    file = tmp_path / "customers"
    file.write_bytes(written(pa.table({"名称": ["示例甲"], "n": [7]})))

    table = open_unknown(file)

    assert (table.format, table.names) == (FileFormat.PARQUET, ("名称", "n"))
    assert [[list(column) for column in block] for block in table.blocks()] == [
        [["示例甲"], ["7"]]
    ]


@pytest.mark.parametrize("value", ["x", 1])
def test_a_column_whose_name_is_no_text_is_refused_without_its_bytes(
    value: object,
) -> None:
    """PyArrow meets such a name early or late; fuzzing found the late one."""
    content = written(pa.table({"QQQ": [value]}), store_schema=False)

    with pytest.raises(DeliveryError) as caught:
        read(content.replace(b"QQQ", b"a\xe3\xff"), ["a"], PARQUET)

    assert str(caught.value) == "bad_encoding at row 0"
    assert caught.value.__context__ is None


def test_a_name_that_only_the_schema_spoils_is_refused_at_its_column() -> None:
    found = Path(__file__).parents[2] / "fuzz/found/parquet-name-not-utf8"

    assert refusal(found.read_bytes(), "a", "b") == "bad_encoding at row 0, column 3"
