"""Tables of a full set, as they stood in its snapshot; of the keyring's, none.

What has no value in it (deliveries, outcomes, standings, holds, suppression marks,
plans, certificates) comes back as it was; epochs are the target's own.
"""

from dataclasses import dataclass

from custody.application.ports import Reached, pass_by
from custody.application.ports.restore import RestoreWarehouse, StoredRows
from custody.domain.full_set import FullSet

_KEYRING = "keyring."


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTables:
    """Copies the tables of a set in, in the order in which they refer."""

    objects: StoredRows
    warehouse: RestoreWarehouse
    reached: Reached = pass_by

    def __call__(self, full: FullSet) -> None:
        """Copy every table; EvidenceError when one is not what the manifest says."""
        self.reached("restore.tables.before")
        for table in full.tables:
            if not table.name.startswith(_KEYRING):
                with self.objects.opened(table.path, table.sha256) as content:
                    self.warehouse.copy_table(
                        table.name, table.columns, content, table.rows
                    )
        self.reached("restore.tables.after")
