"""Control customers, over their parts: as the destroyer, whose deeds they undergo."""

import os

from custody.adapters import roles
from custody.adapters.warehouse.controls import PostgresControls
from custody.application.controls import PlantControls
from custody.bootstrap.rekey import RekeyParts


class ControlParts(RekeyParts):
    """What plants and destroys them."""

    @property
    def plant_controls(self) -> PlantControls:
        """Let one be destroyed and one come."""
        return PlantControls(
            dataset=self.policy.dataset,
            rekey=self.rekey_epochs,
            exclusively=self.exclusively,
            book=PostgresControls(self.warehouse(roles.WAREHOUSE_DESTROYER)),
            objects=self.data_objects,
            keys=self.public_keys.media,
            ledger=self.destroyer_ledger,
            clock=self.clock,
            entropy=os.urandom,
            reached=self.reached,
        )
