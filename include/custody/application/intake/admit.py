"""Admit: let a landed delivery in, or seal it away and erase it (R18, R19).

Decides what becomes of a delivery; `looking.py` finds out about it, and the rules
are `domain/admission.py`.  Every step may be repeated: what a killed run has
recorded is found again, and a folder is erased only after its record.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.application.intake import telling
from custody.application.intake.admission import Admission, Findings
from custody.application.intake.erase_refused import erase_refused
from custody.application.intake.looking import Looking, Verify, is_signed
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
from custody.domain.admission import Landed, Signature
from custody.domain.delivery import (
    DeliveryKey,
    DeliveryState,
    Manifest,
    Refusal,
)
from custody.domain.outcome import Tally
from custody.domain.policy import Policy
from custody.errors import ConflictError, DeliveryError, WorldError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitDeliveries:
    """The use case; `verify` is passed in so that a test can show what it stops."""

    policy: Policy
    landing: Landing
    quarantine: Quarantine
    book: DeliveryBook
    ledger: Ledger
    clock: Clock
    notifier: Notifier
    verify: Verify = is_signed
    reached: Reached = pass_by

    def __call__(
        self, source_id: str, business_date: dt.date | None = None
    ) -> Admission:
        """Admit a source's landed deliveries of one date, of all dates if None.

        Known unfinished deliveries are returned too, their folder there or not; so
        are settled ones whose data object or whose erasing a killed run owes.
        Those that could not be judged are `failed`; people were told of them.
        """
        self.reached("discover.before")
        keys = [
            key
            for key in self.landing.deliveries(source_id)
            if business_date in {None, key.business_date}
        ]
        self.reached("discover.after")
        found = self._each(keys)
        found.to_process += [
            record.key.delivery_id
            for record in self.book.owed(source_id, business_date)
        ]
        return found.done()

    def unknown(self) -> Admission:
        """Quarantine what lies in folders of sources that are not approved (R19)."""
        keys = [
            key
            for key in self.landing.deliveries()
            if self.policy.source(key.source_id) is None
        ]
        return self._each(keys).done()

    def _each(self, keys: Iterable[DeliveryKey]) -> Findings:
        """Judge one after the other; a bad one never stops the others."""
        found = Findings()
        for key in keys:
            try:
                _One(self, key).judge_into(found)
            except (WorldError, ConflictError) as error:
                _log.warning("%s was not judged: %s", key.delivery_id, error)
                found.failed.append(key.delivery_id)
        telling.tell_unjudged(self.notifier, found.failed)
        return found


@dataclass(slots=True)
class _One:
    """One landed delivery on its way in."""

    use: AdmitDeliveries
    key: DeliveryKey
    manifest: bytes = b""

    def judge_into(self, found: Findings) -> None:
        """Admit, quarantine, or see that it is known; note which."""
        delivery_id = self.key.delivery_id
        self.use.reached("read_manifest.before")
        self.manifest = self._looking().manifest()
        self.use.reached("read_manifest.after")
        known = self.use.book.find(delivery_id)
        if known is not None:
            self._judge_known(known, found)
            return
        landed, reasons = self._looking().judge(self.manifest, self.use.clock.now())
        if reasons:
            self._seal_away(reasons)
            found.quarantined.append((delivery_id, reasons))
            return
        self._add(landed)
        found.to_process.append(delivery_id)

    # --- known ids ------------------------------------------------------------

    def _judge_known(self, known: DeliveryRecord, found: Findings) -> None:
        delivery_id = self.key.delivery_id
        reason = self._looking().judge_again(self._digest(), known)
        if reason is not None:
            self._seal_again_away(known, reason)
            found.quarantined.append((delivery_id, (reason,)))
        elif known.state is DeliveryState.QUARANTINED:  # what a killed run left
            self._tell_and_erase(known.reasons)
            found.unchanged.append(delivery_id)
        elif known.is_owed:
            found.to_process.append(delivery_id)
        else:
            found.unchanged.append(delivery_id)
            if known.erased_at is not None:
                self._erase()

    def _seal_again_away(self, known: DeliveryRecord, reason: Refusal) -> None:
        """Something else at a known place: keep it under the name of its content."""
        today = self.use.policy.today(self.use.clock.now())
        sealed = seal_again(self._sealer(), today=today)
        entry = self._quarantined_entry((reason,), sealed)
        moved, use = False, self.use
        if known.state is DeliveryState.ADMITTED:
            use.reached("quarantine.move.before")
            moved = use.book.move(
                self.key.delivery_id,
                (DeliveryState.ADMITTED,),
                DeliveryState.QUARANTINED,
                entry,
                reasons=(reason.value,),
            )
            use.reached("quarantine.move.after")
        if not moved:
            use.reached("quarantine.again.before")
            record_once(use.ledger, entry, sealed)
            use.reached("quarantine.again.after")
        self._tell_and_erase((*telling.owed_reasons(known), reason))

    # --- recording ------------------------------------------------------------

    def _add(self, landed: Landed) -> None:
        if landed.manifest is None:  # a check let it through: refuse by crashing
            raise DeliveryError(Refusal.MANIFEST_MALFORMED)
        body: dict[str, str | int | bool | Sequence[str]] = {
            "files": len(landed.named),
            "bytes": sum(file.size for file in landed.named),
            "manifest_sha256": self._digest(),
            "signed": landed.signature is Signature.GOOD,
            "policy": self.use.policy.digest,
        }
        entry = Entry(kind="admitted", subject=self.key.delivery_id, body=body)
        self.use.reached("admit.before")
        self.use.book.add(
            self._record(DeliveryState.ADMITTED, landed.manifest, ()), entry
        )
        self.use.reached("admit.after")

    def _seal_away(self, reasons: tuple[Refusal, ...]) -> None:
        """Seal first, record, then erase; a repeated run finds each step done."""
        use = self.use
        sealed = self._sealer()(self.key.delivery_id)
        record = self._record(DeliveryState.QUARANTINED, None, reasons)
        use.reached("quarantine.record.before")
        use.book.add(record, self._quarantined_entry(reasons, sealed))
        use.reached("quarantine.record.after")
        self._tell_and_erase(reasons)

    def _record(
        self,
        state: DeliveryState,
        manifest: Manifest | None,
        reasons: tuple[Refusal, ...],
    ) -> DeliveryRecord:
        """Return the record; a quarantined one names no files, so blocks no replay."""
        return DeliveryRecord(
            key=self.key,
            state=state,
            manifest_digest=self._digest(),
            files=() if manifest is None else manifest.files,
            tally=Tally(),
            reasons=tuple(reason.value for reason in reasons),
            policy_digest=self.use.policy.digest,
            received_at=self.use.clock.now(),
            erased_at=None,
            exported_at=None,
        )

    def _quarantined_entry(self, reasons: Iterable[Refusal], sealed: Sealed) -> Entry:
        body: dict[str, str | int | bool | Sequence[str]] = {
            "reasons": [reason.value for reason in reasons],
            **sealed.told(),
            "policy": self.use.policy.digest,
        }
        return Entry(kind="quarantined", subject=self.key.delivery_id, body=body)

    def _digest(self) -> str:
        return hashlib.sha256(self.manifest).hexdigest()

    def _sealer(self) -> SealAway:
        use, most = self.use, self.use.policy.max_landed_bytes
        return SealAway(use.landing, use.quarantine, self.key, use.reached, most=most)

    def _looking(self) -> Looking:
        use = self.use
        return Looking(
            use.policy, use.landing, use.book, use.verify, self.key, use.reached
        )

    def _tell_and_erase(self, reasons: Iterable[Refusal | str]) -> None:
        """Tell first: a run killed in between is told of again, not never."""
        self.use.reached("quarantine.tell.before")
        telling.tell_quarantined(self.use.notifier, self.key.delivery_id, reasons)
        self.use.reached("quarantine.tell.after")
        self._erase()

    def _erase(self) -> None:
        use = self.use
        erase_refused(use.landing, use.book, self.key, use.reached)
