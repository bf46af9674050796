"""Closing: once every medium was seen without an escrow, nothing can be read (R72).

Each destruction that has no closing certificate is looked at again, wholly: every
medium is listed, the provider is asked for each epoch's key, and what could be read
for a while is looked for.  Whatever is left is a reason, and tomorrow is another day.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from custody.application.certify import KeepCertificate
from custody.application.escrow_removal import ListEscrows
from custody.application.ledger_place import place_of
from custody.application.ports import Clock, Ledger, Offsite
from custody.application.ports.certificates import CertificateBook, KeptCertificate
from custody.domain.certificate import (
    Destruction,
    DestructionCertificate,
    Reason,
    Refused,
)
from custody.domain.certificate_form import read_certificate
from custody.domain.closing import Closing, close
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.domain.observations import (
    KEY_COPIES,
    Copy,
    Method,
    Observation,
    Overwriting,
    Result,
)
from custody.errors import EvidenceError

_OTHER_KIND = Text(
    "{certificate_id}：不是销毁记录", "{certificate_id}: not of a destruction"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What came of one destruction: the closing certificate, or why there is none."""

    plan: str
    certificate_id: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDestructions:
    """The use case; opens nothing, removes nothing.

    `quarantined` yields, for each file in quarantine, the last day on which it is
    kept, None where nobody knows.
    """

    book: CertificateBook
    media: Sequence[Offsite]
    listing: ListEscrows
    quarantined: Callable[[], Iterable[dt.date | None]]
    ledger: Ledger
    keep: KeepCertificate
    clock: Clock

    def __call__(self) -> tuple[Closed, ...]:
        """Return what came of each destruction that was not closed, oldest first.

        WorldError when a medium or the provider does not answer.
        """
        return tuple(self._close(kept) for kept in self.book.unclosed())

    def _close(self, kept: KeptCertificate) -> Closed:
        certified = read_certificate(kept.content).certificate
        if not isinstance(certified, DestructionCertificate):
            raise _OTHER_KIND.as_error(
                EvidenceError, certificate_id=kept.certificate_id
            )
        stated = certified.destruction
        closing = Closing(
            closes=kept.certificate_id,
            certified=certified,
            listings=tuple(
                self.listing(medium, frozenset(stated.epochs)) for medium in self.media
            ),
            observations=tuple(self._look(stated)),
            ledger=place_of(self.ledger),
        )
        made = close(
            closing,
            media=[medium.name for medium in self.media],
            issued_at=self.clock.now(),
        )
        if isinstance(made, Refused):
            return Closed(plan=kept.plan, reasons=made.reasons)
        return Closed(plan=kept.plan, certificate_id=self.keep.closing(made))

    def _look(self, stated: Destruction) -> Iterator[Observation]:
        """Look again where a key was, and where something could be read for a while."""
        for one in stated.observations:
            if one.copy in KEY_COPIES and one.epoch is not None:
                yield self._key(one, one.epoch)
            elif one.copy is Copy.QUARANTINE and one.until is not None:
                yield self._quarantine(one, one.until)

    def _key(self, before: Observation, epoch: EpochId) -> Observation:
        gone = self.listing.destroyed(epoch) is not None
        return dataclasses.replace(
            before,
            result=Result.GONE if gone else Result.FAILED,
            left=0 if gone else 1,
            seen_at=self.clock.now(),
        )

    def _quarantine(self, before: Observation, until: dt.date) -> Observation:
        """Count the files that may have been there at the destruction."""
        days = tuple(self.quarantined())
        left = sum(1 for day in days if day is None or day <= until)
        return dataclasses.replace(
            before,
            method=Method.NONE if left else Method.OVERWRITTEN,
            result=Result.FAILED if left else Result.GONE,
            overwriting=Overwriting.NOT_BY_CUSTODY if left else Overwriting.DONE,
            left=left,
            until=None,
            seen_at=self.clock.now(),
        )
