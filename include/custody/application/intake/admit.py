"""Admit: let a landed delivery in, or seal it away and erase it (R18, R19).

Decides what becomes of a delivery; `looking.py` finds out about it, the rules are
`domain/admission.py`, and `refusing.py` turns away.  Every step may be repeated:
what a killed run has recorded is found again.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.application.intake import telling
from custody.application.intake.admission import Admission, Findings
from custody.application.intake.looking import Looking, Verify, is_signed
from custody.application.intake.refusing import Refusing
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
from custody.domain.delivery import DeliveryKey, DeliveryState, Refusal
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

    @property
    def refusing(self) -> Refusing:
        """What turns a folder away."""
        return Refusing(
            policy=self.policy,
            landing=self.landing,
            quarantine=self.quarantine,
            book=self.book,
            ledger=self.ledger,
            clock=self.clock,
            notifier=self.notifier,
            reached=self.reached,
        )

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
            self.use.refusing.seal_away(self.key, self.manifest, reasons)
            found.quarantined.append((delivery_id, reasons))
            return
        self._add(landed)
        found.to_process.append(delivery_id)

    def _judge_known(self, known: DeliveryRecord, found: Findings) -> None:
        delivery_id, refusing = self.key.delivery_id, self.use.refusing
        reason = self._looking().judge_again(self._digest(), known)
        if reason is not None:
            refusing.seal_again_away(known, reason)
            found.quarantined.append((delivery_id, (reason,)))
        elif known.state is DeliveryState.QUARANTINED:  # what a killed run left
            refusing.tell_and_erase(self.key, known.reasons)
            found.unchanged.append(delivery_id)
        elif known.is_owed:
            found.to_process.append(delivery_id)
        else:
            found.unchanged.append(delivery_id)
            if known.erased_at is not None:
                refusing.erase(self.key)

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
        record = self.use.refusing.record(
            self.key, DeliveryState.ADMITTED, self.manifest, named=landed.manifest
        )
        self.use.reached("admit.before")
        self.use.book.add(record, entry)
        self.use.reached("admit.after")

    def _digest(self) -> str:
        return hashlib.sha256(self.manifest).hexdigest()

    def _looking(self) -> Looking:
        use = self.use
        return Looking(
            use.policy, use.landing, use.book, use.verify, self.key, use.reached
        )
