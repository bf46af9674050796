"""Key records by columns: how the server gathers them, and is asked for handles."""

from collections.abc import Sequence

import polars as pl

WIDTHS = {"handle": 16, "key_id": 32, "wrapped": 0}
HANDLE = "substring(%(handles)s FROM 16 * n + 1 FOR 16)"
"""The handle at place `n` of the handles asked for."""
ASKED = (
    f"(SELECT {HANDLE} AS handle FROM generate_series(0, %(count)s - 1) AS n)"  # noqa: S608 - our own constant
    " asked USING (handle)"
)


def gathering(*texts: str) -> str:
    """Return the SELECT list that gathers records with these columns of text."""
    arrays = "".join(f" array_agg({one}) AS {one}," for one in texts)
    return (
        f"SELECT string_agg(handle, '') AS handle,{arrays}"
        " string_agg(key_id, '') AS key_id, string_agg(wrapped, '') AS wrapped,"
        " array_agg(octet_length(wrapped)) AS sizes"
    )


def schema_with(*texts: str) -> pl.Schema:
    """Return the columns of a frame of such records."""
    return pl.Schema(
        {
            "handle": pl.Binary,
            **dict.fromkeys(texts, pl.String),
            "key_id": pl.Binary,
            "wrapped": pl.Binary,
        }
    )


def asking(handles: Sequence[bytes]) -> dict[str, object]:
    """Return what is bound to ask for handles."""
    return {"handles": b"".join(handles), "count": len(handles)}
