"""One function for each thing that reads hostile bytes, and bytes to begin from.

A harness returns for whatever bytes it is given: rows, faults or a refusal by a
reason code.  Anything else that it raises, or a rule of conservation that does
not hold, is a finding.
"""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from custody.adapters.reports.plain_workbook import write_workbook
from custody.columns.blocks import RowFault
from custody.crypto import cs1
from custody.crypto.framing import context
from custody.crypto.keyrecord import unwrap_key, wrap_key
from custody.domain.canonical import decode_fields, encode_fields
from custody.domain.fault_words import FAULT_WORDS
from custody.domain.manifest import Malformed, format_manifest, parse_manifest
from custody.domain.sources import FileFormat, Layout
from custody.errors import DeliveryError, OpenError
from tests.builders.readers import read

NAMES = ("a", "b", "c")
DATASET, LEVEL, HANDLE = "customers", "high", bytes(16)
KEY, WRAPPING = bytes(range(32)), bytes(range(32, 64))


@dataclass(frozen=True, slots=True)
class Harness:
    """What is fed, and the well-formed bytes from which mutation begins."""

    feed: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _manifest(content: bytes) -> None:
    """A manifest is read, or named malformed; what is read is written back."""
    found = parse_manifest(content)
    if not isinstance(found, Malformed):
        assert parse_manifest(format_manifest(found)) == found


def _sealed(content: bytes) -> None:
    """Sealed bytes open to what was sealed, or not at all."""
    try:
        cs1.open_sealed(
            data_key=KEY,
            sealed=content,
            key_id=cs1.derive(KEY, suite=1)[1],
            dataset=DATASET,
            level=LEVEL,
            handle=HANDLE,
            suites=(1, 2),
        )
    except OpenError:
        return
    assert content in SEALED


def _key_record(content: bytes) -> None:
    """A wrapped key opens to the key that was wrapped, or not at all."""
    try:
        found = unwrap_key(
            wrapping_key=WRAPPING,
            wrapped=content,
            dataset=DATASET,
            level=LEVEL,
            handle=HANDLE,
            epoch="live/high/1",
            key_id=KEY,
        )
    except OpenError:
        return
    assert found == KEY


def _encoding(content: bytes) -> None:
    """The fields of a record decode from one encoding only."""
    try:
        fields = decode_fields(content)
    except OpenError:
        return
    assert encode_fields(fields) == content


def _reader(layout: Layout) -> Callable[[bytes], None]:
    def feed(content: bytes) -> None:
        """Rows and faults are numbered without a gap; a refusal has words."""
        try:
            rows, faults = read(content, NAMES, layout)
        except DeliveryError as error:
            reason = error.reason
        else:
            _check(rows, faults)
            return
        assert reason in FAULT_WORDS, reason

    return feed


def _check(rows: list[dict[str, object]], faults: list[RowFault]) -> None:
    numbers = [int(str(row["row"])) for row in rows] + [fault.row for fault in faults]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert all(fault.reason in FAULT_WORDS for fault in faults)


def _parquet(table: Mapping[str, object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(dict(table)), out, compression="none")
    return out.getvalue()


_CSV = Layout(format=FileFormat.CSV)
_EXPORT = Layout(
    format=FileFormat.CSV,
    delimiter="+|",
    row_end="&|\n",
    quoting=False,
    header=False,
)
_GB18030 = Layout(format=FileFormat.CSV, encoding="gb18030", skip_lines=1)
_JSONL = Layout(format=FileFormat.JSONL)
_XLSX = Layout(format=FileFormat.XLSX)
_PARQUET = Layout(format=FileFormat.PARQUET)

SEALED = tuple(
    cs1.seal_with(
        KEY,
        salt=bytes(16),
        bound=context(dataset=DATASET, level=LEVEL, handle=HANDLE),
        encoding=encode_fields({"phone": "invented"}),
        suite=suite,
    ).sealed
    for suite in (1,)
)
_MANIFEST = {
    "version": 1,
    "source": "website",
    "sequence": 1,
    "business_date": "2026-11-23",
    "files": [{"name": "rows.csv", "sha256": "00" * 32, "size": 3, "rows": 1}],
}
_WRAPPED = wrap_key(
    wrapping_key=WRAPPING,
    data_key=KEY,
    suite=1,
    dataset=DATASET,
    level=LEVEL,
    handle=HANDLE,
    epoch="live/high/1",
    key_id=KEY,
)

HARNESSES = {
    "manifest": Harness(_manifest, (json.dumps(_MANIFEST).encode(), b"{}")),
    "sealed_value": Harness(_sealed, SEALED),
    "key_record": Harness(_key_record, (_WRAPPED,)),
    "encoding": Harness(_encoding, (encode_fields({"name": "x", "phone": "1"}),)),
    "csv": Harness(
        _reader(_CSV),
        (b'a,b,c\r\n1,"2 ""x""",3\r\n4,"5\n6",7\r\n', b"\xef\xbb\xbfa,b,c\n1,2,3"),
    ),
    "export": Harness(_reader(_EXPORT), (b'1+|<x y="z">+|3&|\n4+|5\n+|6&|\n',)),
    "gb18030": Harness(
        _reader(_GB18030), ("报表\na,b,c\n示例,㐀,丙\n".encode("gb18030"),)
    ),
    "jsonl": Harness(
        _reader(_JSONL), (b'{"a": 1.50, "b": null, "d": "x"}\n\n{"a": "\\u4e00"}\n',)
    ),
    "xlsx": Harness(
        _reader(_XLSX), (write_workbook("x", [{"a": "1", "b": "2", "c": "3"}]),)
    ),
    "parquet": Harness(
        _reader(_PARQUET), (_parquet({"a": ["x", None], "b": [1, 2], "c": [0.5, 1]}),)
    ),
}
"""By name; `tests/fuzz/run.py NAME` feeds one until its time is over."""
