"""The keyring as a destruction has it: keys are counted, and deleted for good."""

from collections.abc import Sequence

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.domain.epochs import EpochId
from custody.domain.levels import Level

HANDLES_PER_QUERY = 10_000

_LIVING = text("SELECT id FROM keyring.epoch WHERE state <> 'destroyed' ORDER BY id")
_OF = (
    "FROM keyring.data_key WHERE handle = ANY(:handles)"
    " AND (CAST(:level AS text) IS NULL OR level = :level)"
)
_DELETE = text(f"DELETE {_OF}")
_LEFT = text(f"SELECT count(*) {_OF}")


class PostgresDoomedKeys:
    """Implements `DoomedKeys`; made for keyring_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the destroyer's engine."""
        self._engine = engine

    def living(self) -> tuple[EpochId, ...]:
        """Return every epoch of keys that is not destroyed."""
        with transaction(self._engine, "list living epochs") as connection:
            names = connection.execute(_LIVING).scalars().all()
        return tuple(EpochId.parse(name) for name in names)

    def delete(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Delete the keys of handles, of one level or of all; count them."""
        deleted = 0
        for row in _parts(handles, level):
            with transaction(self._engine, "delete data keys") as connection:
                deleted += connection.execute(_DELETE, row).rowcount
        return deleted

    def left(self, handles: Sequence[bytes], level: Level | None = None) -> int:
        """Count the keys that handles have."""
        found = 0
        for row in _parts(handles, level):
            with transaction(self._engine, "count data keys") as connection:
                found += int(connection.execute(_LEFT, row).scalar_one())
        return found


def _parts(handles: Sequence[bytes], level: Level | None) -> list[dict[str, object]]:
    return [
        {
            "handles": list(handles[start : start + HANDLES_PER_QUERY]),
            "level": None if level is None else level.value,
        }
        for start in range(0, len(handles), HANDLES_PER_QUERY)
    ]
