"""Refusing: a folder that is not let in is sealed away, told of, and erased (R19).

Every step may be repeated: what a killed run has recorded is found again, and a
folder is erased only after its record.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.application.intake import telling
from custody.application.intake.erase_refused import erase_refused
from custody.application.intake.seal_again import record_once, seal_again
from custody.application.intake.seal_away import SealAway, Sealed
from custody.application.ports import (
    Clock,
    DeliveryBook,
    DeliveryRecord,
    Entry,
    Landing,
    Ledger,
    Notifier,
    Quarantine,
    Reached,
    pass_by,
)
from custody.domain.delivery import DeliveryKey, DeliveryState, Manifest, Refusal
from custody.domain.outcome import Tally
from custody.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """What refuses a folder, whoever looked at it."""

    policy: Policy
    landing: Landing
    quarantine: Quarantine
    book: DeliveryBook
    ledger: Ledger
    clock: Clock
    notifier: Notifier
    reached: Reached = pass_by

    def seal_away(
        self, key: DeliveryKey, manifest: bytes, reasons: Sequence[Refusal]
    ) -> None:
        """Seal first, record, then erase; a repeated run finds each step done."""
        sealed = self._sealer(key)(key.delivery_id)
        record = self.record(
            key, DeliveryState.QUARANTINED, manifest, reasons=tuple(reasons)
        )
        self.reached("quarantine.record.before")
        self.book.add(record, self._entry(key, reasons, sealed))
        self.reached("quarantine.record.after")
        self.tell_and_erase(key, reasons)

    def seal_again_away(self, known: DeliveryRecord, reason: Refusal) -> None:
        """Something else at a known place: keep it under the name of its content."""
        key = known.key
        today = self.policy.today(self.clock.now())
        sealed = seal_again(self._sealer(key), today=today)
        entry = self._entry(key, (reason,), sealed)
        moved = False
        if known.state is DeliveryState.ADMITTED:
            self.reached("quarantine.move.before")
            moved = self.book.move(
                key.delivery_id,
                (DeliveryState.ADMITTED,),
                DeliveryState.QUARANTINED,
                entry,
                reasons=(reason.value,),
            )
            self.reached("quarantine.move.after")
        if not moved:
            self.reached("quarantine.again.before")
            record_once(self.ledger, entry, sealed)
            self.reached("quarantine.again.after")
        self.tell_and_erase(key, (*telling.owed_reasons(known), reason))

    def tell_and_erase(
        self, key: DeliveryKey, reasons: Iterable[Refusal | str]
    ) -> None:
        """Tell first: a run killed in between is told of again, not never."""
        self.reached("quarantine.tell.before")
        telling.tell_quarantined(self.notifier, key.delivery_id, reasons)
        self.reached("quarantine.tell.after")
        self.erase(key)

    def erase(self, key: DeliveryKey) -> None:
        """Erase the folder, and record it if that is not recorded."""
        erase_refused(self.landing, self.book, key, self.reached)

    def record(
        self,
        key: DeliveryKey,
        state: DeliveryState,
        manifest: bytes,
        *,
        named: Manifest | None = None,
        reasons: tuple[Refusal, ...] = (),
    ) -> DeliveryRecord:
        """Return a new record; a refused one names no files, so blocks no replay."""
        return DeliveryRecord(
            key=key,
            state=state,
            manifest_digest=hashlib.sha256(manifest).hexdigest(),
            files=() if named is None else named.files,
            tally=Tally(),
            reasons=tuple(reason.value for reason in reasons),
            policy_digest=self.policy.digest,
            received_at=self.clock.now(),
            erased_at=None,
            exported_at=None,
        )

    def _entry(
        self, key: DeliveryKey, reasons: Iterable[Refusal], sealed: Sealed
    ) -> Entry:
        body: dict[str, str | int | bool | Sequence[str]] = {
            "reasons": [reason.value for reason in reasons],
            **sealed.told(),
            "policy": self.policy.digest,
        }
        return Entry(kind="quarantined", subject=key.delivery_id, body=body)

    def _sealer(self, key: DeliveryKey) -> SealAway:
        most = self.policy.max_landed_bytes
        return SealAway(self.landing, self.quarantine, key, self.reached, most=most)
