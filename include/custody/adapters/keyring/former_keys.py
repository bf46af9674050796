"""Key records whose values were sealed again: told by department, then forgotten."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, text

from custody.adapters.database import transaction
from custody.domain.epochs import EpochId

_DEPARTMENTS = text(
    "SELECT handle, department FROM keyring.data_key"
    " WHERE epoch = :epoch AND handle = ANY(:handles)"
)
_FORGET = text(
    "DELETE FROM keyring.data_key k USING unnest(CAST(:handles AS bytea[]),"
    " CAST(:key_ids AS bytea[])) AS m (handle, key_id)"
    " WHERE k.epoch = :epoch AND k.handle = m.handle AND k.key_id = m.key_id"
)


class PostgresFormerKeys:
    """Implements `FormerKeys` for keyring_destroyer."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of keyring_destroyer."""
        self._engine = engine

    def departments(
        self, epoch: EpochId, handles: Sequence[bytes]
    ) -> Mapping[bytes, str]:
        """Return the owner department of each handle that has a key there."""
        row = {"epoch": str(epoch), "handles": list(handles)}
        with transaction(self._engine, "read owners of data keys") as connection:
            found = connection.execute(_DEPARTMENTS, row).all()
        return {bytes(one.handle): one.department for one in found}

    def forget(
        self, epoch: EpochId, handles: Sequence[bytes], key_ids: Sequence[bytes]
    ) -> int:
        """Delete those records of an epoch; return how many there were."""
        row = {
            "epoch": str(epoch),
            "handles": list(handles),
            "key_ids": list(key_ids),
        }
        with transaction(self._engine, "forget former data keys") as connection:
            return connection.execute(_FORGET, row).rowcount
