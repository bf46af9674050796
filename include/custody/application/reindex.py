"""Reindex: every token moves to a new index epoch, and the old key dies (R69).

Tokens in older copies can be tested against guesses for as long as their index key
exists, so a destruction ends it (design section 4).  Tokens are decrypted and
encrypted; no customer's value is opened, and none is known.  While an epoch is
closing nobody loads and nobody decides a row: matching would miss whom it does not
see.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.application.escrows import media_without
from custody.application.ports import (
    Entry,
    KeyState,
    ListedKeys,
    Offsite,
    Reached,
    pass_by,
)
from custody.application.ports.reindex import IndexTokens, IndexTurn
from custody.crypto.blindindex import TOKEN_BYTES, reencrypt_tokens
from custody.domain.epochs import EpochId, Purpose
from custody.domain.language import Text
from custody.errors import ConflictError, EvidenceError

DIFFERS = Text(
    "盲索引值读回后与所写不符", "a token reads back otherwise than it was written"
)
_NO_ESCROW = Text("{epoch}：没有托管：{media}", "{epoch}: no escrow on {media}")
_TOKENS_LEFT = Text(
    "{epoch}：其下仍有 {left} 个盲索引值：请先迁移",
    "{epoch}: {left} tokens are left under it: move them",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexTokens:
    """The use case, as the destroyer; each step may be repeated.

    `bear` makes the key of an epoch and escrows it (`EnsureEpochs.escrow`); `tags`:
    medium -> to whom its escrows must be sealed (`PublicKeys.tags`).
    """

    provider: ListedKeys
    media: Sequence[Offsite]
    tags: Mapping[str, str]
    tokens: IndexTokens
    bear: Callable[[EpochId], None]
    dataset: str
    reached: Reached = pass_by

    def succeed(self) -> IndexTurn:
        """Close the open index epoch behind a successor; return both.

        While one is closing, it is that one and its successor: nothing is done.
        """
        closing, opened = self.tokens.standing()
        if closing is not None:
            return IndexTurn(closing, opened)
        turn = IndexTurn(opened, opened + 1)
        self.bear(_epoch(turn.new))
        entry = self._entry("reindex_begun", turn)
        self.reached("reindex.turn.before")
        self.tokens.turn(turn, entry)
        self.reached("reindex.turn.after")
        return turn

    def reencrypt(self) -> int:
        """Move every token to the open epoch; return how many were moved now.

        Each batch is read back and decrypted again before it is kept; EvidenceError
        when it is not what it was.  Nothing when no epoch is closing.
        """
        closing, opened = self.tokens.standing()
        if closing is None:
            return 0
        turn = IndexTurn(closing, opened)
        keys = _Exchange(
            old_key=self.provider.open(_epoch(turn.old)),
            new_key=self.provider.open(_epoch(turn.new)),
            reached=self.reached,
        )
        moved = 0
        for count in self.tokens.move(turn, keys.forth, keys.verify):
            moved += count
            self.reached("reindex.batch.after")
        return moved

    def end(self, turn: IndexTurn) -> KeyState:
        """Destroy the key of the old epoch; return what its provider says of it.

        So it does of every index epoch before: a restore may have left their keys.
        ConflictError while tokens are left under it; EvidenceError when a medium
        does not hold its successor's escrow.
        """
        old = _epoch(turn.old)
        with self.tokens.ending(turn, self._entry("reindexed", turn)) as left:
            self._refuse_unfit(turn, left=left)
            self.reached("reindex.destroy.before")
            for former in (*self._former(old), old):
                self.provider.destroy(former)
            self.reached("reindex.destroy.after")
            self.reached("reindex.end.before")
        self.reached("reindex.end.after")
        return self.provider.state(old)

    def _former(self, old: EpochId) -> Iterator[EpochId]:
        """Yield each index epoch before one whose key a restore left standing.

        Tokens of older copies could be tested by it.
        """
        for one in self.provider.epochs():
            if (one.purpose, one.number < old.number) == (Purpose.INDEX, True):
                yield one

    def _refuse_unfit(self, turn: IndexTurn, *, left: int) -> None:
        if left:
            raise _TOKENS_LEFT.as_error(
                ConflictError, epoch=_epoch(turn.old), left=left
            )
        lost = media_without(_epoch(turn.new), self.media, self.tags)
        if lost or not self.media:
            media = ", ".join(lost) or "any"
            raise _NO_ESCROW.as_error(
                EvidenceError, epoch=_epoch(turn.new), media=media
            )

    def _entry(self, kind: str, turn: IndexTurn) -> Entry:
        body = {"old": str(_epoch(turn.old)), "new": str(_epoch(turn.new))}
        return Entry(kind=kind, subject=self.dataset, body=body)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Exchange:
    """Tokens from one index key to the next, and back to see that they are the same."""

    old_key: bytes
    new_key: bytes
    reached: Reached

    def forth(self, tokens: bytes) -> bytes:
        """Return the tokens under the new key."""
        self.reached("reindex.batch.before")
        return _moved(tokens, old_key=self.old_key, new_key=self.new_key)

    def verify(self, before: bytes, stored: bytes) -> None:
        """Refuse a batch that does not decrypt to what was there."""
        if _moved(stored, old_key=self.new_key, new_key=self.old_key) != before:
            raise DIFFERS.as_error(EvidenceError)


def _moved(tokens: bytes, *, old_key: bytes, new_key: bytes) -> bytes:
    if len(tokens) % TOKEN_BYTES:
        raise DIFFERS.as_error(EvidenceError)
    return b"".join(reencrypt_tokens(old_key=old_key, new_key=new_key, tokens=[tokens]))


def _epoch(number: int) -> EpochId:
    return EpochId(Purpose.INDEX, None, number)
