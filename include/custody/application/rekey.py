"""Rekey: the keys of an epoch are wrapped anew under another, and the epoch ends.

An epoch is never ended before every survivor was unwrapped under its new wrapping key
and gave its key id again, and the successor's escrow was read back from every medium:
`end` looks itself, whoever calls it in whatever order (design section 4, R69-R71).
Each step may be repeated, and takes up what a killed run left.  Who calls holds
`Exclusively`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from custody.application.escrows import media_without
from custody.application.keys import NO_MEDIUM, EnsureEpochs
from custody.application.ports import (
    Ahead,
    Entry,
    KeyProvider,
    KeyState,
    Ledger,
    Reached,
    in_turn,
    pass_by,
)
from custody.application.ports.rekey import EndingEpoch, EpochKeys
from custody.application.rekey_batch import RekeyBatches
from custody.domain.epochs import EpochId, EpochState, Purpose, may_inherit
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    WorldError,
)

RECORDS_PER_BATCH = 10_000
"""Key records that one transaction moves."""
_INDEX = Text(
    "{epoch} 是索引纪元：存有盲索引值而非数据密钥",
    "{epoch} is an index epoch: it holds tokens, not data keys",
)
_UNWRAPPED = Text(
    "{old} 的密钥不能改由 {new} 包裹", "the keys of {old} cannot be wrapped under {new}"
)
_TAKES_KEYS = Text(
    "纪元 {old} 开放并接收密钥：请先由新纪元接替",
    "epoch {old} is open and takes keys: let it be succeeded first",
)
_KEYS_LEFT = Text(
    "纪元 {old} 尚有 {left} 把数据密钥：请重新包裹",
    "epoch {old} has {left} data keys: wrap them anew",
)
_NO_ESCROW = Text(
    "{heir} 的托管未能读回：{names}", "no escrow of {heir} reads back from: {names}"
)
_NO_SUCCESSOR = Text(
    "纪元 {old} 没有后继：从未记录",
    "epoch {old} has no successor: it was never recorded",
)
_IS_OPEN = Text(
    "纪元 {old} 仍开放：请先由新纪元接替",
    "epoch {old} is open: let it be succeeded first",
)


def untold(old: EpochId, moved: int) -> None:
    """Tell nobody how far a rekey is."""
    del old, moved


@dataclass(frozen=True, slots=True, kw_only=True)
class RekeyEpochs:
    """The use case; `keys`, `births` and `provider` are the destroyer's.

    `told` hears after each batch how many keys of an epoch this call has moved;
    `ahead` fetches and wraps the next while a batch moves.
    """

    keys: EpochKeys
    births: EnsureEpochs
    provider: KeyProvider
    ledger: Ledger
    reached: Reached = pass_by
    ahead: Ahead = in_turn
    told: Callable[[EpochId, int], None] = untold
    batch: int = RECORDS_PER_BATCH

    def open_of(self, purpose: Purpose, level: Level) -> EpochId:
        """Return the open epoch of a purpose and level, born now when there is none."""
        found = self.keys.open_of(purpose, level)
        if found is not None:
            return found
        born = self.keys.following(purpose, level)
        self.births.bear(born, suite=self.births.suites[level])
        return born

    def succeed(self, old: EpochId) -> EpochId:
        """Return the open epoch after one, which is closing from now on.

        Created, escrowed and read back first; then one transaction closes the old and
        opens the new one, so that who seals always finds one open.
        """
        if self.keys.state(old) is EpochState.OPEN:
            level = _level_of(old)
            new = self.keys.following(old.purpose, level)
            self.births.escrow(new)
            self.keys.succeed(old, new, suite=self.births.suites[level])
        return self._successor_of(old)

    def rewrap(
        self, old: EpochId, new: EpochId, handles: Sequence[bytes] | None = None
    ) -> int:
        """Move the keys of an epoch, or those of some handles; return how many.

        A batch commits after each of its records, as it stands then, was unwrapped
        under the new key.  EvidenceError when a record is not what it must be: its
        batch stays.  EpochClosedError when `new` has closed: ask for its successor.
        """
        _refuse_strangers(old, new)
        if handles is None and self.keys.state(old) is EpochState.OPEN:
            raise _TAKES_KEYS.as_error(ConflictError, old=old)
        moved = 0
        for more in self._batches.moved(old, new, handles):
            moved += more
            self.told(old, moved)
        return moved

    def verify(self, new: EpochId) -> int:
        """Unwrap every key of an epoch and compute its key id; return how many.

        EvidenceError when a single one is not what it must be.
        """
        return sum(self._batches.verified(new))

    def end(self, old: EpochId, new: EpochId) -> KeyState:
        """Have the old epoch's key destroyed, once nothing needs it; tell its state.

        EvidenceError while a key is left under it, a survivor of its level does not
        verify, or a medium lacks the escrow of who comes after.  A provider may take
        days: repeat it when a destruction is `pending` without a date.
        """
        _refuse_strangers(old, new)
        with self.keys.ending(old) as ending:
            if ending.state is EpochState.CLOSING:
                self._end(ending, old, new)
            elif ending.state is EpochState.OPEN:
                raise _IS_OPEN.as_error(ConflictError, old=old)
        self.reached("rekey.end.after")
        self.keys.drop(old)
        return self._final(old)

    def _end(self, ending: EndingEpoch, old: EpochId, new: EpochId) -> None:
        """Look, tell, destroy, record; the ledger first, so that it may tell twice."""
        left = ending.left()
        if left:
            raise _KEYS_LEFT.as_error(EvidenceError, old=old, left=left)
        survivors = 0
        for heir in self._heirs(new):
            survivors += self.verify(heir)
            self._refuse_unescrowed(heir)
        body: dict[str, str | int] = {"successor": str(new), "survivors": survivors}
        self.ledger.append(Entry(kind="rekeyed", subject=str(old), body=body))
        self.reached("rekey.destroy.before")
        self.provider.destroy(old)
        self.reached("rekey.destroy.after")
        ending.destroyed()
        self.reached("rekey.end.before")

    def _heirs(self, new: EpochId) -> tuple[EpochId, ...]:
        """Return every epoch under which a survivor of the level may be."""
        level = _level_of(new)
        if new.purpose is Purpose.DRILL:  # no survivor of the register is there
            return (new,)
        found = (self.keys.open_of(one, level) for one in _KEPT)
        opened = {one for one in found if one is not None}
        return tuple(sorted({new, *opened}))

    def _refuse_unescrowed(self, heir: EpochId) -> None:
        media = self.births.media
        if not media:
            raise NO_MEDIUM.as_error(ConfigurationError)
        missing = media_without(heir, media, self.births.public_keys.tags)
        if missing:
            names = ", ".join(missing)
            raise _NO_ESCROW.as_error(EvidenceError, heir=heir, names=names)

    def _final(self, old: EpochId) -> KeyState:
        """Return the state; an order that was withdrawn or cut short is given again."""
        state = self.provider.state(old)
        if state.final is None:
            self.provider.destroy(old)
            state = self.provider.state(old)
        return state

    @property
    def _batches(self) -> RekeyBatches:
        return RekeyBatches(
            keys=self.keys,
            provider=self.provider,
            reached=self.reached,
            ahead=self.ahead,
            size=self.batch,
        )

    def _successor_of(self, old: EpochId) -> EpochId:
        found = self.keys.open_of(old.purpose, _level_of(old))
        if found is None or self.keys.state(old) is None:
            raise _NO_SUCCESSOR.as_error(WorldError, old=old)
        return found


_KEPT = (Purpose.LIVE, Purpose.RESTRICTED)


def _level_of(epoch: EpochId) -> Level:
    if epoch.level is None:
        raise _INDEX.as_error(EvidenceError, epoch=epoch)
    return epoch.level


def _refuse_strangers(old: EpochId, new: EpochId) -> None:
    if not may_inherit(new, old):
        raise _UNWRAPPED.as_error(EvidenceError, old=old, new=new)
