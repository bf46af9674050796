"""What is left of the condemned in the warehouse: counted, never concluded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.destruction import bound
from custody.domain.levels import Level

_PER_FETCH = 10_000

_LEFT = text(
    "SELECT (SELECT count(*) FROM register.sealed_value s"
    "  JOIN register.record_version v USING (handle) JOIN destruction.line l"
    "  ON l.number = v.number AND l.level = s.level WHERE l.plan = :plan"
    "  AND l.state <> 'spared') AS sealed_values,"
    " (SELECT count(*) FROM register.row_token t JOIN destruction.line l"
    "  USING (number, level) WHERE l.plan = :plan AND l.state <> 'spared')"
    " + (SELECT count(*) FROM register.token t JOIN destruction.line l"
    "  USING (number) WHERE l.plan = :plan AND l.state <> 'spared'"
    "  AND (t.field = ANY(l.fields) OR NOT EXISTS (SELECT"
    "   FROM register.record_version v JOIN register.sealed_value s USING (handle)"
    "   WHERE v.number = l.number))) AS tokens,"
    " (SELECT count(*) FROM projection.record p JOIN destruction.line l"
    "  USING (number) WHERE l.plan = :plan AND l.state <> 'spared') AS shown"
)
_ALL_HANDLES = text(
    "SELECT l.level, v.handle FROM destruction.line l"
    " JOIN register.record_version v USING (number)"
    " WHERE l.plan = :plan AND l.state <> 'spared' ORDER BY l.level"
)
_LANDED = text(
    "SELECT count(DISTINCT d.delivery_id) FROM destruction.line l"
    " JOIN register.record_version v USING (number)"
    " JOIN intake.delivery d USING (delivery_id)"
    " WHERE l.plan = :plan AND l.state <> 'spared' AND d.erased_at IS NULL"
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
