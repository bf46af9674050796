"""Which handles a row of the warehouse claims, and how long a writer has been at it."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Engine, text

from custody.adapters.database import transaction

# One statement, one snapshot: a row that moves from staging to the register is in
# one of them in every snapshot.
_UNCLAIMED = text(
    "SELECT h FROM unnest(CAST(:handles AS bytea[])) AS h"
    " WHERE NOT EXISTS (SELECT FROM intake.staged_row s WHERE s.handle = h)"
    " AND NOT EXISTS (SELECT FROM register.record_version v WHERE v.handle = h)"
)
# A role is shown when transactions of its own began, not those of others.
_OLDEST = text(
    "SELECT min(xact_start) FROM pg_stat_activity WHERE usename = current_user"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)


class PostgresClaims:
    """Implements `Claims` for the loader, whose transactions write the rows."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of custody_loader."""
        self._engine = engine

    def oldest_writer(self) -> dt.datetime | None:
        """Return when the oldest open transaction of a loader began; None: none is."""
        with transaction(self._engine, "look for open loads") as connection:
            began: dt.datetime | None = connection.execute(_OLDEST).scalar()
        return began

    def unclaimed(self, handles: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return those handles that no row has, staged or in the register."""
        with transaction(self._engine, "look for rows of keys") as connection:
            found = connection.execute(_UNCLAIMED, {"handles": list(handles)})
            return tuple(bytes(handle) for handle in found.scalars())
