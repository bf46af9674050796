"""One column of Parquet as text: one spelling for each type, or none.

Text stays as it is; whole numbers are their digits; decimals keep their scale;
binary floating point numbers are written as in workbooks (whole below 10^15 as
digits, others as their shortest spelling); dates, times and moments are ISO
8601, a moment at midnight without offset its date alone; moments with a time zone
are in UTC with `+00:00`; booleans are `true` and `false`.
"""

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from custody.adapters.readers import limits
from custody.errors import DeliveryError

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE_DIGITS = 10**15  # below it a float holds every whole number
_NANOSECONDS = 1_000  # in a microsecond

Faults = list[tuple[int, str]]
"""Position in the column and reason code."""


def is_plain(kind: "pa.DataType") -> bool:
    """Whether a column of the type has cells of one plain spelling."""
    from pyarrow import types  # noqa: PLC0415 - as in parquet.py

    if types.is_dictionary(kind):
        return is_plain(kind.value_type)
    return is_text(kind) or _spelling(kind) is not None or types.is_null(kind)


def cells_of(column: "pa.Array", name: str, row: int) -> tuple[pl.Series, Faults]:
    """Return the cells of a column that begins at a row, and which are faulty.

    DeliveryError `bad_encoding` for text that is not UTF-8, `parquet_bomb` for
    text beyond what a frame takes, `column_type` for moments finer than a
    microsecond: no cell of it could be trusted to be the sender's.
    """
    import pyarrow as pa  # noqa: PLC0415 - as in parquet.py

    if pa.types.is_dictionary(column.type):
        values = column.dictionary
        _refuse_dangling(column.indices, len(values), name, row)
        cells, bad = cells_of(values, name, row)
        wrong = dict(bad)
        found = column.indices.to_pylist()
        _refuse_spread(cells, found, name, row)
        faults = [(at, wrong[one]) for at, one in enumerate(found) if one in wrong]
        spread = cells.gather(pl.Series(found, dtype=pl.UInt32)) if len(cells) else None
        if spread is None:
            return pl.Series([None] * len(found), dtype=pl.String), []
        return spread, faults
    if is_text(column.type):
        return _text(column, name, row)
    if pa.types.is_null(column.type):
        return pl.Series([None] * len(column), dtype=pl.String), []
    return _spelt(column, name, row)


def is_text(kind: "pa.DataType") -> bool:
    """Whether a column of the type holds text."""
    from pyarrow import types  # noqa: PLC0415 - as in parquet.py

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _text(column: "pa.Array", name: str, row: int) -> tuple[pl.Series, Faults]:
    _refuse_undecodable(column, name, row)
    cells = pl.Series(pl.from_arrow(column)).cast(pl.String)
    if int(cells.str.len_bytes().sum()) > limits.MAX_FRAME_CHARS:
        raise DeliveryError("parquet_bomb", row=row, column=name)
    long = cells.str.len_chars() > limits.MAX_FIELD_CHARS
    faults: Faults = [(at, "field_too_long") for at in _where(long)]
    faults += [(at, "nul") for at in _where(cells.str.contains("\0", literal=True))]
    return cells, faults


def _where(mask: pl.Series) -> list[int]:
    return mask.fill_null(value=False).arg_true().to_list()


def _refuse_undecodable(column: "pa.Array", name: str, row: int) -> None:
    """Refuse text that is not UTF-8, at its row: nothing else has looked yet."""
    import pyarrow as pa  # noqa: PLC0415 - as in parquet.py

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        pass
    else:
        return
    raw = column.cast(pa.large_binary())
    for at, value in enumerate(raw):
        if value.is_valid and not _decodes(value.as_py()):
            raise DeliveryError("bad_encoding", row=row + at, column=name)
    raise DeliveryError("parquet_damaged", row=row, column=name)


def _decodes(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_dangling(indices: "pa.Array", size: int, name: str, row: int) -> None:
    """Refuse a reference to a value that the dictionary does not hold."""
    for at, place in enumerate(indices.to_pylist()):
        if place is not None and not 0 <= place < size:
            raise DeliveryError("parquet_damaged", row=row + at, column=name)


def _refuse_spread(
    cells: pl.Series, places: list[int | None], name: str, row: int
) -> None:
    sizes = cells.str.len_bytes().fill_null(0).to_list()
    total = sum(sizes[place] for place in places if place is not None)
    if total > limits.MAX_FRAME_CHARS:
        raise DeliveryError("parquet_bomb", row=row, column=name)


def _spelt(column: "pa.Array", name: str, row: int) -> tuple[pl.Series, Faults]:
    """Return cells spelt one by one."""
    column = _to_microseconds(column, name, row)
    spell = _spelling(column.type)
    faults: Faults = []
    cells: list[str | None] = []
    for at, scalar in enumerate(column):
        value = None
        try:
            value = scalar.as_py()
        except (ValueError, OverflowError):  # the year 10000
            raise DeliveryError("column_type", row=row + at, column=name) from None
        text = None if value is None or spell is None else spell(value)
        if text == "":
            faults.append((at, "not_a_number"))
        cells.append(text)
    return pl.Series(cells, dtype=pl.String), faults


def _to_microseconds(column: "pa.Array", name: str, row: int) -> "pa.Array":
    """Return nanoseconds as microseconds; refuse the first that is between two."""
    import pyarrow as pa  # noqa: PLC0415 - as in parquet.py

    kind = column.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_time64(kind)):
        return column
    if kind.unit != "ns":
        return column
    moments = pl.Series(column.cast(pa.int64()).to_pylist(), dtype=pl.Int64)
    finer = _where(moments % _NANOSECONDS != 0)
    if finer:
        raise DeliveryError("column_type", row=row + finer[0], column=name)
    coarser = (
        pa.timestamp("us", tz=kind.tz)
        if pa.types.is_timestamp(kind)
        else pa.time64("us")
    )
    return column.cast(coarser)


def _spelling(kind: "pa.DataType") -> Callable[[Any], str] | None:
    """Return how a value of a type is spelt; None when it has no one spelling."""
    from pyarrow import types  # noqa: PLC0415 - as in parquet.py

    spellings: tuple[tuple[Callable[[Any], bool], Callable[[Any], str]], ...] = (
        (types.is_boolean, lambda value: "true" if value else "false"),
        (types.is_integer, str),
        (types.is_float32, _single),
        (types.is_float64, _float),
        (types.is_decimal, _decimal),
        (types.is_date, lambda value: str(value.isoformat())),
        (types.is_time, lambda value: str(value.isoformat())),
        (types.is_timestamp, _moment),
    )
    return next((spell for fits, spell in spellings if fits(kind)), None)


def _single(value: float) -> str:
    """Spell a 32-bit number by as few digits as tell it apart."""
    import numpy as np  # noqa: PLC0415 - as in parquet.py

    return _float(float(str(np.float32(value))))


def _float(value: float) -> str:
    """Spell a 64-bit number; NaN and infinity are none, and so empty."""
    if not math.isfinite(value):
        return ""
    whole = value.is_integer() and abs(value) < _WHOLE_DIGITS
    return str(int(value)) if whole else repr(value).upper()


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _moment(value: dt.datetime) -> str:
    if value.tzinfo is not None:
        return value.astimezone(dt.UTC).isoformat()
    return (
        value.date().isoformat() if value.time() == dt.time.min else value.isoformat()
    )
