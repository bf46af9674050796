"""Keys: the birth of an epoch.

An epoch is born in this order and no other: the provider creates its key, the key
is escrowed to every off-site medium, each escrow is read back and compared, and
only then may anything be sealed under it (design idea 4, R67, R68).
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.application.ports import (
    Clock,
    KeyProvider,
    Keyring,
    Offsite,
    Reached,
    pass_by,
)
from custody.application.public_keys import MediumKeys, PublicKeys
from custody.application.there import read_there
from custody.crypto import escrow
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    WorldError,
)

ESCROW_LOCK_DAYS = 35
"""How long an escrow is locked; lengthened while its epoch lives (design idea 4)."""

ESCROW_PREFIX = "escrow"
_OTHERWISE = Text(
    "{medium}：{epoch} 的托管读回后不符",
    "{medium}: the escrow of {epoch} reads back otherwise",
)
NO_MEDIUM = Text(
    "没有异地介质：纪元须有托管", "no off-site medium: an epoch needs its escrow"
)
_NO_RECOVERY_KEY = Text(
    "{medium}：没有恢复密钥：请运行 `custody keys init`",
    "{medium}: no recovery key: run `custody keys init`",
)


class IndexEpochs(Protocol):
    """The warehouse's list of index epochs."""

    def add(self, number: int) -> None:
        """Record an index epoch as open; idempotent, also when it is past."""

    def open_number(self) -> int:
        """Return the number of the open index epoch; WorldError if there is none."""

    def closing_number(self) -> int | None:
        """Return the number of the index epoch that is closing, if one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureEpochs:
    """Bears the first epochs, and keeps the escrows of living ones locked.

    Run it as often as you like: a half-born epoch is finished, a living one has
    its escrow's lock lengthened, a destroyed one is never born again.
    """

    provider: KeyProvider
    media: Sequence[Offsite]
    public_keys: PublicKeys
    keyring: Keyring
    index_epochs: IndexEpochs
    clock: Clock
    suites: Mapping[Level, int]
    reached: Reached = pass_by

    def __call__(self) -> tuple[EpochId, ...]:
        """Return the epochs that are open now, the two roots not among them."""
        self.escrow(FIELD_ROOT)
        self.escrow(SUPPRESSION_ROOT)
        live = [self._ensure_live(level) for level in LEVELS_FROM_HIGH]
        return (*live, self._ensure_index())

    def _ensure_index(self) -> EpochId:
        try:
            number = self.index_epochs.open_number()
        except WorldError:  # none yet
            number = 1
        epoch = EpochId(Purpose.INDEX, None, number)
        self.escrow(epoch)
        self.reached("epoch.index.before")
        self.index_epochs.add(number)
        self.reached("epoch.index.after")
        return epoch

    def _ensure_live(self, level: Level) -> EpochId:
        try:
            epoch = self.keyring.open_epoch(level)
        except WorldError:  # none yet
            epoch = EpochId(Purpose.LIVE, level, 1)
        self.bear(epoch, suite=self.suites[level])
        return epoch

    def bear(self, epoch: EpochId, *, suite: int) -> None:
        """Create, escrow, read back, and only then record; finishes a killed run.

        KeyDestroyedError when the epoch has died; EvidenceError when a medium does
        not give back what was put on it.
        """
        self.escrow(epoch)
        self.reached("epoch.open.before")
        self.keyring.add_epoch(epoch, suite=suite)
        self.reached("epoch.open.after")

    def escrow(self, epoch: EpochId) -> None:
        """Create the key, escrow it to every medium and read it back; repeatable.

        Nothing is recorded: a successor is, in the transaction that closes who was
        before it.
        """
        if not self.media:
            raise NO_MEDIUM.as_error(ConfigurationError)
        self.reached("epoch.key.before")
        try:
            key = self.provider.create(epoch)
        except ConflictError:  # born, or half-born by a run that was killed
            key = self.provider.open(epoch)
        self.reached("epoch.key.after")
        until = self.clock.now().date() + dt.timedelta(days=ESCROW_LOCK_DAYS)
        for medium in self.media:
            self._escrow_to(medium, epoch, key=key, until=until)

    def seal_anew(self, epoch: EpochId, medium: Offsite) -> None:
        """Escrow a living epoch to a medium that has lost it, and read it back.

        The key is opened and never created: one that is lost stays lost, and
        KeyError or KeyDestroyedError tells so.
        """
        until = self.clock.now().date() + dt.timedelta(days=ESCROW_LOCK_DAYS)
        self._escrow_to(medium, epoch, key=self.provider.open(epoch), until=until)

    def _escrow_to(
        self, medium: Offsite, epoch: EpochId, *, key: bytes, until: dt.date
    ) -> None:
        recipient = self._recipient(medium)
        standing = [
            (path, sealed)
            for path in medium.list(escrow_folder(epoch))
            if escrow_path(epoch, sealed := read_there(medium, path), recipient.tag)
            == path
        ]
        if standing:
            path, sealed = standing[0]
        else:
            sealed = escrow.seal_escrow(recipient.hpke, epoch=str(epoch), key=key)
            path = escrow_path(epoch, sealed, recipient.tag)
        self.reached("escrow.before")
        medium.put(path, sealed, locked_until=until)
        self.reached("escrow.after")
        insist_escrow(medium, epoch, path, sealed)

    def _recipient(self, medium: Offsite) -> MediumKeys:
        try:
            return self.public_keys.media[medium.name]
        except KeyError:
            raise _NO_RECOVERY_KEY.as_error(
                ConfigurationError, medium=medium.name
            ) from None


def insist_escrow(medium: Offsite, epoch: EpochId, path: str, sealed: bytes) -> None:
    """Read an escrow back; EvidenceError when it is not what was written."""
    if read_there(medium, path) != sealed:
        raise _OTHERWISE.as_error(EvidenceError, medium=medium.name, epoch=epoch)


def escrow_folder(epoch: EpochId) -> str:
    """Return the prefix under which a medium keeps the escrows of an epoch."""
    return f"{ESCROW_PREFIX}/{epoch}/"


def escrow_path(epoch: EpochId, sealed: bytes, tag: str) -> str:
    """Return the path of an escrow: it names whose it is, and its own SHA-256."""
    return f"{escrow_folder(epoch)}{tag}-{hashlib.sha256(sealed).hexdigest()}.ce"


def escrow_tag(path: str) -> str:
    """Return to whom an escrow is sealed, as its path says; "" when it does not."""
    return path.rpartition("/")[2].rpartition("-")[0]
