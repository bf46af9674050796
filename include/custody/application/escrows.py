"""Escrows: those of living epochs stay locked; needs no key and opens none."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.keys import (
    ESCROW_LOCK_DAYS,
    IndexEpochs,
    escrow_folder,
    escrow_path,
)
from custody.application.ports import Clock, Keyring, Offsite
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.errors import CustodyError, EvidenceError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepEscrows:
    """Lengthens the lock of each living epoch's escrow, on every medium."""

    media: Sequence[Offsite]
    keyring: Keyring
    index_epochs: IndexEpochs
    clock: Clock

    def __call__(self) -> None:
        """Lock for ESCROW_LOCK_DAYS from today; repeatable; no medium stops another.

        EvidenceError, at the end, when a medium has lost an escrow.
        """
        until = self.clock.now().date() + dt.timedelta(days=ESCROW_LOCK_DAYS)
        lost: list[str] = []
        faults: list[CustodyError] = []
        epochs = tuple(living_epochs(self.keyring, self.index_epochs))
        for medium in self.media:
            try:
                lost += [
                    f"{medium.name}: {epoch}"
                    for epoch in epochs
                    if not lengthen(medium, epoch, until)
                ]
            except CustodyError as fault:
                faults.append(fault)
        if lost:
            raise EvidenceError("an escrow is missing: " + ", ".join(lost))
        if faults:
            raise faults[0]


def media_without(epoch: EpochId, media: Sequence[Offsite]) -> tuple[str, ...]:
    """Return the names of the media from which no escrow of the epoch reads back.

    An escrow opens for people only, so what is compared is what its path says: the
    digest of what was read back and compared at its birth.
    """
    return tuple(medium.name for medium in media if not any(_whole(medium, epoch)))


def lengthen(medium: Offsite, epoch: EpochId, until: dt.date) -> bool:
    """Put what stands there once more; whether there was anything."""
    found = False
    for path, sealed in _whole(medium, epoch):
        medium.put(path, sealed, locked_until=until)
        found = True
    return found


def living_epochs(keyring: Keyring, index_epochs: IndexEpochs) -> Iterator[EpochId]:
    """Yield every epoch whose key something is sealed under and must open.

    Those that are closing are among them: their survivors are still on their way.
    WorldError when a level has no open one.
    """
    yield FIELD_ROOT
    yield SUPPRESSION_ROOT
    for level in LEVELS_FROM_HIGH:
        keyring.open_epoch(level)
    yield from keyring.living()
    yield EpochId(Purpose.INDEX, None, index_epochs.open_number())
    closing = index_epochs.closing_number()
    if closing is not None:
        yield EpochId(Purpose.INDEX, None, closing)


def _whole(medium: Offsite, epoch: EpochId) -> Iterator[tuple[str, bytes]]:
    """Yield what stands under its own digest; a damaged escrow is none."""
    for path in medium.list(escrow_folder(epoch)):
        sealed = medium.read(path)
        if escrow_path(epoch, sealed) == path:
            yield path, sealed
