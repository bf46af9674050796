"""What is left of the condemned in the warehouse: counted, never concluded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.destruction import bound
from custody.adapters.warehouse.doomed import DOOMED, GONE
from custody.domain.levels import Level

_PER_FETCH = 10_000

_OF_RUN = "d.plan = :plan AND d.state <> 'spared'"
_LEFT = text(
    f"SELECT (SELECT count(*) FROM {DOOMED} d JOIN register.sealed_value s"  # noqa: S608 - constants
    f"  ON s.handle = d.handle AND s.level = d.level WHERE {_OF_RUN})"
    " AS sealed_values,"
    f" (SELECT count(*) FROM {DOOMED} d JOIN register.row_token t"
    f"  ON t.handle = d.handle AND t.level = d.level WHERE {_OF_RUN})"
    f" + (SELECT count(*) FROM {DOOMED} d JOIN register.token t USING (handle)"
    f"  WHERE {_OF_RUN} AND (t.field = ANY(d.fields) OR {GONE})) AS tokens,"
    f" (SELECT count(*) FROM {DOOMED} d JOIN projection.record p USING (handle)"
    f"  WHERE {_OF_RUN} AND {GONE}) AS shown"
)
_ALL_HANDLES = text(
    f"SELECT d.level, d.handle FROM {DOOMED} d WHERE {_OF_RUN} ORDER BY d.level"  # noqa: S608 - constants
)
_LANDED = text(
    f"SELECT count(DISTINCT i.delivery_id) FROM {DOOMED} d"  # noqa: S608 - constants
    f" JOIN intake.delivery i USING (delivery_id) WHERE {_OF_RUN}"
    " AND i.erased_at IS NULL"
)


class PostgresLeftOver:
    """Implements `LeftOver`; made for custody_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def left(self, plan: str) -> Mapping[str, int]:
        """Count what is left of the condemned: `values`, `tokens`, `shown`."""
        with transaction(self._engine, "count what is left") as connection:
            found = connection.execute(_LEFT, bound(plan)).one()
        return {
            "values": found.sealed_values,
            "tokens": found.tokens,
            "shown": found.shown,
        }

    def handles(self, plan: str) -> Iterator[tuple[Level, tuple[bytes, ...]]]:
        """Yield the handles of every version, by the level that goes."""
        with transaction(self._engine, "list the handles") as connection:
            rows = connection.execute(
                _ALL_HANDLES, bound(plan), execution_options={"yield_per": _PER_FETCH}
            )
            for part in rows.partitions(_PER_FETCH):
                levels: dict[Level, list[bytes]] = defaultdict(list)
                for level, handle in part:
                    levels[Level(level)].append(bytes(handle))
                yield from ((level, tuple(all_)) for level, all_ in levels.items())

    def landed(self, plan: str) -> int:
        """Count the deliveries of a run whose landed files are not erased."""
        with transaction(self._engine, "look for landed files") as connection:
            return int(connection.execute(_LANDED, bound(plan)).scalar_one())
