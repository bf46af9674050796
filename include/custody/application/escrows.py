"""Escrows: those of living epochs stay locked; needs no key and opens none."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.application.keys import (
    ESCROW_LOCK_DAYS,
    IndexEpochs,
    escrow_folder,
    escrow_path,
)
from custody.application.ports import Clock, Keyring, Offsite
from custody.application.there import read_there
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH
from custody.errors import CustodyError, EvidenceError

_LOST = Text("密钥托管缺失：{epochs}", "an escrow is missing: {epochs}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepEscrows:
    """Lengthens the lock of each living epoch's escrow, on every medium.

    `tags`: medium -> to whom its escrows are sealed (`PublicKeys.tags`).
    """

    media: Sequence[Offsite]
    tags: Mapping[str, str]
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
                    if not lengthen(medium, epoch, until, self.tags)
                ]
            except CustodyError as fault:
                faults.append(fault)
        if lost:
            raise _LOST.as_error(EvidenceError, epochs=", ".join(lost))
        if faults:
            raise faults[0]


def media_without(
    epoch: EpochId, media: Sequence[Offsite], tags: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the names of the media from which no escrow of the epoch reads back.

    An escrow opens for people only, so what is compared is what its path says: to
    whom it is sealed, and the digest of what was read back and compared at its birth.
    What is sealed to the holders of former cards counts for nothing.
    """
    return tuple(one.name for one in media if not any(_whole(one, epoch, tags)))


def lengthen(
    medium: Offsite, epoch: EpochId, until: dt.date, tags: Mapping[str, str]
) -> bool:
    """Put what stands there once more; whether there was anything."""
    found = False
    for path, sealed in _whole(medium, epoch, tags):
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


def _whole(
    medium: Offsite, epoch: EpochId, tags: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Yield what stands under its own digest; a damaged escrow is none."""
    tag = tags.get(medium.name, "")
    for path in medium.list(escrow_folder(epoch)):
        sealed = read_there(medium, path)
        if escrow_path(epoch, sealed, tag) == path:
            yield path, sealed
