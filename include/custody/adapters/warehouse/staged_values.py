"""The sealed values in staging, read by the role that may open them."""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.fetching import whole_groups
from custody.domain.delivery import DeliveryId

# A row of which nothing could be sealed is a row all the same.
_VALUES = text(
    "SELECT r.row, r.handle, v.level, v.sealed, v.key_id, v.digest"
    " FROM intake.staged_row r LEFT JOIN intake.staged_value v USING (delivery_id, row)"
    " WHERE r.delivery_id = :id ORDER BY r.row, v.level"
)
_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "handle": pl.Binary,
    "level": pl.String,
    "sealed": pl.Binary,
    "key_id": pl.Binary,
    "digest": pl.Binary,
}


class PostgresStagedValues:
    """Implements `StagedValues`; made for custody_rebuilder."""

    def __init__(self, engine: Engine) -> None:
        """Take the rebuilder's engine."""
        self._engine = engine

    def of(self, delivery_id: DeliveryId) -> Iterator[pl.DataFrame]:
        """Yield row, handle, level, sealed, key_id, digest; a row is never split."""
        with transaction(self._engine, "read staged values") as connection:
            yield from whole_groups(
                connection, _VALUES, {"id": delivery_id}, schema=_SCHEMA
            )
