"""Where the wrapped wrapping keys of a key service are kept: in the keyring.

Written once by the owner when an epoch is born; the day of its end is the only
thing that changes.  What lies here opens nothing without the service.
"""

import datetime as dt

from sqlalchemy import Engine, TextClause, text

from custody.adapters.database import transaction
from custody.adapters.kms_place import ProviderKey
from custody.domain.epochs import EpochId

_FIND = text("SELECT key, wrapped, final FROM keyring.provider_key WHERE epoch = :id")
_ADD = text(
    "INSERT INTO keyring.provider_key (epoch, key, wrapped)"
    " VALUES (:id, :key, :wrapped) ON CONFLICT (epoch) DO NOTHING"
)
_CONDEMN = text(
    "UPDATE keyring.provider_key SET final = :final WHERE epoch = :id AND final IS NULL"
)
_SETTLE = text("UPDATE keyring.provider_key SET final = :final WHERE epoch = :id")
_EPOCHS = text("SELECT epoch FROM keyring.provider_key ORDER BY epoch")


class PostgresProviderKeys:
    """Implements `ProviderKeys`; what it may do is what the engine's role may do."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of keyring_owner, _loader or _rebuilder."""
        self._engine = engine

    def find(self, epoch: EpochId) -> ProviderKey | None:
        """Return what is kept of an epoch, None when there is nothing."""
        with transaction(self._engine, "look a wrapping key up") as connection:
            row = connection.execute(_FIND, {"id": str(epoch)}).one_or_none()
        if row is None:
            return None
        return ProviderKey(key=row.key, wrapped=bytes(row.wrapped), final=row.final)

    def add(self, epoch: EpochId, kept: ProviderKey) -> bool:
        """Keep what was born; False, and nothing changed, when the epoch has one."""
        row = {"id": str(epoch), "key": kept.key, "wrapped": kept.wrapped}
        with transaction(self._engine, "keep a wrapping key") as connection:
            return connection.execute(_ADD, row).rowcount == 1

    def condemn(self, epoch: EpochId, final: dt.date) -> None:
        """Note that the key is to die, by this day; an earlier note stands."""
        self._note(_CONDEMN, epoch, final)

    def settle(self, epoch: EpochId, final: dt.date) -> None:
        """Note the day that the service named."""
        self._note(_SETTLE, epoch, final)

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key, ordered by name."""
        with transaction(self._engine, "list wrapping keys") as connection:
            names = connection.execute(_EPOCHS).scalars().all()
        return tuple(EpochId.parse(name) for name in sorted(names))

    def _note(self, statement: TextClause, epoch: EpochId, final: dt.date) -> None:
        row = {"id": str(epoch), "final": final}
        with transaction(self._engine, "note a key's end") as connection:
            connection.execute(statement, row)
