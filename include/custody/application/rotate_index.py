"""Rotate index: every token moves to a new index key, yearly or on request (R62).

As a destruction does it, without one: who has copied tokens can test guesses for as
long as their index key lives.  A run that was killed is gone on with; the moment of a
rotation is its name, so that nothing is turned twice.
"""

import datetime as dt
from dataclasses import dataclass

from custody.application.ports import KeyState
from custody.application.ports.reindex import IndexTokens, IndexTurn
from custody.application.ports.rekey import Exclusively
from custody.application.reindex import ReindexTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEnded:
    """An index epoch that has ended, and how many tokens left it in this call."""

    turn: IndexTurn
    tokens: int
    key: KeyState


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateIndex:
    """The use case; nobody loads or decides a row until it has ended."""

    reindex: ReindexTokens
    tokens: IndexTokens
    exclusively: Exclusively

    def __call__(self, *, before: dt.datetime) -> IndexEnded | None:
        """Rotate an index epoch recorded before a moment, or finish one that closes.

        None when there is neither.  ConflictError while another run moves keys.
        """
        with self.exclusively():
            closing, _ = self.tokens.standing()
            if closing is None and not self.tokens.is_older(before):
                return None
            turn = self.reindex.succeed()
            moved = self.reindex.reencrypt()
            return IndexEnded(turn=turn, tokens=moved, key=self.reindex.end(turn))
