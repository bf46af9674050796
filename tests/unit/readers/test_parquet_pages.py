"""What a Parquet file claims is held against the bytes that are there."""

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pytest

from custody.adapters.readers import limits, parquet
from custody.adapters.readers.parquet_pages import judge_pages, read_footer
from custody.adapters.readers.thrift import Compact, Truncated
from custody.domain.sources import FileFormat, Layout
from custody.errors import DeliveryError
from tests.builders.readers import read

FOUND = Path(__file__).parents[2] / "fuzz/found"
PARQUET = Layout(format=FileFormat.PARQUET)
ROWS = 10
Change = Mapping[int, object]
NOTHING: Change = MappingProxyType({})


def number(value: int) -> bytes:
    """Return a whole number as the compact protocol has it."""
    rest, out = value << 1 if value >= 0 else (-value << 1) - 1, bytearray()
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    return bytes((*out, rest))


def struct(fields: Mapping[int, object]) -> bytes:
    """Return a struct as the compact protocol has it."""
    out = b""
    for field, value in fields.items():
        kind, body = written(value)
        out += bytes([kind]) + number(field) + body
    return out + b"\0"


def written(value: object) -> tuple[int, bytes]:
    """Return the type and the bytes of a value."""
    if isinstance(value, bool):
        return (1 if value else 2), b""
    if isinstance(value, int):
        return 6, number(value)
    if isinstance(value, bytes):
        return 8, _count(len(value)) + value
    if isinstance(value, float):
        return 7, bytes(8)
    if isinstance(value, list):
        return 9, bytes([15 << 4 | 12]) + _count(len(value)) + b"".join(
            struct(one) for one in value
        )
    assert isinstance(value, dict)
    return 12, struct(value)


def _count(value: int) -> bytes:
    return number(value // 2) if value % 2 == 0 else _odd(value)


def _odd(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def file_of(
    *,
    dictionary: Change = NOTHING,
    data: Change = NOTHING,
    column: Change = NOTHING,
    group: Change = NOTHING,
    body: int = 40,
) -> io.BytesIO:
    """Return a file of one text column with a dictionary page and a data page."""
    first = struct({1: 2, 2: body, 3: body, 7: {1: 2}, **dictionary}) + bytes(body)
    second = struct({1: 0, 2: body, 3: body, 5: {1: ROWS}, **data}) + bytes(body)
    pages = first + second
    told = {1: 6, 5: ROWS, 7: len(pages), 9: 4 + len(first), 11: 4, **column}
    groups = [{1: [{3: told}], 2: len(pages), 3: ROWS, **group}]
    footer = struct({1: 1, 3: ROWS, 4: groups})
    ends = len(footer).to_bytes(4, "little") + b"PAR1"
    return io.BytesIO(b"PAR1" + pages + footer + ends)


def judged(stream: io.BytesIO) -> str:
    """Return how a file is refused; empty when it is not."""
    size = stream.seek(0, 2)
    try:
        judge_pages(stream, read_footer(stream, size), size=size)
    except DeliveryError as error:
        return str(error)
    return ""


GIB = 1 << 30


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, ""),
        ({"data": {3: 40 + 100}}, "parquet_damaged at row 1"),
        ({"data": {3: GIB}}, "parquet_damaged at row 1"),
        ({"data": {3: -1}}, "parquet_damaged at row 1"),
        ({"data": {3: 2**40}}, "parquet_damaged at row 1"),
        ({"data": {3: b"x"}}, "parquet_damaged at row 1"),
        ({"data": {2: GIB}}, "parquet_bomb at row 1"),
        ({"data": {2: -GIB}}, "parquet_damaged at row 1"),
        ({"data": {5: {1: ROWS + 1}}}, "parquet_damaged at row 1"),
        ({"data": {5: {1: -1}}}, "parquet_damaged at row 1"),
        ({"data": {5: 7}}, "parquet_damaged at row 1"),
        ({"data": {1: 3, 8: {1: ROWS}}}, ""),
        ({"data": {1: 1}}, "parquet_damaged at row 1"),
        ({"dictionary": {7: {1: 11}}}, "parquet_bomb at row 1"),
        ({"dictionary": {7: {1: 10}}}, ""),
        ({"dictionary": {7: {1: 11}}, "column": {1: 7}}, ""),
        ({"dictionary": {7: {1: 41}}, "column": {1: 7}}, "parquet_bomb at row 1"),
        ({"column": {9: 10**9, 11: 0}}, "parquet_damaged at row 1"),
        ({"column": {11: b"x"}}, "parquet_damaged at row 1"),
        ({"column": {5: ROWS + 1}}, "parquet_damaged at row 1"),
        ({"column": {7: 60}}, ""),  # old writers leave out some bytes
        ({"column": {7: 0}, "body": 150}, "parquet_damaged at row 1"),
        ({"column": {7: -1}}, "not_parquet"),
        ({"group": {2: 2 * 1024 * 1024}}, "parquet_bomb at row 1"),
        ({"group": {3: 100_001}}, "parquet_bomb at row 1"),
        ({"group": {3: 0}, "data": {3: GIB}, "column": {5: 0}}, ""),  # never read
        ({"group": {3: -1}}, "not_parquet"),
        ({"group": {1: [{3: {1: 6}}]}}, "not_parquet"),
        ({"group": {1: 5}}, "not_parquet"),
    ],
)
def test_every_claim_is_held_against_what_is_there(
    changes: Mapping[str, Change], refusal: str
) -> None:
    """Nothing of it is read, and PyArrow is not asked (threats T2)."""
    assert judged(file_of(**changes)) == refusal  # type: ignore[arg-type] # by name


def test_what_a_page_unpacks_to_counts_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many pages each below the bound are one bomb; so is one page above its own."""
    half = limits.MIN_RATIO_BYTES // 2 + 1
    both = file_of(dictionary={2: half}, data={2: half})
    one = file_of(dictionary={2: half})
    monkeypatch.setattr(limits, "MAX_PARQUET_PAGE_BYTES", half)

    assert (judged(both), judged(one)) == ("parquet_bomb at row 1", "")
    monkeypatch.setattr(limits, "MAX_PARQUET_PAGE_BYTES", half - 1)
    assert judged(one) == "parquet_bomb at row 1"


def test_a_long_page_head_is_read_whole() -> None:
    """Statistics of long texts stand in it; no head is longer than a megabyte."""
    assert judged(file_of(data={9: b"x" * 50_000})) == ""
    long = file_of(data={9: b"x" * (1024 * 1024)})
    assert judged(long) == "parquet_damaged at row 1"


@pytest.mark.parametrize(
    "content",
    [
        b"\x16",  # a field without its number
        b"\x16\x02\x06\x02\x02\x00",  # a field twice
        b"\x1b\x00\x00",  # a map
        b"\x16" + b"\xff" * 10 + b"\x01\x00",  # a number of more than 64 bits
        b"\x19\xfc\xff\xff\xff\xff\x0f\x00",  # a list of two thousand millions
        b"\x18\xff\xff\xff\xff\x0f\x00",  # a text as long
        b"\x1c" * 40,  # structs in structs
        b"\x19" + b"\x19" * 40,  # lists in lists
        b"\x10\x00",  # no type
    ],
)
def test_no_length_is_believed(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - or its Truncated
        Compact(content).struct()


def test_every_type_that_parquet_writes_is_read() -> None:
    found = Compact(
        struct({1: 7, 2: True, 3: False, 4: b"x", 5: 0.5, 20: [{1: -3}], 21: {1: 2}})
        + b"rest"
    )

    assert found.struct() == {
        1: 7,
        2: True,
        3: False,
        4: b"x",
        5: bytes(8),
        20: [{1: -3}],
        21: {1: 2},
    }
    assert Compact(b"\x19\x31\x01\x02\x01\x00").struct() == {1: [1, 2, 1]}
    assert issubclass(Truncated, ValueError)


FOUND_CLAIM = number(2_948_418_799)
"""Where the found file's page says how long it is; 32 bits of it are taken."""

MIB = 1024 * 1024


def _growth(name: str) -> int:
    """Return how far a found file raises the most that PyArrow ever set aside.

    Its page claims 64 MiB more than that.
    """
    pool = pa.default_memory_pool()
    before = pool.max_memory() or 0
    claim = bytearray(number(before + 64 * MIB))
    claim[-1] |= 128
    claim += bytes([128]) * (len(FOUND_CLAIM) - len(claim) - 1) + b"\0"
    content = (FOUND / name).read_bytes().replace(FOUND_CLAIM, bytes(claim))
    with pytest.raises(DeliveryError, match="parquet_damaged at row 1"):
        read(content, ("a", "b", "c"), PARQUET)
    return int(pool.max_memory() or 0) - before


LONG = "parquet-page-longer-than-column"


@pytest.mark.parametrize("name", [LONG, "parquet-page-number-too-long"])
def test_a_page_that_claims_gigabytes_sets_none_aside(name: str) -> None:
    """973 bytes, which took up to 1.4 GiB and 10 seconds (found by fuzzing)."""
    assert _growth(name) < MIB


def test_twin_pyarrow_alone_believes_the_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control off, it sets aside what the page says it has."""
    monkeypatch.setattr(parquet, "judge_pages", lambda *_, **__: None)

    assert _growth(LONG) >= 32 * MIB
