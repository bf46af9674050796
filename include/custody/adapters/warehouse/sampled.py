"""A sample of a run: some of the condemned and some survivors, with their keys.

It is what somebody who copied rows and wrapped keys in time would have.
"""

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.doomed import DOOMED
from custody.adapters.warehouse.fetching import VALUE_SCHEMA

_VALUE = "s.handle, s.level, s.sealed, s.key_id, s.digest"
_CONDEMNED = (
    f"EXISTS (SELECT FROM {DOOMED} d WHERE d.plan = :plan AND d.handle = s.handle"
    " AND d.level = s.level AND d.state = 'condemned')"
)
# From a handle that nobody foresees on, and once around.
_DUE = text(
    f"SELECT true AS due, {_VALUE} FROM {DOOMED} d"  # noqa: S608 - constants
    " JOIN register.sealed_value s ON s.handle = d.handle AND s.level = d.level"
    " WHERE d.plan = :plan AND d.state = 'condemned'"
    " ORDER BY s.handle < :pivot, s.handle, s.level LIMIT :size"
)
_SURVIVORS = tuple(
    text(
        f"SELECT false AS due, {_VALUE} FROM register.sealed_value s"  # noqa: S608 - constants
        " WHERE EXISTS (SELECT FROM register.record_version v"
        "  WHERE v.handle = s.handle)"
        f" AND s.handle {side} :pivot AND NOT {_CONDEMNED}"
        " ORDER BY s.handle, s.level LIMIT :size"
    )
    for side in (">=", "<")
)
_FORGET = text("DELETE FROM destruction.sample WHERE plan = :plan")
_KEPT = text(
    "SELECT due, handle, level, sealed, key_id, digest, epoch, wrapped"
    " FROM destruction.sample WHERE plan = :plan ORDER BY handle, level"
)
_DRAWN: dict[str, type[pl.DataType]] = {"due": pl.Boolean, **VALUE_SCHEMA}
_KEEPING: dict[str, type[pl.DataType]] = {
    **_DRAWN,
    "epoch": pl.String,
    "wrapped": pl.Binary,
}
_KEEP = text(
    "INSERT INTO destruction.sample"
    " (plan, due, handle, level, sealed, key_id, digest, epoch, wrapped) VALUES"
    " (:plan, :due, :handle, :level, :sealed, :key_id, :digest, :epoch, :wrapped)"
)


class PostgresSample:
    """Implements `Sample`; made for custody_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def draw(self, plan: str, *, pivot: bytes, size: int) -> pl.DataFrame:
        """Return some of the condemned, and some survivors, as they are stored."""
        row = {**bound(plan), "pivot": pivot, "size": size}
        with transaction(self._engine, "draw a sample") as connection:
            rows = [tuple(one) for one in connection.execute(_DUE, row)]
            survivors: list[tuple[object, ...]] = []
            for query in _SURVIVORS:
                survivors += [tuple(one) for one in connection.execute(query, row)]
        return pl.DataFrame(rows + survivors[:size], schema=_DRAWN, orient="row")

    def keep(self, plan: str, sample: pl.DataFrame) -> None:
        """Keep a sample with epoch and wrapped key, in the place of an older one."""
        rows = sample.select(*_KEEPING).to_dicts()
        with transaction(self._engine, "keep a sample") as connection:
            connection.execute(_FORGET, bound(plan))
            connection.execute(_KEEP, [{**bound(plan), **row} for row in rows])

    def kept(self, plan: str) -> pl.DataFrame:
        """Return the sample that was kept."""
        with transaction(self._engine, "read a sample") as connection:
            rows = [tuple(row) for row in connection.execute(_KEPT, bound(plan))]
        return pl.DataFrame(rows, schema=_KEEPING, orient="row")

    def forget(self, plan: str) -> None:
        """Delete it."""
        with transaction(self._engine, "forget a sample") as connection:
            connection.execute(_FORGET, bound(plan))
