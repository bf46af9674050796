"""Restore drills, over their parts."""

from custody.adapters import roles
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import ledger_lines
from custody.application.drill import RunDrill
from custody.bootstrap.ledger import LedgerParts
from custody.domain.drills import DrillAge, drill_ages


class DrillParts(LedgerParts):
    """What looks whether a restore would succeed."""

    @property
    def drill(self) -> RunDrill:
        """Look at every medium, without a secret."""
        return RunDrill(
            dataset=self.policy.dataset,
            media=self.media,
            tags=self.public_keys.tags,
            trust=self.trust,
            keyring=self.keyring(roles.KEYRING_LOADER),
            index_epochs=PostgresIndexEpochs(self.loader),
            ledger=self.ledger,
        )

    def drill_ages(self) -> tuple[DrillAge, ...]:
        """Return how long ago the last drill of each kind passed, as the reader."""
        lines = ledger_lines(self.warehouse(roles.WAREHOUSE_READER))
        return drill_ages(lines, self.clock.now())
