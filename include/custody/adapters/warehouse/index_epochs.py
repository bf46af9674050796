"""Index epochs in the warehouse: which blind-index key new tokens are made under."""

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.errors import WorldError

_ADD = text(
    "INSERT INTO register.index_epoch (number) VALUES (:number) ON CONFLICT DO NOTHING"
)
_OPEN = text("SELECT number FROM register.index_epoch WHERE state = 'open'")


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
            found = connection.execute(_OPEN).scalar()
        if found is None:
            message = "no index epoch is open: create one"
            raise WorldError(message)
        return int(found)
