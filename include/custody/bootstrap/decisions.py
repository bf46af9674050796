"""What people decide about deliveries, rows and quarantine, over its parts."""

from custody.adapters.warehouse.decided_rows import PostgresHeldRows
from custody.application.intake.decide_row import DecideRow
from custody.application.intake.hold import HeldDeliveries
from custody.application.intake.quarantine import QuarantineRoom
from custody.bootstrap.parts import Parts


class DecisionParts(Parts):
    """A person's word on what the intake would not decide by itself."""

    @property
    def held(self) -> HeldDeliveries:
        """A steward's word on held deliveries."""
        return HeldDeliveries(book=self.book)

    @property
    def decide_row(self) -> DecideRow:
        """A steward's word on one held row."""
        return DecideRow(
            policy=self.policy,
            book=self.book,
            rows=PostgresHeldRows(self.loader, self.ledger_writer, self.clock),
        )

    @property
    def quarantine(self) -> QuarantineRoom:
        """What people may do with quarantined files."""
        return QuarantineRoom(
            policy=self.policy,
            quarantine=self.quarantine_store,
            book=self.book,
            ledger=self.ledger,
            clock=self.clock,
        )
