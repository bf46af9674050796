"""The live epochs of a level with their dates, as any role of the keyring sees them."""

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.application.restriction import EpochLife
from custody.domain.epochs import EpochId, EpochState
from custody.domain.levels import Level

_LIVES = text(
    "SELECT id, born_at, state FROM keyring.epoch"
    " WHERE purpose = 'live' AND level = :level ORDER BY number"
)


class PostgresEpochLives:
    """Implements `EpochLives`; made for keyring_loader."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of keyring_loader."""
        self._engine = engine

    def of(self, level: Level) -> tuple[EpochLife, ...]:
        """Return the live epochs of a level, by number."""
        with transaction(self._engine, "look at the epochs of a level") as connection:
            rows = connection.execute(_LIVES, {"level": level.value}).all()
        return tuple(
            EpochLife(
                epoch=EpochId.parse(row.id),
                born_at=row.born_at,
                state=EpochState(row.state),
            )
            for row in rows
        )
