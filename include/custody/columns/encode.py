"""The canonical encoding of a whole block, level by level.

The fast twin of `domain.canonical.encode_fields`: the same bytes, built by
columns (docs/formats.md); a property test proves them equal.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from custody.domain.levels import Level


def _scalar(value: bytes) -> pa.Scalar:
    """Make an Arrow scalar without pandas, which `pa.scalar` would import."""
    return pl.Series([value], dtype=pl.Binary).to_arrow()[0]


_NOTHING = _scalar(b"")


def encode_level(
    values: pl.DataFrame, levels: Mapping[str, pl.Series], level: Level
) -> list[bytes | None]:
    """Return one encoding per row of the fields sealed at `level`.

    `levels` maps each field of `values` to its level per row (text, null when
    the field is missing).  A row without any such field gives None.
    """
    parts: list[pa.Array] = []
    counts = np.zeros(values.height, dtype=np.uint16)
    for name in sorted(levels, key=str.encode):
        here = (levels[name] == level.value).fill_null(value=False)
        if not here.any():
            continue
        present = here & values[name].is_not_null()
        counts += present.to_numpy().astype(np.uint16)
        parts.append(_part(name, values[name], present))
    if not parts:
        return [None] * values.height
    joined = pc.binary_join_element_wise(
        _fixed(counts.astype(">u2").tobytes(), 2), *parts, _NOTHING
    )
    return [
        encoding if count else None
        for encoding, count in zip(joined.to_pylist(), counts.tolist(), strict=True)
    ]


def _part(name: str, column: pl.Series, present: pl.Series) -> pa.Array:
    """Name length, name, value length, value; empty where not present."""
    encoded_name = name.encode()
    texts = column.cast(pl.String).fill_null("")
    lengths = texts.str.len_bytes().to_numpy().astype(">u4").tobytes()
    part = pc.binary_join_element_wise(
        _scalar(len(encoded_name).to_bytes(2, "big") + encoded_name),
        _fixed(lengths, 4),
        texts.to_arrow().cast(pa.large_binary()),
        _NOTHING,
    )
    return pc.if_else(present.to_arrow(), part, _NOTHING)


def _fixed(buffer: bytes, width: int) -> pa.Array:
    """Cut a buffer into byte strings of one width."""
    count = len(buffer) // width
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), count, [None, pa.py_buffer(buffer)]
    ).cast(pa.large_binary())
