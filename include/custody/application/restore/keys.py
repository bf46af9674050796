"""Wrapping keys of a restore: the old ones from escrows, the new ones of the target.

Nothing that is restored stays under an old epoch: its escrow may leave the media, and
its provider may be lost.  Field root and suppression key stay as they are, for the
marks of the destroyed are made with them; they are taken over from their escrows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from custody.application.keys import ESCROW_PREFIX, EnsureEpochs, escrow_folder
from custody.application.ports import KeyState, Offsite
from custody.application.ports.restore import AdoptsKeys, RestoreKeyring
from custody.application.there import read_there
from custody.crypto.escrow import open_escrow
from custody.domain.epochs import (
    FIELD_ROOT,
    SUPPRESSION_ROOT,
    EpochId,
    EpochState,
    Purpose,
)
from custody.domain.language import Text
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.errors import EvidenceError, KeyDestroyedError, OpenError

_NONE_LEFT = Text("{epoch}：其托管已不存在", "{epoch}: no escrow of it is left")
_NONE_OPENS = Text(
    "{medium}：{epoch} 的托管无法打开", "{medium}: no escrow of {epoch} opens"
)
_TWO_KEYS = Text(
    "{medium}：{epoch} 有两个不同密钥的托管",
    "{medium}: escrows of two keys of {epoch} open",
)

ROOTS = (FIELD_ROOT, SUPPRESSION_ROOT)
_NOT_MADE = Text("{epoch}：此处不生成托管", "{epoch}: an escrow is not made here")
_NOT_DESTROYED = Text(
    "{epoch}：此处不销毁托管", "{epoch}: an escrow is not destroyed here"
)
_NO_DATA_KEY = Text(
    "{old} 下没有登记库的数据密钥", "{old} holds no data key of the register"
)


@dataclass(slots=True, kw_only=True)
class EscrowedKeys:
    """Implements `KeyProvider` for who only opens: keys as a medium escrows them."""

    medium: Offsite
    hpke_private: bytes = field(repr=False)
    _opened: dict[EpochId, bytes] = field(default_factory=dict, repr=False)
    _paths: tuple[str, ...] = ()

    def look(self) -> None:
        """Note which escrows lie there, before any is added: those are the old ones."""
        self._paths = self.medium.list(f"{ESCROW_PREFIX}/")

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError when no escrow of it is left.

        EvidenceError when there is one and none opens: it is damaged, or the medium
        is another one's.
        """
        if epoch not in self._opened:
            self._opened[epoch] = self._open(epoch)
        return self._opened[epoch]

    def _open(self, epoch: EpochId) -> bytes:
        own = escrow_folder(epoch)
        paths = [path for path in self._paths if path.startswith(own)]
        if not paths:
            raise _NONE_LEFT.as_error(KeyDestroyedError, epoch=epoch)
        found = {key for path in paths for key in self._keys(epoch, path)}
        if len(found) != 1:
            text = _TWO_KEYS if found else _NONE_OPENS
            raise text.as_error(EvidenceError, medium=self.medium.name, epoch=epoch)
        return found.pop()

    def _keys(self, epoch: EpochId, path: str) -> tuple[bytes, ...]:
        sealed = read_there(self.medium, path)
        try:
            return (open_escrow(self.hpke_private, epoch=str(epoch), escrow=sealed),)
        except OpenError:
            return ()

    def create(self, epoch: EpochId) -> bytes:
        """Create nothing: what is restored is old."""
        raise _NOT_MADE.as_error(EvidenceError, epoch=epoch)

    def destroy(self, epoch: EpochId) -> None:
        """Destroy nothing."""
        raise _NOT_DESTROYED.as_error(EvidenceError, epoch=epoch)

    def state(self, epoch: EpochId) -> KeyState:
        """Tell that it opens; KeyDestroyedError when it does not."""
        self.open(epoch)
        return KeyState(name="live")


def escrowed_epochs(media: Iterable[Offsite]) -> set[EpochId]:
    """Return every epoch of which some medium has an escrow."""
    found: set[EpochId] = set()
    for medium in media:
        for path in medium.list(f"{ESCROW_PREFIX}/"):
            try:
                name = path.removeprefix(f"{ESCROW_PREFIX}/").rpartition("/")[0]
                found.add(EpochId.parse(name))
            except ValueError:  # somebody else's file
                continue
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Successors:
    """Under which new epoch the keys of an old one go on."""

    live: dict[Level, EpochId]
    restricted: dict[Level, EpochId]
    index: EpochId

    def of(self, old: EpochId) -> EpochId:
        """Return the new epoch of an old one; EvidenceError of what holds no key."""
        if old.level is None or old.purpose is Purpose.DRILL:
            raise _NO_DATA_KEY.as_error(EvidenceError, old=old)
        if old.purpose is Purpose.RESTRICTED:
            return self.restricted[old.level]
        return self.live[old.level]

    def all(self) -> Iterator[EpochId]:
        """Yield every one of them."""
        yield from self.live.values()
        yield from self.restricted.values()
        yield self.index


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedEpochs:
    """Bears the target's epochs, each behind every one that ever was."""

    births: EnsureEpochs
    provider: AdoptsKeys
    escrowed: EscrowedKeys

    def __call__(self, former: set[EpochId]) -> Successors:
        """Take the roots over, bear, escrow on every medium, read back."""
        for root in ROOTS:
            self.provider.adopt(root, self.escrowed.open(root))
            self.births.escrow(root)
        return Successors(
            live={
                level: self._bear(former, Purpose.LIVE, level)
                for level in LEVELS_FROM_HIGH
            },
            restricted={
                level: self._bear(former, Purpose.RESTRICTED, level)
                for level in LEVELS_FROM_HIGH
                if any(_is(one, Purpose.RESTRICTED, level) for one in former)
            },
            index=self._index(former),
        )

    def _bear(self, former: set[EpochId], purpose: Purpose, level: Level) -> EpochId:
        new = EpochId(purpose, level, _next(former, purpose, level))
        self.births.bear(new, suite=self.births.suites[level])
        return new

    def _index(self, former: set[EpochId]) -> EpochId:
        new = EpochId(Purpose.INDEX, None, _next(former, Purpose.INDEX, None))
        self.births.escrow(new)
        self.births.index_epochs.add(new.number)
        return new


def former_epochs(
    media: Sequence[Offsite], provider: AdoptsKeys, named: Iterable[EpochId] = ()
) -> set[EpochId]:
    """Return every epoch that ever was, as far as anybody knows; the roots not.

    A key service may know one of which no escrow is left and no line of the ledger: a
    restore that was killed left it there, and no number is given twice.
    """
    found = escrowed_epochs(media) | set(provider.known()) | set(named)
    return found - set(ROOTS)


def bury(
    former: set[EpochId], provider: AdoptsKeys, keyring: RestoreKeyring, *, suite: int
) -> None:
    """Record former epochs: who knows their keys ends them.

    An epoch of which the target's provider has no key is told destroyed there, so that
    its escrows may leave the media; one of which it has is closing, and `custody keys
    rotate` ends it: whoever restores beside an installation that stands takes no key
    from it.
    """
    living = {one for one in sorted(former, key=str) if provider.note_former(one)}
    held = {one for one in former if one.purpose is not Purpose.INDEX}
    keyring.add_epochs(held & living, state=EpochState.CLOSING, suite=suite)
    keyring.add_epochs(held - living, state=EpochState.DESTROYED, suite=suite)


def _is(one: EpochId, purpose: Purpose, level: Level | None) -> bool:
    return one.purpose is purpose and one.level == level


def _next(former: set[EpochId], purpose: Purpose, level: Level | None) -> int:
    """Return a number that no epoch ever had: there was a first one, always."""
    numbers = [one.number for one in former if _is(one, purpose, level)]
    return max(numbers, default=1) + 1
