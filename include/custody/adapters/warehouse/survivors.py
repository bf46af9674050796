"""Everything that is sealed, in the order of handles: what a full set is made of.

The warehouse is read before the keyring (design section 4), a page in one snapshot.
"""

from collections.abc import Iterator

import polars as pl
from sqlalchemy import Engine, text

from custody.adapters.database import transaction

VALUES_PER_PAGE = 20_000

_PAGE = text(
    "SELECT s.handle, v.number AS customer, v.version, s.level, s.sealed, s.digest,"
    " s.key_id, v.state, v.business_date FROM register.sealed_value s"
    " JOIN register.record_version v USING (handle)"
    " WHERE (s.handle, s.level) > (:handle, :level)"
    " ORDER BY s.handle, s.level LIMIT :most"
)
# Few, and of no index by handle: those that wait follow in one pass.
_WAITING = text(
    "SELECT s.handle, NULL, NULL, s.level, s.sealed, s.digest, s.key_id, d.state,"
    " d.business_date FROM intake.staged_value s"
    " JOIN intake.delivery d USING (delivery_id) ORDER BY s.handle, s.level"
)
_SCHEMA = {
    "handle": pl.Binary,
    "customer": pl.String,
    "version": pl.Int32,
    "level": pl.String,
    "sealed": pl.Binary,
    "digest": pl.Binary,
    "key_id": pl.Binary,
    "state": pl.String,
    "business_date": pl.Date,
}


class PostgresSurvivors:
    """Implements `SealedRows`; made for custody_exporter."""

    def __init__(self, engine: Engine, *, page: int = VALUES_PER_PAGE) -> None:
        """Take the exporter's engine."""
        self._engine = engine
        self._page = page

    def pages(self) -> Iterator[pl.DataFrame]:
        """Yield every sealed value by handle and level, those that wait last."""
        at: dict[str, object] = {"handle": b"", "level": ""}
        while True:
            wanted = {**at, "most": self._page}
            with transaction(self._engine, "read everything sealed") as connection:
                rows = [tuple(row) for row in connection.execute(_PAGE, wanted)]
            if not rows:
                break
            yield pl.DataFrame(rows, schema=_SCHEMA, orient="row")
            at = {"handle": rows[-1][0], "level": rows[-1][3]}
        with transaction(self._engine, "read everything that waits") as connection:
            found = connection.execute(
                _WAITING, execution_options={"yield_per": self._page}
            )
            for part in found.partitions(self._page):
                rows = [tuple(row) for row in part]
                yield pl.DataFrame(rows, schema=_SCHEMA, orient="row")
