"""In-memory tokens and index epochs; their suite also runs on PostgreSQL."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from custody.application.ports import Entry
from custody.application.ports.reindex import IndexTurn, Rewrite, Verify
from custody.domain.epochs import EpochState
from custody.errors import ConflictError, WorldError

TOKENS_PER_BATCH = 2


class FakeIndexTokens:
    """Tokens in a list, with the epoch of each; `entries` is the ledger."""

    def __init__(self) -> None:
        """Start with one open epoch and no token."""
        self.states = {1: EpochState.OPEN}
        self.born = {1: dt.datetime.now(dt.UTC)}
        self.tokens: list[tuple[bytes, int]] = []
        self.entries: list[Entry] = []
        self.damaged = False  # what is stored reads back otherwise

    def standing(self) -> tuple[int | None, int]:
        """Return the closing index epoch, or None, and the open one."""
        opened = self._in(EpochState.OPEN)
        if opened is None:
            raise WorldError("no index epoch is open: create one")
        return self._in(EpochState.CLOSING), opened

    def is_older(self, moment: dt.datetime) -> bool:
        """Tell whether the open epoch was recorded before a moment."""
        return self.born[self.standing()[1]] < moment

    def turn(self, turn: IndexTurn, entry: Entry) -> None:
        """Close one and open the next."""
        if (
            self.states.get(turn.old) is not EpochState.OPEN
            or turn.new in self.states
            or self._in(EpochState.CLOSING) is not None
        ):
            raise ConflictError("an index epoch is not as it must be")
        self.states |= {turn.old: EpochState.CLOSING, turn.new: EpochState.OPEN}
        self.born[turn.new] = dt.datetime.now(dt.UTC)
        self.entries.append(entry)

    def move(self, turn: IndexTurn, rewrite: Rewrite, verify: Verify) -> Iterator[int]:
        """Rewrite the tokens under the old epoch, a few at a time."""
        left = [at for at, (_, epoch) in enumerate(self.tokens) if epoch == turn.old]
        for start in range(0, len(left), TOKENS_PER_BATCH):
            batch = left[start : start + TOKENS_PER_BATCH]
            before = b"".join(self.tokens[at][0] for at in batch)
            fresh = rewrite(before)
            verify(before, fresh[::-1] if self.damaged else fresh)
            for place, at in enumerate(batch):
                token = fresh[16 * place : 16 * (place + 1)]
                self.tokens[at] = (token, turn.new)
            yield len(batch)

    @contextmanager
    def ending(self, turn: IndexTurn, entry: Entry) -> Iterator[int]:
        """Hold the old epoch."""
        state = self.states.get(turn.old)
        if state not in {EpochState.CLOSING, EpochState.DESTROYED}:
            raise ConflictError("the index epoch is not closing")
        yield sum(epoch == turn.old for _, epoch in self.tokens)
        if state is EpochState.CLOSING:
            self.states[turn.old] = EpochState.DESTROYED
            self.entries.append(entry)

    def _in(self, state: EpochState) -> int | None:
        return next((one for one, its in self.states.items() if its is state), None)
