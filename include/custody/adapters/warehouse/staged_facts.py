"""Facts in staging: one Arrow frame a block, and those only the whole file tells."""

import io
from collections.abc import Iterator

import polars as pl
from sqlalchemy import Connection, text

LATE_FACTS = -1
"""The block number of the facts that only the whole file could tell."""

_ADD_FACTS = text(
    "INSERT INTO intake.staged_facts (delivery_id, block, ipc)"
    " VALUES (:id, :block, :ipc)"
)
_FACTS = text(
    "SELECT ipc FROM intake.staged_facts WHERE delivery_id = :id AND block >= 0"
    " ORDER BY block"
)
_LATE = text(
    "SELECT ipc FROM intake.staged_facts WHERE delivery_id = :id AND block = :block"
)


def add_facts(
    connection: Connection, delivery_id: str, block: int, facts: pl.DataFrame
) -> None:
    """Store the facts of a block, or under `LATE_FACTS`."""
    buffer = io.BytesIO()
    facts.write_ipc(buffer, compression="zstd")
    row = {"id": delivery_id, "block": block, "ipc": buffer.getvalue()}
    connection.execute(_ADD_FACTS, row)


def staged_facts(connection: Connection, delivery_id: str) -> Iterator[pl.DataFrame]:
    """Yield the staged facts of a delivery, whole-file facts joined in by row."""
    found = connection.execute(_LATE, {"id": delivery_id, "block": LATE_FACTS}).scalar()
    late = None if found is None else pl.read_ipc(io.BytesIO(found))
    for ipc in connection.execute(
        _FACTS, {"id": delivery_id}, execution_options={"yield_per": 1}
    ).scalars():
        block = pl.read_ipc(io.BytesIO(ipc))
        if late is not None:
            told = [name for name in late.columns if name != "row"]
            block = block.drop(told, strict=False).join(late, on="row", how="left")
        yield block
