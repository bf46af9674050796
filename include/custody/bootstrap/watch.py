"""The watch, over its parts: it reads, and opens nothing."""

from custody.adapters import roles
from custody.adapters.offsite import medium_name
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import set_lines
from custody.adapters.warehouse.restriction import PostgresStandingViews
from custody.application.watch import Watch
from custody.bootstrap.drill import DrillParts
from custody.bootstrap.retention import RetentionParts
from custody.domain.backups import LastBackups, last_backups


class WatchParts(RetentionParts, DrillParts):
    """What operations see of backups, drills and destructions."""

    @property
    def watch(self) -> Watch:
        """Look at every medium, and at what the ledger and the register tell."""
        return Watch(
            media=self.media,
            tags=self.public_keys.tags,
            trust=self.trust,
            keyring=self.keyring(roles.KEYRING_LOADER),
            index_epochs=PostgresIndexEpochs(self.loader),
            ledger=self.ledger,
            drills=self.drill_ages,
            dues=PostgresStandingViews(self.warehouse(roles.WAREHOUSE_READER)),
            unanswered=self.unanswered,
            notifier=self.notifier,
            clock=self.clock,
        )

    def last_backups(self) -> LastBackups:
        """Return what the ledger tells of each medium's last set, as the reader."""
        return last_backups(
            set_lines(self.warehouse(roles.WAREHOUSE_READER)),
            [medium_name(url) for url in self.settings.offsite_urls],
            self.clock.now(),
        )
