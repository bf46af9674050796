"""Escrow care: every living epoch has its escrow on every medium, and for how long.

An escrow is sealed to one medium's recovery key, so none can be copied from another
medium: who may open wrapping keys seals it anew.  A lock that is longer than an
escrow's keeps a destruction from becoming final, and is an alarm (design idea 4).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from custody.application.at_media import as_one
from custody.application.escrow_removal import epoch_of
from custody.application.escrows import lengthen, living_epochs, media_without
from custody.application.keys import (
    ESCROW_LOCK_DAYS,
    ESCROW_PREFIX,
    EnsureEpochs,
    IndexEpochs,
)
from custody.application.ports import (
    Clock,
    Entry,
    Keyring,
    Ledger,
    Offsite,
    Reached,
    pass_by,
)
from custody.domain.epochs import EpochId
from custody.domain.language import Text, joined
from custody.errors import CustodyError, EvidenceError

_AMISS = Text("密钥托管：{why}", "escrows: {why}")
_MISSING = Text("没有托管的纪元：{what}", "no escrow of {what}")
_TOO_LONG = Text(
    "锁定期超过托管应有的时长：{what}", "locked for longer than escrows are: {what}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumEscrows:
    """What was found on a medium, after what could be mended was.

    `living` epochs are meant to have an escrow, `there` of them have one; `mended`
    were sealed anew now.  `too_long` are paths, `missing` epochs; `fault` is why
    nobody could look.
    """

    medium: str
    living: int
    there: int = 0
    mended: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    too_long: tuple[str, ...] = ()
    fault: CustodyError | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is left to be told."""
        return not (self.fault or self.missing or self.too_long)


@dataclass(frozen=True, slots=True, kw_only=True)
class CareForEscrows:
    """The use case, daily and repeatable; `births` opens wrapping keys, never makes."""

    media: Sequence[Offsite]
    keyring: Keyring
    index_epochs: IndexEpochs
    births: EnsureEpochs
    ledger: Ledger
    clock: Clock
    dataset: str
    reached: Reached = pass_by

    def __call__(self) -> tuple[MediumEscrows, ...]:
        """Lengthen, seal anew what is missing, count; a medium stops no other."""
        epochs = tuple(living_epochs(self.keyring, self.index_epochs))
        today = self.clock.now().astimezone(dt.UTC).date()
        found = []
        for medium in self.media:
            try:
                found.append(self._care(medium, epochs, today))
            except CustodyError as fault:
                found.append(
                    MediumEscrows(medium=medium.name, living=len(epochs), fault=fault)
                )
        return tuple(found)

    def insist(self) -> dict[str, int]:
        """Care; return medium -> escrows there, an error unless all hold."""
        found = self()
        amiss = {one.medium: _error_of(one) for one in found if not one.holds}
        if amiss:
            raise as_one(_AMISS, amiss)
        return {one.medium: one.there for one in found}

    def _care(
        self, medium: Offsite, epochs: Sequence[EpochId], today: dt.date
    ) -> MediumEscrows:
        until = today + dt.timedelta(days=ESCROW_LOCK_DAYS)
        tags = self.births.public_keys.tags
        # A medium that is not there is told as that, and not as one without escrows.
        medium.versions(f"{ESCROW_PREFIX}/")
        lost = [one for one in epochs if not lengthen(medium, one, until, tags)]
        mended = [one for one in lost if self._mend(medium, one)]
        missing = [one for one in epochs if media_without(one, (medium,), tags)]
        return MediumEscrows(
            medium=medium.name,
            living=len(epochs),
            there=len(epochs) - len(missing),
            mended=tuple(map(str, mended)),
            missing=tuple(map(str, missing)),
            too_long=tuple(
                one.path
                for one in medium.versions(f"{ESCROW_PREFIX}/")
                if one.locked_until is not None
                and one.locked_until > until
                and epoch_of(one.path) is not None
            ),
        )

    def _mend(self, medium: Offsite, epoch: EpochId) -> bool:
        """Seal an escrow anew, told first; False when its key does not open."""
        entry = Entry(
            kind="escrow_renewed",
            subject=self.dataset,
            body={"medium": medium.name, "epoch": str(epoch)},
        )
        self.reached("backup.care.before")
        self.ledger.append(entry)
        self.reached("backup.care.after")
        try:
            self.births.seal_anew(epoch, medium)
        except (CustodyError, KeyError):
            return False
        return True


def amiss_on(one: MediumEscrows) -> Text:
    """Return what is amiss with the escrows of a medium that was looked at."""
    found = ((_MISSING, one.missing), (_TOO_LONG, one.too_long))
    return joined(text.filled(what=", ".join(of)) for text, of in found if of)


def _error_of(one: MediumEscrows) -> CustodyError:
    return one.fault or amiss_on(one).as_error(EvidenceError)
