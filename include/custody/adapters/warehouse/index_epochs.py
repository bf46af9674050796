"""Index epochs in the warehouse: which blind-index key new tokens are made under."""

from sqlalchemy import Connection, Engine, text

from custody.adapters.database import transaction
from custody.adapters.warehouse.row_words import NO_INDEX_EPOCH
from custody.domain.language import Text
from custody.errors import EpochClosedError, WorldError

_ADD = text(
    "INSERT INTO register.index_epoch (number) VALUES (:number) ON CONFLICT DO NOTHING"
)
_STANDING = text(
    "SELECT min(number) FILTER (WHERE state = 'closing') AS closing,"
    " min(number) FILTER (WHERE state = 'open') AS opened FROM register.index_epoch"
)
_HELD = text(
    "SELECT number, state FROM register.index_epoch WHERE state <> 'destroyed'"
    " ORDER BY number FOR SHARE"
)
_CLOSING = Text(
    "{place}：有索引纪元正在关闭：待其结束后重试",
    "{place}: an index epoch is closing: repeat this when it is gone",
)


class PostgresIndexEpochs:
    """The owner adds an index epoch; whoever seals asks which one is open."""

    def __init__(self, engine: Engine) -> None:
        """Take custody_owner's engine to add, or custody_loader's to ask."""
        self._engine = engine

    def add(self, number: int) -> None:
        """Record a born index epoch as open; idempotent."""
        with transaction(self._engine, "add an index epoch") as connection:
            connection.execute(_ADD, {"number": number})

    def open_number(self) -> int:
        """Return the number of the open index epoch; WorldError if there is none."""
        with transaction(self._engine, "find the open index epoch") as connection:
            return standing(connection)[1]

    def closing_number(self) -> int | None:
        """Return the number of the index epoch that is closing, if one is."""
        with transaction(self._engine, "find a closing index epoch") as connection:
            return standing(connection)[0]


def standing(connection: Connection) -> tuple[int | None, int]:
    """Return the closing index epoch, or None, and the open one."""
    found = connection.execute(_STANDING).one()
    if found.opened is None:
        raise NO_INDEX_EPOCH.as_error(WorldError)
    return found.closing, found.opened


def hold_open(connection: Connection, place: str) -> None:
    """Hold the index epochs for whoever matches; EpochClosedError while one closes.

    Its tokens stand partly under it and partly under its successor: matching would
    miss a customer and found them anew.
    """
    states = [row.state for row in connection.execute(_HELD)]
    if any(state != "open" for state in states):
        raise _CLOSING.as_error(EpochClosedError, place=place)
