"""open_shelf(): what the pages show, read as the role that opens nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from custody.adapters import roles
from custody.adapters.config import Settings, read_settings
from custody.adapters.offsite import medium_name
from custody.adapters.warehouse.reports import PostgresReports
from custody.adapters.warehouse.views import PostgresViews
from custody.application.ports import CheckReport
from custody.bootstrap import Custody
from custody.domain.backups import LastBackups
from custody.domain.delivery import DeliveryId
from custody.domain.drills import DrillAge
from custody.domain.policy import Policy
from custody.domain.unanswered import Unanswered


def open_shelf(settings: Settings | None = None) -> "WarehouseShelf":
    """Return the shelf over the settings (the environment's if None)."""
    return WarehouseShelf(Custody(settings or read_settings()))


@dataclass(frozen=True)
class WarehouseShelf:
    """Implements the pages' `Shelf`, as `custody_reader`."""

    custody: Custody

    @cached_property
    def views(self) -> PostgresViews:
        """Deliveries and the register, masked throughout."""
        return PostgresViews(self.custody.warehouse(roles.WAREHOUSE_READER))

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.custody.policy

    @property
    def storage(self) -> str:
        """Where sealed values and their off-site copies lie."""
        settings = self.custody.settings
        host = urlsplit(settings.warehouse_url).hostname or "localhost"
        media = ", ".join(medium_name(url) for url in settings.offsite_urls)
        return f"{host}: register.sealed_value; {media}"

    def drills(self) -> Sequence[DrillAge]:
        """Return how long ago the last drill of each kind passed."""
        return self.custody.drill_ages()

    def backups(self) -> LastBackups:
        """Return what the ledger tells of each medium's last set."""
        return self.custody.last_backups()

    def unanswered(self) -> Sequence[Unanswered]:
        """Return what restores have lost and nobody has answered."""
        return self.custody.unanswered()

    @property
    def now(self) -> dt.datetime:
        """The moment."""
        return self.custody.clock.now()

    def report(self, delivery_id: str) -> CheckReport | None:
        """Return a delivery's validation report."""
        engine = self.custody.warehouse(roles.WAREHOUSE_READER)
        reports = PostgresReports(engine, self.custody.clock)
        return reports.get(DeliveryId(delivery_id))
